"""The relations of an event from both ends, and the parts of an event."""

from __future__ import annotations

import json
from typing import NamedTuple

from chronology.model.fields import SAME_AS_IN
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
    titles = {
        row["id"]: row
        for row in fetch_rows(
            timeline.db,
            "SELECT id, title, date FROM history"
            f" WHERE id IN (SELECT value FROM json_each(:events)) AND {CURRENT_AT}",
            {
                "events": json.dumps([r.event for r in event.related if r.address is None]),
                "as_of": timeline.point.position,
            },
        )
    }
    return [
        {
            "relation": SAME_AS_IN.rstrip(":") if related.address else related.relation,
            "event": related.event,
            "title": titles.get(related.event, {}).get("title"),
            "date": titles.get(related.event, {}).get("date"),
            "address": f"{related.address}/events/{related.event}" if related.address else None,
        }
        for related in event.related
    ]


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
