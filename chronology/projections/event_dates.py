"""The cells of a row of `events` that follow from its date."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from chronology.model.days import Day, year_text
from chronology.model.edtf import Date, iso_day
from chronology.model.instants import Seconds, day_seconds, has_time, seconds, seconds_of

SORT_STEPS = 10_000
"""`sort_key` counts so many steps a second; the `sequence` of an event is one of them."""
MAX_MONTHS = 24
"""An event that may fall in more months has none of them in its row: they would be no facet."""


class DateCells(NamedTuple):
    """`texts` are the columns from `earliest` to `precision`, `numbers` those from `first_day`."""

    texts: tuple[str | None, ...]
    numbers: tuple[int | None, ...]
    sort_second: int

    def sort_key(self, sequence: int | None) -> int:
        return self.sort_second * SORT_STEPS + (sequence or 0)


def cells(date: Date) -> DateCells:
    """The cells of a date, the same for every event that has it."""
    earliest, latest = iso_day(date.earliest), iso_day(date.latest)
    first_second, last_second = seconds(date)
    sort_second = last_second if first_second is None else first_second
    assert sort_second is not None, "a date has at least one known end"
    return DateCells(
        (earliest, latest, earliest or latest, date.time, date.precision),
        (_number(date.earliest), _number(date.latest), first_second, last_second),
        sort_second,
    )


def months_of(date: Date, window: Date) -> list[str]:
    """The months within `window`, as YYYY-MM, in which a date may fall; none if they are over 24.

    A span that is endless within the window counts for the month of its known end.
    """
    numbers: set[int] = set()
    for low, high in date.spans:
        for first, last in window.spans:
            start = low if first is None or (low is not None and low > first) else first
            end = high if last is None or (high is not None and high < last) else last
            start, end = end if start is None else start, start if end is None else end
            if start is not None and end is not None and start <= end:
                first_month, last_month = _month(start), _month(end)
                if last_month - first_month >= MAX_MONTHS:
                    return []
                numbers.update(range(first_month, last_month + 1))
    if len(numbers) > MAX_MONTHS:
        return []
    return [f"{year_text(number // 12)}-{number % 12 + 1:02}" for number in sorted(numbers)]


def _month(day: Day) -> int:
    year, month, _ = day.parts
    return 12 * year + month - 1


Span: TypeAlias = tuple[int | None, int | None, int | None, int | None]
"""The first and the last day, and the first and the last second."""


def spans(date: Date) -> list[Span]:
    """The possible days and seconds if there are gaps between them, else nothing."""
    if len(date.members) > 1 and has_time(date):
        return [
            _span(
                (member[0] and member[0].earliest, member[-1] and member[-1].latest),
                seconds_of(member),
            )
            for member in date.members
        ]
    if len(date.spans) < 2:
        return []
    return [_span(span, day_seconds(span)) for span in date.spans]


def _span(span: tuple[Day | None, Day | None], period: Seconds) -> Span:
    low, high = span
    start, end = period
    return _number(low), _number(high), start, None if end is None else end - 1


def _number(day: Day | None) -> int | None:
    return None if day is None else int(day)
