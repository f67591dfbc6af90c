"""Divide a window into bins of one unit, from minutes to millennia, at most some 200 of them.

Bins are aligned to the calendar: weeks begin on Mondays, bins of ten years in years that end in 0.
The first and the last bin may reach beyond the window. Times are seconds since 1970 in UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from chronology.model import days
from chronology.model.edtf import Date
from chronology.model.edtf_text import MONTHS
from chronology.model.instants import instants

MAX_BINS = 200
_HEADINGS, _WIDE = 12, 4
"""The most sections, and the most whose headings have room for the name of any month."""
_LABELS, _FEW = 20, 7
_ROOM, _NARROW_ROOM = 0.02, 0.08  # parts of the width that a label needs, on a wide and narrow page
_DECADE = 10
_MINUTE, _QUARTER, _HOUR, _DAY = 60, 900, 3_600, 86_400
_FIRST_START, _LAST_END = days.FIRST * _DAY, (days.LAST + 1) * _DAY
_YEAR_1 = days.of(1, 1, 1) * _DAY
_Key = Callable[[int], int]
_Heading = Callable[[int], str]


class Bin(NamedTuple):
    """A part of the window from its first second to the one after its last.

    `name` is its date in EDTF. `label` is written below it: always with rank 2, where there is room
    with rank 1, and only if each bin has room with rank 0.
    """

    start: int
    end: int
    name: str
    words: str
    label: str
    rank: int


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

    @property
    def edges(self) -> list[int]:
        """The start of each bin, and the end of the last."""
        bins = self.bins
        return [*(each.start for each in bins), bins[-1].end]


def divide(start: int, end: int, by_time: bool = False) -> Division:
    """The window in the smallest unit that gives few enough bins.

    Without `by_time` no bin is shorter than a day.
    """
    for unit, starts in _UNITS:
        if starts.seconds < _DAY and not by_time:
            continue
        if starts.most(start, end) <= MAX_BINS:
            return _division(unit, start, list(starts.of(start, end)))
    raise AssertionError("a millennium is long enough for every window")


def of_window(window: Date, by_time: bool) -> Division | None:
    """The bins of a window; None if it has an open end."""
    start, end = instants(window).spans[0][0], instants(window).spans[-1][1]
    return None if start is None or end is None else divide(start, end, by_time)


class _Fixed(NamedTuple):
    """Bins of the same number of seconds; those of weeks begin on Mondays."""

    seconds: int

    def most(self, start: int, end: int) -> int:
        return (end - 1 - start) // self.seconds + 1

    def of(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        shift = 3 * _DAY if self.seconds == 7 * _DAY else 0  # 1970 begins on a Thursday.
        first = (start + shift) // self.seconds * self.seconds - shift
        for second in range(first, end, self.seconds):
            yield max(second, _least(start)), min(second + self.seconds, _LAST_END)


class _Months(NamedTuple):
    number: int

    @property
    def seconds(self) -> int:
        return 28 * _DAY * self.number

    def most(self, start: int, end: int) -> int:
        return (_month(end - 1) - _month(start)) // self.number + 1

    def of(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        first = _month(start) - _month(start) % self.number
        for month in range(first, _month(end - 1) + 1, self.number):
            yield (
                max(_first_of(month), _least(start)),
                min(_first_of(month + self.number), _LAST_END),
            )


_UNITS: tuple[tuple[str, _Fixed | _Months], ...] = (
    ("minute", _Fixed(_MINUTE)),
    ("5 minutes", _Fixed(5 * _MINUTE)),
    ("quarter of an hour", _Fixed(_QUARTER)),
    ("hour", _Fixed(_HOUR)),
    ("day", _Fixed(_DAY)),
    ("week", _Fixed(7 * _DAY)),
    ("month", _Months(1)),
    ("quarter", _Months(3)),
    ("year", _Months(12)),
    *((f"{years} years", _Months(12 * years)) for years in (2, 5, 10, 20, 50, 100, 200, 500, 1000)),
)
_BELOW_AN_HOUR = ("minute", "5 minutes", "quarter of an hour")
_BELOW_A_DAY = (*_BELOW_AN_HOUR, "hour")


def _least(start: int) -> int:
    """The first second that a bin may have: a window of years AD has no bin of the year 1 BC."""
    return _YEAR_1 if start >= _YEAR_1 else _FIRST_START


def _month(second: int) -> int:
    year, month, _ = days.civil(second // _DAY)
    return 12 * year + month - 1


def _first_of(month: int) -> int:
    return days.of(month // 12, month % 12 + 1, 1) * _DAY


def _year(second: int) -> int:
    return days.civil(second // _DAY)[0]


def _hour(second: int) -> int:
    return second // _HOUR


def _day(second: int) -> int:
    return second // _DAY


# Names, headings and labels -------------------------------------------------------------------


def _division(unit: str, start: int, starts: Sequence[tuple[int, int]]) -> Division:
    key, heading = _headings(unit, starts)
    firsts = [first for first, _ in starts]
    labels = _labels(unit, firsts, key)
    ranks = _ranks(unit, firsts, labels)
    bins = [
        Bin(*span, _name(unit, *span), _words(unit, *span), label, rank)
        for span, label, rank in zip(starts, labels, ranks, strict=True)
    ]
    # The bin of a week may begin before the window, in another month.
    grouped = groupby(bins, key=lambda each: key(max(each.start, start)))
    return Division(unit, [Section(heading(number), list(group)) for number, group in grouped])


def _headings(unit: str, starts: Sequence[tuple[int, int]]) -> tuple[_Key, _Heading]:
    """How to group bins: by the hour, the day, the month, ten years and so on, in few sections."""
    choices: list[tuple[_Key, _Heading]] = []
    if unit in _BELOW_AN_HOUR:
        choices.append((_hour, lambda hour: clock(hour * _HOUR)))
    if unit in _BELOW_A_DAY:
        choices.append((_day, lambda day: _short_day(day * _DAY)))
    if unit in ("day", "week"):
        is_wide = _month(starts[-1][0]) - _month(starts[0][0]) < _WIDE
        names = MONTHS if is_wide else [name[:3] for name in MONTHS]
        choices.append((_month, lambda month: f"{names[month % 12]} {year_words(month // 12)}"))
    for years in (1, 10, 100, 1000):
        if years > _years(unit):
            choices.append((_by(years), _heading(years)))
    for key, heading in choices:
        if len({key(first) for first, _ in starts}) <= _HEADINGS:
            return key, heading
    return (lambda _: 0), (lambda _: "")


def _by(years: int) -> _Key:
    return lambda second: _year(second) // years


def _heading(years: int) -> _Heading:
    if years == 1:
        return year_words
    return lambda number: _years_words(number * years, (number + 1) * years - 1)


def _years(unit: str) -> int:
    return int(unit.split()[0]) if unit.endswith("years") else int(unit == "year")


def _name(unit: str, start: int, end: int) -> str:
    if unit in _BELOW_A_DAY:
        low, high = (f"{days.text(s // _DAY)}T{clock(s)}" for s in (start, end - _MINUTE))
        return low if low == high else f"{low}/{high}"
    unwritten = 0 if unit in ("day", "week") else 3 if unit in ("month", "quarter") else 6
    low, high = (days.text(second // _DAY) for second in (start, end - 1))
    low, high = low[: len(low) - unwritten], high[: len(high) - unwritten]
    return low if low == high else f"{low}/{high}"


def _words(unit: str, start: int, end: int) -> str:
    last = end - 1
    if unit in _BELOW_A_DAY:
        return f"{day_words(start)}, {clock(start)}" + f" to {clock(end)}" * (unit != "minute")
    if unit == "day":
        return day_words(start)
    if unit == "week":
        return f"{day_and_month(start)} to {day_words(last)}"
    if unit == "month":
        return _month_words(start)
    if unit == "quarter":
        return f"{MONTHS[_month(start) % 12]} to {_month_words(last)}"
    first, final = year_words(_year(start)), year_words(_year(last))
    return first if first == final else f"{first} to {final}"


def clock(second: int) -> str:
    """A time of day: `17:05`."""
    return f"{second // _HOUR % 24:02}:{second // _MINUTE % 60:02}"


def day_words(second: int) -> str:
    """A day in English: `14 October 1944`."""
    return f"{day_and_month(second)} {year_words(_year(second))}"


def _short_day(second: int) -> str:
    _, month, day = days.civil(second // _DAY)
    return f"{day} {MONTHS[month - 1][:3]} {year_words(_year(second))}"


def year_words(year: int) -> str:
    """A year as it is written in English; the year 0 is 1 BC."""
    return str(year) if year > 0 else f"{1 - year} BC"


def _years_words(first: int, last: int) -> str:
    if last <= 0:
        return f"{1 - first}–{1 - last} BC"
    return f"{first}s" if first and last - first == _DECADE - 1 else f"{year_words(first)}–{last}"


def day_and_month(second: int) -> str:
    """A day without its year: `14 October`."""
    _, month, day = days.civil(second // _DAY)
    return f"{day} {MONTHS[month - 1]}"


def _month_words(second: int) -> str:
    return f"{MONTHS[_month(second) % 12]} {year_words(_year(second))}"


def _labels(unit: str, starts: Sequence[int], key: _Key) -> list[str]:
    """The label of each bin, as short as its heading allows; empty for a bin between labels."""
    if unit == "day" or (unit == "week" and key is _month):
        return [str(days.civil(start // _DAY)[2]) for start in starts]
    if unit == "week":
        firsts = (days.civil(start // _DAY) for start in starts)
        return [MONTHS[month - 1][:3] if day <= 7 else "" for _, month, day in firsts]
    if unit in _BELOW_AN_HOUR and key is _hour:
        return [f"{start // _MINUTE % 60:02}" for start in starts]
    if unit in _BELOW_A_DAY:
        hours = [start // _HOUR if start % _HOUR == 0 else None for start in starts]
        step = _step(hours, 1, (1, 2, 3, 6, 12, 24))
        return [clock(h * _HOUR) if h is not None and h % step == 0 else "" for h in hours]
    years = [_year(start) if _month(start) % 12 == 0 else None for start in starts]
    step = _step(years, _years(unit) or 1, (1, 2, 5, 10, 20))
    # The years that remain are round numbers.
    return [year_words(y) if y is not None and y % step == 0 else "" for y in years]


def _step(numbers: Sequence[int | None], least: int, factors: Sequence[int]) -> int:
    """The step of numbers that leaves room for the label of each."""
    count = sum(number is not None for number in numbers)
    factor = next(factor for factor in factors if count / factor <= _LABELS)
    return 1 if factor == 1 else factor * least


def _ranks(unit: str, starts: Sequence[int], labels: Sequence[str]) -> list[int]:
    if unit == "day":
        return [2 if label == "1" else int(int(label) % 5 == 0) for label in labels]
    step = _QUARTER if unit != "minute" else 5 * _MINUTE
    ranks = [
        int(bool(label) and (len(label) > 2 or unit not in _BELOW_AN_HOUR or start % step == 0))
        for start, label in zip(starts, labels, strict=True)
    ]
    shown = [number for number, rank in enumerate(ranks) if rank]
    # As many as a narrow page has room for.
    few = set(shown[:: -(-len(shown) // _FEW) or 1])
    for number in shown:
        room = 1 - number / len(ranks)  # to the right edge
        ranks[number] = 0 if room < _ROOM else 2 if number in few and room >= _NARROW_ROOM else 1
    return ranks
