"""What the faults share: batches, children that may be killed, and the check of what is left."""

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
"""Records of one batch, its own one included."""
RECORDED = "2026-01-01T00:00:00Z"


class Outcome(NamedTuple):
    """What came of a fault; `lost` records were acknowledged and are not there, or not as told."""

    cases: int = 0
    acknowledged: int = 0
    lost: int = 0

    def plus(self, acknowledged: int, lost: int) -> Outcome:
        """With one more case."""
        return Outcome(self.cases + 1, self.acknowledged + acknowledged, self.lost + lost)


class Setting(NamedTuple):
    """Where a fault is run, how often, and its chance."""

    folder: Path
    cases: int
    chance: Random


class NotRun(Exception):
    """This machine cannot bring the fault about; the text says why."""


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
    """A batch as a file: the first for 0, else one of events of its own."""
    header = {"format": 1, "batch": f"b{number}", "recorded": RECORDED}
    found = [_event(f"e{number}-{i}") for i in range(events)] if number else START
    return "".join(json.dumps(line) + "\n" for line in (header, *found))


def numbered(number: int, events: int = SIZE - 1) -> Batch:
    """The same batch, read."""
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
    """A new log of some batches."""
    with closing(connect(path, write=True)) as db:
        for number in range(count):
            ingest(db, numbered(number, events))


class Child:
    """A process of this program that works on its own until it ends or is killed.

    What it says to `say` is an acknowledgement: it counts from the moment at which it was said.
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
        """Ends it so long after it said so many things; returns all that it had said."""
        said = [line for line in (self.pipe.readline() for _ in range(after)) if line]
        time.sleep(delay_s)
        os.kill(self.pid, signal.SIGKILL)
        return [line.decode().strip() for line in said] + self.end()[1]

    def end(self) -> tuple[int, list[str]]:
        """Waits for its end; its exit code (negative for a signal), and what it said."""
        said = self.pipe.read().decode().splitlines()
        self.pipe.close()
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status), said


def check(path: Path, acknowledged: Iterable[str], sizes: int = SIZE) -> int:
    """How many acknowledged batches a log lacks; fails if it is no log of whole batches."""
    with closing(connect(path)) as db:
        assert not (verification.file_faults(db) + verification.schema_faults(db)), (
            "the file is damaged"
        )
        verification.verify(db)
        assert not projections.verify(db), "the tables differ from the log"
        found = dict(db.execute("SELECT batch, count(*) FROM log GROUP BY batch"))
    for name, count in found.items():
        assert count == sizes, f"{name} has {count} of {sizes} records"
    return len(set(acknowledged) - set(found))


def copy(path: Path, target: Path) -> Path:
    """The database with what SQLite keeps beside it, in the state of this moment."""
    for suffix in ("", "-journal", "-wal", "-shm"):
        goal = Path(f"{target}{suffix}")
        goal.unlink(missing_ok=True)
        if (held := Path(f"{path}{suffix}")).exists():
            goal.write_bytes(held.read_bytes())
    return target
