"""SQLite writes the same CSV as Python, and from one state while the log grows."""

from __future__ import annotations

import csv
import io
import json
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

from conftest import Timeline
from hypothesis import given
from hypothesis import strategies as st
from small_chronology import EVENTS, START

from chronology.export import csv_stream
from chronology.index.selection import all_of

TEXTS = st.text(st.sampled_from("\",=+-@\t\r\n'a—"), max_size=6) | st.none()
NUMBERS = st.decimals(-180, 180, places=12).map(float) | st.none()
COLUMNS = {"first": "TEXT", "degrees": "FLOAT", "count": "INTEGER", "last": "TEXT"}
ROWS = st.tuples(TEXTS, NUMBERS, st.integers(-(2**62), 2**62) | st.none(), TEXTS)


@given(st.lists(ROWS, max_size=5))
def test_sqlite_and_python_write_the_same_csv(rows: list[tuple[Any, ...]]) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        declared = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        db.execute(f"CREATE TABLE history ({declared}, number INTEGER PRIMARY KEY)")
        db.executemany("INSERT INTO history VALUES (?, ?, ?, ?, NULL)", rows)
        numbers = list(range(1, len(rows) + 1))
        found = csv_stream.read_rows(db, csv_stream.StoredRows("history", 0), numbers, COLUMNS)
    expected = csv_stream.to_csv([list(COLUMNS), *rows], guard=True, quoting=csv.QUOTE_NONNUMERIC)
    assert parsed((csv_stream.header(list(COLUMNS)) + found).decode()) == parsed(expected)
    # Numbers may be written otherwise, as long as they are the same; texts not.
    assert csv_stream.header(list(COLUMNS)) == expected.encode()[: expected.index("\r\n") + 2]


def parsed(text: str) -> list[list[Any]]:
    rows = list(csv.reader(io.StringIO(text, newline="")))
    return [[row[0], row[1] and float(row[1]), row[2], row[3]] for row in rows[1:]]


def written(
    db: sqlite3.Connection, numbers: io.BytesIO, fixed: csv_stream.StoredRows, between: Any
) -> bytes:
    chosen = csv_stream.columns(db)
    text = b""
    for piece in csv_stream.read_numbers(numbers):
        between()
        text += csv_stream.read_rows(db, fixed, piece, chosen)
    return text


def test_a_file_has_one_state_while_batches_are_ingested(
    timeline: Timeline, monkeypatch: Any
) -> None:
    monkeypatch.setattr(csv_stream, "PIECE", 7)
    chance = random.Random(1944)
    records = [
        {"event": f"e{n}", "date": "1944-10-14", "title": f"Event {n}", "kind": "battle"}
        for n in range(60)
    ]
    _ingest(timeline, 0, records)

    def sheet(between: Any) -> bytes:
        numbers = io.BytesIO()
        fixed = csv_stream.store_numbers(timeline.db, all_of([]), "sort_key, id", numbers)
        return written(timeline.db, numbers, fixed, between)

    live = [f"e{n}" for n in range(60)]
    serial = 1

    def change() -> None:
        nonlocal serial
        corrected, gone = chance.sample(live, 2)
        live.remove(gone)
        _ingest(
            timeline,
            serial,
            [
                {
                    "correct": f"event/{corrected}",
                    "set": {"title": f"New {serial}"},
                    "because": "x",
                },
                {"retract": f"event/{gone}", "because": "x"},
                {"event": f"n{serial}", "date": "1944-09-01", "title": "N", "kind": "death"},
            ],
        )
        serial += 1

    before = sheet(lambda: None)
    assert sheet(change) == before
    assert serial > 5
    assert sheet(lambda: None) != before


def _ingest(timeline: Timeline, number: int, records: list[dict[str, Any]]) -> None:
    lines = [{"format": 1, "batch": f"b{number}", "recorded": "2026-02-01T00:00:00Z"}, *records]
    timeline.ingest("".join(json.dumps(line) + "\n" for line in lines), "jsonl")


def test_a_row_has_any_number_of_columns(make_timeline: Callable[..., Timeline]) -> None:
    """A function of SQLite has at most 127 arguments."""
    names = ", ".join(f"d{n}: front" for n in range(300))
    start = START.replace("{fronts: front, armies: army}", f"{{{names}}}")
    timeline = make_timeline()
    timeline.old_batch("start", start.partition("records:\n")[2])
    timeline.ingest(EVENTS.replace("2026-01-02", "2026-02-02"))
    types = csv_stream.columns(timeline.db)
    numbers = [number for (number,) in timeline.db.execute("SELECT number FROM events")]

    written = csv_stream.read_rows(
        timeline.db, csv_stream.StoredRows("events", 1_000), numbers, types
    )

    rows = list(csv.reader(io.StringIO(written.decode())))
    assert [len(row) for row in rows] == [len(types)] * len(numbers)
    assert rows[0][0] == "nis-taken"
