"""Ingesting a file of events: validated, dated, chained, projected, searchable, facetable.

The peer is `sqlite-utils insert --nl --pk id` of the same lines and `enable-fts` of their titles
and summaries; each side is a process that writes into a new file. Memory is the most that the
process and its children hold at once.

"Only written" are the same rows, ready, into the same tables: an ingest cannot take less. A rate by
processor time does not depend on what else the machine does; the peer's is taken the same way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from benchmarks import files, peers, writing
from benchmarks.lines import Floor, Line, Measured
from benchmarks.measuring import in_turns, peak_memory, processor_time, run, seconds
from benchmarks.run import Run
from chronology.store.database import connect

WRITTEN = (
    *("log", "events", "events_fts", "event_values", "event_links", "event_spans"),
    *("accounts", "claims", "history", "history_spans"),
)
PEER = "sqlite-utils insert and enable-fts"


def _command(batch: Path, database: Path) -> tuple[str, ...]:
    return ("chronology.cli", "ingest", str(batch), "--db", str(database), "--quiet")


Timed = Callable[..., float]


def _rate(size: int, *, accounts: bool, timed: Timed = run) -> Measured:
    """Events a second, each side into a file of its own that is new every time."""
    start, batch, _ = files.batches(size, accounts=accounts)
    rows = files.rows(size, accounts=accounts)

    def ours() -> float:
        with files.scratch() as folder:
            run(*_command(start, folder / "ours.db"))
            return size / timed(*_command(batch, folder / "ours.db"))

    def peer() -> float:
        with files.scratch() as folder:
            return size / peers.sqlite_utils(rows, folder / "peer.db", timed)

    return in_turns(ours, peer, runs=3, budget_s=120)


def with_accounts(_: Run, size: int) -> Measured:
    return _rate(size, accounts=True)


def events_alone(_: Run, size: int) -> Measured:
    return _rate(size, accounts=False)


def cpu_with_accounts(_: Run, size: int) -> Measured:
    return _rate(size, accounts=True, timed=processor_time)


def cpu_alone(_: Run, size: int) -> Measured:
    return _rate(size, accounts=False, timed=processor_time)


def _written(size: int, *, accounts: bool) -> Measured:
    """Events a second of which the rows are only written, beside the peer's whole work."""
    start, batch, _second = files.batches(size, accounts=accounts)
    rows = files.rows(size, accounts=accounts)
    with files.scratch() as folder:
        for path in (start, batch):
            run(*_command(path, folder / "made.db"))

        def ours() -> float:
            (folder / "copy.db").unlink(missing_ok=True)
            with peers.bare(folder / "made.db") as made:
                return size / _write(made, folder / "copy.db")

        def peer() -> float:
            (folder / "peer.db").unlink(missing_ok=True)
            return size / peers.sqlite_utils(rows, folder / "peer.db")

        return in_turns(ours, peer, runs=3, budget_s=120)


def written_with_accounts(_: Run, size: int) -> Measured:
    return _written(size, accounts=True)


def written_alone(_: Run, size: int) -> Measured:
    return _written(size, accounts=False)


def _write(made: sqlite3.Connection, target: Path) -> float:
    """Seconds to write the rows of a timeline into a new file with the same tables and indexes."""
    with closing(connect(target, write=True)) as db:
        db.execute("BEGIN")
        return writing.write(made, db, WRITTEN) + seconds(partial(db.execute, "COMMIT"))


def memory(_: Run, size: int) -> Measured:
    """The most that the processes of one ingest hold."""
    start, batch, _second = files.batches(size)
    with files.scratch() as folder:
        run(*_command(start, folder / "ours.db"))
        return Measured([peak_memory(*_command(batch, folder / "ours.db"))])


LINES = (
    Line(
        *("ingest-accounts", "Ingest JSONL, an account each", "/s", with_accounts),
        peer=PEER,
        floor=Floor(ratio=0.4),
        sizes=(200_000,),
    ),
    Line(
        *("ingest-events", "Ingest JSONL, events alone", "/s", events_alone),
        peer=PEER,
        floor=Floor(ratio=0.4),
        sizes=(200_000,),
    ),
    Line(
        *("ingest-written", "Rows with accounts, only written", "/s", written_with_accounts),
        peer=PEER,
        sizes=(200_000,),
    ),
    Line(
        *("ingest-events-written", "Rows of events alone, only written", "/s", written_alone),
        peer=PEER,
        sizes=(200_000,),
    ),
    Line(
        *("ingest-cpu", "With accounts, by processor time", "/s", cpu_with_accounts),
        peer=PEER,
        sizes=(200_000,),
    ),
    Line(
        *("ingest-events-cpu", "Events alone, by processor time", "/s", cpu_alone),
        peer=PEER,
        sizes=(200_000,),
    ),
    Line(
        *("ingest-memory", "Peak memory of an ingest", "MB", memory),
        floor=Floor(most=250),
        sizes=(200_000, 1_000_000),
    ),
)
