"""The events about which the sources disagree, with what each of them gives."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec

from chronology import related
from chronology.comparisons import compared
from chronology.queries import Row, rows
from chronology.terms import Cursor

_COLUMNS = "id, date, title, summary, kind, status, basis, places, disputed, sort_day"
_LINKS = (
    "SELECT event FROM event_links"
    " WHERE value IN (SELECT number FROM facet_values WHERE facet = 'disputed')"
)
_DISPUTED = f"events.rowid IN ({_LINKS})"
_GIVEN = (
    "SELECT accounts.id, event, source, sources.name AS source_name, at, stance, date, claims,"
    " accounts.basis FROM accounts JOIN sources ON sources.id = accounts.source"
)


def page(
    db: sqlite3.Connection,
    where: str,
    params: Mapping[str, Any],
    after: Cursor | None,
    limit: int,
) -> tuple[list[Row], Cursor | None]:
    """Some of the selected events that are disputed, in order of time, and where they end.

    `where` is a condition over `events`, or empty. Each event has its `compared` values.
    """
    conditions = [f"({where})"] if where else []
    held = dict(params)
    if after is not None:
        conditions.append("(sort_day, id) > (:after_day, :after_id)")
        held |= {"after_day": after.day, "after_id": after.id}
    # Filters that select few events are for SQLite to begin with; else the order of days is.
    walked = not where and related.walks(db, total(db, "", {}), limit)
    source = "events INDEXED BY events_sort" if walked else "events"
    sql = (
        f"SELECT {_COLUMNS} FROM {source} WHERE {' AND '.join([_DISPUTED, *conditions])}"
        f" ORDER BY sort_day, id LIMIT {limit + 1}"
    )
    found = [related.parsed(row) for row in rows(db, sql, held)]
    shown = found[:limit]
    accounts = given(db, [event["id"] for event in shown])
    for event in shown:
        event["compared"] = compared(accounts.get(event["id"], []))
    last = shown[-1] if len(found) > limit else None
    return shown, Cursor(last["sort_day"], last["id"]) if last else None


def count(db: sqlite3.Connection, where: str, params: Mapping[str, Any]) -> list[Row]:
    """How many of the selected events are disputed, by what about."""
    if where:
        counted = (
            "SELECT facet_values.value, count(*) AS count FROM facet_values"
            " JOIN event_links ON event_links.value = number WHERE facet = 'disputed'"
            f" AND event IN (SELECT rowid FROM events WHERE {where}) GROUP BY number"
        )
    else:
        counted = "SELECT value, count FROM facet_values WHERE facet = 'disputed'"
    return rows(db, f"{counted} ORDER BY 2 DESC, 1", params)


def total(db: sqlite3.Connection, where: str, params: Mapping[str, Any]) -> int:
    """How many of the selected events are disputed."""
    if where:
        sql = f"SELECT count(*) FROM events WHERE {_DISPUTED} AND ({where})"
    else:
        sql = f"SELECT count(DISTINCT event) FROM ({_LINKS})"
    found: int = db.execute(sql, params).fetchone()[0]
    return found


def given(db: sqlite3.Connection, names: Sequence[str]) -> dict[str, list[Row]]:
    """What the accounts of some events give, by event, in order of record."""
    sql = (
        f"{_GIVEN} WHERE event IN (SELECT value FROM json_each(?))"
        " ORDER BY event, accounts.position, accounts.id"
    )
    found = rows(db, sql, (json.dumps(names),))
    for account in found:
        account["claims"] = msgspec.json.decode(account["claims"])
    return {event: list(group) for event, group in groupby(found, key=lambda row: row["event"])}
