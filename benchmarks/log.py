"""The log itself: verifying it, folding it again, and appending to it.

`verify` does more than prove the chain: it checks the file and compares every table with a fresh
fold. Beside a rebuild stands writing alone: one process drops the tables and writes the same rows,
which it has ready. Beside appending stands `Application.save` of eventsourcing, with its SQLite
recorder; both sides get the same texts, and have no projection.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from benchmarks import files, generator, peers, writing
from benchmarks.lines import Floor, Line, Measured
from benchmarks.measuring import in_turns, peak_memory, run, seconds
from benchmarks.run import Run
from chronology.model import records
from chronology.model.records import Record
from chronology.projections import tables
from chronology.store import log, verification
from chronology.store.database import connect, transaction

TOGETHER = 100
SIZES = (100_000, 1_000_000)


def _records(database: Path) -> int:
    with peers.bare(database) as db:
        (count,) = db.execute("SELECT max(position) FROM log").fetchone()
    return int(count)


def chain(run_: Run, size: int) -> Measured:
    """Records a second of which the chain is proved."""
    database = run_.timeline(size)
    count = _records(database)

    def verify() -> float:
        db = connect(database)
        try:
            return count / seconds(lambda: verification.verify(db))
        finally:
            db.close()

    return in_turns(verify, runs=3)


def whole(run_: Run, size: int) -> Measured:
    """The same for `chronology verify`, which also compares every table with a fresh fold."""
    database = run_.timeline(size)
    return Measured([_records(database) / run(*_verify(database))])


def rebuild(run_: Run, size: int) -> Measured:
    """Records a second that `chronology rebuild` folds into all tables, in a copy."""
    database = run_.timeline(size)
    count = _records(database)
    with files.scratch() as folder:
        copy = Path(shutil.copy(database, folder))
        command = ("chronology.cli", "rebuild", "--db", str(copy))
        return in_turns(
            lambda: count / run(*command),
            lambda: count / _write_again(database, copy),
            runs=3,
            budget_s=600,
        )


def _write_again(database: Path, copy: Path) -> float:
    """Seconds to drop the tables of a copy, and to write the rows of the original into new ones."""
    with peers.bare(database) as made, closing(connect(copy, write=True)) as db:
        db.execute("BEGIN")
        took = seconds(lambda: tables.drop(db)) + writing.write(made, db, tables.DERIVED)
        return took + seconds(lambda: db.execute("COMMIT"))


def _append(database: Path, texts: list[str]) -> float:
    db = connect(database, write=True)
    given = iter(
        Record(f"r{n}", f"event/e{n}", "event.recorded", "2026-01-01T00:00:00Z", "b", text)
        for n, text in enumerate(texts)
    )

    def append() -> None:
        for some in _some(given):
            with transaction(db):
                log.append(db, some)

    try:
        return seconds(append)
    finally:
        db.close()


def rebuild_memory(run_: Run, size: int) -> Measured:
    """The most that the processes of one rebuild hold."""
    with files.scratch() as folder:
        copy = shutil.copy(run_.timeline(size), folder)
        return Measured([peak_memory("chronology.cli", "rebuild", "--db", str(copy))])


def verify_memory(run_: Run, size: int) -> Measured:
    """The most that the processes of one `chronology verify` hold."""
    return Measured([peak_memory(*_verify(run_.timeline(size)))])


def _verify(database: Path) -> tuple[str, ...]:
    return ("chronology.cli", "verify", "--db", str(database), "--events", "no-folder")


def _some(given: Iterator[Record]) -> Iterator[list[Record]]:
    while found := list(islice(given, TOGETHER)):
        yield found


def append(_: Run, count: int) -> Measured:
    """Records a second, each side with transactions of its own into a new file."""
    texts = [records.canonical(event) for event in generator.events(count)]

    def ours() -> float:
        with files.scratch() as folder:
            return len(texts) / _append(folder / "ours.db", texts)

    def peer() -> float:
        with files.scratch() as folder:
            return len(texts) / peers.eventsourcing(folder / "peer.db", texts, TOGETHER)

    return in_turns(ours, peer)


LINES = (
    Line(
        *("verify-chain", "Verify the chain, records", "/s", chain),
        floor=Floor(least=200_000),
        sizes=SIZES,
    ),
    Line("verify", "Verify chain, tables and file, records", "/s", whole, sizes=SIZES),
    Line(
        *("rebuild", "Rebuild every table, records", "/s", rebuild),
        peer="the same rows, only written",
        floor=Floor(least=25_000),
        sizes=SIZES,
    ),
    Line("verify-memory", "Peak memory of verify", "MB", verify_memory, sizes=SIZES),
    Line("rebuild-memory", "Peak memory of a rebuild", "MB", rebuild_memory, sizes=SIZES),
    Line(
        *("append", f"Append records, {TOGETHER} a transaction", "/s", append),
        peer="eventsourcing",
        sizes=(10_000,),
    ),
)
