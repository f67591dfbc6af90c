"""Questions to the tables: the own parameters as SQL, and one event with all that is told of it.

A `Condition` is a WHERE clause over `events` with named parameters; nothing here knows HTTP.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import msgspec

from chronology import log
from chronology.dates import Date, parse
from chronology.errors import DateError, UnknownName
from chronology.projections import events, order_of_battle, state, tables
from chronology.projections.state import Catalogue
from chronology.records import Chronology, Event

Row = dict[str, Any]

_BOOKKEEPING = ("version", "position", "recorded_at", *tables.HISTORY)


class Condition(NamedTuple):
    """A part of a WHERE clause over `events`, its parameters, and what it says in English."""

    sql: str
    params: dict[str, Any]
    says: str


def chronology(db: sqlite3.Connection) -> Chronology | None:
    """The chronology's own record as it stands."""
    return state.load(db, subjects=("chronology",)).chronology


def rows(
    db: sqlite3.Connection, sql: str, params: Mapping[str, Any] | Sequence[Any] = ()
) -> list[Row]:
    """The rows of a query as dictionaries."""
    cursor = db.execute(sql, params)
    columns = [column[0] for column in cursor.description]
    return [dict(zip(columns, row, strict=True)) for row in cursor]


# Own parameters -------------------------------------------------------------------------------


def conditions(db: sqlite3.Connection, given: Mapping[str, Sequence[str]]) -> list[Condition]:
    """The conditions of the own parameters among those given; several of one are all to hold.

    Raises `UnknownName` for a name that is not known and a date that is malformed.
    """
    found = []
    about = chronology(db)
    levels = {} if about is None else about.dimensions
    for column, level in levels.items():
        for index, name in enumerate(given.get(f"_{level}", ())):
            found.append(_at_level(db, column, level, name, f"dimension_{column}_{index}"))
    for index, name in enumerate(given.get("_place", ())):
        found.append(_in_place(db, name, f"place_{index}"))
    for index, text in enumerate(given.get("_within", ())):
        found.append(_within(_date("_within", text), f"within_{index}"))
    for index, text in enumerate(given.get("_certain", ())):
        found.append(_certain(_date("_certain", text), f"certain_{index}"))
    return found


def _date(parameter: str, text: str) -> Date:
    try:
        return parse(text)
    except DateError as error:
        raise UnknownName(f"{parameter}: {error}") from None


def _linked(facet: str, value: str, mark: str) -> tuple[str, dict[str, Any]]:
    # Datasette appends the clause to a query of `events`, whose rowid the links hold.
    sql = (
        f"events.rowid IN (SELECT event FROM event_links WHERE facet = :{mark}_facet"
        f" AND value = :{mark}_value)"
    )
    return sql, {f"{mark}_facet": facet, f"{mark}_value": value}


def _at_level(db: sqlite3.Connection, column: str, level: str, name: str, mark: str) -> Condition:
    found = db.execute(
        "SELECT name FROM formations WHERE level = ? AND ? IN (id, name) ORDER BY id = ? DESC",
        (level, name, name),
    ).fetchone()
    if found is None:
        known = db.execute("SELECT name FROM formations WHERE level = ? ORDER BY 1", (level,))
        names = ", ".join(name for (name,) in known)
        raise UnknownName(f"_{level}: no {level} is called {name!r}; known are {names}")
    return Condition(*_linked(column, found[0], mark), f"{level} is {found[0]}")


def _in_place(db: sqlite3.Connection, name: str, mark: str) -> Condition:
    found = db.execute(
        "SELECT id, name FROM places WHERE ? IN (id, name) ORDER BY id = ? DESC", (name, name)
    ).fetchone()
    if found is None:
        raise UnknownName(f"_place: no place is called {name!r}; see the table places")
    return Condition(*_linked("place_within", found[0], mark), f"in or about {found[1]}")


def _within(wanted: Date, mark: str) -> Condition:
    """Events that may fall on one of the days; those with gaps are held to their spans."""
    params: dict[str, Any] = {}
    spans = []
    for index, (low, high) in enumerate(wanted.spans):
        span = []
        if high is not None:
            params[f"{mark}_high_{index}"] = high.isoformat()
            span.append(f"(earliest IS NULL OR earliest <= :{mark}_high_{index})")
        if low is not None:
            params[f"{mark}_low_{index}"] = low.isoformat()
            span.append(f"(latest IS NULL OR latest >= :{mark}_low_{index})")
        spans.append(f"({' AND '.join(span)})")
    possible = " OR ".join(spans)
    sql = (
        f"({possible}) AND (events.rowid NOT IN (SELECT event FROM event_spans)"
        f" OR events.rowid IN (SELECT event FROM event_spans WHERE {possible}))"
    )
    return Condition(sql, params, f"possibly {wanted.in_words()}")


