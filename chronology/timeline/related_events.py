"""The relations of an event from both ends, and the parts of an event."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from chronology.index.predicates import NumberQuery
from chronology.index.selection import EventFilter
from chronology.model.errors import UnknownName
from chronology.model.fields import SAME_AS_IN, Related
from chronology.model.records import Event
from chronology.store.database import Row, fetch_rows
from chronology.timeline.as_of import CURRENT_AT, TimelineAt

MAX_RELATING = 200
"""The most events of one relation that are listed with an event."""


class RelationWords(NamedTuple):
    """A relation in words: as its event has it, and as the other event is shown."""

    own: str
    other: str


WORDS = {
    "part-of": RelationWords("Part of", "Parts"),
    "caused-by": RelationWords("Caused by", "Led to"),
    "follows": RelationWords("Follows", "Followed by"),
    "same-as-in": RelationWords("The same event elsewhere", ""),
}


class RelatedEvents(NamedTuple):
    """The events to which an event is related, and those that are related to it, with totals."""

    own: list[Row]
    others: list[Row]
    totals: dict[str, int]


def related_events(timeline: TimelineAt, name: str, event: Event) -> RelatedEvents:
    """The relations of an event in a timeline."""
    others, totals = _others(timeline, name)
    return RelatedEvents(_own(timeline, event), others, totals)


def _own(timeline: TimelineAt, event: Event) -> list[Row]:
    known = titles(timeline, [event])
    return [
        {
            "relation": SAME_AS_IN.rstrip(":") if related.address else related.relation,
            "event": related.event,
            "title": None if related.address else known.get(related.event),
            "address": address(related),
        }
        for related in event.related
    ]


def address(related: Related) -> str | None:
    """The address of an event of another chronology."""
    return f"{related.address}/events/{related.event}" if related.address else None


def titles(timeline: TimelineAt, events: Iterable[Event]) -> dict[str, str]:
    """The titles of the events of the chronology to which some events are related, by id."""
    names = sorted({r.event for event in events for r in event.related if r.address is None})
    if not names:
        return {}
    sql = (
        "SELECT id, title FROM history WHERE id IN (SELECT value FROM json_each(:events))"
        f" AND {CURRENT_AT}"
    )
    params = {"events": json.dumps(names), "as_of": timeline.point.position}
    return dict(timeline.db.execute(sql, params).fetchall())


_NOW = (
    "SELECT relation, events.id AS event, title, date, sort_key FROM relations"
    " JOIN events ON events.id = relations.event WHERE other = :name AND address IS NULL"
)
_THEN = (
    "SELECT json_each.value ->> 'as' AS relation, history.id AS event, title, date, sort_key"
    " FROM history, json_each(related)"
    f" WHERE related IS NOT NULL AND {CURRENT_AT} AND json_each.value ->> 'event' = :name"
    f" AND json_each.value ->> 'as' NOT LIKE '{SAME_AS_IN}%'"
)


def _others(timeline: TimelineAt, name: str) -> tuple[list[Row], dict[str, int]]:
    sql = _THEN if timeline.point.is_past else _NOW
    params = {"name": name, "as_of": timeline.point.position}
    totals = dict(
        timeline.db.execute(f"SELECT relation, count(*) FROM ({sql}) GROUP BY 1", params).fetchall()
    )
    rows = fetch_rows(
        timeline.db,
        "SELECT relation, event, title, date FROM (SELECT *, row_number() OVER"
        f" (PARTITION BY relation ORDER BY sort_key, event) AS place FROM ({sql}))"
        " WHERE place <= :most ORDER BY relation DESC, place",
        {**params, "most": MAX_RELATING},
    )
    return rows, totals


def parts(timeline: TimelineAt, name: str) -> set[str]:
    """The parts of an event, and their parts, whose relations form no circle."""
    found: set[str] = set()
    outer = {name}
    sql = _PARTS_THEN if timeline.point.is_past else _PARTS_NOW
    while outer:
        params = {"events": json.dumps(sorted(outer)), "as_of": timeline.point.position}
        outer = {part for (part,) in timeline.db.execute(sql, params)} - found
        found |= outer
    return found


_PARTS_NOW = (
    "SELECT event FROM relations WHERE relation = 'part-of' AND address IS NULL"
    " AND other IN (SELECT value FROM json_each(:events))"
)
_PARTS_THEN = (
    "SELECT history.id FROM history, json_each(related)"
    f" WHERE related IS NOT NULL AND {CURRENT_AT} AND json_each.value ->> 'as' = 'part-of'"
    " AND json_each.value ->> 'event' IN (SELECT value FROM json_each(:events))"
)


def part_of(timeline: TimelineAt, name: str, mark: str) -> EventFilter:
    """Events that are parts of one, given by id, or parts of its parts."""
    titles = timeline.db.execute(
        f"SELECT title FROM history WHERE id = :id AND {CURRENT_AT}",
        {"id": name, "as_of": timeline.point.position},
    ).fetchone()
    if titles is None:
        raise UnknownName(f"_part_of: {name!r} is not the id of an event.")
    params = {mark: json.dumps(sorted(parts(timeline, name)))}
    sql = f"IN (SELECT value FROM json_each(:{mark}))"
    return EventFilter(
        f"{timeline.table}.id {sql}",
        params,
        NumberQuery(f"SELECT number AS event FROM events WHERE id {sql}", tuple(params.items())),
        f"event is part of “{titles[0]}”",
    )
