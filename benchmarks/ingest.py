"""Ingest a file of events: validated, dated, chained, projected, searchable, with facets.

The peer is `sqlite-utils insert --nl --pk id` of the same lines, and `enable-fts` of their titles
and summaries. Each side is a process that writes into a new file. Memory is the most that the
process and its children use at once.

"Only written" means that the same rows, already prepared, go into the same tables: the least time
that an ingest can take. A rate by processor time does not depend on other load on the machine; the
rate of the peer is measured in the same way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from benchmarks import files, peers, write_only
from benchmarks.benchmark import Benchmark, Floor, Measurement
from benchmarks.measuring import (
    measure_in_turns,
    peak_memory,
    processor_time,
    run_module,
    seconds,
)
from benchmarks.run import Run
from chronology.store.database import connect

TABLES = (
    *("log", "events", "events_fts", "event_values", "event_links", "event_spans"),
    *("accounts", "claims", "history", "history_spans"),
)
PEER = "sqlite-utils insert and enable-fts"
Timer = Callable[..., float]
"""Runs a module and returns the seconds that it took."""


def _command(batch: Path, database: Path) -> tuple[str, ...]:
    return ("chronology.cli", "ingest", str(batch), "--db", str(database), "--quiet")


def ingest(*, accounts: bool, timer: Timer = run_module) -> Callable[[Run, int], Measurement]:
    """Events per second, each side into a new file for every run."""

    def measure(_: Run, size: int) -> Measurement:
        start, batch, _second = files.batches(size, accounts=accounts)
        rows = files.rows(size, accounts=accounts)

        def ours() -> float:
            with files.scratch() as folder:
                run_module(*_command(start, folder / "ours.db"))
                return size / timer(*_command(batch, folder / "ours.db"))

        def peer() -> float:
            with files.scratch() as folder:
                return size / peers.sqlite_utils(rows, folder / "peer.db", timer)

        return measure_in_turns(ours, peer, runs=3, budget_s=120)

    return measure


def write(*, accounts: bool) -> Callable[[Run, int], Measurement]:
    """Events per second if their rows are only written, compared with the peer's whole work."""

    def measure(_: Run, size: int) -> Measurement:
        start, batch, _second = files.batches(size, accounts=accounts)
        rows = files.rows(size, accounts=accounts)
        with files.scratch() as folder:
            for path in (start, batch):
                run_module(*_command(path, folder / "source.db"))

            def ours() -> float:
                (folder / "copy.db").unlink(missing_ok=True)
                with peers.plain_sqlite(folder / "source.db") as source:
                    return size / _write(source, folder / "copy.db")

            def peer() -> float:
                (folder / "peer.db").unlink(missing_ok=True)
                return size / peers.sqlite_utils(rows, folder / "peer.db")

            return measure_in_turns(ours, peer, runs=3, budget_s=120)

    return measure


def _write(source: sqlite3.Connection, target: Path) -> float:
    """Seconds to write the rows of a timeline into a new file with the same tables and indexes."""
    with closing(connect(target, write=True)) as db:
        db.execute("BEGIN")
        duration = write_only.write_rows(source, db, TABLES)
        return duration + seconds(partial(db.execute, "COMMIT"))


def memory(_: Run, size: int) -> Measurement:
    start, batch, _second = files.batches(size)
    with files.scratch() as folder:
        run_module(*_command(start, folder / "ours.db"))
        return Measurement([peak_memory(*_command(batch, folder / "ours.db"))])


BENCHMARKS = (
    Benchmark(
        *("ingest-accounts", "Ingest JSONL, an account each", "/s", ingest(accounts=True)),
        peer=PEER,
        floor=Floor(ratio=0.4),
        sizes=(200_000,),
    ),
    Benchmark(
        *("ingest-events", "Ingest JSONL, events alone", "/s", ingest(accounts=False)),
        peer=PEER,
        floor=Floor(ratio=0.4),
        sizes=(200_000,),
    ),
    Benchmark(
        *("ingest-written", "Rows with accounts, only written", "/s", write(accounts=True)),
        peer=PEER,
        sizes=(200_000,),
    ),
    Benchmark(
        *(
            "ingest-events-written",
            "Rows of events alone, only written",
            "/s",
            write(accounts=False),
        ),
        peer=PEER,
        sizes=(200_000,),
    ),
    Benchmark(
        *(
            "ingest-cpu",
            "With accounts, by processor time",
            "/s",
            ingest(accounts=True, timer=processor_time),
        ),
        peer=PEER,
        sizes=(200_000,),
    ),
    Benchmark(
        *(
            "ingest-events-cpu",
            "Events alone, by processor time",
            "/s",
            ingest(accounts=False, timer=processor_time),
        ),
        peer=PEER,
        sizes=(200_000,),
    ),
    Benchmark(
        *("ingest-memory", "Peak memory of an ingest", "MB", memory),
        floor=Floor(most=250),
        sizes=(200_000, 1_000_000),
    ),
)
