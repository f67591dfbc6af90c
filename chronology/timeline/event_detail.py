"""One event in detail: its accounts, history, places, formations and people."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import msgspec

from chronology.model.edtf import Date
from chronology.model.fields import Medium, Name
from chronology.model.records import Event, Place
from chronology.projections import subject_rows, tables
from chronology.projections.catalogue import Catalogue, State, read_states
from chronology.projections.chain_of_command import chain_of_command
from chronology.projections.disputes import differing
from chronology.store.database import Row, fetch_rows
from chronology.timeline.as_of import CURRENT_AT, TimelineAt
from chronology.timeline.linked_events import decode_arrays
from chronology.timeline.related_events import RelatedEvents, related_events

_BOOKKEEPING = ("version", "position", "recorded_at", *tables.HISTORY, "number")


class EventDetail(NamedTuple):
    """One event with its accounts, its history and all that it refers to, for pages and JSON."""

    event: Row
    accounts: list[Row]
    disagreements: list[Row]
    places: list[Row]
    formations: list[Row]
    people: list[Row]
    history: list[Row]
    distinct: list[Row]
    tags: list[Row]
    quantities: list[Row]
    related: RelatedEvents


def event_detail(timeline: TimelineAt, name: str) -> EventDetail | None:
    """One event of the timeline by its id; None if the timeline does not contain it."""
    db, position = timeline.db, timeline.point.position
    versions = fetch_rows(
        db,
        f"SELECT * FROM history WHERE id = :event AND {CURRENT_AT}",
        {"event": name, "as_of": position},
    )
    if not versions:
        return None
    row = {column: value for column, value in versions[0].items() if column not in tables.HISTORY}
    state, row["number"] = read_states(db, "event", [name], position)[name]
    assert state is not None
    catalogue = timeline.catalogue
    fields: Event = catalogue.resolved(state.fields)
    accounts = [
        _account(account, state, catalogue)
        for account, state in timeline.accounts([name]).get(name, [])
    ]
    return EventDetail(
        {**decode_arrays(row), **_when(fields.when, catalogue), **_attached(fields, catalogue)},
        accounts,
        _disagreements(accounts),
        _places(fields, catalogue),
        _formations(fields, catalogue),
        [{"id": p, "name": catalogue.people[p].name} for p in fields.people],
        _versions(db, name, position),
        _distinct(timeline, fields),
        _tags(fields, catalogue),
        _quantities(fields, catalogue),
        related_events(timeline, name, fields),
    )


def _attached(event: Event, catalogue: Catalogue) -> Row:
    """The links and media as lists, and the point that the event itself has, if any."""
    attached: Row = {
        "related": msgspec.to_builtins(event.related),
        "links": msgspec.to_builtins(event.links),
        "media": _media(event.media, catalogue),
    }
    return {**attached, "own_point": list(event.point)} if event.point else attached


def _media(media: Sequence[Medium], catalogue: Catalogue) -> list[Row]:
    """Media with the names of their sources."""
    rows: list[Row] = msgspec.to_builtins(media)
    for row in rows:
        if row.get("source") in catalogue.sources:
            row["source_name"] = catalogue.sources[row["source"]].name
    return rows


def _when(date: Date, catalogue: Catalogue) -> Row:
    """The date in words; in a chronology with a zero also how the time since then is called."""
    words: Row = {"date_in_words": date.in_words()}
    chronology = catalogue.chronology
    if chronology and chronology.zero:
        words |= {"clock": chronology.clock, "zero_as_written": chronology.zero_as_written}
    return words


def _distinct(timeline: TimelineAt, event: Event) -> list[Row]:
    """The events that one is distinct from, with their titles if they are in the timeline."""
    rows = timeline.db.execute(
        "SELECT id, title FROM history"
        f" WHERE id IN (SELECT value FROM json_each(:events)) AND {CURRENT_AT}",
        {
            "events": json.dumps([other.event for other in event.distinct]),
            "as_of": timeline.point.position,
        },
    )
    titles = dict(rows)
    return [
        {"event": other.event, "title": titles.get(other.event), "because": other.because}
        for other in event.distinct
    ]


def _account(name: str, account: State, catalogue: Catalogue) -> Row:
    row = subject_rows.account_row(name, account)
    by = account.fields.by
    return {
        **row,
        "claims": msgspec.json.decode(row["claims"]),
        "links": msgspec.json.decode(row["links"] or "[]"),
        "media": _media(account.fields.media, catalogue),
        "source_name": catalogue.sources[account.fields.source].name,
        "by_name": catalogue.people[by].name if by in catalogue.people else None,
        "date_in_words": _in_words(account.fields.when),
        "said_in_words": _in_words(account.fields.said),
    }


def _in_words(date: Date | None) -> str | None:
    return date.in_words() if date else None


def _disagreements(accounts: Sequence[Row]) -> list[Row]:
    """The claims in which the accounts differ, with the value of each account."""
    claims = ((account["id"], account["claims"].items()) for account in accounts)
    return [
        {
            "key": key,
            "values": [
                {"account": claim.by, "value": claim.value}
                for claim in sorted(chain.from_iterable(values.values()), key=lambda c: c.order)
            ],
        }
        for key, values in differing(claims).items()
    ]


def _places(event: Event, catalogue: Catalogue) -> list[Row]:
    rows = []
    for ref in event.places:
        place = catalogue.places[ref.place]
        rows.append(
            {
                "id": ref.place,
                "name": place.name,
                "role": ref.role,
                "names": [other.name for other in place.names],
                **({"names_then": then} if (then := _names_then(place, event.when)) else {}),
                "within": [catalogue.places[p].name for p in catalogue.ancestors(ref.place)[1:]],
                "latitude": place.point[0] if place.point else None,
                "longitude": place.point[1] if place.point else None,
                "radius_km": place.radius_km,
                **({"geometry": place.geometry.plain} if place.geometry else {}),
            }
        )
    return rows


def _names_then(place: Place, date: Date) -> list[str]:
    """The names that a place certainly or possibly had on some days, of those with a period."""
    return [
        name.name for name in place.names if (name.since or name.until) and _is_in_use(name, date)
    ]


def _is_in_use(name: Name, date: Date) -> bool:
    first = name.since.earliest if name.since else None
    last = name.until.latest if name.until else None
    is_over = last is not None and date.earliest is not None and date.earliest > last
    is_later = first is not None and date.latest is not None and date.latest < first
    return not is_over and not is_later


def _tags(event: Event, catalogue: Catalogue) -> list[Row]:
    """The tags of an event in the order of the dimensions."""
    dimensions = catalogue.chronology.free_dimensions if catalogue.chronology else {}
    named = [(tag, catalogue.tags[tag]) for tags in event.tags.values() for tag in tags]
    return [
        {"id": name, "name": tag.name, "dimension": column, "label": dimension.label}
        for column, dimension in dimensions.items()
        for name, tag in named
        if tag.dimension == column
    ]


def _quantities(event: Event, catalogue: Catalogue) -> list[Row]:
    """The quantities of an event in the order of their columns, with label and unit."""
    declared = catalogue.chronology.quantities if catalogue.chronology else {}
    return [
        {
            "name": name,
            "value": event.quantities[name],
            "label": declared[name].label,
            "unit": declared[name].unit,
        }
        for name in catalogue.layout.quantities
        if name in event.quantities and name in declared
    ]


def _formations(event: Event, catalogue: Catalogue) -> list[Row]:
    rows = []
    for formation in event.formations:
        _, *superiors = chain_of_command(catalogue, formation, event.when)
        rows.append(
            {
                "id": formation,
                "name": catalogue.formations[formation].name,
                "level": catalogue.formations[formation].level,
                "side": catalogue.formations[formation].side,
                "superiors": [{"id": s, "name": catalogue.formations[s].name} for s in superiors],
            }
        )
    return rows


def _versions(db: sqlite3.Connection, name: str, position: int) -> list[Row]:
    """The versions of an event up to a position, each with the columns that it changed."""
    rows = fetch_rows(
        db,
        "SELECT * FROM history WHERE id = ? AND from_position <= ? ORDER BY from_position",
        (name, position),
    )
    versions = []
    for before, row in zip([None, *rows], rows, strict=False):
        changed = {
            column: {"from": before[column], "to": row[column]}
            for column in (row if before else ())
            if before and column not in _BOOKKEEPING and before[column] != row[column]
        }
        columns = ("from_position", "until_position", "action", "because", "recorded_at")
        version = {**{column: row[column] for column in columns}, "changed": changed}
        if version["until_position"] is not None and version["until_position"] > position:
            version["until_position"] = None  # It ended after the position.
        versions.append(version)
    return versions
