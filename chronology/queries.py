"""The own parameters as SQL: a `Condition` is a WHERE clause with named parameters.

Nothing here knows HTTP.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from chronology import past
from chronology.dates import Date, parse
from chronology.errors import DateError, UnknownName
from chronology.past import Moment
from chronology.projections import state
from chronology.records import Chronology
from chronology.terms import Day, Every, Has, Not, Numbers, Some, Term

Row = dict[str, Any]


class Condition(NamedTuple):
    """A part of a WHERE clause over `events`, its parameters, and what it says in English.

    `term` means the same events, where it can be told so.
    """

    sql: str
    params: dict[str, Any]
    says: str
    term: Term | None = None


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

    They are over `events`; with `_as_of` over `history`, whose rows then are the events of that
    moment, and `_search` (in the syntax of FTS5) is among the own parameters, too.
    Raises `UnknownName` for a name that is not known and a value that is malformed.
    """
    moments = given.get("_as_of", ())
    table: _Now = _Then(db, past.resolve(db, past.single(moments))) if moments else _Now(db)
    found = list(table.itself())
    for column, level in table.dimensions().items():
        for index, name in enumerate(given.get(f"_{level}", ())):
            found.append(table.at_level(column, level, name, f"dimension_{column}_{index}"))
    for index, name in enumerate(given.get("_place", ())):
        found.append(table.in_place(name, f"place_{index}"))
    for index, text in enumerate(given.get("_within", ())):
        found.append(_within(table, _date("_within", text), f"within_{index}"))
    for index, text in enumerate(given.get("_certain", ())):
        found.append(_certain(table, _date("_certain", text), f"certain_{index}"))
    if moments:
        found += [_search(text, f"search_{n}") for n, text in enumerate(given.get("_search", ()))]
    return found


def _date(parameter: str, text: str) -> Date:
    try:
        return parse(text)
    except DateError as error:
        raise UnknownName(f"{parameter}: {error}") from None


def linked(facet: str, value: str, mark: str, *, negated: bool = False) -> Condition:
    """The events that have a value by their links, or those that have not."""
    sql = (
        f"events.number {'NOT ' if negated else ''}IN (SELECT event FROM event_links"
        " WHERE value = (SELECT number FROM facet_values"
        f" WHERE facet = :{mark}_facet AND value = :{mark}_value))"
    )
    term: Term = Has(facet, value)
    params = {f"{mark}_facet": facet, f"{mark}_value": value}
    return Condition(sql, params, "", Not(term) if negated else term)


class _Now:
    """The timeline as it stands: `events`, whose number the links and the spans hold."""

    key = "events.number"
    spans = "SELECT event FROM event_spans"
    group = "event"

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def itself(self) -> list[Condition]:
        return []

    def dimensions(self) -> Mapping[str, str]:
        about = chronology(self.db)
        return about.dimensions if about else {}

    def at_level(self, column: str, level: str, name: str, mark: str) -> Condition:
        found = self.db.execute(
            "SELECT name FROM formations WHERE level = ? AND ? IN (id, name) ORDER BY id = ? DESC",
            (level, name, name),
        ).fetchone()
        if found is None:
            known = self.db.execute("SELECT name FROM formations WHERE level = ?", (level,))
            raise _no_formation(level, name, (name for (name,) in known))
        return self._linked(column, found[0], mark, f"{level} is {found[0]}")

    def in_place(self, name: str, mark: str) -> Condition:
        found = self.db.execute(
            "SELECT id, name FROM places WHERE ? IN (id, name) ORDER BY id = ? DESC", (name, name)
        ).fetchone()
        if found is None:
            raise _no_place(name)
        return self._linked("place_within", found[0], mark, f"in or about {found[1]}")

    def _linked(self, facet: str, value: str, mark: str, says: str) -> Condition:
        return linked(facet, value, mark)._replace(says=says)


