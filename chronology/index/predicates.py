"""Predicate trees over events: facet values, comparisons of days, queries, and, or, not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from chronology.projections.event_dates import SORT_STEPS

SORT_DAY_STEPS = 86_400 * SORT_STEPS
SORT_DAY = f"sort_key / {SORT_DAY_STEPS}"
"""The day by which events are ordered, as SQL; within it they are ordered by `sort_key`."""
DAY_COLUMNS = ("first_day", "last_day", SORT_DAY)


@dataclass(frozen=True, slots=True)
class FacetEquals:
    """Events that have a value of a facet."""

    facet: str
    value: str


@dataclass(frozen=True, slots=True)
class DayComparison:
    """Events whose day in a column compares (`=`, `<`, `<=`, `>`, `>=`) with a day.

    Days are numbered as in `first_day`. Without a day: the events whose day is unknown.
    """

    column: str
    operator: str
    day: int | None


@dataclass(frozen=True, slots=True)
class ChangedAfter:
    """Events that were recorded or changed after a position of the log."""

    position: int


@dataclass(frozen=True, slots=True)
class NumberQuery:
    """Events whose numbers are in the column `event` of a query, with its parameters as pairs."""

    sql: str
    params: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    """Events for which a predicate does not hold."""

    negated: Predicate


@dataclass(frozen=True, slots=True)
class And:
    """Events for which all predicates hold; without predicates, every event."""

    predicates: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Events for which any of the predicates holds."""

    predicates: tuple[Predicate, ...]


Leaf = FacetEquals | DayComparison | ChangedAfter | NumberQuery
Predicate = Leaf | Not | And | Or
EVERY: Predicate = And(())


def leaves(predicate: Predicate) -> Iterator[Leaf]:
    """The predicates of a tree that contain no others."""
    match predicate:
        case Not(negated):
            yield from leaves(negated)
        case And(predicates) | Or(predicates):
            for one in predicates:
                yield from leaves(one)
        case _:
            yield predicate


class Cursor(NamedTuple):
    """The last event before a page: its `sort_key` and its id."""

    key: int
    id: str

    @property
    def day(self) -> int:
        """The day as `SORT_DAY` gives it: the division of SQL rounds towards zero."""
        return -(-self.key // SORT_DAY_STEPS) if self.key < 0 else self.key // SORT_DAY_STEPS
