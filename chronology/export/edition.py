"""What every format is made of: the edition, which is the list as a whole, and its events.

Plain values, so that a format is a pure function of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import msgspec

from chronology.model.edtf import Date, Span, parse
from chronology.timeline.as_of import ReadPoint


class Source(NamedTuple):
    """A work that accounts are read from."""

    id: str
    name: str
    author: str | None
    url: str | None


class Account(NamedTuple):
    """What one passage says of an event; `at` is its locator, `date` what it gives itself."""

    id: str
    source: Source
    at: str
    stance: str
    date: Date | None
    says: str | None


class Place(NamedTuple):
    """A place of an event, and what it is to it; degrees of WGS 84."""

    id: str
    name: str
    role: str
    latitude: float | None
    longitude: float | None


class Event(NamedTuple):
    """One event as it stood in the edition's state, with all that is told of it.

    `levels` holds the names in each dimension, `latitude` and `longitude` its point on the map.
    """

    id: str
    title: str
    summary: str | None
    kind: str
    status: str
    date: Date
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

    @property
    def sources(self) -> list[Source]:
        """The sources that tell of it, each once."""
        return list(dict.fromkeys(account.source for account in self.accounts))


class Counts(NamedTuple):
    """How many events were selected, and of how many something is open."""

    events: int
    open_ended: int
    unplaced: int


class Edition(NamedTuple):
    """The list as a whole: which chronology, in which state, selected how, under which licence.

    `identity` names the log, the same wherever it is copied to. `address` gives the list as it
    will be, `permalink` as it is in this state, `page` for a browser; `events` is what the
    addresses of events begin with.
    """

    title: str
    summary: str | None
    identity: str
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
        """The state as it is cited."""
        return f"{self.state.position}:{self.state.digest}"

    def url(self, event: Event) -> str:
        return f"{self.events}/{event.id}"

    @property
    def about(self) -> str:
        """What the chronology is, which state this is and how it may be used, in a paragraph."""
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
        """How many events there are, with and without what formats want of them."""
        events, opened, unplaced = self.counts
        return (
            f"{_number(events, 'event')}; {_number(opened, 'date')} with an open end;"
            f" {_number(unplaced, 'event')} without a point on the map."
        )


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def bounds(date: Date) -> tuple[Span, Span]:
    """The days on which an occurrence may begin, and those on which it may end.

    Each as first and last day, None where it is open. Of a moment both are all its days.
    """
    if not date.lasts:
        return (date.earliest, date.latest), (date.earliest, date.latest)
    start, end = (_span(text) for text in date.text.split("/"))
    # It does not begin after it ended.
    latest_start = min(filter(None, (start[1], end[1])), default=None)
    earliest_end = max(filter(None, (start[0], end[0])), default=None)
    return (start[0], latest_start), (earliest_end, end[1])


def _span(text: str) -> Span:
    if text in ("", ".."):
        return None, None
    point = parse(text)
    return point.earliest, point.latest


def day(value: date | None) -> str | None:
    """A day as ISO 8601 writes it."""
    return value.isoformat() if value else None


def json_text(value: Any) -> str:
    """A value as JSON, for formats that are made of pieces of it."""
    return msgspec.json.encode(value).decode()


def citation(account: Account) -> str:
    return f"{account.source.name}, {account.at}"


def place_in_words(place: Place) -> str:
    return place.name if place.role == "at" else f"{place.role} {place.name}"


def lines(event: Event) -> Iterator[str]:
    """What is told of an event in plain text, for formats that have room for nothing else."""
    if event.summary:
        yield event.summary
    yield f"Date: {event.date.in_words()} (EDTF {event.date})."
    if event.basis:
        yield f"How it is read: {event.basis}"
    if event.status != "asserted":
        yield f"No source asserts it: it is {event.status}."
    if event.disputed:
        yield f"The sources disagree: {', '.join(event.disputed)}."
    if event.places:
        yield f"Places: {', '.join(map(place_in_words, event.places))}."
    if event.formations:
        yield f"Formations: {', '.join(event.formations)}."
    if event.people:
        yield f"People: {', '.join(event.people)}."
    if event.accounts:
        yield f"Sources: {'; '.join(map(citation, event.accounts))}."
