"""The events about which the sources disagree, with what each of them gives."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from itertools import groupby

import msgspec

from chronology.index.predicates import Cursor
from chronology.index.selection import Selection
from chronology.store.database import Row, fetch_rows
from chronology.timeline import neighbours
from chronology.timeline.comparisons import compared

_COLUMNS = "id, date, title, summary, kind, status, basis, places, disputed, sort_day"
_GIVEN = (
    "SELECT accounts.id, event, source, sources.name AS source_name, at, stance, date, claims,"
    " accounts.basis FROM accounts JOIN sources ON sources.id = accounts.source"
)


def page(
    db: sqlite3.Connection, disputed: Selection, after: Cursor | None, size: int
) -> tuple[list[Row], Cursor | None]:
    """The first disputed events after a cursor, in order of time, and the cursor of the next page.

    Each event has its `compared` values.
    """
    numbers = disputed.page(False, after, size + 1)
    found = fetch_rows(
        db,
        f"SELECT {_COLUMNS} FROM events WHERE number IN (SELECT value FROM json_each(?))"
        " ORDER BY sort_day, id",
        (json.dumps(numbers[:size]),),
    )
    events = [neighbours.parsed(row) for row in found]
    accounts = given(db, [event["id"] for event in events])
    for event in events:
        event["compared"] = compared(accounts.get(event["id"], []))
    more = len(numbers) > size
    return events, Cursor(events[-1]["sort_day"], events[-1]["id"]) if more else None


def kinds(disputed: Selection) -> list[Row]:
    """How many of the disputed events are disputed about what, the commonest first."""
    counts = sorted(disputed.counts("disputed"), key=lambda pair: (-pair[1], pair[0]))
    return [{"value": value, "count": count} for value, count in counts]


def given(db: sqlite3.Connection, names: Sequence[str]) -> dict[str, list[Row]]:
    """What the accounts of some events give, by event, in order of record."""
    sql = (
        f"{_GIVEN} WHERE event IN (SELECT value FROM json_each(?))"
        " ORDER BY event, accounts.position, accounts.id"
    )
    found = fetch_rows(db, sql, (json.dumps(names),))
    for account in found:
        account["claims"] = msgspec.json.decode(account["claims"])
    return {event: list(group) for event, group in groupby(found, key=lambda row: row["event"])}
