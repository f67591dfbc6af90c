"""`events`: one row for each live event, as the accounts and the catalogue make it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from chronology.projections import order_of_battle
from chronology.projections.disputes import disputes
from chronology.projections.state import Catalogue, State
from chronology.records import Account, Chronology, Event, canonical

BEFORE_DIMENSIONS = {
    "id": str,
    "date": str,
    "earliest": str,
    "latest": str,
    "sort_day": str,
    "time": str,
    "precision": str,
    "basis": str,
    "title": str,
    "summary": str,
    "kind": str,
    "status": str,
    "months": str,
}
AFTER_DIMENSIONS = {
    "formations": str,
    "places": str,
    "people": str,
    "sources": str,
    "latitude": float,
    "longitude": float,
    "accounts": int,
    "disputed": str,
    "version": int,
    "position": int,
    "recorded_at": str,
}
ARRAYS = ("months", "formations", "places", "people", "sources", "disputed")
LINKED = ("place_within", "chain", "person", "source")
"""The facets of links that are no column."""
RESERVED = frozenset(
    {
        *BEFORE_DIMENSIONS,
        *AFTER_DIMENSIONS,
        *("from_position", "until_position", "action", "because"),
        *LINKED,
        *("rowid", "oid"),
    }
)
"""What no dimension can be called."""


def columns(chronology: Chronology) -> dict[str, type]:
    """The columns of `events`, with one for each dimension."""
    return {**BEFORE_DIMENSIONS, **dict.fromkeys(chronology.dimensions, str), **AFTER_DIMENSIONS}


class Told(NamedTuple):
    """One event with what is told of it: its state, and its live accounts by id."""

    id: str
    state: State
    accounts: Sequence[tuple[str, Account]]


Row = dict[str, Any]


def row(told: Told, catalogue: Catalogue) -> Row:
    """The published row of an event; without `position` and `recorded_at`, which a batch gives."""
    event: Event = told.state.fields
    chronology = catalogue.chronology
    assert chronology is not None
    accounts = [account for _, account in told.accounts]
    levels = order_of_battle.at_levels(catalogue, event.formations, event.date)
    latitude, longitude = _point(event, catalogue)
    earliest, latest = _day(event.date.earliest), _day(event.date.latest)
    return {
        "id": told.id,
        "date": event.date.text,
        "earliest": earliest,
        "latest": latest,
        "sort_day": earliest or latest,
        "time": event.date.time,
        "precision": event.date.precision,
        "basis": event.basis,
        "title": event.title,
        "summary": event.summary,
        "kind": event.kind,
        "status": _status(accounts),
        "months": canonical(event.date.months(chronology.window)),
        **{
            column: canonical(levels.get(level, []))
            for column, level in catalogue.dimensions.items()
        },
        "formations": canonical([catalogue.formations[f].name for f in event.formations]),
        "places": canonical(_unique(catalogue.places[p.place].name for p in event.places)),
        "people": canonical([catalogue.people[p].name for p in event.people]),
        "sources": canonical(_unique(catalogue.sources[a.source].name for a in accounts)),
        "latitude": latitude,
        "longitude": longitude,
        "accounts": len(accounts),
        "disputed": canonical(disputes(accounts)),
        "version": told.state.version,
    }


def _day(day: Any) -> str | None:
    return day.isoformat() if day else None


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _status(accounts: Sequence[Account]) -> str:
    stances = {account.stance for account in accounts}
    if not stances or "asserts" in stances:
        return "asserted"
    return "planned" if "plans" in stances else "denied"


def _point(event: Event, catalogue: Catalogue) -> tuple[float | None, float | None]:
    """The first located place "at", else the middle of "between", else the first located."""
    located = [
        (ref.role, catalogue.places[ref.place].latitude, catalogue.places[ref.place].longitude)
        for ref in event.places
        if catalogue.places[ref.place].latitude is not None
    ]
    if not located:
        return None, None
    for role, latitude, longitude in located:
        if role == "at":
            return latitude, longitude
    between = [(lat, lon) for role, lat, lon in located if role == "between"]
    if between:
        return _mean(lat for lat, _ in between), _mean(lon for _, lon in between)
    return located[0][1:]


def _mean(degrees: Iterable[float | None]) -> float:
    numbers = [number for number in degrees if number is not None]
    return round(sum(numbers) / len(numbers), 6)


def spans(told: Told) -> list[tuple[str | None, str | None]]:
    """The possible days as (first, last) pairs where they have gaps; else nothing."""
    pairs = told.state.fields.date.spans
    return [(_day(low), _day(high)) for low, high in pairs] if len(pairs) > 1 else []


def links(told: Told, published: Row, catalogue: Catalogue) -> set[tuple[str, str]]:
    """The (facet, value) pairs by which the event is counted and found.

    The facets are the array columns, `kind` and `status` by name; and by id `place_within`
    (the places and all that they lie within), `chain` (the formations with all superiors),
    `person` and `source`.
    """
    event: Event = told.state.fields
    pairs = {("kind", published["kind"]), ("status", published["status"])}
    for column in (*ARRAYS, *catalogue.dimensions):
        pairs |= {(column, value) for value in msgspec.json.decode(published[column])}
    for ref in event.places:
        pairs |= {("place_within", place) for place in catalogue.ancestors(ref.place)}
    for formation in event.formations:
        on_the_day = order_of_battle.chain(catalogue, formation, event.date)
        pairs |= {("chain", superior) for superior in on_the_day}
    pairs |= {("person", person) for person in event.people}
    return pairs | {("source", account.source) for _, account in told.accounts}


def search_text(told: Told, catalogue: Catalogue) -> dict[str, str]:
    """What full-text search looks through, by column."""
    event: Event = told.state.fields
    places = [catalogue.places[ref.place] for ref in event.places]
    formations = [catalogue.formations[formation] for formation in event.formations]
    accounts = [account for _, account in told.accounts]
    quoted = [account.by for account in accounts if account.by]
    named = dict.fromkeys([*event.people, *(by for by in quoted if by in catalogue.people)])
    people = [catalogue.people[person] for person in named]
    return {
        "title": _plain([event.title]),
        "summary": _plain([event.summary, event.basis]),
        "places": _plain(_all_names(places)),
        "formations": _plain(_all_names(formations)),
        "people": _plain([*_all_names(people), *(by for by in quoted if by not in named)]),
        "accounts": _plain(account.says for account in accounts),
    }


def _all_names(subjects: Iterable[Any]) -> list[str]:
    return [n for s in subjects for n in (s.name, *(other.name for other in s.names))]


# Letters that have no decomposition, so that the tokenizer cannot fold them.
FOLDED = str.maketrans({"đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "ß": "ss"})


def _plain(texts: Iterable[str | None]) -> str:
    joined = "\n".join(text for text in texts if text)
    folded = joined.translate(FOLDED)
    return joined if folded == joined else f"{joined}\n{folded}"
