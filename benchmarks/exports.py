"""All events as CSV into a file, every row counted.

`sqlite3 -csv` runs the same query on the same file; stock Datasette streams its table.
"""

from __future__ import annotations

import csv
from pathlib import Path
from time import perf_counter

import httpx

from benchmarks import files, peers
from benchmarks.lines import Floor, Line, Measured
from benchmarks.measuring import GaveUp, in_turns
from benchmarks.pages import STOCK, fresh
from benchmarks.run import Run

ROWS = "SELECT * FROM events ORDER BY sort_day, id"


def _download(client: httpx.Client, path: str, target: Path) -> float:
    """Seconds until all of an answer is in a file."""
    start = perf_counter()
    with client.stream("GET", fresh(path)) as answer, target.open("wb") as file:
        answer.raise_for_status()
        for piece in answer.iter_raw():
            file.write(piece)
    return perf_counter() - start


def _rows(path: Path) -> int:
    """How many rows a CSV file has after its header."""
    csv.field_size_limit(1 << 24)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def _wanted(database: Path) -> int:
    with peers.bare(database) as db:
        (count,) = db.execute("SELECT count(*) FROM events").fetchone()
    return int(count)


def beside_sqlite3(run: Run, size: int) -> Measured:
    """Rows a second into a file, from the server and from the command."""
    client, database = run.ours(size), run.timeline(size)
    wanted = _wanted(database)
    with files.scratch() as folder:
        target = folder / "events.csv"

        def ours() -> float:
            return wanted / _download(client, "/timeline/events.csv", target)

        def peer() -> float:
            return wanted / peers.sqlite3_csv(database, ROWS, folder / "peer.csv")

        found = in_turns(ours, peer, runs=3)
        got = _rows(target)
    found.note = "; ".join(filter(None, (f"{got:,} rows", found.note)))
    found.failed = "" if got == wanted else f"{wanted:,} rows were to come"
    return found


def beside_stock(run: Run, size: int) -> Measured:
    client, stock, wanted = run.ours(size), run.stock(size), _wanted(run.timeline(size))
    with files.scratch() as folder:
        target = folder / "stock.csv"

        def ours() -> float:
            return wanted / _download(client, "/timeline/events.csv", folder / "events.csv")

        def peer() -> float:
            took = _download(stock, "/timeline/events.csv?_stream=on&_size=max", target)
            got = _rows(target)
            if got != wanted:
                raise GaveUp(f"stock ended after {got:,} rows", got / took)
            return got / took

        return in_turns(ours, peer, runs=3, peer_runs=1)


LINES = (
    Line(
        *("csv-sqlite3", "All events as CSV, rows", "/s", beside_sqlite3),
        peer="sqlite3 -csv",
        floor=Floor(ratio=0.5, ratio_from=100_000),
    ),
    Line(
        *("csv-stock", "All events as CSV, rows", "/s", beside_stock),
        peer=STOCK,
        floor=Floor(ratio=8, ratio_from=100_000),
    ),
)
