"""A data package of ours as the batches from which it was made."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import IO, Any

import msgspec

from chronology.importing.tables import Unreadable

DESCRIPTOR = "datapackage.json"
LOG = "log.csv"
_SAFE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_VERBS = {"corrected": "correct", "retracted": "retract"}


def is_package(path: Path) -> bool:
    """Whether a path is a folder or a zip file with a data package that has a log."""
    if path.is_dir():
        return (path / DESCRIPTOR).exists() and (path / LOG).exists()
    if path.suffix.lower() != ".zip" or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as file:
        return {DESCRIPTOR, LOG} <= {*file.namelist()}


def write_batches(package: Path, folder: Path) -> list[Path]:
    """Writes the batches of a package into an empty folder, as JSON Lines.

    Ingesting them gives the same log, to the last digest.
    """
    written: list[Path] = []
    with _log(package) as rows:
        for number, (batch, records) in enumerate(groupby(rows, key=lambda row: row["batch"]), 1):
            if not _SAFE.fullmatch(batch):
                raise Unreadable(f"{package} has a batch {batch!r}; export the package again")
            path = folder / f"{number:04}-{batch}.jsonl"
            with path.open("xb") as file:
                for record in _raw_records(records):
                    file.write(msgspec.json.encode(record) + b"\n")
            written.append(path)
    return written


@contextmanager
def _log(package: Path) -> Iterator[Iterator[dict[str, str]]]:
    csv.field_size_limit(8 << 20)
    if package.is_dir():
        with (package / LOG).open(encoding="utf-8", newline="") as file:
            yield csv.DictReader(file)
        return
    with zipfile.ZipFile(package) as archive, archive.open(LOG) as member:
        text: IO[str] = io.TextIOWrapper(member, encoding="utf-8", newline="")
        yield csv.DictReader(text)


def _raw_records(rows: Iterator[dict[str, str]]) -> Iterator[dict[str, Any]]:
    """The header and the records as a batch file writes them: accounts are within their event."""
    event: dict[str, Any] | None = None
    for row in rows:
        number = row["record_id"].rpartition(f"{row['batch']}/")[2]
        subject, _, name = row["stream"].partition("/")
        action = row["type"].partition(".")[2]
        fields = msgspec.json.decode(row["data"])
        if subject == "batch":
            yield {**fields, "batch": row["batch"], "recorded": row["recorded_at"]}
        elif "/move-" in number:
            continue  # The retraction of the event moves its accounts again.
        elif "/" in number and event is not None:
            fields.pop("event", None)
            event.setdefault("accounts", []).append({"id": name, **fields})
        else:
            if event is not None:
                yield event
                event = None
            if action == "recorded":
                record = {subject: name, **fields}
                if subject == "event":
                    event = record
                else:
                    yield record
            else:
                yield {_VERBS[action]: row["stream"], **fields}
    if event is not None:
        yield event
