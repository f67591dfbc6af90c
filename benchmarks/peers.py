"""Run the peers, each through its own command or interface as its documentation shows."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate

from benchmarks.measuring import PeerGaveUp, run_module, seconds

SQLITE3 = "sqlite3"
LIMIT_S = 600.0


def sqlite_utils(rows: Path, database: Path, timer: Callable[..., float] = run_module) -> float:
    """Seconds to insert rows by id and to make title and summary searchable."""
    insert = ("insert", str(database), "events", str(rows), "--nl", "--pk", "id")
    enable_search = ("enable-fts", str(database), "events", "title", "summary")
    return timer("sqlite_utils", *insert) + timer("sqlite_utils", *enable_search)


def sqlite3_csv(database: Path, sql: str, target: Path) -> float:
    """Seconds that `sqlite3 -csv` takes to write the rows of a query to a file."""
    if shutil.which(SQLITE3) is None:
        raise PeerGaveUp(f"not measured: the command {SQLITE3} is absent")
    command = [SQLITE3, "-readonly", "-header", "-csv", str(database), sql]
    start = perf_counter()
    with target.open("wb") as file:
        subprocess.run(command, stdout=file, check=True, timeout=LIMIT_S)
    return perf_counter() - start


@contextmanager
def plain_sqlite(database: Path) -> Iterator[sqlite3.Connection]:
    """A read-only connection with SQLite's defaults."""
    db = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)
    try:
        yield db
    finally:
        db.close()


class _Occurrence(Aggregate):
    def __init__(self, data: str) -> None:
        self.data = data


def eventsourcing(database: Path, texts: list[str], transaction_size: int) -> float:
    """Seconds to save one aggregate of eventsourcing per text, `transaction_size` at a time."""
    environment = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(database)}
    application: Application[UUID] = Application(env=environment)

    def save() -> None:
        for start in range(0, len(texts), transaction_size):
            application.save(*map(_Occurrence, texts[start : start + transaction_size]))

    try:
        return seconds(save)
    finally:
        application.close()
