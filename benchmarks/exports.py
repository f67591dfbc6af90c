"""All events as CSV into a file, with every row counted.

`sqlite3 -csv` runs the same query on the same file; stock Datasette streams its table.
"""

from __future__ import annotations

import csv
from pathlib import Path
from time import perf_counter

import httpx

from benchmarks import files, peers
from benchmarks.benchmark import Benchmark, Floor, Measurement
from benchmarks.measuring import PeerGaveUp, measure_in_turns
from benchmarks.pages import STOCK, uncached_path
from benchmarks.run import Run

ROWS = "SELECT * FROM events ORDER BY sort_key, id"


def _download(client: httpx.Client, path: str, target: Path) -> float:
    """Seconds until a whole response is in a file."""
    start = perf_counter()
    with client.stream("GET", uncached_path(path)) as response, target.open("wb") as file:
        response.raise_for_status()
        for piece in response.iter_raw():
            file.write(piece)
    return perf_counter() - start


def _count_rows(path: Path) -> int:
    """The number of rows after the header of a CSV file."""
    csv.field_size_limit(1 << 24)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def _count_events(database: Path) -> int:
    with peers.plain_sqlite(database) as db:
        (count,) = db.execute("SELECT count(*) FROM events").fetchone()
    return int(count)


def against_sqlite3(run: Run, size: int) -> Measurement:
    """Rows per second into a file, from the server and from the command."""
    client, database = run.ours(size), run.timeline(size)
    events = _count_events(database)
    with files.scratch() as folder:
        target = folder / "events.csv"

        def ours() -> float:
            return events / _download(client, "/timeline/events.csv", target)

        def peer() -> float:
            return events / peers.sqlite3_csv(database, ROWS, folder / "peer.csv")

        measurement = measure_in_turns(ours, peer, runs=3)
        rows = _count_rows(target)
    measurement.note = "; ".join(filter(None, (f"{rows:,} rows", measurement.note)))
    measurement.failed = "" if rows == events else f"{events:,} rows were expected"
    return measurement


def against_stock(run: Run, size: int) -> Measurement:
    client, stock = run.ours(size), run.stock(size)
    events = _count_events(run.timeline(size))
    with files.scratch() as folder:
        target = folder / "stock.csv"

        def ours() -> float:
            return events / _download(client, "/timeline/events.csv", folder / "events.csv")

        def peer() -> float:
            duration = _download(stock, "/timeline/events.csv?_stream=on&_size=max", target)
            rows = _count_rows(target)
            if rows != events:
                raise PeerGaveUp(f"stock ended after {rows:,} rows", rows / duration)
            return rows / duration

        return measure_in_turns(ours, peer, runs=3, peer_runs=1)


BENCHMARKS = (
    Benchmark(
        *("csv-sqlite3", "All events as CSV, rows", "/s", against_sqlite3),
        peer="sqlite3 -csv",
        floor=Floor(ratio=0.5, ratio_from=100_000),
    ),
    Benchmark(
        *("csv-stock", "All events as CSV, rows", "/s", against_stock),
        peer=STOCK,
        floor=Floor(ratio=8, ratio_from=100_000),
    ),
)
