"""Shared by all faults: batches, child processes, and the check of the log."""

from __future__ import annotations

import io
import json
import os
import signal
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from random import Random
from typing import NamedTuple

from chronology import projections
from chronology.batches.batch import Batch
from chronology.batches.batch_reader import read_batch
from chronology.ingest.pipeline import ingest
from chronology.model.errors import ChronologyError
from chronology.store import verification
from chronology.store.database import connect

SIZE = 6
"""The records of one batch, including its header."""
RECORDED = "2026-01-01T00:00:00Z"


class Outcome(NamedTuple):
    """The result of a fault; `lost` records were acknowledged, but are missing or changed."""

    cases: int = 0
    acknowledged: int = 0
    lost: int = 0

    def plus(self, acknowledged: int, lost: int) -> Outcome:
        """The result with one more case."""
        return Outcome(self.cases + 1, self.acknowledged + acknowledged, self.lost + lost)


class Setting(NamedTuple):
    """The folder of a fault, its number of cases and its random numbers."""

    folder: Path
    cases: int
    random: Random


class NotRun(Exception):
    """This machine cannot cause the fault; the text has the reason."""


START: list[dict[str, object]] = [
    {
        "chronology": "test",
        "title": "A test",
        "window": "1944-09-01/1944-11-30",
        "kinds": {"battle": "A battle"},
        "sides": {"soviet": "Soviet"},
        "levels": {"front": "Fronts", "army": "Armies"},
        "dimensions": {"fronts": "front", "armies": "army"},
    },
    {"source": "one", "name": "First source"},
    {"place": "nis", "name": "Niš", "latitude": "43.3211", "longitude": "21.8958"},
    {"formation": "f3", "name": "3rd Ukrainian Front", "level": "front", "side": "soviet"},
    {"person": "tolbukhin", "name": "Fyodor Tolbukhin", "side": "soviet"},
]


def text(number: int, events: int = SIZE - 1) -> str:
    """The text of a batch: the first one for 0, otherwise one with its own events."""
    header = {"format": 1, "batch": f"b{number}", "recorded": RECORDED}
    items = [_event(f"e{number}-{i}") for i in range(events)] if number else START
    return "".join(json.dumps(line) + "\n" for line in (header, *items))


def numbered(number: int, events: int = SIZE - 1) -> Batch:
    """The same batch after reading."""
    raw = io.BytesIO(text(number, events).encode())
    return read_batch(raw, f"b{number}.jsonl", "jsonl")


def _event(name: str) -> dict[str, object]:
    return {
        "event": name,
        "date": "1944-10-14",
        "title": f"The event {name} comes to pass",
        "kind": "battle",
        "places": ["nis"],
        "formations": ["f3"],
    }


def fill(path: Path, count: int, events: int = SIZE - 1) -> None:
    """A new log with some batches."""
    with closing(connect(path, write=True)) as db:
        for number in range(count):
            ingest(db, numbered(number, events))


class Child:
    """A child process that runs `work` until it ends or is killed.

    `work` gets a function `say`, which reports an acknowledgement to the parent at once.
    """

    def __init__(self, work: Callable[[Callable[[str], None]], None]) -> None:
        reading, writing = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.close(reading)
            self._run(work, writing)
        os.close(writing)
        self.pipe = os.fdopen(reading, "rb")

    def _run(self, work: Callable[[Callable[[str], None]], None], pipe: int) -> None:
        status = 1
        try:
            work(lambda text: os.write(pipe, f"{text}\n".encode()) and None)
            status = 0
        except (sqlite3.Error, OSError, ChronologyError):
            status = 3
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)

    def kill(self, after: int, delay_s: float) -> list[str]:
        """Kills the process `delay_s` after its n-th report; returns all its reports."""
        reports = [line for line in (self.pipe.readline() for _ in range(after)) if line]
        time.sleep(delay_s)
        os.kill(self.pid, signal.SIGKILL)
        return [line.decode().strip() for line in reports] + self.end()[1]

    def end(self) -> tuple[int, list[str]]:
        """Waits for the end; returns the exit code (negative for a signal) and all reports."""
        reports = self.pipe.read().decode().splitlines()
        self.pipe.close()
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status), reports


def check(path: Path, acknowledged: Iterable[str], sizes: int = SIZE) -> int:
    """The number of acknowledged batches that are missing; fails if the log is damaged."""
    with closing(connect(path)) as db:
        assert not (verification.file_faults(db) + verification.schema_faults(db)), (
            "the file is damaged"
        )
        verification.verify(db)
        assert not projections.verify(db), "the tables differ from the log"
        sizes_by_batch = dict(db.execute("SELECT batch, count(*) FROM log GROUP BY batch"))
    for name, count in sizes_by_batch.items():
        assert count == sizes, f"{name} has {count} of {sizes} records"
    return len(set(acknowledged) - set(sizes_by_batch))


def copy(path: Path, target: Path) -> Path:
    """A copy of the database with its journal and write-ahead log."""
    for suffix in ("", "-journal", "-wal", "-shm"):
        destination = Path(f"{target}{suffix}")
        destination.unlink(missing_ok=True)
        if (source := Path(f"{path}{suffix}")).exists():
            destination.write_bytes(source.read_bytes())
    return target
