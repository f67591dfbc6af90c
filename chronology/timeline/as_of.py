"""Read the timeline as of a position of the log; the current timeline is that of the head."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from chronology.lru_cache import LruCache
from chronology.model.errors import UnknownName
from chronology.model.timestamps import parse_timestamp
from chronology.model.vocabulary import Chronology
from chronology.projections.catalogue import Catalogue, State, load_catalogue, read_states
from chronology.store.log import GENESIS

CURRENT_AT = "from_position <= :as_of AND (until_position IS NULL OR until_position > :as_of)"
"""The condition for versions in `history` that were current at the position `:as_of`."""
_STATE = "SELECT position, digest, recorded_at FROM log"
_CATALOGUES: LruCache[str, Catalogue] = LruCache(16)


class ReadPoint(NamedTuple):
    """The state of the log that is read: its last position, digest and time of recording.

    `is_past` says that the request named the state by `_as_of`, even if it is the newest.
    """

    position: int
    digest: str
    recorded_at: str
    is_past: bool = False


def read_point(db: sqlite3.Connection, as_of: Sequence[str] = ()) -> ReadPoint:
    """The state that the values of `_as_of` name, as a position or a timestamp with a zone.

    A position within a batch means the end of the batch before. Raises `UnknownName` for several
    values, a malformed one, a position after the head and a time before the first batch.
    """
    if not as_of:
        row = db.execute(f"{_STATE} ORDER BY position DESC LIMIT 1").fetchone()
        return ReadPoint(*row) if row else ReadPoint(0, GENESIS, "")
    if len(as_of) > 1:
        raise UnknownName("_as_of: given more than once")
    text = as_of[0]
    is_position = text.isascii() and text.isdigit()
    position = _by_position(db, text) if is_position else _by_time(db, text)
    if position is None:
        raise UnknownName(f"_as_of: nothing was recorded by {text}")
    row = db.execute(f"{_STATE} WHERE position = ?", (position,)).fetchone()
    return ReadPoint(*row)._replace(is_past=True)


def _by_position(db: sqlite3.Connection, text: str) -> int | None:
    head = read_point(db).position
    if len(text) > 18 or int(text) > head:
        raise UnknownName(f"_as_of: position {text[:30]} is past the head, which is {head}")
    row = db.execute(
        "SELECT max(last_position) FROM batches WHERE last_position <= ?", (int(text),)
    ).fetchone()
    return row[0] if row else None


def _by_time(db: sqlite3.Connection, text: str) -> int | None:
    try:
        time = parse_timestamp(text)
    except ValueError:
        raise UnknownName(
            f"_as_of: {text!r} is neither a position nor a timestamp such as 2026-11-21T12:00:00Z"
        ) from None
    row = db.execute(
        "SELECT max(last_position) FROM batches WHERE recorded_at <= ?", (time,)
    ).fetchone()
    return row[0] if row else None


@dataclass(eq=False)
class TimelineAt:
    """The timeline at one read point: its catalogue, its accounts and the table of its events.

    The events of the head are in `events`. Those of a named state are read from `history`, whose
    rows never change.
    """

    db: sqlite3.Connection
    point: ReadPoint

    @property
    def table(self) -> str:
        return "history" if self.point.is_past else "events"

    @property
    def position(self) -> int | None:
        """The position for an `EventFilter`: None for the head."""
        return self.point.position if self.point.is_past else None

    @cached_property
    def catalogue(self) -> Catalogue:
        """The sources, places, people and formations; cached, so callers must not change it."""
        return _CATALOGUES.get_or_make(
            self.point.digest, lambda: load_catalogue(self.db, self.point.position)
        )

    @property
    def chronology(self) -> Chronology | None:
        return self.catalogue.chronology

    def accounts(self, events: Iterable[str]) -> dict[str, list[tuple[str, State]]]:
        """The ids and states of each event's accounts, in the order of their first records."""
        names = self._account_ids(events)
        states = read_states(self.db, "account", names, self.point.position)
        accounts: dict[str, list[tuple[str, State]]] = {}
        for name, (state, _) in sorted(states.items(), key=lambda account: account[1][1]):
            if state is not None:
                resolved = state._replace(fields=self.catalogue.resolved(state.fields))
                accounts.setdefault(state.fields.event, []).append((name, resolved))
        return accounts

    def _account_ids(self, events: Iterable[str]) -> list[str]:
        """The ids of the accounts that belong to one of the events, or once did."""
        rows = self.db.execute(
            "SELECT id FROM accounts WHERE event IN (SELECT value FROM json_each(?1)) UNION"
            " SELECT account FROM former_accounts WHERE event IN (SELECT value FROM json_each(?1))",
            (json.dumps(list(events)),),
        )
        return [account for (account,) in rows]


def at_head(db: sqlite3.Connection) -> TimelineAt:
    """The timeline as of the head of the log."""
    return TimelineAt(db, read_point(db))


def version_start(db: sqlite3.Connection, event: str, position: int) -> int | None:
    """The first position of the version of an event that was current at a position."""
    row = db.execute(
        f"SELECT from_position FROM history WHERE id = :event AND {CURRENT_AT}",
        {"event": event, "as_of": position},
    ).fetchone()
    return row[0] if row else None
