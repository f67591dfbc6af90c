"""Everything that is told of one source, place, formation or person, as it stands now."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import msgspec

from chronology.store.database import Row, fetch_rows
from chronology.timeline import neighbours
from chronology.timeline.order_of_battle import natural

EVENTS = 60
ACCOUNTS = 300
_JSON = ("names", "ids", "statements", "cites")
_SOURCES = 12
_WITHIN = 200
_TIES = (
    "SELECT t.formation, t.{other} AS other, {table}.name AS name, {level} AS level,"
    ' t."from", t.until, {part} AS part, t.source, sources.name AS source_name, t.at, t.basis'
    " FROM {ties} AS t JOIN {table} ON {table}.id = t.{other}"
    " LEFT JOIN sources ON sources.id = t.source"
)


def profile(db: sqlite3.Connection, table: str, name: str) -> Row | None:
    """A row of a table of the catalogue with what belongs to it; None if there is no such row."""
    found = fetch_rows(db, f"SELECT * FROM {table} WHERE id = ?", (name,))
    if not found:
        return None
    row = found[0]
    for column in _JSON:
        if column in row:
            row[column] = msgspec.json.decode(row[column] or "[]")
    sources = dict(db.execute("SELECT id, name FROM sources"))
    for statement in row["statements"]:
        statement["source_name"] = sources.get(statement["source"], statement["source"])
    return {**row, **PROFILED[table](db, name)}


def _events(db: sqlite3.Connection, table: str, name: str) -> Row:
    facet = neighbours.FACETS[table]
    return {
        "shown": neighbours.linked(db, facet, name, EVENTS),
        "total": neighbours.number(db, facet, name),
        "days": neighbours.days(db, facet, name),
        "sources": neighbours.shared(db, facet, name, "sources", _SOURCES),
    }


# Sources --------------------------------------------------------------------------------------


def _source(db: sqlite3.Connection, name: str) -> Row:
    number = db.execute("SELECT count(*) FROM accounts WHERE source = ?", (name,)).fetchone()[0]
    return {
        "told": number,
        "total": neighbours.number(db, "source", name),
        "disputed": _disputed(db, name),
        "accounts": _accounts(db, name),
        "days": neighbours.days(db, "source", name),
    }


def _disputed(db: sqlite3.Connection, source: str) -> int:
    """How many of the events that a source tells of are disputed."""
    sql = (
        "SELECT count(DISTINCT event) FROM event_links AS disputed WHERE value IN"
        " (SELECT number FROM facet_values WHERE facet = 'disputed') AND EXISTS"
        " (SELECT 1 FROM event_links AS told WHERE told.event = disputed.event AND told.value ="
        " (SELECT number FROM facet_values WHERE facet = 'source' AND value = ?))"
    )
    found: int = db.execute(sql, (source,)).fetchone()[0]
    return found


def _accounts(db: sqlite3.Connection, source: str) -> list[Row]:
    """The accounts of a source in the order of its passages, each with its event."""
    found = fetch_rows(
        db,
        "SELECT accounts.id, event, at, stance, accounts.date, says, title, sort_day, disputed,"
        " events.date AS event_date FROM accounts JOIN events ON events.id = accounts.event"
        " WHERE source = ? LIMIT ?",
        (source, ACCOUNTS),
    )
    return [
        {**row, "disputed": msgspec.json.decode(row["disputed"]), "place": number}
        for number, row in enumerate(sorted(found, key=lambda row: natural(row["at"])))
    ]


# Places ---------------------------------------------------------------------------------------


def _place(db: sqlite3.Connection, name: str) -> Row:
    around = fetch_rows(
        db,
        "WITH RECURSIVE around(id, depth) AS (SELECT within, 1 FROM places WHERE id = ?"
        " UNION SELECT places.within, depth + 1 FROM around JOIN places ON places.id = around.id"
        " WHERE depth < 20) SELECT places.id, places.name FROM around"
        " JOIN places ON places.id = around.id ORDER BY depth",
        (name,),
    )
    inside = fetch_rows(
        db,
        "SELECT id, name, type, latitude, longitude, events FROM places WHERE within = ?"
        " ORDER BY events DESC, name LIMIT ?",
        (name, _WITHIN),
    )
    return {"around": around, "inside": inside, **_events(db, "places", name)}


# Formations and people ------------------------------------------------------------------------


def _formation(db: sqlite3.Connection, name: str) -> Row:
    above = _ties("attachments", "superior", "formations")
    below = _ties("attachments", "formation", "formations")
    return {
        "superiors": fetch_rows(db, f"{above} WHERE t.formation = ? {_IN_TIME}", (name,)),
        "subordinates": fetch_rows(db, f"{below} WHERE t.superior = ? {_IN_TIME}", (name,)),
        "commands": fetch_rows(
            db,
            f"{_ties('commanders', 'person', 'people')} WHERE t.formation = ? {_IN_TIME}",
            (name,),
        ),
        **_events(db, "formations", name),
    }


_IN_TIME = 'ORDER BY t."from" IS NULL, t."from", name, t.until'


def _ties(ties: str, other: str, table: str) -> str:
    attached = ties == "attachments"
    return _TIES.format(
        ties=ties,
        other=other,
        table=table,
        level="formations.level" if table == "formations" else "NULL",
        part="t.part" if attached else "0",
    )


def _person(db: sqlite3.Connection, name: str) -> Row:
    quoted = fetch_rows(
        db,
        "SELECT accounts.id, event, events.title, events.date AS event_date, said, says, stance,"
        " at, accounts.source, sources.name AS source_name FROM accounts"
        " JOIN events ON events.id = accounts.event JOIN sources ON sources.id = accounts.source"
        ' WHERE accounts."by" = ? ORDER BY sort_day, accounts.id LIMIT ?',
        (name, ACCOUNTS),
    )
    commands = fetch_rows(
        db,
        f"{_ties('commanders', 'formation', 'formations')} WHERE t.person = ? {_IN_TIME}",
        (name,),
    )
    return {"commands": commands, "quoted": quoted, **_events(db, "people", name)}


PROFILED: dict[str, Callable[[sqlite3.Connection, str], dict[str, Any]]] = {
    "sources": _source,
    "places": _place,
    "formations": _formation,
    "people": _person,
}
