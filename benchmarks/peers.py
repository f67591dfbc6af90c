"""What others do for the same, each through its own command or interface as it is meant."""

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

from benchmarks.measuring import GaveUp, run, seconds

SQLITE3 = "sqlite3"
LIMIT_S = 600.0


def sqlite_utils(rows: Path, database: Path, timed: Callable[..., float] = run) -> float:
    """Seconds to insert rows by their id and to make title and summary searchable."""
    took = timed("sqlite_utils", "insert", str(database), "events", str(rows), "--nl", "--pk", "id")
    return took + timed("sqlite_utils", "enable-fts", str(database), "events", "title", "summary")


def sqlite3_csv(database: Path, sql: str, target: Path) -> float:
    """Seconds that `sqlite3 -csv` takes to write a query's rows into a file."""
    if shutil.which(SQLITE3) is None:
        raise GaveUp(f"not measured: the command {SQLITE3} is absent")
    command = [SQLITE3, "-readonly", "-header", "-csv", str(database), sql]
    start = perf_counter()
    with target.open("wb") as file:
        subprocess.run(command, stdout=file, check=True, timeout=LIMIT_S)
    return perf_counter() - start


@contextmanager
def bare(database: Path) -> Iterator[sqlite3.Connection]:
    """The database opened to read, with nothing but SQLite."""
    db = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)
    try:
        yield db
    finally:
        db.close()


class _Occurrence(Aggregate):
    def __init__(self, data: str) -> None:
        self.data = data


def eventsourcing(database: Path, texts: list[str], together: int) -> float:
    """Seconds to save an aggregate of eventsourcing for each text, some in one transaction."""
    environment = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(database)}
    application: Application[UUID] = Application(env=environment)

    def save() -> None:
        for start in range(0, len(texts), together):
            application.save(*map(_Occurrence, texts[start : start + together]))

    try:
        return seconds(save)
    finally:
        application.close()
