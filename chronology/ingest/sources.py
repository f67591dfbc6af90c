"""Sources of batches: the folder of numbered files, and web addresses."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from chronology.batches.batch import FORMATS
from chronology.batches.batch_reader import read_batch
from chronology.ingest.unchanged import is_ingested, refuse_if_edited
from chronology.model.errors import BatchRefused, Fault
from chronology.store.database import transaction


def files(folder: Path) -> list[Path]:
    """The batch files of a folder, in the order in which they are ingested."""
    if not folder.is_dir():
        description = "the folder does not exist"
        raise BatchRefused([Fault(str(folder), 1, description, "create it or name another folder")])
    paths = [path for path in folder.iterdir() if path.suffix.lstrip(".") in FORMATS]
    return sorted(path for path in paths if path.is_file() and not path.name.startswith("."))


def pending(db: sqlite3.Connection, paths: list[Path]) -> list[Path]:
    """The batch files that are not in the log yet.

    Raises `BatchRefused` for an edited file, and for a new file that sorts before an ingested one.
    """
    new: list[Path] = []
    for path in paths:
        if not _is_unchanged(db, path):
            new.append(path)
        elif new:
            description = f"{new[0].name} is new, but sorts before the ingested {path.name}"
            remedy = "give it a higher number"
            raise BatchRefused([Fault(str(new[0]), 1, description, remedy)])
    return new


def _is_unchanged(db: sqlite3.Connection, path: Path) -> bool:
    """Whether a batch file is in the log; raises `BatchRefused` if it was edited."""
    with path.open("rb") as stream:
        batch = read_batch(stream, str(path), path.suffix.lstrip("."))
        if not is_ingested(db, batch.id):
            return False
        refuse_if_edited(db, batch)
    return True


_FETCHED = "CREATE TABLE IF NOT EXISTS fetched (url TEXT PRIMARY KEY, etag TEXT NOT NULL) STRICT"


def known_etag(db: sqlite3.Connection, url: str) -> str | None:
    """The ETag of the batch that was last ingested from an address."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'fetched'").fetchone():
        return None
    row = db.execute("SELECT etag FROM fetched WHERE url = ?", (url,)).fetchone()
    return str(row[0]) if row else None


def store_etag(db: sqlite3.Connection, url: str, etag: str) -> None:
    """Stores the ETag of an ingested batch, outside the log."""
    with transaction(db):
        db.execute(_FETCHED)
        db.execute("INSERT OR REPLACE INTO fetched VALUES (?, ?)", (url, etag))
