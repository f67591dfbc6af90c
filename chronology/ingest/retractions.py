"""References that block a retraction, or the removal of a word from a vocabulary.

References to subjects of the catalogue are searched in the whole log, because such searches are
rare.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from chronology.model.records import Account, Event, Formation, Place
from chronology.projections.catalogue import fold_stream, read_states
from chronology.store import log


def find_users(db: sqlite3.Connection, subject: str, name: str) -> Iterator[str]:
    """The live streams that refer to a subject."""
    quoted = f'"{name}"'
    sql = "SELECT DISTINCT stream FROM log WHERE instr(data, ?) AND type NOT LIKE 'batch.%'"
    for stream, fields in _live_streams(db, sql, quoted):
        if name in _references(subject, fields):
            yield stream


def find_kinds(db: sqlite3.Connection, but: Iterable[str]) -> set[str]:
    """The kinds of live events, without the given ones."""
    known = set(but)
    sql = (
        "SELECT DISTINCT stream FROM log WHERE type IN ('event.recorded', 'event.corrected')"
        " AND coalesce(json_extract(data, '$.kind'), json_extract(data, '$.set.kind'))"
        " NOT IN (SELECT value FROM json_each(?))"
    )
    return {fields.kind for _, fields in _live_streams(db, sql, json.dumps(sorted(known)))} - known


def find_quantities(db: sqlite3.Connection, but: Iterable[str]) -> set[str]:
    """The quantities of live events, without the given ones."""
    known = set(but)
    sql = (
        "SELECT DISTINCT stream FROM log WHERE type IN ('event.recorded', 'event.corrected')"
        " AND instr(data, ?) AND EXISTS (SELECT 1 FROM json_each("
        "  coalesce(data -> '$.quantities', data -> '$.set.quantities'))"
        " WHERE key NOT IN (SELECT value FROM json_each(?)))"
    )
    streams = _live_streams(db, sql, '"quantities"', json.dumps(sorted(known)))
    return {name for _, fields in streams for name in fields.quantities} - known


def find_crowded(
    db: sqlite3.Connection, position: int, most_bytes: int, own_bytes: int
) -> list[tuple[str, int]]:
    """Events whose accounts are too large after those that a position is followed by: their size.

    Each account counts with `own_bytes` and its data; an earlier one with its longest cells.
    """
    earlier = (
        "coalesce((SELECT sum(:own + length(at) + length(claims) + coalesce(length(says), 0))"
        " FROM accounts WHERE event = new.event), 0)"
    )
    rows = db.execute(
        f"SELECT event, size + {earlier if position else 0} AS total FROM"
        f" (SELECT {_EVENT_OF_ACCOUNT} AS event, sum(:own + length(data)) AS size FROM log"
        " WHERE position > :position AND type IN ('account.recorded', 'account.corrected')"
        " AND event IS NOT NULL GROUP BY 1) AS new WHERE total > :most LIMIT 10",
        {"own": own_bytes, "position": position, "most": most_bytes},
    )
    return rows.fetchall()


_EVENT_OF_ACCOUNT = "coalesce(json_extract(data, '$.event'), json_extract(data, '$.set.event'))"


class EventAccounts:
    """The accounts of events while a batch is appended, before it is projected.

    Appended accounts are read into a temporary table when they are first needed.
    """

    _TABLE = "new_accounts (event TEXT, account TEXT, PRIMARY KEY (event, account)) WITHOUT ROWID"

    def __init__(self, db: sqlite3.Connection, position: int) -> None:
        self.db = db
        self.position = position
        self.projected_accounts = (
            "SELECT id FROM accounts WHERE event = ?1 UNION " if position else ""
        )
        db.execute(f"CREATE TEMP TABLE IF NOT EXISTS {self._TABLE}")
        db.execute("DELETE FROM temp.new_accounts")

    def of(self, event: str) -> list[str]:
        """The live accounts of an event at the head of the log, in the order of their records."""
        self._read_new_accounts()
        names = self.db.execute(
            f"{self.projected_accounts}SELECT account FROM temp.new_accounts WHERE event = ?1",
            (event,),
        ).fetchall()
        head = log.head(self.db).position
        states = read_states(self.db, "account", [name for (name,) in names], head)
        live = [
            (first, name)
            for name, (account, first) in states.items()
            if account is not None and account.fields.event == event
        ]
        return [name for _, name in sorted(live)]

    def _read_new_accounts(self) -> None:
        head = log.head(self.db).position
        self.db.execute(
            f"INSERT OR IGNORE INTO temp.new_accounts SELECT {_EVENT_OF_ACCOUNT} AS event,"
            " substr(stream, 9) FROM log"
            " WHERE position > ? AND type IN ('account.recorded', 'account.corrected')"
            " AND event IS NOT NULL",
            (self.position,),
        )
        self.position = head


def _live_streams(db: sqlite3.Connection, sql: str, *params: str) -> Iterator[tuple[str, Any]]:
    """The streams that a query finds, with their fields, without the retracted ones."""
    for (stream,) in db.execute(sql, params).fetchall():
        state = fold_stream(log.stream(db, stream))
        if state is not None:
            yield stream, state.fields


def _references(subject: str, fields: Any) -> set[str | None]:
    """The ids of a subject in the fields of a record."""
    if subject == "source":
        return _sources(fields)
    match subject, fields:
        case "place", Event():
            return {ref.place for ref in fields.places}
        case "place", Place():
            return {fields.within}
        case "person", Event():
            return set(fields.people)
        case "person", Account():
            return {fields.by}
        case "person", Formation():
            return {command.person for command in fields.commanders}
        case "formation", Event():
            return set(fields.formations)
        case "tag", Event():
            return {tag for tags in fields.tags.values() for tag in tags}
        case "formation", Formation():
            return {attachment.to for attachment in fields.attached}
    return set()


def _sources(fields: Any) -> set[str | None]:
    shown = {medium.source for medium in getattr(fields, "media", [])}
    if isinstance(fields, Account):
        return {fields.source, *shown}
    cited = [*getattr(fields, "statements", [])]
    if isinstance(fields, Formation):
        cited += [*fields.attached, *fields.commanders]
    return {citation.source for citation in cited} | shown
