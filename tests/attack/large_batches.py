"""Batches of many small records, of huge ones and of many references, in bounded memory.

A batch is written as it is read, in a process of its own, so that only ingesting takes memory:
`python -m tests.attack.large_batches KIND MIB` ingests one batch.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from chronology.batches.batch_reader import read_batch
from chronology.ingest.pipeline import ingest
from chronology.model.errors import BatchRefused
from chronology.store.database import connect
from tests.attack.report import Budget, Report, run_command

PEAK_MB = 400
SHORT_MIB, LONG_MIB = 1, 40
_MAX_SHORT_CASES = 100
EVENT = {"date": "1944-10-14", "title": "T", "kind": "k"}
ACCOUNT = {"source": "one", "at": "1"}
START: list[dict[str, Any]] = [
    {"format": 1, "batch": "start", "recorded": "2026-01-01T00:00:00Z"},
    {
        "chronology": "test",
        "title": "T",
        "window": "1944",
        "kinds": {"k": "K"},
        "sides": {"s": "S"},
        "levels": {"army": "A"},
        "dimensions": {"armies": "army"},
    },
    {"source": "one", "name": "One"},
    {"event": "e", **EVENT},
]
HEADER = {"format": 1, "batch": "large", "recorded": "2026-01-02T00:00:00Z"}


def _date(number: int) -> str:
    minutes, second = divmod(number, 60)
    hours, minute = divmod(minutes, 60)
    return f"1944-10-{1 + hours // 24 % 28:02}T{hours % 24:02}:{minute:02}:{second:02}"


def _then_corrected(number: int, fields: dict[str, Any], stream: str, change: Any) -> Any:
    """A record of an event for odd numbers, and a correction of it or its account for even ones."""
    name = f"f{(number + 1) // 2}"
    if number % 2:
        return {"event": name, **EVENT, **fields}
    return {"correct": stream.format(name), "set": change, "because": "so"}


_MANY = range(20_000)
_CLAIMS = {f"c{number}": "1" for number in range(60_000)}
KINDS: dict[str, Callable[[int], Any]] = {
    "events": lambda n: {"event": f"e{n}", **EVENT},
    "dates": lambda n: {"event": f"e{n}", **EVENT, "date": _date(n)},
    "days": lambda n: {
        "event": f"e{n}",
        **EVENT,
        "date": f"[{','.join(f'1944-10-{1 + day % 28:02}' for day in range(80))}]",
    },
    "texts": lambda n: {"event": f"e{n}", **EVENT, "summary": "x" * 20_000, "basis": "y" * 20_000},
    "places": lambda n: {"place": f"p{n}", "name": f"P {n}"},
    "large places": lambda n: {
        "place": f"p{n}",
        "name": f"P {n}",
        "statements": [{**ACCOUNT, "says": "x"}] * 20_000,
    },
    "places of many ids": lambda n: {"place": f"p{n}", "name": f"P {n}", "ids": _CLAIMS},
    "accounts of one event": lambda n: {"account": f"a{n}", "event": "e", **ACCOUNT},
    "accounts without events": lambda n: {"account": "", "event": f"f{n}", **ACCOUNT},
    "nested accounts": lambda n: {"event": f"e{n}", **EVENT, "accounts": [ACCOUNT] * 5_000},
    "claims": lambda n: {
        "account": f"a{n}",
        "event": "e",
        **ACCOUNT,
        "claims": {f"c{number}": "1" for number in _MANY},
    },
    "unknown references": lambda n: {
        "event": f"e{n}",
        **EVENT,
        "formations": [f"f{n}-{number}" for number in _MANY],
    },
    "corrections": lambda n: {
        "correct": "event/e",
        "set": {"title": f"T {n}"},
        "because": "so",
    },
    "reasons": lambda n: {
        "correct": "event/e",
        "set": {"title": f"T {n}"},
        "because": f"{'x' * 19_000} {n}",
    },
    "corrected accounts": lambda n: _then_corrected(
        n, {"accounts": [{**ACCOUNT, "claims": _CLAIMS}]}, "account/{}-one-1", {"stance": "denies"}
    ),
    "corrected events": lambda n: _then_corrected(
        n, {"distinct": [{"event": "e", "because": "x"}] * 25_000}, "event/{}", {"title": "U"}
    ),
    "faults": lambda n: {"event": "x" * 900_000, **EVENT},
}


class _Stream(io.RawIOBase):
    """A batch of so many bytes, whose lines are made when they are read."""

    def __init__(self, kind: str, size: int) -> None:
        self._lines = self._make(KINDS[kind], size)
        self._rest = b""

    def _make(self, record: Callable[[int], Any], left: int) -> Iterator[bytes]:
        yield json.dumps(HEADER).encode() + b"\n"
        for number in count(1):
            line = json.dumps(record(number)).encode() + b"\n"
            left -= len(line)
            if left < 0 and number > 1:
                return
            yield line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while len(self._rest) < len(buffer) and (line := next(self._lines, b"")):
            self._rest += line
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def ingest_one(kind: str, mib: float) -> str:
    """Ingests a batch into a temporary file; the result as a line."""
    with tempfile.TemporaryDirectory() as folder:
        db = connect(Path(folder) / "timeline.db", write=True)
        start = "\n".join(map(json.dumps, START)).encode()
        ingest(db, read_batch(io.BytesIO(start), "start", "jsonl"))
        stream = io.BufferedReader(_Stream(kind, int(mib * (1 << 20))), 1 << 16)
        try:
            result = ingest(db, read_batch(stream, "large", "jsonl"))
            return f"{result.records:,} records"
        except BatchRefused as error:
            return f"refused: {str(error.faults[-1])[:200]}"
        finally:
            db.close()


def run(budget: Budget) -> Report:
    """Ingests a batch of each kind, and measures the memory of each."""
    report, ends = Report(), time.monotonic() + budget.seconds
    mib = SHORT_MIB if budget.cases <= _MAX_SHORT_CASES else LONG_MIB
    kinds = list(KINDS)
    budget.random().shuffle(kinds)
    for kind in kinds[: budget.cases]:
        if time.monotonic() > ends:
            break
        report.cases += 1
        done = run_command(["-m", "tests.attack.large_batches", kind, str(mib)])
        report.peak_mb = max(report.peak_mb, done.peak_mb)
        if done.status:
            report.findings.append(f"{kind}: {done.output[-300:]}")
        if done.peak_mb > PEAK_MB:
            report.findings.append(f"{kind}: {done.peak_mb:.0f} MB of {PEAK_MB}")
    return report


if __name__ == "__main__":
    started = time.process_time()
    print(ingest_one(sys.argv[1], float(sys.argv[2])))
    print(f"{time.process_time() - started:.0f} s of processor time")
