"""Create, drop and compare the tables of the projections.

The published tables are a contract with readers. The helper tables serve facets, search and
catching up, and are hidden.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlite_utils import Database

from chronology.model.vocabulary import Chronology
from chronology.projections import event_rows, subject_rows

VERSION = 11
"""Raised whenever the same log gives other rows, so that older files are folded again."""

LARGE = 8_000
"""The minimum size of a batch, in records, for which indexes are dropped and created again."""
HISTORY = {"from_position": int, "until_position": int, "action": str, "because": str}
BATCHES = {
    **dict.fromkeys(("id", "recorded_at", "note"), str),
    **dict.fromkeys(("first_position", "last_position"), int),
    **dict.fromkeys(("recorded", "corrected", "retracted"), int),
}
TRACKING = {"projection": str, "position": int, "digest": str, "version": int}
SEARCH = ("title", "summary", "places", "formations", "people", "accounts")
PUBLISHED = ("events", "history", *subject_rows.COLUMNS, "batches")
HELPERS = (
    *("event_links", "event_values", "event_spans", "former_accounts", "facet_values"),
    *("media_files", "relations", "events_fts", "history_spans", "history_fts", "tracking"),
)
DERIVED = (*PUBLISHED, *HELPERS)
SEARCHED = ("events_fts", "history_fts")
"""The search indexes; the rowid of an entry is the `number` of its event or version."""


class Tracked(NamedTuple):
    """The position and digest of the log that the tables reflect, and the version of the code."""

    position: int
    version: int
    digest: str


def create(db: sqlite3.Connection, chronology: Chronology) -> None:
    """Creates all tables, empty, with a column for each dimension and quantity."""
    database = Database(db)
    columns = event_rows.columns(chronology.layout)
    numbered: dict[str, tuple[dict[str, type], Any]] = {
        "events": (columns, "id"),
        "history": (history_columns(columns), ("id", "from_position")),
    }
    for name, (types, key) in numbered.items():
        sql = database.create_table_sql(name, types, pk=key, not_null={"number"})
        # sqlite-utils cannot declare a column UNIQUE.
        db.execute(sql.replace("INTEGER NOT NULL", "INTEGER NOT NULL UNIQUE"))
    for name, types in subject_rows.COLUMNS.items():
        key = "id" if "id" in types else ("account", "key") if name == "claims" else None
        database.table(name).create(
            types, pk=key, foreign_keys=subject_rows.FOREIGN_KEYS.get(name, ())
        )
    database.table("batches").create(BATCHES, pk="id")
    database.table("tracking").create(TRACKING, pk="projection")
    for sql in _HELPERS:
        db.execute(sql)
    create_indexes(db)


def history_columns(columns: Mapping[str, type]) -> dict[str, type]:
    """The columns of `history`: those of `events`, then those of the version and its number."""
    shared = {name: kind for name, kind in columns.items() if name != "number"}
    return {**shared, **HISTORY, "number": int}


def is_most(records: int, before: int) -> bool:
    """Whether a batch is large and most of the log: creating indexes afterwards is then faster."""
    return records > max(LARGE, before)


def drop_indexes(db: sqlite3.Connection) -> None:
    """Drops the indexes that are faster to create after many rows than to update with each."""
    for name in _INDEXES:
        db.execute(f"DROP INDEX {name}")


def create_indexes(db: sqlite3.Connection) -> None:
    for name, columns in _INDEXES.items():
        db.execute(f"CREATE INDEX {name} ON {columns}")


_INDEXES = {
    # Superseded versions, which are few beside the current ones.
    "history_ended": "history (until_position) WHERE until_position IS NOT NULL",
    "events_sort": "events (sort_key, id)",
    "event_values_position": "event_values (position)",
    "accounts_event": "accounts (event)",
    "accounts_source": "accounts (source)",
    "relations_event": "relations (event)",
    "relations_other": "relations (other) WHERE address IS NULL",
    "history_related": "history (id) WHERE related IS NOT NULL",
    "accounts_by": 'accounts ("by") WHERE "by" IS NOT NULL',
}
_HELPERS = (
    # The number of a facet value that no event has any more is reused: programs that cache numbers
    # read this table again at every position.
    "CREATE TABLE facet_values (number INTEGER PRIMARY KEY, facet TEXT NOT NULL,"
    " value TEXT NOT NULL, count INTEGER NOT NULL, UNIQUE (facet, value))",
    "CREATE TABLE event_links (value INTEGER NOT NULL, event INTEGER NOT NULL,"
    " PRIMARY KEY (value, event)) WITHOUT ROWID",
    # The same links by event, as an ascending JSON array of numbers. `position` is the last change
    # of the event's row or links; a retracted event stays, with an empty array. So
    # `SELECT event, numbers FROM event_values WHERE position > ?` lists all changes since.
    "CREATE TABLE event_values (event INTEGER PRIMARY KEY, numbers TEXT NOT NULL,"
    " position INTEGER NOT NULL)",
    "CREATE TABLE event_spans (event INTEGER NOT NULL, first_day INTEGER, last_day INTEGER,"
    " first_second INTEGER, last_second INTEGER)",
    "CREATE INDEX event_spans_event ON event_spans (event)",
    "CREATE TABLE history_spans (id TEXT NOT NULL, from_position INTEGER NOT NULL,"
    " first_day INTEGER, last_day INTEGER, first_second INTEGER, last_second INTEGER)",
    "CREATE INDEX history_spans_state ON history_spans (id, from_position)",
    # Accounts that once belonged to an event and were retracted or moved to another.
    "CREATE TABLE former_accounts (event TEXT NOT NULL, account TEXT NOT NULL,"
    " PRIMARY KEY (event, account)) WITHOUT ROWID",
    # The relations in the column `related` of `events`; `address` is that of another chronology.
    "CREATE TABLE relations (event TEXT NOT NULL, relation TEXT NOT NULL, other TEXT NOT NULL,"
    " address TEXT)",
    # The files of media that any record ever named, and the position of the first.
    "CREATE TABLE media_files (file TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID",
    *(
        f"CREATE VIRTUAL TABLE {name} USING fts5 ({', '.join(SEARCH)},"
        " tokenize = 'unicode61 remove_diacritics 2')"
        for name in ("events_fts", "history_fts")
    ),
    # FTS5 gathers so many bytes of new words before it writes a segment. The default of 1 MiB makes
    # many more segments, which have to be merged.
    "INSERT INTO events_fts (events_fts, rank) VALUES ('hashsize', 16777216)",
)


FORMER = ("event_accounts", "facet_counts")
"""Tables that earlier versions made."""


def drop(db: sqlite3.Connection) -> None:
    """Drops every projection table, also of earlier versions; the log stays."""
    for name in (*DERIVED, *FORMER):
        db.execute(f"DROP TABLE IF EXISTS main.{name}")


def exist(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'tracking'").fetchone() is not None


def tracked(db: sqlite3.Connection) -> Tracked | None:
    """The state that the tables reflect, or None if there are no tables."""
    try:
        row = db.execute("SELECT position, version, digest FROM tracking").fetchone()
    except sqlite3.OperationalError as error:
        if str(error) != "no such table: tracking":
            raise
        return None
    return Tracked(*row) if row else None


def track(db: sqlite3.Connection, position: int, digest: str) -> None:
    """Stores that the tables reflect the log up to a position with its digest."""
    row = ("timeline", position, digest, VERSION)
    db.execute("INSERT OR REPLACE INTO tracking VALUES (?, ?, ?, ?)", row)


def insert(db: sqlite3.Connection, table: str, rows: Sequence[Sequence[Any]]) -> None:
    """Inserts whole rows, with cells in the order of the columns."""
    if rows:
        db.executemany(f"INSERT INTO {table} VALUES ({_marks(len(rows[0]))})", rows)


def insert_texts(db: sqlite3.Connection, rows: Sequence[Sequence[Any]]) -> None:
    """Inserts entries of the search index of events, each after the number of its event."""
    if rows:
        names = ", ".join(("rowid", *SEARCH))
        db.executemany(f"INSERT INTO events_fts ({names}) VALUES ({_marks(len(rows[0]))})", rows)


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def delete(db: sqlite3.Connection, table: str, column: str, values: Iterable[str | int]) -> None:
    """Deletes the rows that have one of the values in a column."""
    db.execute(
        f"DELETE FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))",
        (json.dumps(list(values)),),
    )
