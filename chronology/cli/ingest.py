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
    Sayer,
    db_option,
    exit_codes,
    head_line,
    quiet_option,
    reading,
    writing,
)
from chronology.cli.progress import Bar, share_of, share_read
from chronology.ingest import pipeline
from chronology.ingest.sources import files, known_etag, pending, store_etag
from chronology.store import log
from chronology.store.database import connect, transaction


@click.command("ingest")
@click.argument("sources", nargs=-1, metavar="[PATH|URL|-]...")
@click.option("--check", is_flag=True, help="Validate only; append nothing.")
@db_option
@click.option("--format", "form", type=click.Choice(FORMATS), help="Of standard input or a URL.")
@click.option("--batch", "batch_id", help="The batch's id, for CSV, which has no header.")
@click.option("--recorded", help="When it was recorded, for CSV: 2026-11-21T12:00:00Z.")
@click.option("--note", help="A note on the batch, for CSV.")
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
    """Ingest batches into the timeline: whole or not at all, each once.

    Without arguments, everything new in the folder events/, in order of name. A batch that is
    in the log already is compared with it, and refused if it was edited.

    \b
    python ingest.py                              what is new in events/
    python ingest.py --check                      only say what is wrong with it
    python ingest.py more.jsonl                   a file: .yml, .jsonl or .csv
    python ingest.py https://example.org/a.yml    a batch elsewhere
    python ingest.py a.csv --batch a --recorded 2026-11-21T12:00:00Z
    """
    say = Sayer(quiet)
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
        raise click.UsageError("--batch and --recorded go together, and --note with them")
    return {"format": "1", "batch": batch, "recorded": recorded, **({"note": note} if note else {})}


@contextmanager
def _target(path: Path, check: bool) -> Iterator[sqlite3.Connection]:
    """The database to ingest into; to check only, a copy of it."""
    if not check:
        with writing(path) as db:
            yield db
        return
    # Without a name it is a temporary file, in memory as long as it is small.
    copy = connect("", write=True)
    try:
        if path.exists():
            with reading(path) as db:
                db.backup(copy)
        yield copy
    finally:
        copy.close()


def _ingest_folder(folder: Path, path: Path, check: bool, say: Sayer) -> None:
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
    with _target(path, check) as db:
        for file in new:
            with file.open("rb") as stream:
                kind = file.suffix.lstrip(".")
                _ingest_batch(db, read_batch(stream, str(file), kind), stream, check, say)
        if not projections.is_current(db):
            folding = Bar("Folding", share_of(log.head(db).position))
            with say.bars(folding) as (progress,), transaction(db):
                projections.catch_up(db, progress)
            say("The tables were folded again by this version of the program.")
        say(head_line(db))


def _ingest_one(
    source: str,
    path: Path,
    check: bool,
    form: str | None,
    header: dict[str, str] | None,
    say: Sayer,
) -> None:
    with _open(source, form) as (stream, kind):
        _ingest_stream(source, stream, path, check, kind, header, say)


def _ingest_remote(
    url: str,
    path: Path,
    check: bool,
    form: str | None,
    header: dict[str, str] | None,
    say: Sayer,
) -> None:
    known = None
    if path.exists():
        with reading(path) as db:
            known = known_etag(db, url)
    try:
        with http_source.fetch(url, known) as found:
            stream = cast(BinaryIO, found.body)
            _ingest_stream(url, stream, path, check, form or found.form, header, say)
    except http_source.NotModified:
        say(f"Nothing new: {url} is what was ingested from it before.")
        return
    if found.etag and found.etag != known and not check:
        with writing(path) as db:
            store_etag(db, url, found.etag)


def _ingest_stream(
    source: str,
    stream: BinaryIO,
    path: Path,
    check: bool,
    kind: str,
    header: dict[str, str] | None,
    say: Sayer,
) -> None:
    if header and kind != "csv":
        raise click.UsageError(f"{source} has a header of its own; --batch is for CSV")
    with _target(path, check) as db:
        batch = read_batch(stream, source, kind, header)
        _ingest_batch(db, batch, stream, check, say)
        say(head_line(db))


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
            raise click.UsageError(f"{source} is none of {', '.join(FORMATS)}; say --format")
        with file.open("rb") as stream:
            yield stream, kind


def _ingest_batch(
    db: sqlite3.Connection, batch: Batch, stream: BinaryIO, check: bool, say: Sayer
) -> None:
    reading = Bar(batch.id, share_read(stream))
    folding = Bar(f"{batch.id}, folding", lambda done: done / reading.done)
    with say.bars(reading, folding) as (progress, folded):
        result = pipeline.ingest(db, batch, progress, folded)
    done = "would be appended" if check else "appended"
    say(
        f"{result.batch}: {result.records} records {done}"
        if result.records
        else f"{result.batch}: in the log already; nothing to append"
    )
