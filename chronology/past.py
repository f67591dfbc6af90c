"""Where a read as of an earlier moment stands in the log."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from chronology import batches, log
from chronology.errors import UnknownName


class Moment(NamedTuple):
    """A state of the timeline: the end of a batch, with its digest and when it was recorded."""

    position: int
    digest: str
    recorded_at: str


def single(given: Sequence[str]) -> str:
    """The one moment that is asked for; raises `UnknownName` if there are several."""
    if len(given) > 1:
        raise UnknownName("_as_of stands twice; give one moment")
    return given[0]


def resolve(db: sqlite3.Connection, text: str) -> Moment:
    """The state that `_as_of` names: a position, or a timestamp with a zone.

    A position within a batch stands for the end of the batch before. Raises `UnknownName` for a
    malformed text, a position past the head and a moment before the first batch.
    """
    found = _by_position(db, text) if text.isascii() and text.isdigit() else _by_time(db, text)
    if found is None:
        raise UnknownName(f"_as_of: nothing was recorded by {text}")
    (entry,) = log.read(db, found - 1, found)
    return Moment(entry.position, entry.digest, entry.recorded_at)


def _by_position(db: sqlite3.Connection, text: str) -> int | None:
    head = log.head(db).position
    if len(text) > 18 or int(text) > head:
        raise UnknownName(f"_as_of: position {text[:30]} is past the head, which is {head}")
    found = db.execute(
        "SELECT max(last_position) FROM batches WHERE last_position <= ?", (int(text),)
    ).fetchone()
    return found[0] if found else None


def _by_time(db: sqlite3.Connection, text: str) -> int | None:
    try:
        moment = batches.timestamp(text)
    except ValueError:
        raise UnknownName(
            f"_as_of: {text!r} is neither a position nor a timestamp such as 2026-11-21T12:00:00Z"
        ) from None
    found = db.execute(
        "SELECT max(last_position) FROM batches WHERE recorded_at <= ?", (moment,)
    ).fetchone()
    return found[0] if found else None


def accounts_of(db: sqlite3.Connection, events: Iterable[str]) -> list[str]:
    """The ids of the accounts that tell of one of the events, or did at any earlier moment."""
    found = db.execute(
        "SELECT id FROM accounts WHERE event IN (SELECT value FROM json_each(?1)) UNION"
        " SELECT account FROM former_accounts WHERE event IN (SELECT value FROM json_each(?1))",
        (json.dumps(list(events)),),
    )
    return [name for (name,) in found]
