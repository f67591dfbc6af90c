"""Sources of batches: the folder of numbered files, and web addresses."""

from __future__ import annotations

import json
import sqlite3
from hashlib import sha256
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


class KnownETags:
    """The ETags of the batches that were ingested from addresses, with the ids of the batches.

    They are in a file beside the database, `timeline.db.etags.json`, because the database is
    published. Only a hash of each address is kept: an address may contain a password or a token.
    """

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(f"{database.name}.etags.json")

    def get(self, db: sqlite3.Connection, url: str) -> str | None:
        """The ETag of the batch that was last ingested from an address, if it is in the log."""
        match self._read().get(_hash(url)):
            case {"etag": str(etag), "batch": str(batch)} if is_ingested(db, batch):
                return etag
        return None

    def put(self, url: str, etag: str, batch: str) -> None:
        """Stores the ETag of a batch that was ingested from an address."""
        stored = {**self._read(), _hash(url): {"etag": etag, "batch": batch}}
        new = self.path.with_name(f"{self.path.name}.new")
        new.write_text(json.dumps(stored, indent=1), "utf-8")
        new.replace(self.path)

    def _read(self) -> dict[str, object]:
        try:
            stored = json.loads(self.path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}  # Missing or damaged: the next request costs a whole response.
        return stored if isinstance(stored, dict) else {}


def _hash(url: str) -> str:
    return sha256(url.encode("utf-8", "surrogatepass")).hexdigest()


def forget_addresses(db: sqlite3.Connection) -> None:
    """Drops the table `fetched`, in which earlier versions kept whole addresses, secrets included.

    Its pages are overwritten with zeros, so that nothing remains in the file.
    """
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'fetched'").fetchone():
        return
    (before,) = db.execute("PRAGMA secure_delete").fetchone()
    db.execute("PRAGMA secure_delete = ON")
    with transaction(db):
        db.execute("DROP TABLE fetched")
    db.execute(f"PRAGMA secure_delete = {before}")
