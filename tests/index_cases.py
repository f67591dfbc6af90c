"""Batches that change events, for the tests of the index."""

from __future__ import annotations

import json
import sqlite3
from contextlib import nullcontext
from typing import Any

DATES = (
    "1944-09-05",
    "1944-10-14",
    "1944-10",
    "[1944-10-13,1944-10-20]",
    "[..1944-10-08]",
    "1944-10-01/..",
    "/",
)


def no_limit(_: sqlite3.Connection) -> Any:
    return nullcontext()


def batch(number: int, records: list[dict[str, Any]]) -> str:
    lines = [{"format": 1, "batch": f"b{number}", "recorded": "2026-02-01T00:00:00Z"}, *records]
    return "".join(json.dumps(line) + "\n" for line in lines)


def change(db: sqlite3.Connection, kind: str, number: int, serial: int) -> list[dict[str, Any]]:
    """The records of a change, if it can be made."""
    live = [name for (name,) in db.execute("SELECT id FROM events ORDER BY id")]
    if kind == "new" or not live:
        return [{"event": f"n{serial}", "date": "1944-11-01", "title": "New", "kind": "death"}]
    if kind == "move":
        (within,) = db.execute("SELECT within FROM places WHERE id = 'nis'").fetchone()
        moved = {"unset": ["within"]} if within else {"set": {"within": "belgrade"}}
        return [{"correct": "place/nis", **moved, "because": "x"}]
    name = live[number % len(live)]
    if kind == "date":
        return [{"correct": f"event/{name}", "set": {"date": f"1944-11-2{serial}"}, "because": "x"}]
    accounts = db.execute("SELECT id FROM accounts WHERE event = ?", (name,))
    gone = [{"retract": f"account/{a}", "because": "x"} for (a,) in accounts.fetchall()]
    return [*gone, {"retract": f"event/{name}", "because": "x"}]
