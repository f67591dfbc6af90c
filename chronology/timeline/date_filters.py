"""Filters of events by their possible days or seconds: `_within` and `_certain`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from chronology.index.predicates import (
    DAY_COLUMNS,
    And,
    DayComparison,
    Not,
    NumberQuery,
    Or,
    Predicate,
)
from chronology.index.selection import EventFilter
from chronology.model.days import Day
from chronology.model.edtf import Date
from chronology.model.instants import has_time, instants
from chronology.timeline.as_of import TimelineAt

_EVENT_SPANS = "SELECT event FROM event_spans"
_ENDLESS = 1 << 48


class _Spans(NamedTuple):
    """The table of the spans of dates with gaps, and its key in a table of events."""

    key: str
    select: str
    group: str


_SPANS = {
    "events": _Spans("events.number", _EVENT_SPANS, "event"),
    "history": _Spans(
        "(history.id, history.from_position)",
        "SELECT id, from_position FROM history_spans",
        "id, from_position",
    ),
}


class _Period(NamedTuple):
    """Spans from a first to a last day or second, and the columns that they are compared with.

    The index has the days; seconds are read from the table.
    """

    first: str
    last: str
    spans: Sequence[tuple[int | None, int | None]]

    @property
    def is_indexed(self) -> bool:
        return self.first in DAY_COLUMNS


def _period(days: Date) -> _Period:
    """The days of a date, or its seconds if it has a time."""
    if has_time(days):
        ends = [(low, None if end is None else end - 1) for low, end in instants(days).spans]
        return _Period("first_second", "last_second", ends)
    numbers = [(_number(low), _number(high)) for low, high in days.spans]
    return _Period("first_day", "last_day", numbers)


def _number(day: Day | None) -> int | None:
    return None if day is None else int(day)


def within(timeline: TimelineAt, days: Date, mark: str) -> EventFilter:
    """Events that could have happened within a date; spans count for dates with gaps."""
    period = _period(days)
    params: dict[str, Any] = {}
    clauses, predicates = [], []
    for n, span in enumerate(period.spans):
        clause, predicate = _overlaps(period, span, f"{mark}_{n}", params)
        clauses.append(clause)
        predicates.append(predicate)
    possible = " OR ".join(clauses)

    def sql(table: str) -> str:
        key, spans, _ = _SPANS[table]
        return f"({possible}) AND ({key} NOT IN ({spans}) OR {key} IN ({spans} WHERE {possible}))"

    gaps = NumberQuery(_EVENT_SPANS)
    possible_gaps = NumberQuery(f"{_EVENT_SPANS} WHERE {possible}", tuple(params.items()))
    indexed = And((Or(tuple(predicates)), Or((Not(gaps), possible_gaps))))
    predicate = indexed if period.is_indexed else numbers(sql("events"), params)
    return EventFilter(sql(timeline.table), params, predicate, f"date could be {_after_verb(days)}")


def numbers(sql: str, params: Mapping[str, Any]) -> Predicate:
    """A condition on `events` that the index cannot evaluate."""
    query = f"SELECT events.number AS event FROM events WHERE {sql}"
    return NumberQuery(query, tuple(params.items()))


def _after_verb(days: Date) -> str:
    """Days as they follow `is`: `in October 1944`, `between 14 and 20 October 1944`."""
    text = days.in_words()
    if match := re.fullmatch(r"from (.+) to (.+)", text):
        return f"between {match[1]} and {match[2]}"
    if match := re.fullmatch(r"(from|until) (.+), (?:beginning|end) (?:open|unknown)", text):
        return f"on or {'after' if match[1] == 'from' else 'before'} {match[2]}"
    if re.match(r"(?:at|between|by|on|some time) ", text):
        return text
    is_day = days.precision in ("day", "time") or text.startswith("some day ")
    return f"{'on' if is_day else 'in'} {text}"


def _overlaps(
    period: _Period, span: tuple[int | None, int | None], mark: str, params: dict[str, Any]
) -> tuple[str, Predicate]:
    """The condition that possible days overlap a span; adds its parameters to `params`."""
    low, high = span
    clauses: list[str] = []
    predicates: list[Predicate] = []
    for column, operator, number in ((period.first, "<=", high), (period.last, ">=", low)):
        if number is not None:
            name = f"{mark}_{column}"
            params[name] = number
            clauses.append(f"({column} IS NULL OR {column} {operator} :{name})")
            known = DayComparison(column, operator, number)
            predicates.append(Or((DayComparison(column, operator, None), known)))
    return f"({' AND '.join(clauses) or 'TRUE'})", And(tuple(predicates))


def certain(timeline: TimelineAt, days: Date, mark: str) -> EventFilter:
    """Events that happened wholly within a date; open dates never match."""
    period = _period(days)
    params: dict[str, Any] = {}
    clauses: list[str] = []
    predicates: list[Predicate] = []
    for n, (low, high) in enumerate(period.spans):
        # An open end of the range includes every day, but no open end of an event.
        first = -_ENDLESS if low is None else low
        last = _ENDLESS if high is None else high
        params |= {f"{mark}_{n}_low": first, f"{mark}_{n}_high": last}
        clauses.append(f"({period.first} >= :{mark}_{n}_low AND {period.last} <= :{mark}_{n}_high)")
        starts = DayComparison(period.first, ">=", first)
        predicates.append(And((starts, DayComparison(period.last, "<=", last))))
    contained = " OR ".join(clauses)
    having = f"HAVING min(coalesce({contained}, 0)) = 1"

    def sql(table: str) -> str:
        key, spans, group = _SPANS[table]
        return f"(({contained}) OR {key} IN ({spans} GROUP BY {group} {having}))"

    gaps = NumberQuery(f"{_EVENT_SPANS} GROUP BY event {having}", tuple(params.items()))
    indexed = Or((*predicates, gaps))
    predicate = indexed if period.is_indexed else numbers(sql("events"), params)
    description = f"date is certainly {_after_verb(days)}"
    return EventFilter(sql(timeline.table), params, predicate, description)
