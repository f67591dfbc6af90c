"""Write rows that are ready into new tables: the least time that any single process needs."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import partial

from benchmarks.measuring import seconds
from chronology.projections import tables
from chronology.projections.catalogue import load_catalogue

CHUNK = 10_000


def write_rows(source: sqlite3.Connection, db: sqlite3.Connection, names: Sequence[str]) -> float:
    """Seconds to write the rows of tables and then their indexes, as for a large batch.

    Writes inside the caller's transaction. The time for reading the rows is not included.
    """
    chronology = load_catalogue(source).chronology
    assert chronology
    tables.create(db, chronology)
    tables.drop_indexes(db)
    fill = sum(_fill(source, db, name) for name in names)
    return fill + seconds(partial(tables.create_indexes, db))


_INSERT_TEXTS = (
    f"INSERT INTO {{}} (rowid, {', '.join(tables.SEARCH)})"
    f" VALUES ({', '.join('?' * (len(tables.SEARCH) + 1))})"
)


def _fill(source: sqlite3.Connection, db: sqlite3.Connection, name: str) -> float:
    duration = 0.0
    is_search = name in tables.SEARCHED
    cursor = source.execute(f"SELECT {'rowid, ' if is_search else ''}* FROM {name}")
    while rows := cursor.fetchmany(CHUNK):
        if is_search:
            insert = partial(db.executemany, _INSERT_TEXTS.format(name), rows)
        else:
            insert = partial(tables.insert, db, name, rows)
        duration += seconds(insert)
    return duration
