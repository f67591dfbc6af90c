"""Compare the tables of a file with tables that were just built from its log.

A search index is compared by its texts, by FTS5's own check, and by the pages that belong to it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import zip_longest

from chronology.projections import tables


def differences(stored: sqlite3.Connection, fresh: sqlite3.Connection) -> list[str]:
    """A line for each derived table that differs between two databases, cell by named cell."""
    lines: list[str] = []
    differing: set[str] = set()
    for name in (*tables.DERIVED, *_SHADOWS):
        if _SHADOWS.get(name) in differing:
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
    return lines + _search_faults(stored)


_COLUMNS = "SELECT name FROM pragma_table_info(?)"
_SHADOWS = {f"{name}_{part}": name for name in tables.SEARCHED for part in ("config", "docsize")}
"""The tables of the search indexes that depend on nothing but their texts."""


def _difference(stored: sqlite3.Connection, fresh: sqlite3.Connection, sql: str) -> str | None:
    pairs = zip_longest(stored.execute(sql), fresh.execute(sql))
    if all(one == other for one, other in pairs):
        return None
    hashes = ({hash(row) for row in db.execute(sql)} for db in (stored, fresh))
    count = len(set.symmetric_difference(*hashes))
    return f"{count or 'repeated'} rows differ from a fresh fold of the log"


def _search_faults(stored: sqlite3.Connection) -> list[str]:
    """The search indexes that do not fit their texts: FTS5 checks them, in a copy of the file."""
    lines = []
    copy = sqlite3.connect("", isolation_level=None)
    try:
        stored.backup(copy)
        for name in tables.SEARCHED:
            try:
                copy.execute(f"INSERT INTO {name} ({name}, rank) VALUES ('integrity-check', 1)")
            except sqlite3.DatabaseError as error:
                lines.append(f"{name}: the index does not fit its texts: {error}")
            if stray := _stray_pages(copy, name):
                lines.append(f"{name}_data: {stray} rows belong to no part of the index")
            if _listed_pages(copy, name) != _pages_with_terms(copy, name):
                lines.append(f"{name}_idx: it does not list the pages of the index")
            if unreachable := _unreachable_terms(copy, name):
                lines.append(f"{name}_idx: {unreachable} words are not found through it")
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


def _stray_pages(db: sqlite3.Connection, index: str) -> int:
    """How many rows of an index's data are in none of its segments; see fts5_index.c of SQLite.

    The rowid of a page is its segment, 37 bits for its kind and its number. 1 is the row of the
    averages, and 10 the row of the structure.
    """
    rows = db.execute(f"SELECT id FROM {index}_data WHERE id NOT IN (1, 10)").fetchall()
    segments = _segments(db, index)
    stray = 0
    for (number,) in rows:
        pages = segments.get(number >> 37, range(0))
        is_leaf = not number >> 36 & 1
        stray += not pages or (
            is_leaf and number % (1 << 31) not in pages and not _is_merged(pages)
        )
    return stray


def _segments(db: sqlite3.Connection, index: str) -> dict[int, range]:
    """The pages of each segment, from the structure of a search index."""
    structure = db.execute(f"SELECT block FROM {index}_data WHERE id = 10").fetchone()
    if structure is None:
        return {}
    numbers = _varints(structure[0][4:])
    levels, _, _ = (next(numbers, 0) for _ in range(3))
    segments = {}
    for _ in range(levels):
        _, count = next(numbers, 0), next(numbers, 0)
        for _ in range(count):
            segment, first, last = (next(numbers, 0) for _ in range(3))
            segments[segment] = range(first, last + 1)
    return segments


def _is_merged(pages: range) -> bool:
    """Whether an unfinished merge has copied the whole segment, and will remove it at its end."""
    return pages.stop == 1


def _varints(data: bytes) -> Iterator[int]:
    """The variable-length numbers of SQLite: seven bits a byte, the highest first."""
    value = 0
    for byte in data:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            yield value
            value = 0


def _listed_pages(db: sqlite3.Connection, index: str) -> set[object]:
    """The segments and pages for which an index lists the first word, without merged ones.

    An unfinished merge removes the first pages of a segment, but keeps them listed.
    """
    segments = _segments(db, index)
    rows = db.execute(f"SELECT segid, typeof(pgno) = 'integer', pgno >> 1 FROM {index}_idx")
    return {
        (segment, is_number, page)
        for segment, is_number, page in rows
        if not is_number or _is_unmerged(segments.get(segment), page)
    }


def _pages_with_terms(db: sqlite3.Connection, index: str) -> set[object]:
    """The segments and pages on which a word begins: those with a footer after their content."""
    segments = _segments(db, index)
    rows = db.execute(f"SELECT id, block FROM {index}_data WHERE id > 10")
    return {
        (number >> 37, 1, number % (1 << 31))
        for number, block in rows
        if not number >> 36 & 1
        and int.from_bytes(block[2:4], "big") < len(block)
        and _is_unmerged(segments.get(number >> 37), number % (1 << 31))
    }


def _is_unmerged(pages: range | None, page: int) -> bool:
    return pages is None or (not _is_merged(pages) and page >= pages.start)


def _unreachable_terms(db: sqlite3.Connection, index: str) -> int:
    """How many words a search finds in fewer texts than the index has for them."""
    db.execute(f"CREATE VIRTUAL TABLE temp.{index}_words USING fts5vocab (main, {index}, row)")
    found = f"(SELECT count(*) FROM {index} WHERE {index} MATCH '\"' || term || '\"')"
    sql = f"SELECT count(*) FROM temp.{index}_words WHERE doc IS NOT {found}"
    try:
        (count,) = db.execute(sql).fetchone()
    except sqlite3.DatabaseError:
        return 0  # The index is damaged, which its own check has found.
    return int(count)
