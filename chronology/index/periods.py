"""Count selected events in the days, months, years, decades or centuries of a window.

An event counts once in each period in which it may have happened, as in the filter `_within`. The
work depends on the number of distinct days of events, never on the length of the window.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from itertools import accumulate, pairwise
from typing import NamedTuple

from chronology.index.selection import IndexSelection, SqlSelection
from chronology.model import days
from chronology.model.edtf import Date
from chronology.projections.event_dates import MAX_MONTHS

MAX_PERIODS = 200
MAX_DAYS = 31
"""In a longer window no period is a day."""
_YEARS = (1, 10, 100)


class Period(NamedTuple):
    """A period from its first to its last day, as numbers; `name` is its date in EDTF."""

    first: int
    last: int
    name: str


def has_months(window: Date) -> bool:
    """Whether the periods of a window are months; those of an open window are, too."""
    first, last = window.earliest, window.latest
    if first is None or last is None:
        return True
    start, end = days.number(first), days.number(last)
    return end - start >= MAX_DAYS and _month(end) - _month(start) < MAX_MONTHS


def periods(window: Date) -> list[Period]:
    """The periods of a window without an open end, at most `MAX_PERIODS`."""
    first, last = window.earliest, window.latest
    if first is None or last is None:
        return []
    start, end = days.number(first), days.number(last)
    if end - start < MAX_DAYS:
        return [Period(day, day, days.text(day)) for day in range(start, end + 1)]
    if has_months(window):
        return [_months(month, 1, 3) for month in range(_month(start), _month(end) + 1)]
    low, high = days.civil(start)[0], days.civil(end)[0]
    length = next(length for length in _YEARS if high // length - low // length < MAX_PERIODS)
    return [
        _months(12 * length * number, 12 * length, 6)
        for number in range(low // length, high // length + 1)
    ]


def _month(day: int) -> int:
    year, month, _ = days.civil(day)
    return 12 * year + month - 1


def _months(month: int, length: int, unwritten: int) -> Period:
    """Some months, named by months or, if more of the text is unwritten, by years."""
    first = max(_first_of(month), days.FIRST)
    last = min(_first_of(month + length) - 1, days.LAST)
    texts = dict.fromkeys(days.text(day)[:-unwritten] for day in (first, last))
    return Period(first, last, "/".join(texts))


def _first_of(month: int) -> int:
    return int(days.of(month // 12, month % 12 + 1, 1))


def counts(selection: SqlSelection | IndexSelection, window: Date) -> list[tuple[Period, int]]:
    """The periods in which any of the selected events may have happened, with their number."""
    found = periods(window)
    starts, ends = (_Sums(selection.day_counts(column)) for column in ("first_day", "last_day"))
    # Began by the last day of the period, and did not end before its first.
    numbers = [starts.up_to(each.last) - ends.up_to(each.first - 1) for each in found]
    for spans in selection.gaps().values():
        _subtract_gaps(numbers, found, spans)
    # An event without a first day has begun before each period, one without a last day ends later.
    numbers = [number + starts.unknown for number in numbers]
    return [(period, number) for period, number in zip(found, numbers, strict=True) if number]


class _Sums:
    """The number of events up to each day, and of those whose day is unknown."""

    def __init__(self, by_day: Mapping[int | None, int]) -> None:
        known = sorted((day, count) for day, count in by_day.items() if day is not None)
        self.unknown = by_day.get(None, 0)
        self._days = [day for day, _ in known]
        self._sums = [0, *accumulate(count for _, count in known)]

    def up_to(self, day: int) -> int:
        return self._sums[bisect_right(self._days, day)]


def _subtract_gaps(
    numbers: list[int], found: list[Period], spans: list[tuple[int | None, int | None]]
) -> None:
    """Subtracts an event from the periods between its possible days, wholly within a gap."""
    lasts = [each.last for each in found]
    firsts = [each.first for each in found]
    ordered = sorted(spans, key=lambda span: (span[0] is not None, span[0] or 0))
    for (_, before), (after, _) in pairwise(ordered):
        if before is None or after is None:
            continue
        for index in range(bisect_right(firsts, before), bisect_left(lasts, after)):
            numbers[index] -= 1
