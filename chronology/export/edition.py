"""The values that every format is made from: the edition, which is the whole list, and its events.

A format is a pure function of these values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from chronology.export import attached
from chronology.export.attached import Attached, Relation
from chronology.export.numbers import plain_json, plain_number
from chronology.model.edtf import Date, Span, parse
from chronology.model.edtf_points import Point
from chronology.model.fields import Medium
from chronology.timeline.as_of import ReadPoint


class Source(NamedTuple):
    """A source of accounts."""

    id: str
    name: str
    author: str | None
    url: str | None


class Account(NamedTuple):
    """The account of an event in one passage; `at` is its locator, `date` is its own date."""

    id: str
    source: Source
    at: str
    stance: str
    date: Date | None
    says: str | None


class Place(NamedTuple):
    """A place of an event with its role; coordinates in degrees of WGS 84."""

    id: str
    name: str
    role: str
    latitude: float | None
    longitude: float | None


class Name(NamedTuple):
    """The title of an event in another form."""

    name: str
    language: str | None


class Tags(NamedTuple):
    """The names of an event's values in one free dimension."""

    label: str
    names: Sequence[str]


class Quantity(NamedTuple):
    """A quantity of an event; `column` is its key."""

    column: str
    label: str
    unit: str | None
    value: float

    @property
    def in_words(self) -> str:
        value = plain_number(self.value).removesuffix(".0")
        return f"{self.label}: {value}{f' {self.unit}' if self.unit else ''}"


class Event(NamedTuple):
    """One event in the edition's state, with its accounts.

    `levels` are the names in each dimension, `tags` those in the free ones. `latitude` and
    `longitude` are its point on the map.
    """

    id: str
    title: str
    summary: str | None
    kind: str
    status: str
    date: Date
    as_written: str | None
    elapsed: str | None
    basis: str | None
    levels: Mapping[str, Sequence[str]]
    formations: Sequence[str]
    people: Sequence[str]
    places: Sequence[Place]
    latitude: float | None
    longitude: float | None
    accounts: Sequence[Account]
    disputed: Sequence[str]
    recorded_at: str
    names: Sequence[Name] = ()
    tags: Sequence[Tags] = ()
    quantities: Sequence[Quantity] = ()
    importance: int | None = None
    attached: Attached = Attached()

    @property
    def sources(self) -> list[Source]:
        """The sources of its accounts, each once."""
        return list(dict.fromkeys(account.source for account in self.accounts))


class Counts(NamedTuple):
    """The number of selected events, of those with an open end and of those without a point."""

    events: int
    open_ended: int
    unplaced: int


class Edition(NamedTuple):
    """The list as a whole: its chronology, its state, its addresses and its licence.

    `identity` names the log and is the same in every copy; `name` is that of the list within it.
    `address` leads to the newest list, `permalink` to the list in this state and `page` to its web
    page; `events` is the start of the addresses of events.
    """

    title: str
    summary: str | None
    identity: str
    name: str
    state: ReadPoint
    licence: str | None
    licence_url: str | None
    address: str
    permalink: str
    page: str
    events: str
    counts: Counts

    @property
    def version(self) -> str:
        """The state in the form of a citation."""
        return f"{self.state.position}:{self.state.digest}"

    def url(self, event: Event) -> str:
        return f"{self.events}/{event.id}"

    def url_of(self, related: Relation) -> str:
        """The address of an event to which another is related."""
        return related.address or f"{self.events}/{related.event}"

    def url_of_medium(self, medium: Medium) -> str:
        return attached.address(self.events.rpartition("/")[0], medium)

    @property
    def about(self) -> str:
        """A paragraph on the chronology, its state, its address and its licence."""
        licence = ", ".join(filter(None, (self.licence, self.licence_url)))
        parts = [
            self.summary,
            f"State {self.version}.",
            f"Permanent address: {self.permalink}",
            f"Licence: {licence}" if licence else None,
        ]
        return " ".join(filter(None, parts))

    @property
    def counted(self) -> str:
        """A sentence with the numbers of events, open dates and events without a point."""
        events, opened, unplaced = self.counts
        return (
            f"{_number(events, 'event')}; {_number(opened, 'date')} with an open end;"
            f" {_number(unplaced, 'event')} without a point on the map."
        )


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def ends(date: Date) -> tuple[Point | None, Point | None]:
    """The first and the last end or member of a date, None where it is open."""
    return date.members[0][0], date.members[-1][-1]


def bounds(date: Date) -> tuple[Span, Span]:
    """The days on which an occurrence may begin, and those on which it may end.

    Each is a first and a last day, None where it is open. For a moment both are all its days.
    """
    if not date.lasts:
        return (date.earliest, date.latest), (date.earliest, date.latest)
    start, end = (_span(text) for text in date.text.split("/"))
    # It cannot begin after its end.
    latest_start = min(filter(None, (start[1], end[1])), default=None)
    earliest_end = max(filter(None, (start[0], end[0])), default=None)
    return (start[0], latest_start), (earliest_end, end[1])


def _span(text: str) -> Span:
    if text in ("", ".."):
        return None, None
    point = parse(text)
    return point.earliest, point.latest


def json_text(value: Any) -> str:
    """A value as JSON, for formats that consist of pieces of JSON."""
    return plain_json(msgspec.json.encode(value).decode())


def citation(account: Account) -> str:
    return f"{account.source.name}, {account.at}"


def place_in_words(place: Place) -> str:
    return place.name if place.role == "at" else f"{place.role} {place.name}"


def lines(event: Event) -> Iterator[str]:
    """An event in plain text, a line for each fact, for formats with one field for all of them."""
    if event.summary:
        yield event.summary
    yield from _date_lines(event)
    if event.basis:
        yield f"Why this date: {event.basis}"
    if event.status != "asserted":
        yield f"No source asserts this event; it is {event.status}."
    if event.disputed:
        yield f"Disputed: {', '.join(event.disputed)}."
    if event.places:
        yield f"Places: {', '.join(map(place_in_words, event.places))}."
    yield from _declared_lines(event)
    if event.formations:
        yield f"Formations: {', '.join(event.formations)}."
    yield from event.attached.lines
    if event.people:
        yield f"People: {', '.join(event.people)}."
    if event.accounts:
        yield f"Sources: {'; '.join(map(citation, event.accounts))}."


def _date_lines(event: Event) -> Iterator[str]:
    yield f"Date: {event.date.in_words()} (EDTF {event.date})."
    if event.as_written and event.as_written != event.elapsed:
        yield f"As written: {event.as_written}"
    if event.elapsed:
        yield f"Time since the zero of the chronology: {event.elapsed}"


def _declared_lines(event: Event) -> Iterator[str]:
    """The other titles of an event, and its values in what the chronology declares."""
    for name in event.names:
        yield f"Also called: {name.name}{f' ({name.language})' if name.language else ''}."
    for label, names in event.tags:
        yield f"{label}: {', '.join(names)}."
    for quantity in event.quantities:
        yield f"{quantity.in_words}."
    if event.importance:
        yield f"Importance: {event.importance} of 5."
