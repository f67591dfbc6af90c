"""The events near one event: before and after it, on the same days, at the same places."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from chronology.index.predicates import SORT_DAY_STEPS
from chronology.store.database import Row, fetch_rows
from chronology.timeline.linked_events import LIST_COLUMNS, decode_arrays, ordered_events

_LIMIT = 6
_PLACES = 2


class Neighbours(NamedTuple):
    """The events near one event; `same_days` and `same_places` are limited to a few."""

    before: Row | None
    after: Row | None
    same_days: list[Row]
    same_places: list[tuple[str, list[Row]]]


def neighbours(db: sqlite3.Connection, event: Row) -> Neighbours:
    """The events near a published event, of which `id`, the days and the places are used."""
    key = {"key": event["sort_key"], "id": event["id"]}
    return Neighbours(
        _adjacent(db, key, "<", "DESC"),
        _adjacent(db, key, ">", "ASC"),
        _same_days(db, event),
        [
            (place, events)
            for place in event["places"][:_PLACES]
            if (events := _nearest(db, "places", place, key))
        ],
    )


def _adjacent(db: sqlite3.Connection, key: Row, operator: str, direction: str) -> Row | None:
    rows = fetch_rows(
        db,
        f"SELECT id, title, date FROM events WHERE (sort_key, id) {operator} (:key, :id)"
        f" ORDER BY sort_key {direction}, id {direction} LIMIT 1",
        key,
    )
    return rows[0] if rows else None


def _same_days(db: sqlite3.Connection, event: Row) -> list[Row]:
    """Events whose days begin among the possible days of this one."""
    sql = (
        f"SELECT {LIST_COLUMNS} FROM events WHERE sort_key BETWEEN :from AND :until"
        " AND coalesce(first_day, last_day) BETWEEN :first AND :last AND id != :id"
        " ORDER BY sort_key, id LIMIT :limit"
    )
    days = [day for day in (event["first_day"], event["last_day"]) if day is not None]
    first, last = days[0], days[-1]
    params = {"first": first, "last": last, "id": event["id"], "limit": _LIMIT}
    # A time with a zone may be on a neighbouring day in UTC.
    params |= {"from": (first - 1) * SORT_DAY_STEPS, "until": (last + 2) * SORT_DAY_STEPS}
    return [decode_arrays(row) for row in fetch_rows(db, sql, params)]


def _nearest(db: sqlite3.Connection, facet: str, value: str, key: Row) -> list[Row]:
    """The events of a facet value that are nearest in time, in order of time."""
    params = {**key, "limit": _LIMIT // 2}
    before = "(sort_key, id) < (:key, :id)"
    earlier = ordered_events(db, facet, value, before, "sort_key DESC, id DESC", params)
    after = "(sort_key, id) > (:key, :id)"
    later = ordered_events(db, facet, value, after, "sort_key, id", params)
    return [*reversed(earlier), *later]
