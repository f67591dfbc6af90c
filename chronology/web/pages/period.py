"""The events of one day or of one bin of the calendar, by certainty, to be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from chronology.index.selection import Summary
from chronology.model import days
from chronology.model.edtf import Date, parse
from chronology.model.errors import DateError
from chronology.model.instants import has_time, instants, of_days
from chronology.web.pages import day_histogram, time_bins
from chronology.web.pages.home_overview import DayCounts, Reader

READ = 300
"""The most events that are shown of a period."""
_DAY = 86_400
_WEEKDAYS = ("Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday")
"""The names of the days of a week, from that of 1970-01-01 on."""
# Reads events in an order, with parameters.
Rows = Callable[..., list[dict[str, Any]]]


class Period(NamedTuple):
    """A day or a bin from its first second to the one after its last, with its neighbours.

    `name` is its date in EDTF, and `words` name it elsewhere. `heading` has the weekday of a day.
    """

    start: int
    end: int
    name: str
    words: str
    heading: str
    is_day: bool
    before: Neighbour | None
    after: Neighbour | None

    @property
    def is_whole_days(self) -> bool:
        return self.start % _DAY == self.end % _DAY == 0


class Neighbour(NamedTuple):
    """The period before or after another."""

    name: str
    words: str


def chosen(within: list[str], window: Date, division: time_bins.Division | None) -> Period | None:
    """The period that a request reads: its only `_within`, if that is a day or a bin."""
    if len(within) != 1:
        return None
    bins = division.bins if division else []
    for number, each in enumerate(bins):
        if each.name == within[0] and each.end - each.start != _DAY:
            return _bin(bins, number)
    try:
        day = parse(within[0])
    except DateError:
        return None
    ((start, _),) = of_days(day).spans[:1]
    return _day(start, window) if day.precision == "day" and start is not None else None


def _bin(bins: list[time_bins.Bin], number: int) -> Period:
    start, end, name, words, *_ = bins[number]
    before = bins[number - 1] if number else None
    after = bins[number + 1] if number + 1 < len(bins) else None
    beside = [each and Neighbour(each.name, each.words) for each in (before, after)]
    return Period(start, end, name, words, words[0].upper() + words[1:], False, *beside)


def _day(start: int, window: Date) -> Period:
    number, words = start // _DAY, time_bins.day_words(start)
    first, last = of_days(window).spans[0][0], of_days(window).spans[-1][1]
    return Period(
        *(start, start + _DAY, days.text(number), words),
        f"{_WEEKDAYS[number % 7]}, {words}",
        True,
        _beside(start - _DAY) if first is None or start > first else None,
        _beside(start + _DAY) if last is None or start + _DAY < last else None,
    )


def _beside(start: int) -> Neighbour:
    return Neighbour(days.text(start // _DAY), time_bins.day_and_month(start))


def reading(
    reader: Reader, period: Period, summary: Summary, dated: DayCounts, rows: Rows
) -> dict[str, Any]:
    """The events of a period in groups, with their numbers."""
    numbers: Counter[str] = Counter()
    for (text, _), count in dated.items():
        numbers[_how(day_histogram.parsed(text), period)] += count
    groups: dict[str, list[dict[str, Any]]] = {"certain": [], "lasting": [], "possible": []}
    # Certain ones first; on one day those with a time before those without.
    start, end = (
        ("first_day", "last_day") if period.is_whole_days else ("first_second", "last_second")
    )
    unit = _DAY if period.is_whole_days else 1
    order = (
        f"ORDER BY ({start} >= :period_start AND {end} < :period_end) DESC,"
        f"{' time IS NULL,' if period.is_day else ''} sort_key, id LIMIT {READ}"
    )
    source, params = summary.relation
    bounds = {"period_start": period.start // unit, "period_end": period.end // unit}
    for row in rows(reader, source, order, [], **bounds, **params):
        groups[_how(day_histogram.parsed(row["date"]), period)].append(row)
    return {
        "period": period,
        "groups": groups,
        "numbers": numbers,
        "unread": numbers.total() - sum(map(len, groups.values())),
    }


def _how(event: Date, period: Period) -> str:
    by_days = period.is_whole_days or not has_time(event)
    spans, core = of_days(event) if by_days else instants(event)
    if event.lasts:
        under_way = core and core[0] < period.end and core[1] > period.start
        return "lasting" if under_way else "possible"
    first, end = spans[0][0], spans[-1][1]
    is_inside = (
        first is not None and end is not None and period.start <= first and end <= period.end
    )
    return "certain" if is_inside else "possible"
