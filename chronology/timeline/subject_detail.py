"""One source, place, formation, person or tag in detail.

Each subject of the catalogue has a function that reads what belongs to one row of its table. To
add a subject:

1. Define its fields: a class in `model/records.py`, listed in `SUBJECTS`.
2. Load it: list it in `CATALOGUED` and in `Catalogue` of `projections/catalogue.py`.
3. Publish it: add its table to `COLUMNS`, `TABLES` and `LINKS` of `projections/subject_rows.py`,
   describe the columns in `template/folder/metadata.yml`, and raise `tables.VERSION`. If events
   refer to it, `EventRowBuilder` adds its facet.
4. Read it: write a function `(db, id) -> Row` here and list it in `DETAIL_READERS`. `_events`
   reads the events of any subject.
5. Show it: write a template `row-<table>.html` in `web/templates/chronology`.

Batches, lists and JSON need no further code.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import msgspec

from chronology.store.database import Row, fetch_rows
from chronology.timeline import linked_events
from chronology.timeline.order_of_battle import natural_key

_EVENTS = 60
_ACCOUNTS = 300
_JSON = ("names", "ids", "statements", "cites", "links", "media")
_SOURCES = 12
_WITHIN = 200
_TIES = (
    "SELECT t.formation, t.{other} AS other, {table}.name AS name, {level} AS level,"
    ' t."from", t.until, {part} AS part, t.source, sources.name AS source_name, t.at, t.basis,'
    " t.from_as_written, t.until_as_written"
    " FROM {ties} AS t JOIN {table} ON {table}.id = t.{other}"
    " LEFT JOIN sources ON sources.id = t.source"
)


def subject_detail(db: sqlite3.Connection, table: str, name: str) -> Row | None:
    """A row of a catalogue table with all that belongs to it; None if there is no such row."""
    rows = fetch_rows(db, f"SELECT * FROM {table} WHERE id = ?", (name,))
    if not rows:
        return None
    row = rows[0]
    for column in _JSON:
        if column in row:
            row[column] = msgspec.json.decode(row[column] or "[]")
    if row.get("geometry"):
        row["geometry"] = msgspec.json.decode(row["geometry"])
    sources = dict(db.execute("SELECT id, name FROM sources"))
    for medium in row.get("media", ()):
        medium["source_name"] = sources.get(medium.get("source"), medium.get("source"))
    for statement in row["statements"]:
        statement["source_name"] = sources.get(statement["source"], statement["source"])
    return {**row, **DETAIL_READERS[table](db, name)}


def _events(db: sqlite3.Connection, table: str, name: str) -> Row:
    facet = linked_events.FACETS[table]
    return {
        "shown": linked_events.first_events(db, facet, name, _EVENTS),
        "total": linked_events.count_events(db, facet, name),
        "days": linked_events.count_by_date(db, facet, name),
        "sources": linked_events.count_by_other_facet(db, facet, name, "sources", _SOURCES),
    }


# Sources --------------------------------------------------------------------------------------


def _source(db: sqlite3.Connection, name: str) -> Row:
    (count,) = db.execute("SELECT count(*) FROM accounts WHERE source = ?", (name,)).fetchone()
    return {
        "account_count": count,
        "total": linked_events.count_events(db, "source", name),
        "disputed": _disputed(db, name),
        "accounts": _accounts(db, name),
        "days": linked_events.count_by_date(db, "source", name),
    }


def _disputed(db: sqlite3.Connection, source: str) -> int:
    """The number of disputed events among those with accounts from a source."""
    sql = (
        "SELECT count(DISTINCT event) FROM event_links AS disputed WHERE value IN"
        " (SELECT number FROM facet_values WHERE facet = 'disputed') AND EXISTS"
        " (SELECT 1 FROM event_links AS sourced WHERE sourced.event = disputed.event"
        " AND sourced.value ="
        " (SELECT number FROM facet_values WHERE facet = 'source' AND value = ?))"
    )
    count: int = db.execute(sql, (source,)).fetchone()[0]
    return count


def _accounts(db: sqlite3.Connection, source: str) -> list[Row]:
    """The accounts of a source in the order of its passages, each with its event."""
    accounts = fetch_rows(
        db,
        "SELECT accounts.id, event, at, stance, accounts.date, says, title, sort_key, disputed,"
        " events.date AS event_date FROM accounts JOIN events ON events.id = accounts.event"
        " WHERE source = ? LIMIT ?",
        (source, _ACCOUNTS),
    )
    return [
        {**row, "disputed": msgspec.json.decode(row["disputed"]), "place": number}
        for number, row in enumerate(sorted(accounts, key=lambda row: natural_key(row["at"])))
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
        "SELECT id, name, type, latitude, longitude, geometry, events FROM places WHERE within = ?"
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


def _tag(db: sqlite3.Connection, name: str) -> Row:
    others = fetch_rows(
        db,
        "SELECT id, name, events FROM tags WHERE id != :tag AND dimension ="
        " (SELECT dimension FROM tags WHERE id = :tag) ORDER BY events DESC, name LIMIT :limit",
        {"tag": name, "limit": _WITHIN},
    )
    return {"others": others, **_events(db, "tags", name)}


def _person(db: sqlite3.Connection, name: str) -> Row:
    quoted = fetch_rows(
        db,
        "SELECT accounts.id, event, events.title, events.date AS event_date, said,"
        " said_as_written, says, stance, at, accounts.source, sources.name AS source_name"
        " FROM accounts JOIN events ON events.id = accounts.event"
        " JOIN sources ON sources.id = accounts.source"
        ' WHERE accounts."by" = ? ORDER BY sort_key, accounts.id LIMIT ?',
        (name, _ACCOUNTS),
    )
    commands = fetch_rows(
        db,
        f"{_ties('commanders', 'formation', 'formations')} WHERE t.person = ? {_IN_TIME}",
        (name,),
    )
    namesakes = fetch_rows(
        db,
        "SELECT id, name, role, born FROM people WHERE id != :person"
        " AND name = (SELECT name FROM people WHERE id = :person) ORDER BY id LIMIT :limit",
        {"person": name, "limit": _WITHIN},
    )
    return {
        "commands": commands,
        "quoted": quoted,
        "namesakes": namesakes,
        **_events(db, "people", name),
    }


DETAIL_READERS: dict[str, Callable[[sqlite3.Connection, str], Row]] = {
    "sources": _source,
    "places": _place,
    "formations": _formation,
    "people": _person,
    "tags": _tag,
}
