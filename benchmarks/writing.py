"""The rows of a timeline, ready, only written again: what one process that writes all must take."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import partial

from benchmarks.measuring import seconds
from chronology.projections import tables
from chronology.projections.catalogue import load_catalogue

TOGETHER = 10_000


def write(made: sqlite3.Connection, db: sqlite3.Connection, names: Sequence[str]) -> float:
    """Seconds to write the rows of tables anew, and their indexes, as a fold of many records would.

    They are written inside the caller's transaction by one process; reading them is not counted.
    """
    chronology = load_catalogue(made).chronology
    assert chronology
    tables.create(db, chronology)
    tables.drop_indexes(db)
    return sum(_fill(made, db, name) for name in names) + seconds(
        partial(tables.create_indexes, db)
    )


def _fill(made: sqlite3.Connection, db: sqlite3.Connection, name: str) -> float:
    took = 0.0
    is_search = name in tables.SEARCHED
    rows = made.execute(f"SELECT {'rowid, ' if is_search else ''}* FROM {name}")
    while found := rows.fetchmany(TOGETHER):
        if is_search:
            insert = partial(tables.insert_texts, db, found)
        else:
            insert = partial(tables.insert, db, name, found)
        took += seconds(insert)
    return took