def _certain(wanted: Date, mark: str) -> Condition:
    """Events all of whose possible days are among the days; open ends never are."""
    params: dict[str, Any] = {}
    spans = []
    for index, (low, high) in enumerate(wanted.spans):
        # An open side of the range contains every day, but no open side of an event.
        params[f"{mark}_low_{index}"] = (low or date.min).isoformat()
        params[f"{mark}_high_{index}"] = (high or date.max).isoformat()
        spans.append(f"(earliest >= :{mark}_low_{index} AND latest <= :{mark}_high_{index})")
    contained = " OR ".join(spans)
    sql = (
        f"(({contained}) OR events.rowid IN (SELECT event FROM event_spans"
        f" GROUP BY event HAVING min(coalesce({contained}, 0)) = 1))"
    )
    return Condition(sql, params, f"certainly {wanted.in_words()}")


# One event ------------------------------------------------------------------------------------


class Dossier(NamedTuple):
    """One event with everything that is told of it, ready to be shown or sent."""

    event: Row
    accounts: list[Row]
    disagreements: list[Row]
    places: list[Row]
    formations: list[Row]
    people: list[Row]
    history: list[Row]


def dossier(db: sqlite3.Connection, name: str) -> Dossier | None:
    """One live event by its id, or None."""
    found = rows(db, "SELECT * FROM events WHERE id = ?", (name,))
    if not found:
        return None
    fields = _fields(db, f"event/{name}")
    catalogue = state.load(db)
    accounts = _accounts(db, name)
    return Dossier(
        {**_parsed(found[0]), "date_in_words": parse(found[0]["date"]).in_words()},
        accounts,
        _disagreements(accounts),
        _places(fields, catalogue),
        _formations(fields, catalogue),
        [{"id": p, "name": catalogue.people[p].name} for p in fields.people],
        _revisions(db, name),
    )


def _fields(db: sqlite3.Connection, stream: str) -> Event:
    found = state.fold(log.stream(db, stream))
    assert found is not None
    event: Event = found.fields
    return event


def _parsed(row: Row) -> Row:
    """A row of `events` with its arrays as lists: the known ones and the dimensions."""
    plain = events.RESERVED - set(events.ARRAYS)
    return {
        column: value if column in plain else msgspec.json.decode(value)
        for column, value in row.items()
    }


def _accounts(db: sqlite3.Connection, event: str) -> list[Row]:
    found = rows(
        db,
        "SELECT accounts.*, sources.name AS source_name, people.name AS by_name FROM accounts"
        " JOIN sources ON sources.id = accounts.source"
        ' LEFT JOIN people ON people.id = accounts."by"'
        " WHERE event = ? ORDER BY (SELECT min(position) FROM log"
        " WHERE stream = 'account/' || accounts.id)",
        (event,),
    )
    for row in found:
        row["claims"] = msgspec.json.decode(row["claims"])
        row["date_in_words"] = parse(row["date"]).in_words() if row["date"] else None
        row["said_in_words"] = parse(row["said"]).in_words() if row["said"] else None
    return found


def _disagreements(accounts: Sequence[Row]) -> list[Row]:
    """The claims under which the accounts give different values, with who gives which."""
    told: dict[str, list[Row]] = {}
    for account in accounts:
        for key, value in account["claims"].items():
            told.setdefault(key, []).append({"account": account["id"], "value": value})
    return [
        {"key": key, "values": values}
        for key, values in told.items()
        if len({value["value"].casefold() for value in values}) > 1
    ]


def _places(event: Event, catalogue: Catalogue) -> list[Row]:
    found = []
    for ref in event.places:
        place = catalogue.places[ref.place]
        found.append(
            {
                "id": ref.place,
                "name": place.name,
                "role": ref.role,
                "names": [other.name for other in place.names],
                "within": [catalogue.places[p].name for p in catalogue.ancestors(ref.place)[1:]],
                "latitude": place.latitude,
                "longitude": place.longitude,
                "radius_km": place.radius_km,
            }
        )
    return found


def _formations(event: Event, catalogue: Catalogue) -> list[Row]:
    found = []
    for formation in event.formations:
        chain = order_of_battle.chain(catalogue, formation, event.date)
        found.append(
            {
                "id": formation,
                "name": catalogue.formations[formation].name,
                "level": catalogue.formations[formation].level,
                "side": catalogue.formations[formation].side,
                "superiors": [{"id": s, "name": catalogue.formations[s].name} for s in chain[1:]],
            }
        )
    return found


def _revisions(db: sqlite3.Connection, name: str) -> list[Row]:
    """The states of an event's row, each with the columns that changed from the one before."""
    found = rows(db, "SELECT * FROM history WHERE id = ? ORDER BY from_position", (name,))
    revisions = []
    for before, row in zip([None, *found], found, strict=False):
        changed = {
            column: {"from": before[column], "to": row[column]}
            for column in (row if before else ())
            if before and column not in _BOOKKEEPING and before[column] != row[column]
        }
        kept = ("from_position", "until_position", "action", "because", "recorded_at")
        revisions.append({**{key: row[key] for key in kept}, "changed": changed})
    return revisions
