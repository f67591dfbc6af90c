"""References that block a retraction, or the removal of a word from a vocabulary.

References to subjects of the catalogue are searched for in the whole log: such records are few.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from chronology.model.records import Account, Event, Formation, Place
from chronology.projections.catalogue import fold_stream, read_states
from chronology.store import log


def of(db: sqlite3.Connection, subject: str, name: str) -> Iterator[str]:
    """The live streams that name a subject."""
    quoted = f'"{name}"'
    sql = "SELECT DISTINCT stream FROM log WHERE instr(data, ?) AND type NOT LIKE 'batch.%'"
    for stream, fields in _live(db, sql, quoted):
        if name in _named_by(subject, fields):
            yield stream


def kinds(db: sqlite3.Connection, but: Iterable[str]) -> set[str]:
    """The kinds of live events besides the given ones."""
    known = set(but)
    sql = (
        "SELECT DISTINCT stream FROM log WHERE type IN ('event.recorded', 'event.corrected')"
        " AND coalesce(json_extract(data, '$.kind'), json_extract(data, '$.set.kind'))"
        " NOT IN (SELECT value FROM json_each(?))"
    )
    return {fields.kind for _, fields in _live(db, sql, json.dumps(sorted(known)))} - known


class Accounts:
    """The accounts of events while records are appended after the position of the tables.

    Appended accounts are read once, when they are first needed, into a temporary table.
    """

    _TABLE = "new_accounts (event TEXT, account TEXT, PRIMARY KEY (event, account)) WITHOUT ROWID"

    def __init__(self, db: sqlite3.Connection, position: int) -> None:
        self.db = db
        self.position = position
        self.folded = "SELECT id FROM accounts WHERE event = ?1 UNION " if position else ""
        db.execute(f"CREATE TEMP TABLE IF NOT EXISTS {self._TABLE}")
        db.execute("DELETE FROM temp.new_accounts")

    def of(self, event: str) -> list[str]:
        """The live accounts of an event at the head of the log, in order of record."""
        self._read_on()
        names = self.db.execute(
            f"{self.folded}SELECT account FROM temp.new_accounts WHERE event = ?1",
            (event,),
        ).fetchall()
        head = log.head(self.db).position
        found = read_states(self.db, "account", [name for (name,) in names], head)
        live = [
            (first, name)
            for name, (account, first) in found.items()
            if account is not None and account.fields.event == event
        ]
        return [name for _, name in sorted(live)]

    def _read_on(self) -> None:
        head = log.head(self.db).position
        self.db.execute(
            "INSERT OR IGNORE INTO temp.new_accounts SELECT coalesce(json_extract(data, '$.event'),"
            " json_extract(data, '$.set.event')) AS event, substr(stream, 9) FROM log"
            " WHERE position > ? AND type IN ('account.recorded', 'account.corrected')"
            " AND event IS NOT NULL",
            (self.position,),
        )
        self.position = head


def _live(db: sqlite3.Connection, sql: str, param: str) -> Iterator[tuple[str, Any]]:
    """The streams that a query finds and their fields, save the retracted ones."""
    for (stream,) in db.execute(sql, (param,)).fetchall():
        current = fold_stream(log.stream(db, stream))
        if current is not None:
            yield stream, current.fields


def _named_by(subject: str, fields: Any) -> set[str | None]:
    """The ids of one subject that the fields of another name."""
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
        case "formation", Formation():
            return {attachment.to for attachment in fields.attached}
    return set()


def _sources(fields: Any) -> set[str | None]:
    if isinstance(fields, Account):
        return {fields.source}
    cited = [*getattr(fields, "statements", [])]
    if isinstance(fields, Formation):
        cited += [*fields.attached, *fields.commanders]
    return {citation.source for citation in cited}
