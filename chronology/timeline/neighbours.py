"""A few of many events: those of one subject, those beside an event, and ids near to a wrong one.

However many events there are, each question is answered from an index and bounded by a limit.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches
from typing import Any, NamedTuple

import msgspec

from chronology.projections import event_rows, subject_rows
from chronology.store.database import Row, fetch_rows

_COLUMNS = "id, date, time, title, summary, kind, status, places, formations, disputed, accounts"
_LINKED = (
    "SELECT event FROM event_links WHERE event_links.value ="
    " (SELECT number FROM facet_values WHERE facet = :facet AND value = :value)"
)
# Of more events than this no day and no source is counted.
_MOST = 5_000
# Reading a row wherever it lies costs about as much as so many steps along the index of days.
_STEPS_A_ROW = 10
_NEAR = 6
_CANDIDATES = 200
FACETS = {table: subject_rows.LINKS[subject] for subject, table in subject_rows.TABLES.items()}
"""Under which facet of the links each table of the catalogue is counted, by id."""

PLAIN = event_rows.RESERVED - set(event_rows.ARRAYS)
"""The columns of events that are no arrays; dimensions are."""


class Beside(NamedTuple):
    """What stands beside an event; all but the neighbours are cut to a few."""

    before: Row | None
    after: Row | None
    same_days: list[Row]
    same_places: list[tuple[str, list[Row]]]


def parsed(row: Row) -> Row:
    """A row of `events` with its arrays as lists: the known ones and the dimensions."""
    return {
        column: value if column in PLAIN else msgspec.json.decode(value)
        for column, value in row.items()
    }


def number(db: sqlite3.Connection, facet: str, value: str) -> int:
    """How many events have a value."""
    found = db.execute(
        "SELECT count FROM facet_values WHERE facet = ? AND value = ?", (facet, value)
    ).fetchone()
    return found[0] if found else 0


def linked(db: sqlite3.Connection, facet: str, value: str, limit: int) -> list[Row]:
    """The first events that have a value, in order of time."""
    return _ordered(db, facet, value, "1", "sort_day, id", {"limit": limit})


def days(db: sqlite3.Connection, facet: str, value: str) -> list[tuple[str, int]]:
    """The dates of the events that have a value, each with their number; none if too many."""
    if number(db, facet, value) > _MOST:
        return []
    sql = (
        f"SELECT date, count(*) FROM ({_LINKED}) CROSS JOIN events ON events.number = event"
        " GROUP BY date"
    )
    return db.execute(sql, {"facet": facet, "value": value}).fetchall()


def shared(db: sqlite3.Connection, facet: str, value: str, other: str, limit: int) -> list[Row]:
    """The commonest values of another facet among the events that have a value."""
    if number(db, facet, value) > _MOST:
        return []
    sql = (
        f"SELECT facet_values.value, count(*) AS count FROM ({_LINKED}) AS linked"
        " CROSS JOIN event_values ON event_values.event = linked.event"
        " CROSS JOIN json_each(numbers) CROSS JOIN facet_values ON number = json_each.value"
        " WHERE facet = :other GROUP BY number ORDER BY 2 DESC, 1 LIMIT :limit"
    )
    return fetch_rows(db, sql, {"facet": facet, "value": value, "other": other, "limit": limit})


def _ordered(
    db: sqlite3.Connection, facet: str, value: str, where: str, order: str, params: dict[str, Any]
) -> list[Row]:
    if walks(db, number(db, facet, value), params["limit"]):
        source = "events INDEXED BY events_sort"
        where = f"{where} AND EXISTS ({_LINKED} AND event = events.number)"
    else:
        source = f"({_LINKED}) CROSS JOIN events ON events.number = event"
    sql = f"SELECT {_COLUMNS} FROM {source} WHERE {where} ORDER BY {order} LIMIT :limit"
    return _listed(fetch_rows(db, sql, {**params, "facet": facet, "value": value}))


def walks(db: sqlite3.Connection, links: int, limit: int) -> bool:
    """Whether some events of a value are sooner met among all, in order, than sorted."""
    (newest,) = db.execute("SELECT max(number) FROM events").fetchone()
    return links * links * _STEPS_A_ROW > limit * (newest or 0)


def _listed(found: Iterable[Row]) -> list[Row]:
    return [parsed(row) for row in found]


def beside(db: sqlite3.Connection, event: Row) -> Beside:
    """What stands beside a published event: `id`, `sort_day`, its days and places are used."""
    here = {"day": event["sort_day"], "id": event["id"]}
    return Beside(
        _next(db, here, "<", "DESC"),
        _next(db, here, ">", "ASC"),
        _same_days(db, event),
        [
            (place, near)
            for place in event["places"][:2]
            if (near := _nearest(db, "places", place, here))
        ],
    )


def _next(db: sqlite3.Connection, here: Row, sign: str, way: str) -> Row | None:
    found = fetch_rows(
        db,
        f"SELECT id, title, date FROM events WHERE (sort_day, id) {sign} (:day, :id)"
        f" ORDER BY sort_day {way}, id {way} LIMIT 1",
        here,
    )
    return found[0] if found else None


def _same_days(db: sqlite3.Connection, event: Row) -> list[Row]:
    """Events whose days begin among the possible days of this one."""
    sql = (
        f"SELECT {_COLUMNS} FROM events WHERE sort_day BETWEEN :first AND :last AND id != :id"
        " ORDER BY sort_day, id LIMIT :limit"
    )
    first, last = event["sort_day"], event["latest"] or event["sort_day"]
    params = {"first": first, "last": last, "id": event["id"], "limit": _NEAR}
    return _listed(fetch_rows(db, sql, params))


def _nearest(db: sqlite3.Connection, facet: str, value: str, here: Row) -> list[Row]:
    """The events of a value that are nearest in order of time, in that order."""
    params = {**here, "limit": _NEAR // 2}
    before = "(sort_day, id) < (:day, :id)"
    earlier = _ordered(db, facet, value, before, "sort_day DESC, id DESC", params)
    after = "(sort_day, id) > (:day, :id)"
    return [*reversed(earlier), *_ordered(db, facet, value, after, "sort_day, id", params)]


# Ids ------------------------------------------------------------------------------------------


def near_ids(db: sqlite3.Connection, table: str, wrong: str, limit: int = 6) -> list[Row]:
    """Rows of `events` or of a table of the catalogue whose ids are like a wrong one."""
    if table != "events":
        names = dict(db.execute(f"SELECT id, name FROM {table}"))
        found = get_close_matches(wrong, names, limit, 0.55)
        return [{"id": name, "name": names[name]} for name in found]
    titles = {**_by_start(db, wrong), **_by_words(db, wrong)}
    close = sorted(titles, key=lambda name: (-SequenceMatcher(None, wrong, name).ratio(), name))
    return [{"id": name, "name": titles[name]} for name in close[:limit]]


def _by_start(db: sqlite3.Connection, wrong: str) -> dict[str, str]:
    start = wrong.partition("-")[0]
    sql = "SELECT id, title FROM events WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"
    return dict(db.execute(sql, (start, f"{start}\U0010ffff", _CANDIDATES)))


def _by_words(db: sqlite3.Connection, wrong: str) -> dict[str, str]:
    """Events with all longer words of an id in their titles, or else with the longest."""
    words = sorted((w for w in wrong.split("-") if len(w) > 3 and w.isalnum()), key=len)
    # Not ranked: that reads every event that has one of the words.
    sql = (
        "SELECT id, events.title FROM events_fts JOIN events ON events.number = events_fts.rowid"
        " WHERE events_fts MATCH ? LIMIT ?"
    )
    for some in (words, words[-1:]):
        titled = " AND ".join(f'title : "{word}"' for word in some)
        found = dict(db.execute(sql, (titled, _CANDIDATES))) if titled else {}
        if found:
            return found
    return {}
