"""What is wanted of events, said as terms: which have a value, fall on a day, are in a query."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

DAYS = ("earliest", "latest", "sort_day")


@dataclass(frozen=True, slots=True)
class Has:
    """The events that have a value in a facet of the links."""

    facet: str
    value: str


@dataclass(frozen=True, slots=True)
class Day:
    """The events whose day in a column compares so (`=`, `<`, `<=`, `>`, `>=`) with a day.

    With no day, those whose day is not known.
    """

    column: str
    compares: str
    day: str | None


@dataclass(frozen=True, slots=True)
class Since:
    """The events of which a position of the log is not the latest: new or changed after it."""

    position: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """The events whose numbers a query gives; its parameters as pairs."""

    sql: str
    params: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    """The events that a term does not mean."""

    term: Term


@dataclass(frozen=True, slots=True)
class Every:
    """The events that all of the terms mean; without terms, every event."""

    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """The events that any of the terms means."""

    terms: tuple[Term, ...]


Leaf = Has | Day | Since | Numbers
Term = Leaf | Not | Every | Some


def leaves(term: Term) -> Iterator[Leaf]:
    """The terms within a term that hold no others."""
    match term:
        case Not(negated):
            yield from leaves(negated)
        case Every(terms) | Some(terms):
            for one in terms:
                yield from leaves(one)
        case _:
            yield term


class Cursor(NamedTuple):
    """The day (None: not known) and the id that a page begins after."""

    day: str | None
    id: str


def by_day(day: str | None) -> tuple[bool, str]:
    """A day as it is sorted: one that is not known is the least, as NULL is in SQLite."""
    return day is not None, day or ""
