"""The events of one facet value: their number, the first of them, their days and sources.

Every query uses an index and has a limit, whatever the number of events.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

import msgspec

from chronology.projections import event_rows, subject_rows
from chronology.store.database import Row, fetch_rows

LIST_COLUMNS = (
    "id, date, time, elapsed, title, summary, kind, status, places, formations, disputed, accounts,"
    " media"
)
"""The columns of `events` in a list."""
FACETS = {table: subject_rows.LINKS[subject] for subject, table in subject_rows.TABLES.items()}
"""The facet under which the events of each table of the catalogue are linked, by id."""
PLAIN_COLUMNS = event_rows.RESERVED - {*event_rows.ARRAYS, *event_rows.JSON}
"""The columns of `events` that have no JSON; all texts in others have, as in dimensions."""

_LINKED = (
    "SELECT event FROM event_links WHERE event_links.value ="
    " (SELECT number FROM facet_values WHERE facet = :facet AND value = :value)"
)
# Days and sources are not counted among more events than these.
_MAX_COUNTED = 5_000
# Reading a row anywhere takes about as long as so many steps along the index of days.
_STEPS_PER_ROW = 10


def decode_arrays(row: Row) -> Row:
    """A row of `events` with its arrays as lists; quantities are numbers."""
    return {
        column: msgspec.json.decode(value)
        if isinstance(value, str) and column not in PLAIN_COLUMNS
        else value
        for column, value in row.items()
    }


def count_events(db: sqlite3.Connection, facet: str, value: str) -> int:
    """The number of events that have a value."""
    row = db.execute(
        "SELECT count FROM facet_values WHERE facet = ? AND value = ?", (facet, value)
    ).fetchone()
    return row[0] if row else 0


def first_events(db: sqlite3.Connection, facet: str, value: str, limit: int) -> list[Row]:
    """The first events that have a value, in order of time."""
    return ordered_events(db, facet, value, "1", "sort_key, id", {"limit": limit})


def count_by_date(db: sqlite3.Connection, facet: str, value: str) -> list[tuple[str, int]]:
    """The dates of the events that have a value, each with their number; none if too many."""
    if count_events(db, facet, value) > _MAX_COUNTED:
        return []
    sql = (
        f"SELECT date, count(*) FROM ({_LINKED}) CROSS JOIN events ON events.number = event"
        " GROUP BY date"
    )
    return db.execute(sql, {"facet": facet, "value": value}).fetchall()


def count_by_other_facet(
    db: sqlite3.Connection, facet: str, value: str, other: str, limit: int
) -> list[Row]:
    """The commonest values of another facet among the events that have a value."""
    if count_events(db, facet, value) > _MAX_COUNTED:
        return []
    sql = (
        f"SELECT facet_values.value, count(*) AS count FROM ({_LINKED}) AS linked"
        " CROSS JOIN event_values ON event_values.event = linked.event"
        " CROSS JOIN json_each(numbers) CROSS JOIN facet_values ON number = json_each.value"
        " WHERE facet = :other GROUP BY number ORDER BY 2 DESC, 1 LIMIT :limit"
    )
    return fetch_rows(db, sql, {"facet": facet, "value": value, "other": other, "limit": limit})


def ordered_events(
    db: sqlite3.Connection,
    facet: str,
    value: str,
    where: str,
    order: str,
    params: Mapping[str, Any],
) -> list[Row]:
    """The first events that have a value and fulfil a condition, in an order by day and id.

    `params` are those of the condition, and the `limit`.
    """
    if is_scan_faster(db, count_events(db, facet, value), params["limit"]):
        source = "events INDEXED BY events_sort"
        where = f"{where} AND EXISTS ({_LINKED} AND event = events.number)"
    else:
        source = f"({_LINKED}) CROSS JOIN events ON events.number = event"
    sql = f"SELECT {LIST_COLUMNS} FROM {source} WHERE {where} ORDER BY {order} LIMIT :limit"
    rows = fetch_rows(db, sql, {**params, "facet": facet, "value": value})
    return [decode_arrays(row) for row in rows]


def is_scan_faster(db: sqlite3.Connection, links: int, limit: int) -> bool:
    """Whether a scan of all events in order finds some of a value sooner than sorting those."""
    (newest,) = db.execute("SELECT max(number) FROM events").fetchone()
    return links * links * _STEPS_PER_ROW > limit * (newest or 0)
