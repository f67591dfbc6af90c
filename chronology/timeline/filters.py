"""Translate `_front`, `_place`, `_within`, `_certain` and `_as_of` into filters on events."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from chronology.index.predicates import (
    EVERY,
    FacetEquals,
    Not,
    NumberQuery,
    Or,
    Predicate,
)
from chronology.index.selection import EventFilter
from chronology.lru_cache import LruCache
from chronology.model.edtf import Date, parse
from chronology.model.errors import DateError, UnknownName
from chronology.projections.disputes import KINDS
from chronology.timeline import date_filters
from chronology.timeline.as_of import CURRENT_AT, TimelineAt, at_head, read_point
from chronology.timeline.related_events import part_of

_MOST_NAMED = 200


def event_filters(
    db: sqlite3.Connection, parameters: Mapping[str, Sequence[str]]
) -> list[EventFilter]:
    """The filters of the plugin's parameters; repeated parameters must all hold.

    Without `_as_of` they apply to `events`. With it they apply to `history`, and `_search`, in the
    syntax of FTS5, is translated too. Raises `UnknownName` for an unknown name or a malformed
    value.
    """
    timeline = TimelineAt(db, read_point(db, parameters.get("_as_of", ())))
    filters = [_current(timeline)] if timeline.point.is_past else []
    # The columns of both tables follow the current dimensions, also for the past.
    head = at_head(db) if timeline.point.is_past else timeline
    digests = (head.point.digest, timeline.point.digest)
    for dimension in _DIMENSIONS.get_or_make(digests, lambda: _dimensions(head, timeline)):
        for n, name in enumerate(parameters.get(f"_{dimension.name}", ())):
            filters.append(_of_dimension(timeline.table, dimension, name, n))
    for n, name in enumerate(parameters.get("_place", ())):
        filters.append(_in_place(timeline, name, f"place_{n}"))
    for n, name in enumerate(parameters.get("_person", ())):
        filters.append(_of_person(timeline, name, f"person_{n}"))
    for n, name in enumerate(parameters.get("_part_of", ())):
        filters.append(part_of(timeline, name, f"part_of_{n}"))
    for n, text in enumerate(parameters.get("_within", ())):
        filters.append(date_filters.within(timeline, _date("_within", text), f"within_{n}"))
    for n, text in enumerate(parameters.get("_certain", ())):
        filters.append(date_filters.certain(timeline, _date("_certain", text), f"certain_{n}"))
    if timeline.point.is_past:
        filters += [
            _search(text, f"search_{n}") for n, text in enumerate(parameters.get("_search", ()))
        ]
    return filters


def _date(parameter: str, text: str) -> Date:
    try:
        return parse(text)
    except DateError as error:
        raise UnknownName(f"{parameter}: {error}") from None


def _current(timeline: TimelineAt) -> EventFilter:
    position = timeline.point.position
    return EventFilter(CURRENT_AT, {"as_of": position}, EVERY, f"as of position {position}")


# Names ----------------------------------------------------------------------------------------


class _Dimension(NamedTuple):
    """A dimension, and the names of its formations or tags by id."""

    column: str
    name: str
    is_free: bool
    values: dict[str, str]


_DIMENSIONS: LruCache[tuple[str, str], list[_Dimension]] = LruCache(16)


def _dimensions(head: TimelineAt, timeline: TimelineAt) -> list[_Dimension]:
    """The dimensions of the head, with the formations and tags of a timeline."""
    formations = list(timeline.catalogue.formations.items())
    tags = list(timeline.catalogue.tags.items())
    return [
        _Dimension(
            *dimension,
            {n: t.name for n, t in tags if t.dimension == dimension.column}
            if dimension.is_free
            else {n: f.name for n, f in formations if f.level == dimension.name},
        )
        for dimension in head.catalogue.layout.dimensions
    ]


def _of_dimension(table: str, dimension: _Dimension, value: str, number: int) -> EventFilter:
    """Events of a formation or a tag, given by id or by name."""
    column, name, is_free, values = dimension
    shown_name = values.get(value, value)
    if shown_name not in values.values():
        known = ", ".join(sorted(values.values())[:_MOST_NAMED])
        more = f" and {len(values) - _MOST_NAMED} more" if len(values) > _MOST_NAMED else ""
        article = "an" if name[0] in "aeiou" else "a"
        heading = f"Values of {name}" if is_free else column.capitalize()
        raise UnknownName(f"_{name}: {value!r} is not {article} {name}. {heading}: {known}{more}.")
    found = has_any(table, column, [shown_name], f"dimension_{column}_{number}")
    return found._replace(description=f"{name} is {shown_name}")


def _of_person(timeline: TimelineAt, name: str, mark: str) -> EventFilter:
    """Events of a person, given by id or by a name that only one person has.

    The versions of the past have names alone, so there a name that several people share is refused.
    """
    people = timeline.catalogue.people
    same = [name] if name in people else [p for p, fields in people.items() if fields.name == name]
    if len(same) > 1:
        raise UnknownName(f"_person: {name!r} is the name of several people: {', '.join(same)}.")
    if not same:
        raise UnknownName(f"_person: {name!r} is not a person. The table people lists them all.")
    shown_name = people[same[0]].name
    description = f"person is {shown_name}"
    if timeline.table == "events":
        return has_any("events", "person", same, mark)._replace(description=description)
    namesakes = [p for p, fields in people.items() if fields.name == shown_name]
    if len(namesakes) > 1:
        raise UnknownName(
            f"_person: {', '.join(namesakes)} have the same name, and events of the past are found"
            " by name alone"
        )
    return has_any("history", "people", [shown_name], mark)._replace(description=description)


def _in_place(timeline: TimelineAt, name: str, mark: str) -> EventFilter:
    """Events at a place or at a place within it, given by id or by name."""
    places = timeline.catalogue.places
    place = name if name in places else places.by_name.get(name)
    if place is None:
        raise UnknownName(f"_place: {name!r} is not a place. The table places lists them all.")
    names = [
        fields.name
        for other, fields in places.items()
        if place in timeline.catalogue.ancestors(other)
    ]
    description = f"place is in {places[place].name}"
    return has_any(timeline.table, "places", names, mark)._replace(description=description)


def has_any(
    table: str, facet: str, values: Sequence[str], mark: str, *, negated: bool = False
) -> EventFilter:
    """Events that have any of the values of a facet, or those that have none of them.

    Current events are found by their links, past versions by their array column.
    """
    params: dict[str, Any] = {mark: json.dumps(values)}
    if table == "events":
        params[f"{mark}_facet"] = facet
        sql = (
            "events.number IN (SELECT event FROM event_links WHERE value IN (SELECT number"
            f" FROM facet_values WHERE facet = :{mark}_facet"
            f" AND value IN (SELECT value FROM json_each(:{mark}))))"
        )
    else:
        sql = (
            f'EXISTS (SELECT 1 FROM json_each(history."{facet}")'
            f" WHERE value IN (SELECT value FROM json_each(:{mark})))"
        )
    leaves = tuple(FacetEquals(facet, value) for value in values)
    predicate: Predicate = leaves[0] if len(leaves) == 1 else Or(leaves)
    if negated:
        return EventFilter(f"NOT {sql}", params, Not(predicate))
    return EventFilter(sql, params, predicate)


DISPUTED = EventFilter(
    "disputed != '[]'", {}, Or(tuple(FacetEquals("disputed", kind) for kind in KINDS)), "disputed"
)


def _search(text: str, mark: str) -> EventFilter:
    """Versions that match a search; each search index covers the superseded or the current."""
    superseded = (
        f"history.number IN (SELECT rowid FROM history_fts WHERE history_fts MATCH :{mark})"
    )
    current = (
        "history.until_position IS NULL AND history.id IN (SELECT id FROM events WHERE number IN"
        f" (SELECT rowid FROM events_fts WHERE events_fts MATCH :{mark}))"
    )
    query = f"SELECT rowid AS event FROM events_fts WHERE events_fts MATCH :{mark}"
    return EventFilter(
        f"({superseded} OR ({current}))",
        {mark: text},
        NumberQuery(query, ((mark, text),)),
        f"search matches {text}",
    )
