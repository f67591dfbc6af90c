"""`python ingest.py`, also `chronology ingest`."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import click

from chronology import projections
from chronology.batches import http_source
from chronology.batches.batch import FORMATS, Batch
from chronology.batches.batch_reader import read_batch
from chronology.cli.options import (
    Messages,
    checking,
    db_option,
    exit_codes,
    head_line,
    quiet_option,
    reading,
    writing,
)
from chronology.cli.progress import Bar, share_of, share_read
from chronology.ingest import pipeline
from chronology.ingest.sources import KnownETags, files, pending
from chronology.model.addresses import shown_address
from chronology.store import log
from chronology.store.database import transaction
from chronology.store.media import MediaFolder, folder_of


@click.command("ingest")
@click.argument("sources", nargs=-1, metavar="[PATH|URL|-]...")
@click.option("--check", is_flag=True, help="List every fault without appending anything.")
@db_option
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="The format of standard input, or of a URL whose ending does not show it.",
)
@click.option("--batch", "batch_id", help="The id of the batch. For CSV, which has no header.")
@click.option(
    "--recorded", help="When the batch was recorded, such as 2026-11-21T12:00:00Z. For CSV."
)
@click.option("--note", help="A note on the batch. For CSV.")
@quiet_option
@exit_codes
def ingest_command(
    sources: tuple[str, ...],
    check: bool,
    db: Path,
    form: str | None,
    batch_id: str | None,
    recorded: str | None,
    note: str | None,
    quiet: bool,
) -> None:
    """Append new batches to the log and update the published tables.

    Without arguments, the command ingests all new batches of the folder events/, in the order of
    their names. A batch is appended as a whole or not at all, and only once. A batch that was
    ingested earlier is compared with the log, and refused if it has been edited since.

    'python ingest.py' is the same command.

    \b
    Examples:
      chronology ingest                              all new batches of events/
      chronology ingest --check                      list faults only
      chronology ingest more.jsonl                   a file: .yml, .jsonl or .csv
      chronology ingest https://example.org/a.yml    a batch at an address
      chronology ingest - --format jsonl             standard input
      chronology ingest a.csv --batch a --recorded 2026-11-21T12:00:00Z
    """
    say = Messages(quiet)
    header = _header(batch_id, recorded, note)
    if not sources:
        _ingest_folder(Path("events"), db, check, say)
    for source in sources:
        if source != "-" and "://" not in source and Path(source).is_dir():
            _ingest_folder(Path(source), db, check, say)
        else:
            one = _ingest_remote if "://" in source else _ingest_one
            one(source, db, check, form, header, say)


def _header(batch: str | None, recorded: str | None, note: str | None) -> dict[str, str] | None:
    if batch is None and recorded is None and note is None:
        return None
    if batch is None or recorded is None:
        raise click.UsageError("--batch and --recorded go together, and --note needs both")
    return {"format": "1", "batch": batch, "recorded": recorded, **({"note": note} if note else {})}


def _ingest_folder(folder: Path, path: Path, check: bool, say: Messages) -> None:
    paths = files(folder)
    if not path.exists():
        new, current = paths, False
    else:
        with reading(path) as db:
            new, current = pending(db, paths), projections.is_current(db)
    if not new and current:
        with reading(path) as db:
            say(f"Nothing new: {len(paths)} batches are in the log. {head_line(db)}")
        return
    with (checking if check else writing)(path) as db:
        for file in new:
            with file.open("rb") as stream:
                kind = file.suffix.lstrip(".")
                batch = read_batch(stream, str(file), kind)
                _ingest_batch(db, batch, stream, folder_of(path), check, say)
        if not projections.is_current(db):
            folding = Bar("Folding", share_of(log.head(db).position))
            with say.bars(folding) as (progress,), transaction(db):
                projections.catch_up(db, progress)
            say("This version of the program rebuilt the tables.")
        say(head_line(db))


def _ingest_one(
    source: str,
    path: Path,
    check: bool,
    form: str | None,
    header: dict[str, str] | None,
    say: Messages,
) -> None:
    with _open(source, form) as (stream, kind):
        _ingest_stream(source, stream, path, check, kind, header, say)


def _ingest_remote(
    url: str,
    path: Path,
    check: bool,
    form: str | None,
    header: dict[str, str] | None,
    say: Messages,
) -> None:
    shown, etags, known = shown_address(url), KnownETags(path), None
    if path.exists():
        with reading(path) as db:
            known = etags.get(db, url)
    try:
        with http_source.fetch(url, known) as found:
            stream = cast(BinaryIO, found.body)
            batch = _ingest_stream(shown, stream, path, check, form or found.form, header, say)
    except http_source.NotModified:
        say(f"Nothing new: {shown} has not changed since it was ingested.")
        return
    if found.etag and found.etag != known and not check:
        etags.put(url, found.etag, batch)


def _ingest_stream(
    source: str,
    stream: BinaryIO,
    path: Path,
    check: bool,
    kind: str,
    header: dict[str, str] | None,
    say: Messages,
) -> str:
    """Ingests the batch in a stream, and returns its id."""
    if header and kind != "csv":
        raise click.UsageError(f"{source} has its own header; --batch is only for CSV")
    with (checking if check else writing)(path) as db:
        batch = read_batch(stream, source, kind, header)
        _ingest_batch(db, batch, stream, folder_of(path), check, say)
        say(head_line(db))
    return batch.id


@contextmanager
def _open(source: str, form: str | None) -> Iterator[tuple[BinaryIO, str]]:
    if source == "-":
        yield cast(BinaryIO, sys.stdin.buffer), form or "yml"
    else:
        file = Path(source)
        kind = form or file.suffix.lstrip(".")
        if not file.exists():
            raise click.UsageError(f"there is no file {source}")
        if kind not in FORMATS:
            raise click.UsageError(
                f"the format of {source} is unknown; use --format. Formats: {', '.join(FORMATS)}"
            )
        with file.open("rb") as stream:
            yield stream, kind


def _ingest_batch(
    db: sqlite3.Connection,
    batch: Batch,
    stream: BinaryIO,
    media: MediaFolder,
    check: bool,
    say: Messages,
) -> None:
    reading = Bar(batch.id, share_read(stream))
    folding = Bar(f"{batch.id}, folding", lambda done: done / reading.done)
    with say.bars(reading, folding) as (progress, folded):
        result = pipeline.ingest(db, batch, progress, folded, media=media)
    done = "would be appended" if check else "appended"
    say(
        f"{result.batch}: {result.records} records {done}"
        if result.records
        else f"{result.batch}: already in the log; nothing to append"
    )