class _Then(_Now):
    """The timeline of an earlier moment: the rows of `history` that held then."""

    key = "(history.id, history.from_position)"
    spans = "SELECT id, from_position FROM history_spans"
    group = "id, from_position"

    def __init__(self, db: sqlite3.Connection, moment: Moment) -> None:
        super().__init__(db)
        self.moment = moment
        self.catalogue = state.load(db, moment.position)

    def itself(self) -> list[Condition]:
        sql = "from_position <= :as_of AND (until_position IS NULL OR until_position > :as_of)"
        says = f"as of position {self.moment.position}"
        return [Condition(sql, {"as_of": self.moment.position}, says, Every(()))]

    def at_level(self, column: str, level: str, name: str, mark: str) -> Condition:
        names = {n: f.name for n, f in self.catalogue.formations.items() if f.level == level}
        if name not in names and name not in names.values():
            raise _no_formation(level, name, names.values())
        found = names.get(name, name)
        says = f"{level} is {found}"
        return self._holding(column, [found], mark)._replace(says=says)

    def in_place(self, name: str, mark: str) -> Condition:
        places = {n: place.name for n, place in self.catalogue.places.items()}
        found = name if name in places else self.catalogue.places.by_name.get(name)
        if found is None:
            raise _no_place(name)
        within = [places[p] for p in places if found in self.catalogue.ancestors(p)]
        says = f"in or about {places[found]}"
        return self._holding("places", within, mark)._replace(says=says)

    def _holding(self, column: str, names: list[str], mark: str) -> Condition:
        sql = (
            f'EXISTS (SELECT 1 FROM json_each(history."{column}")'
            f" WHERE value IN (SELECT value FROM json_each(:{mark})))"
        )
        term = Some(tuple(Has(column, name) for name in names))
        return Condition(sql, {mark: json.dumps(names)}, "", term)


def _no_formation(level: str, name: str, known: Iterable[str]) -> UnknownName:
    names = ", ".join(sorted(known))
    return UnknownName(f"_{level}: no {level} is called {name!r}; known are {names}")


def _no_place(name: str) -> UnknownName:
    return UnknownName(f"_place: no place is called {name!r}; see the table places")


def _search(text: str, mark: str) -> Condition:
    """Rows of `history` by the index of ended states and, for those that last, that of events."""
    ended = f"history.number IN (SELECT rowid FROM history_fts WHERE history_fts MATCH :{mark})"
    lasting = (
        "history.until_position IS NULL AND history.id IN (SELECT id FROM events WHERE number IN"
        f" (SELECT rowid FROM events_fts WHERE events_fts MATCH :{mark}))"
    )
    sql = f"SELECT rowid AS event FROM events_fts WHERE events_fts MATCH :{mark}"
    term = Numbers(sql, ((mark, text),))
    return Condition(f"({ended} OR ({lasting}))", {mark: text}, f"search matches {text}", term)


def _within(table: _Now, wanted: Date, mark: str) -> Condition:
    """Events that may fall on one of the days; those with gaps are held to their spans."""
    params: dict[str, Any] = {}
    spans = []
    terms: list[Term] = []
    for index, (low, high) in enumerate(wanted.spans):
        span = []
        both: list[Term] = []
        if high is not None:
            params[f"{mark}_high_{index}"] = high.isoformat()
            span.append(f"(earliest IS NULL OR earliest <= :{mark}_high_{index})")
            both.append(_open_or("earliest", "<=", high.isoformat()))
        if low is not None:
            params[f"{mark}_low_{index}"] = low.isoformat()
            span.append(f"(latest IS NULL OR latest >= :{mark}_low_{index})")
            both.append(_open_or("latest", ">=", low.isoformat()))
        spans.append(f"({' AND '.join(span) or 'TRUE'})")
        terms.append(Every(tuple(both)))
    possible = " OR ".join(spans)
    sql = (
        f"({possible}) AND ({table.key} NOT IN ({table.spans})"
        f" OR {table.key} IN ({table.spans} WHERE {possible}))"
    )
    gaps = Numbers(_Now.spans)
    held = Numbers(f"{_Now.spans} WHERE {possible}", tuple(params.items()))
    term = Every((Some(tuple(terms)), Some((Not(gaps), held))))
    return Condition(sql, params, f"possibly {wanted.in_words()}", term)


def _open_or(column: str, compares: str, day: str) -> Term:
    return Some((Day(column, compares, None), Day(column, compares, day)))


def _certain(table: _Now, wanted: Date, mark: str) -> Condition:
    """Events all of whose possible days are among the days; open ends never are."""
    params: dict[str, Any] = {}
    spans = []
    terms: list[Term] = []
    for index, (low, high) in enumerate(wanted.spans):
        # An open side of the range contains every day, but no open side of an event.
        first, last = (low or date.min).isoformat(), (high or date.max).isoformat()
        params[f"{mark}_low_{index}"], params[f"{mark}_high_{index}"] = first, last
        terms.append(Every((Day("earliest", ">=", first), Day("latest", "<=", last))))
        spans.append(f"(earliest >= :{mark}_low_{index} AND latest <= :{mark}_high_{index})")
    contained = " OR ".join(spans)
    grouped = f"GROUP BY {{}} HAVING min(coalesce({contained}, 0)) = 1"
    sql = f"(({contained}) OR {table.key} IN ({table.spans} {grouped.format(table.group)}))"
    held = Numbers(f"{_Now.spans} {grouped.format(_Now.group)}", tuple(params.items()))
    return Condition(sql, params, f"certainly {wanted.in_words()}", Some((*terms, held)))
