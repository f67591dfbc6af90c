"""Compare the accounts of events that the sources dispute."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from itertools import groupby

import msgspec

from chronology.index.predicates import Cursor
from chronology.index.selection import Selection, commonest_first
from chronology.projections.disputes import ClaimedValue, differing
from chronology.store.database import Row, fetch_rows
from chronology.timeline.linked_events import decode_arrays

DATE = "date"
"""The key of the date among the claims that are compared."""
_COLUMNS = "id, date, title, summary, kind, status, basis, places, disputed, sort_key"
_ACCOUNTS = (
    "SELECT accounts.id, event, source, sources.name AS source_name, at, stance, date, claims,"
    " accounts.basis FROM accounts JOIN sources ON sources.id = accounts.source"
)


def compare_accounts(accounts: Sequence[Row]) -> list[Row]:
    """The claims and dates in which the accounts of one event differ.

    An account has `id`, `source`, `source_name`, `at`, `stance`, `date` and `claims`. The result
    has a row for each `key`, the date first. Its `values` each have the `value` and the
    `accounts` that give it, the commonest first.
    """
    claims = differing((account, _claims(account)) for account in accounts)
    return [
        {"key": key, "values": _commonest_first(values)}
        for key, values in sorted(claims.items(), key=lambda claim: claim[0] != DATE)
    ]


def _claims(account: Row) -> list[tuple[str, str]]:
    """The claims of an account, with its date as one of them."""
    date = [(DATE, account["date"])] if account["date"] else []
    return [*date, *account["claims"].items()]


def _commonest_first(values: dict[str, list[ClaimedValue[Row]]]) -> list[Row]:
    ordered = sorted(values.values(), key=lambda same: -len(same))
    return [{"value": same[0].value, "accounts": [each.by for each in same]} for same in ordered]


def page(
    db: sqlite3.Connection, disputed: Selection, after: Cursor | None, size: int
) -> tuple[list[Row], Cursor | None]:
    """The first disputed events after a cursor, in order of time, and the next page's cursor.

    The values in which the accounts of an event differ are its `compared`.
    """
    numbers = disputed.page(False, after, size + 1)
    rows = fetch_rows(
        db,
        f"SELECT {_COLUMNS} FROM events WHERE number IN (SELECT value FROM json_each(?))"
        " ORDER BY sort_key, id",
        (json.dumps(numbers[:size]),),
    )
    events = [decode_arrays(row) for row in rows]
    accounts = _accounts_by_event(db, [event["id"] for event in events])
    for event in events:
        event["compared"] = compare_accounts(accounts.get(event["id"], []))
    has_more = len(numbers) > size
    return events, Cursor(events[-1]["sort_key"], events[-1]["id"]) if has_more else None


def kinds(disputed: Selection) -> list[Row]:
    """The kinds of dispute, each with the number of events, the commonest first."""
    counts = commonest_first(disputed.counts("disputed"))
    return [{"value": value, "count": count} for value, count in counts]


def _accounts_by_event(db: sqlite3.Connection, events: Sequence[str]) -> dict[str, list[Row]]:
    """The accounts of some events, in the order in which they were recorded."""
    sql = (
        f"{_ACCOUNTS} WHERE event IN (SELECT value FROM json_each(?))"
        " ORDER BY event, accounts.position, accounts.id"
    )
    accounts = fetch_rows(db, sql, (json.dumps(events),))
    for account in accounts:
        account["claims"] = msgspec.json.decode(account["claims"])
    return {event: list(group) for event, group in groupby(accounts, key=lambda row: row["event"])}
