"""The log itself: verify it, fold it again, and append to it.

`verify` does more than prove the chain: it also checks the file and compares every table with a
new fold. A rebuild is compared with writing alone: one process drops the tables and writes the
same rows, which it has already prepared. Appending is compared with `Application.save` of
eventsourcing and its SQLite recorder. Both sides get the same texts and have no projection.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from benchmarks import files, generator, peers, write_only
from benchmarks.benchmark import Benchmark, Floor, Measurement
from benchmarks.measuring import measure_in_turns, peak_memory, run_module, seconds
from benchmarks.run import Run
from chronology.model import records
from chronology.model.records import Record
from chronology.projections import tables
from chronology.store import log, verification
from chronology.store.database import connect, transaction

TRANSACTION_SIZE = 100
SIZES = (100_000, 1_000_000)


def _count_records(database: Path) -> int:
    with peers.plain_sqlite(database) as db:
        (count,) = db.execute("SELECT max(position) FROM log").fetchone()
    return int(count)


def verify_chain(run: Run, size: int) -> Measurement:
    """Records per second whose chain is verified."""
    database = run.timeline(size)
    count = _count_records(database)

    def verify() -> float:
        with closing(connect(database)) as db:
            return count / seconds(lambda: verification.verify(db))

    return measure_in_turns(verify, runs=3)


def verify(run: Run, size: int) -> Measurement:
    """The same for `chronology verify`, which also compares every table with a new fold."""
    database = run.timeline(size)
    return Measurement([_count_records(database) / run_module(*_verify_command(database))])


def _verify_command(database: Path) -> tuple[str, ...]:
    return ("chronology.cli", "verify", "--db", str(database), "--events", "no-folder")


def rebuild(run: Run, size: int) -> Measurement:
    """Records per second that `chronology rebuild` folds into all tables of a copy."""
    database = run.timeline(size)
    count = _count_records(database)
    with files.scratch() as folder:
        copy = Path(shutil.copy(database, folder))
        command = ("chronology.cli", "rebuild", "--db", str(copy))
        return measure_in_turns(
            lambda: count / run_module(*command),
            lambda: count / _write_again(database, copy),
            runs=3,
            budget_s=600,
        )


def _write_again(database: Path, copy: Path) -> float:
    """Seconds to drop the tables of a copy and to write the rows of the original into new ones."""
    with peers.plain_sqlite(database) as source, closing(connect(copy, write=True)) as db:
        db.execute("BEGIN")
        drop = seconds(lambda: tables.drop(db))
        write = write_only.write_rows(source, db, tables.DERIVED)
        return drop + write + seconds(lambda: db.execute("COMMIT"))


def rebuild_memory(run: Run, size: int) -> Measurement:
    with files.scratch() as folder:
        copy = shutil.copy(run.timeline(size), folder)
        return Measurement([peak_memory("chronology.cli", "rebuild", "--db", str(copy))])


def verify_memory(run: Run, size: int) -> Measurement:
    return Measurement([peak_memory(*_verify_command(run.timeline(size)))])


def append(_: Run, count: int) -> Measurement:
    """Records per second, each side in transactions of the same size into a new file."""
    texts = [records.canonical(event) for event in generator.events(count)]

    def ours() -> float:
        with files.scratch() as folder:
            return len(texts) / _append(folder / "ours.db", texts)

    def peer() -> float:
        with files.scratch() as folder:
            return len(texts) / peers.eventsourcing(folder / "peer.db", texts, TRANSACTION_SIZE)

    return measure_in_turns(ours, peer)


def _append(database: Path, texts: list[str]) -> float:
    new_records = (
        Record(f"r{n}", f"event/e{n}", "event.recorded", "2026-01-01T00:00:00Z", "b", text)
        for n, text in enumerate(texts)
    )

    with closing(connect(database, write=True)) as db:

        def append() -> None:
            for chunk in _chunks(new_records):
                with transaction(db):
                    log.append(db, chunk)

        return seconds(append)


def _chunks(new_records: Iterator[Record]) -> Iterator[list[Record]]:
    while chunk := list(islice(new_records, TRANSACTION_SIZE)):
        yield chunk


BENCHMARKS = (
    Benchmark(
        *("verify-chain", "Verify the chain, records", "/s", verify_chain),
        floor=Floor(least=200_000),
        sizes=SIZES,
    ),
    Benchmark("verify", "Verify chain, tables and file, records", "/s", verify, sizes=SIZES),
    Benchmark(
        *("rebuild", "Rebuild every table, records", "/s", rebuild),
        peer="the same rows, only written",
        floor=Floor(least=25_000),
        sizes=SIZES,
    ),
    Benchmark("verify-memory", "Peak memory of verify", "MB", verify_memory, sizes=SIZES),
    Benchmark("rebuild-memory", "Peak memory of a rebuild", "MB", rebuild_memory, sizes=SIZES),
    Benchmark(
        *("append", f"Append records, {TRANSACTION_SIZE} a transaction", "/s", append),
        peer="eventsourcing",
        sizes=(10_000,),
    ),
)
