"""The place of an imported batch among the files of `events/`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from chronology.batches.batch_reader import read_batch
from chronology.importing.update import own_batches
from chronology.ingest import pipeline, sources
from chronology.ingest.unchanged import is_ingested


class Target(NamedTuple):
    """The number and the id of the batch to write, and the files that it replaces."""

    number: int
    batch: str
    replaced: tuple[Path, ...]
    earlier: tuple[str, ...]


def find_target(log: sqlite3.Connection, folder: Path, name: str, example: Path | None) -> Target:
    """The place of the next batch of a name, for a log that has only what was ingested.

    A batch of this name that waits to be ingested is written anew. The untouched example is
    replaced if it was not ingested and there are no other batches.
    """
    earlier = own_batches(log, name)
    batch = name if not earlier else f"{name}-{len(earlier) + 1}"
    paths = sources.files(folder) if folder.is_dir() else []
    replaced = [path for path in paths if path.stem[5:] == batch and path.name[:4].isdecimal()]
    others = [path for path in paths if path not in replaced and path != example]
    if example is not None and not others and not is_ingested(log, "start"):
        replaced.append(example)
    numbers = [int(p.name[:4]) for p in paths if p.name[:4].isdecimal() and p not in replaced]
    return Target(max(numbers, default=0) + 1, batch, tuple(replaced), tuple(earlier))


def ingest_others(log: sqlite3.Connection, folder: Path, replaced: tuple[Path, ...]) -> None:
    """Ingests the other batches of a folder; raises `BatchRefused` for a faulty one."""
    for path in _pending(log, folder):
        if path not in replaced:
            with path.open("rb") as stream:
                pipeline.ingest(log, read_batch(stream, str(path), path.suffix.lstrip(".")))


def _pending(log: sqlite3.Connection, folder: Path) -> Iterator[Path]:
    for path in sources.files(folder):
        with path.open("rb") as stream:
            batch = read_batch(stream, str(path), path.suffix.lstrip("."))
        if not is_ingested(log, batch.id):
            yield path
