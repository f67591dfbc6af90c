"""References that block a retraction, or the removal of a word from a vocabulary.

References to subjects of the catalogue are searched in the whole log, because such searches are
rare.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

from chronology.model.records import Account, Event, Formation, Place
from chronology.projections.catalogue import Catalogue, fold_stream, split_stream
from chronology.store import log


def find_faults(
    db: sqlite3.Connection, catalogue: Catalogue, lines: Mapping[str, int]
) -> Iterator[tuple[int, str, str]]:
    """The line, the description and the remedy of each reference to a retracted subject.

    `lines` are those of the changed subjects of the catalogue, by stream.
    """
    retracted: dict[str, set[str]] = {}
    for stream in lines:
        subject, name = split_stream(stream)
        if name not in catalogue.members(subject):
            retracted.setdefault(subject, set()).add(name)
    if retracted:
        for user, stream in _find_users(db, retracted):
            description = f"{stream} is retracted, but {user} still refers to it"
            yield lines[stream], description, f"correct {user} first"


def _find_users(
    db: sqlite3.Connection, retracted: Mapping[str, Set[str]]
) -> Iterator[tuple[str, str]]:
    """The live streams that refer to retracted subjects, and the stream of each of those.

    `retracted` are the ids by subject. The log is read once, however many they are.
    """
    names = {name for some in retracted.values() for name in some}
    condition = " OR ".join(["instr(data, ?)"] * len(names))
    params = [f'"{name}"' for name in names]
    if len(names) > _FEW:
        condition, params = _ANY_TEXT, [json.dumps(list(names))]
    sql = f"SELECT DISTINCT stream FROM log WHERE ({condition}) AND type NOT LIKE 'batch.%'"
    for stream, fields in _live_streams(db, sql, *params):
        for subject, ids in retracted.items():
            for name in _references(subject, fields):
                if name in ids:
                    yield stream, f"{subject}/{name}"


_FEW = 10
"""So many names are searched one by one, which is faster."""
_ANY_TEXT = (
    "EXISTS (SELECT 1 FROM json_tree(data)"
    " WHERE json_tree.type = 'text' AND atom IN (SELECT value FROM json_each(?)))"
)


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

    The present event of each appended account is kept in a temporary table, which is brought up
    to date when it is needed. So an account that moves often is not folded again for each move.
    """

    _TABLE = "new_accounts (account TEXT PRIMARY KEY, event TEXT, first INTEGER)"

    def __init__(self, db: sqlite3.Connection, position: int) -> None:
        self.db = db
        self.position = position
        self.projected_accounts = (
            "SELECT id, (SELECT position FROM log WHERE stream = 'account/' || id AND version = 1)"
            " AS first FROM accounts WHERE event = ?1"
            " AND id NOT IN (SELECT account FROM temp.new_accounts) UNION ALL "
            if position
            else ""
        )
        db.execute(f"CREATE TEMP TABLE IF NOT EXISTS {self._TABLE}")
        db.execute("CREATE INDEX IF NOT EXISTS temp.new_accounts_event ON new_accounts (event)")
        db.execute("DELETE FROM temp.new_accounts")

    def of(self, event: str) -> list[str]:
        """The live accounts of an event at the head of the log, in the order of their records."""
        self._read_new_accounts()
        rows = self.db.execute(
            f"{self.projected_accounts}SELECT account, first FROM temp.new_accounts"
            " WHERE event = ?1 ORDER BY first",
            (event,),
        )
        return [name for name, _ in rows]

    def _read_new_accounts(self) -> None:
        head = log.head(self.db).position
        self.db.execute(
            "INSERT INTO temp.new_accounts SELECT substr(stream, 9), event,"
            " (SELECT position FROM log WHERE log.stream = new.stream AND version = 1) FROM"
            f" (SELECT stream, position, type, {_EVENT_OF_ACCOUNT} AS event FROM log"
            "  WHERE position > ? AND type GLOB 'account.*') AS new"
            " WHERE event IS NOT NULL OR type = 'account.retracted' ORDER BY new.position"
            " ON CONFLICT (account) DO UPDATE SET event = excluded.event",
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
