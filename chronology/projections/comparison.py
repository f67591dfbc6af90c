"""Compare the tables of a file with tables that were just built from its log.

A search index is compared by its texts, by FTS5's own check, and by the pages that belong to it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Set as AbstractSet
from itertools import zip_longest

from chronology.projections import search_pages, tables


def differences(
    stored: sqlite3.Connection,
    fresh: sqlite3.Connection,
    unreadable: AbstractSet[str] = frozenset(),
) -> list[str]:
    """A line for each derived table that differs between two databases, cell by named cell.

    Tables that are `unreadable`, because they are defined otherwise, are not compared.
    """
    lines: list[str] = []
    differing: set[str] = set()
    for name in (*tables.DERIVED, *_SHADOWS):
        if name in unreadable or _SHADOWS.get(name) in differing:
            continue
        columns = ["rowid"] if name in tables.SEARCHED else []
        columns += [column for (column,) in fresh.execute(_COLUMNS, (name,))]
        cells = ", ".join(f'"{name}"."{column}"' for column in columns)
        sql = f'SELECT {cells} FROM main."{name}" ORDER BY {_key(fresh, name)}'
        try:
            difference = _difference(stored, fresh, sql)
        except sqlite3.DatabaseError as error:
            difference = f"it cannot be read: {error}"
        if difference:
            differing.add(name)
            lines.append(f"{name}: {difference}")
    return lines + _search_faults(stored, unreadable)


_COLUMNS = "SELECT name FROM pragma_table_info(?)"
_PARTS = ("config", "content", "data", "docsize", "idx")
_SHADOWS = {f"{name}_{part}": name for name in tables.SEARCHED for part in ("config", "docsize")}
"""The tables of the search indexes that depend on nothing but their texts."""


def _difference(stored: sqlite3.Connection, fresh: sqlite3.Connection, sql: str) -> str | None:
    pairs = zip_longest(stored.execute(sql), fresh.execute(sql))
    if all(one == other for one, other in pairs):
        return None
    hashes = ({hash(row) for row in db.execute(sql)} for db in (stored, fresh))
    count = len(set.symmetric_difference(*hashes))
    return f"{count or 'repeated'} rows differ from a fresh fold of the log"


def _search_faults(stored: sqlite3.Connection, unreadable: AbstractSet[str]) -> list[str]:
    """The search indexes that do not fit their texts: FTS5 checks them, in a copy of the file."""
    lines = []
    copy = sqlite3.connect("", isolation_level=None)
    try:
        stored.backup(copy)
        for name in tables.SEARCHED:
            if unreadable & {name, *(f"{name}_{part}" for part in _PARTS)}:
                continue
            try:
                copy.execute(f"INSERT INTO {name} ({name}, rank) VALUES ('integrity-check', 1)")
            except sqlite3.DatabaseError as error:
                lines.append(f"{name}: the index does not fit its texts: {error}")
                continue  # Its pages may contain anything.
            lines += search_pages.faults(copy, name)
    finally:
        copy.close()
    return lines


def _key(db: sqlite3.Connection, table: str) -> str:
    """The columns that identify a row: the primary key, or all columns."""
    if table in tables.SEARCHED:
        return "rowid"
    columns = db.execute("SELECT name, pk FROM pragma_table_info(?)", (table,)).fetchall()
    names = [name for name, pk in columns if pk] or [name for name, _ in columns]
    return ", ".join(f'"{name}"' for name in names)
