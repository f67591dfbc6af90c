"""Ingesting a file of events: validated, dated, chained, projected, searchable, facetable.

The peer is `sqlite-utils insert --nl --pk id` of the same lines and `enable-fts` of their titles
and summaries; each side is a process that writes into a new file. Memory is the most that the
process and its children hold at once.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks import files, peers
from benchmarks.lines import Floor, Line, Measured
from benchmarks.measuring import in_turns, peak_memory, run
from benchmarks.run import Run

PEER = "sqlite-utils insert and enable-fts"


def _command(batch: Path, database: Path) -> tuple[str, ...]:
    return ("chronology.cli", "ingest", str(batch), "--db", str(database), "--quiet")


def _rate(size: int, *, accounts: bool) -> Measured:
    """Events a second, each side into a file of its own that is new every time."""
    start, batch, _ = files.batches(size, accounts=accounts)
    rows = files.rows(size, accounts=accounts)

    def ours() -> float:
        with files.scratch() as folder:
            run(*_command(start, folder / "ours.db"))
            return size / run(*_command(batch, folder / "ours.db"))

    def peer() -> float:
        with files.scratch() as folder:
            return size / peers.sqlite_utils(rows, folder / "peer.db")

    return in_turns(ours, peer, runs=3, budget_s=120)


def with_accounts(_: Run, size: int) -> Measured:
    return _rate(size, accounts=True)


def events_alone(_: Run, size: int) -> Measured:
    return _rate(size, accounts=False)


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
        floor=Floor(ratio=1.5),
        sizes=(200_000,),
    ),
    Line(
        *("ingest-events", "Ingest JSONL, events alone", "/s", events_alone),
        peer=PEER,
        floor=Floor(ratio=1.5),
        sizes=(200_000,),
    ),
    Line(
        *("ingest-memory", "Peak memory of an ingest", "MB", memory),
        floor=Floor(most=250),
        sizes=(200_000, 1_000_000),
    ),
)
