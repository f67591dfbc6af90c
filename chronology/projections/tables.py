"""The tables that projections fill: created, dropped and compared as a whole.

What people and programs read is in the contract tables; the others are hidden helpers of facets,
search and catching up.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from sqlite_utils import Database

from chronology.model.records import Chronology
from chronology.projections import event_rows, subject_rows

VERSION = 6
"""Raised whenever the same log would give other rows: an older file is then folded again."""

LARGE = 8_000
"""So many records at least are a batch after which indexes are made."""
HISTORY = {"from_position": int, "until_position": int, "action": str, "because": str}
BATCHES = {
    "id": str,
    "recorded_at": str,
    "note": str,
    "first_position": int,
    "last_position": int,
    "recorded": int,
    "corrected": int,
    "retracted": int,
}
TRACKING = {"projection": str, "position": int, "digest": str, "version": int}
SEARCH = ("title", "summary", "places", "formations", "people", "accounts")
PUBLISHED = ("events", "history", *subject_rows.COLUMNS, "batches")
HELPERS = (
    *("event_links", "event_values", "event_spans", "former_accounts", "facet_values"),
    *("events_fts", "history_spans", "history_fts", "tracking"),
)
DERIVED = (*PUBLISHED, *HELPERS)
SEARCHED = ("events_fts", "history_fts")
"""The search indexes; the rowid of an entry is the `number` of its event or state."""


class Tracked(NamedTuple):
    """What the tables reflect: the log up to a position, folded by a version of this code."""

    position: int
    version: int
    digest: str


def create(db: sqlite3.Connection, chronology: Chronology) -> None:
    """All projection tables, empty, with the columns that the chronology's dimensions need."""
    tables = Database(db)
    columns = event_rows.columns(chronology)
    numbered: dict[str, tuple[dict[str, type], Any]] = {
        "events": (columns, "id"),
        "history": (history_columns(columns), ("id", "from_position")),
    }
    for name, (held, key) in numbered.items():
        sql = tables.create_table_sql(name, held, pk=key, not_null={"number"})
        # sqlite-utils knows no UNIQUE columns.
        db.execute(sql.replace("INTEGER NOT NULL", "INTEGER NOT NULL UNIQUE"))
    for name, held in subject_rows.COLUMNS.items():
        key = "id" if "id" in held else ("account", "key") if name == "claims" else None
        tables.table(name).create(
            held, pk=key, foreign_keys=subject_rows.FOREIGN_KEYS.get(name, ())
        )
    tables.table("batches").create(BATCHES, pk="id")
    tables.table("tracking").create(TRACKING, pk="projection")
    for sql in _HELPERS:
        db.execute(sql)
    index(db)


def history_columns(columns: Mapping[str, type]) -> dict[str, type]:
    """The columns of `history`: those of `events`, the state's extent, and the state's number."""
    shared = {name: kind for name, kind in columns.items() if name != "number"}
    return {**shared, **HISTORY, "number": int}


def is_most(records: int, before: int) -> bool:
    """Whether it pays to make some indexes only after a batch: if it has more than all before."""
    return records > max(LARGE, before)


def unindex(db: sqlite3.Connection) -> None:
    """Drops the indexes that cost less when `index` makes them after many rows."""
    for name in _INDEXES:
        db.execute(f"DROP INDEX {name}")


def index(db: sqlite3.Connection) -> None:
    for name, columns in _INDEXES.items():
        db.execute(f"CREATE INDEX {name} ON {columns}")


