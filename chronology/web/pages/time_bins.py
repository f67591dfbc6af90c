"""Divide a window into bins of one unit, from days to millennia, at most some 200 of them.

Bins are aligned to the calendar: weeks begin on Mondays, bins of ten years in years that end in 0.
The first and the last bin may reach beyond the window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from chronology.model.edtf_text import MONTHS
from chronology.web.pages.formatting import day_and_month, month_and_year

MOST = 200
_HEADINGS = 12
_LABELS = 20
_NOTHING_AFTER = date.max.toordinal() + 1
_Key = Callable[[date], int]


class Bin(NamedTuple):
    """A part of the window: `first` is its first day, `end` the ordinal of the day after its last.

    `name` is its date in EDTF. `label` is written below it; where there is little room, only if it
    is major.
    """

    first: date
    end: int
    name: str
    words: str
    label: str
    is_major: bool


class Section(NamedTuple):
    heading: str
    bins: list[Bin]


class Division(NamedTuple):
    """The bins of a window in sections with a heading each, and the unit of the bins."""

    unit: str
    sections: list[Section]

    @property
    def bins(self) -> list[Bin]:
        return [each for section in self.sections for each in section.bins]


def divide(first: date, last: date) -> Division:
    """The window from its first to its last day in the smallest unit that gives few enough bins."""
    for unit, starts in _UNITS:
        if starts.most(first, last) <= MOST:
            return _division(unit, first, list(starts.of(first, last)))
    raise AssertionError("a millennium is long enough for every window")


class _Days(NamedTuple):
    number: int

    def most(self, first: date, last: date) -> int:
        return (last - first).days // self.number + 1

    def of(self, first: date, last: date) -> Iterator[tuple[date, int]]:
        start = first.toordinal() - (first.weekday() if self.number == 7 else 0)
        for day in range(start, last.toordinal() + 1, self.number):
            yield date.fromordinal(max(day, 1)), min(day + self.number, _NOTHING_AFTER)


class _Months(NamedTuple):
    number: int

    def most(self, first: date, last: date) -> int:
        return (_month(last) - _month(first)) // self.number + 1

    def of(self, first: date, last: date) -> Iterator[tuple[date, int]]:
        start = _month(first) - _month(first) % self.number
        for month in range(start, _month(last) + 1, self.number):
            yield _first_of(max(month, 12)), _ordinal(month + self.number)


_UNITS: tuple[tuple[str, _Days | _Months], ...] = (
    ("day", _Days(1)),
    ("week", _Days(7)),
    ("month", _Months(1)),
    ("quarter", _Months(3)),
    ("year", _Months(12)),
    *((f"{years} years", _Months(12 * years)) for years in (2, 5, 10, 20, 50, 100, 200, 500, 1000)),
)


def _month(day: date) -> int:
    return 12 * day.year + day.month - 1


def _first_of(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def _ordinal(month: int) -> int:
    return _first_of(month).toordinal() if month < 12 * 10_000 else _NOTHING_AFTER


# Names, headings and labels -------------------------------------------------------------------


def _division(unit: str, first: date, starts: Sequence[tuple[date, int]]) -> Division:
    key, heading = _headings(unit, starts)
    labels = _thinned(unit, [_label(unit, day, key is _month) for day, _ in starts])
    bins = [
        Bin(day, end, _name(unit, day, end), _words(unit, day, end), label, _is_major(unit, label))
        for (day, end), label in zip(starts, labels, strict=True)
    ]
    # The bin of a week may begin before the window, in another month.
    grouped = groupby(bins, key=lambda each: key(max(each.first, first)))
    return Division(unit, [Section(heading(number), list(group)) for number, group in grouped])


def _headings(unit: str, starts: Sequence[tuple[date, int]]) -> tuple[_Key, Callable[[int], str]]:
    """How to group bins: by the month, the year, ten years and so on, into few enough sections."""
    choices: list[tuple[_Key, Callable[[int], str]]] = []
    if unit in ("day", "week"):
        choices.append((_month, lambda month: f"{MONTHS[month % 12]} {month // 12}"))
    for years in (1, 10, 100, 1000):
        if years > _years(unit):
            choices.append((_by(years), _heading(years)))
    for key, heading in choices:
        if len({key(day) for day, _ in starts}) <= _HEADINGS:
            return key, heading
    return (lambda _: 0), (lambda _: "")


def _by(years: int) -> _Key:
    return lambda day: day.year // years


def _heading(years: int) -> Callable[[int], str]:
    if years == 1:
        return str
    return lambda number: f"{max(number * years, 1)}–{(number + 1) * years - 1}"


def _years(unit: str) -> int:
    return int(unit.split()[0]) if unit.endswith("years") else int(unit == "year")


def _name(unit: str, day: date, end: int) -> str:
    if unit == "day":
        return day.isoformat()
    last = date.fromordinal(end - 1)
    length = 10 if unit == "week" else 7 if unit in ("month", "quarter") else 4
    low, high = day.isoformat()[:length], last.isoformat()[:length]
    return low if low == high else f"{low}/{high}"


def _words(unit: str, day: date, end: int) -> str:
    last = date.fromordinal(end - 1)
    if unit == "day":
        return f"{day_and_month(day)} {day.year}"
    if unit == "week":
        return f"{day_and_month(day)} to {day_and_month(last)} {last.year}"
    if unit == "month":
        return month_and_year(day)
    if unit == "quarter":
        return f"{MONTHS[day.month - 1]} to {month_and_year(last)}"
    return str(day.year) if day.year == last.year else f"{day.year} to {last.year}"


def _label(unit: str, day: date, in_months: bool) -> str:
    """The label of a bin, as short as its heading allows; empty for a bin between labels."""
    if unit == "day" or (unit == "week" and in_months):
        return str(day.day)
    if unit == "week":
        return MONTHS[day.month - 1][:3] if day.day <= 7 else ""
    if unit in ("month", "quarter"):
        return str(day.year) if day.month == 1 else ""
    return str(day.year)


def _is_major(unit: str, label: str) -> bool:
    return label == "1" or int(label) % 5 == 0 if unit == "day" else bool(label)


def _thinned(unit: str, labels: list[str]) -> list[str]:
    """The labels without those for which there is no room."""
    if unit == "day":
        return labels
    given = [label for label in labels if label]
    step = next(step for step in (1, 2, 5, 10, 20) if len(given) / step <= _LABELS)
    if step == 1 or not given[0].isdigit():
        return labels
    # The years that remain are round numbers.
    years = step * (_years(unit) or 1)
    return [label if label and int(label) % years == 0 else "" for label in labels]