_INDEXES = {
    # The states that held at a moment and are over: few, beside those that last.
    "history_ended": "history (until_position) WHERE until_position IS NOT NULL",
    "events_sort": "events (sort_day, id)",
    "event_values_position": "event_values (position)",
    "accounts_event": "accounts (event)",
    "accounts_source": "accounts (source)",
    "accounts_by": 'accounts ("by") WHERE "by" IS NOT NULL',
}
_HELPERS = (
    # Each value of a facet by number. A number is given anew after its value is gone: whoever
    # keeps numbers reads this table again with every position.
    "CREATE TABLE facet_values (number INTEGER PRIMARY KEY, facet TEXT NOT NULL,"
    " value TEXT NOT NULL, count INTEGER NOT NULL, UNIQUE (facet, value))",
    "CREATE TABLE event_links (value INTEGER NOT NULL, event INTEGER NOT NULL,"
    " PRIMARY KEY (value, event)) WITHOUT ROWID",
    # The same links by event: numbers as a JSON array, ascending. `position` is where the row or
    # the links of the event last changed, and a retracted event stays, without numbers. So
    # `SELECT event, numbers FROM event_values WHERE position > ?` is all that changed since.
    "CREATE TABLE event_values (event INTEGER PRIMARY KEY, numbers TEXT NOT NULL,"
    " position INTEGER NOT NULL)",
    "CREATE TABLE event_spans (event INTEGER NOT NULL, earliest TEXT, latest TEXT)",
    "CREATE INDEX event_spans_event ON event_spans (event)",
    "CREATE TABLE history_spans (id TEXT NOT NULL, from_position INTEGER NOT NULL,"
    " earliest TEXT, latest TEXT)",
    "CREATE INDEX history_spans_state ON history_spans (id, from_position)",
    # The accounts that told of an event once and are retracted, or tell of another.
    "CREATE TABLE former_accounts (event TEXT NOT NULL, account TEXT NOT NULL,"
    " PRIMARY KEY (event, account)) WITHOUT ROWID",
    *(
        f"CREATE VIRTUAL TABLE {name} USING fts5 ({', '.join(SEARCH)},"
        " tokenize = 'unicode61 remove_diacritics 2')"
        for name in ("events_fts", "history_fts")
    ),
    # So many bytes of new words are gathered before they are written: of 1 MiB, the default, many
    # more segments would have to be merged.
    "INSERT INTO events_fts (events_fts, rank) VALUES ('hashsize', 16777216)",
)


def drop(db: sqlite3.Connection) -> None:
    """Every projection table; the log stays."""
    for name in DERIVED:
        db.execute(f"DROP TABLE IF EXISTS main.{name}")


def exist(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'tracking'").fetchone() is not None


def tracked(db: sqlite3.Connection) -> Tracked | None:
    """What the tables reflect, or None if there are none."""
    if not exist(db):
        return None
    found = db.execute("SELECT position, version, digest FROM tracking").fetchone()
    return Tracked(*found) if found else None


def track(db: sqlite3.Connection, position: int, digest: str) -> None:
    """Notes that the tables reflect the log up to a position and its digest."""
    row = ("timeline", position, digest, VERSION)
    db.execute("INSERT OR REPLACE INTO tracking VALUES (?, ?, ?, ?)", row)


def insert(db: sqlite3.Connection, table: str, rows: Sequence[Sequence[Any]]) -> None:
    """Whole rows in bulk, in the order of the columns."""
    if rows:
        db.executemany(f"INSERT INTO {table} VALUES ({_marks(len(rows[0]))})", rows)


def insert_texts(db: sqlite3.Connection, rows: Sequence[Sequence[Any]]) -> None:
    """Entries of the search index of events, each led by the number of its event."""
    if rows:
        names = ", ".join(("rowid", *SEARCH))
        db.executemany(f"INSERT INTO events_fts ({names}) VALUES ({_marks(len(rows[0]))})", rows)


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def delete(db: sqlite3.Connection, table: str, column: str, values: Iterable[str | int]) -> None:
    """The rows that have one of the values in a column."""
    db.execute(
        f"DELETE FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))",
        (json.dumps(list(values)),),
    )


def differences(stored: sqlite3.Connection, fresh: sqlite3.Connection) -> list[str]:
    """How the derived tables of two databases differ, a line for each table that does."""
    found = []
    for name in DERIVED:
        key = "rowid" if name in SEARCHED else _key(fresh, name)
        sql = f"SELECT {'rowid, ' if name in SEARCHED else ''}* FROM {name} ORDER BY {key}"
        pairs = zip_longest(stored.execute(sql), fresh.execute(sql))
        if any(one != other for one, other in pairs):
            sets = ({hash(row) for row in db.execute(sql)} for db in (stored, fresh))
            odd = len(set.symmetric_difference(*sets))
            found.append(f"{name}: {odd or 'repeated'} rows differ from a fresh fold of the log")
    return found


def _key(db: sqlite3.Connection, table: str) -> str:
    """The columns by which a table's rows can be told apart: the primary key, or all."""
    columns = db.execute("SELECT name, pk FROM pragma_table_info(?)", (table,)).fetchall()
    names = [name for name, pk in columns if pk] or [name for name, _ in columns]
    return ", ".join(f'"{name}"' for name in names)
