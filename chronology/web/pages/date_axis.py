"""Dates drawn on an axis of time: certain spans, possible spans, and open ends.

Lengths are thousandths of the axis, for an SVG whose view box is 1,000 wide. Times are in seconds
since 1970 in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from chronology.model import days
from chronology.model.edtf import Date, parse
from chronology.model.instants import (
    Instants,
    Seconds,
    day_seconds,
    has_time,
    instants,
    of_days,
)
from chronology.web.pages import formatting
from chronology.web.pages.day_histogram import Tally, mostly_timed, parsed
from chronology.web.pages.time_bins import clock, day_words, year_words

WIDTH = 1000
_MIN_WIDTH = 4  # keeps one day of a long axis visible
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
# The first of these steps that leaves few enough labels; then months and years.
_STEPS = tuple(minutes * _MINUTE for minutes in (1, 5, 10, 15, 30, 60, 120, 180, 360, 720))
_DAY_STEPS = (1, 2, 5, 10, 15)
_YEAR_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)
_LABELS = 7
_BARS = 400
_HEIGHT = 40


class Piece(NamedTuple):
    """A bar of `certain` or `possible` time: its start, length and open ends."""

    kind: str
    x: float
    width: float
    open_start: bool = False
    open_end: bool = False


class Tick(NamedTuple):
    x: float
    label: str


class Axis(NamedTuple):
    """From the first second to the one after the last: whole days, unless the dates have times."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start

    @property
    def first(self) -> str:
        """The first day, in English."""
        return day_words(self.start)

    @property
    def last(self) -> str:
        """The last day, in English."""
        return day_words(self.end - 1)

    @property
    def ticks(self) -> list[Tick]:
        """Times, days, or the firsts of months or years, with few enough labels to be read."""
        ticks = [Tick(self.x(second), label) for second, label in _marked(self)]
        # There is no room for a label at the end.
        return [tick for tick in ticks if tick.x < 0.88 * WIDTH]

    def x(self, second: int) -> float:
        return round(WIDTH * (second - self.start) / self.length, 1)

    def piece(self, kind: str, span: Seconds) -> Piece | None:
        """The bar of a span; None if it is outside the axis."""
        low, high = span
        start = self.start if low is None else max(low, self.start)
        end = self.end if high is None else min(high, self.end)
        if start > end or (start == end and low != high):
            return None
        width = max(round(WIDTH * (end - start) / self.length, 1), _MIN_WIDTH)
        return Piece(kind, self.x(start), width, low is None, high is None)


def around(dates: Iterable[Date], window: Date) -> Axis | None:
    """The axis that shows all possible days of some dates, with a day's room on each side.

    It has the times of day if all dates have one, and then an eighth of its length as room.
    """
    listed = list(dates)
    by_time = all(map(has_time, listed))
    least = 5 * _MINUTE if by_time else _DAY
    ends = [
        second
        for one in listed
        for low, high in _instants(one, by_time).spans
        for second in (*_around(low, 0, least), *_around(high, least, 0))
    ]
    if not ends:
        return None
    first, last = min(ends), max(ends)
    room = max(1, ((last - first) // least - 1) // 8) * least
    low, high = of_days(window).spans[0][0], of_days(window).spans[-1][1]
    before = first if low is None else max(first - room, low)
    after = last if high is None else min(last + room, high)
    return Axis(min(first, before), max(last, after))


def _around(second: int | None, before: int, after: int) -> tuple[int, ...]:
    return () if second is None else (second - before, second + after)


def _instants(occurrence: Date, by_time: bool) -> Instants:
    return instants(occurrence) if by_time else of_days(occurrence)


def of_window(window: Date) -> Axis | None:
    """The axis of a chronology's window; None if the window has an open end."""
    start, end = instants(window).spans[0][0], instants(window).spans[-1][1]
    return None if start is None or end is None else Axis(start, end)


def bars(axis: Axis, day: Date) -> list[Piece]:
    """The possible time of a date, and over it the certain one."""
    spans, core = _instants(day, has_time(day))
    pieces = [axis.piece("possible", span) for span in spans]
    if core:
        pieces.append(axis.piece("certain", core))
    return [piece for piece in pieces if piece]


def tenure(axis: Axis, since: str | None, until: str | None) -> list[Piece]:
    """The bars of an attachment or command between two dates; an unknown end is open."""
    start, end = (parse(text) if text else None for text in (since, until))
    possible = (start.earliest if start else None, end.latest if end else None)
    pieces = [axis.piece("possible", day_seconds(possible))]
    first, last = start.latest if start else None, end.earliest if end else None
    if first and last and first <= last:
        pieces.append(axis.piece("certain", day_seconds((first, last))))
    return [piece for piece in pieces if piece]


def tenures(axis: Axis | None, ties: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Attachments or commands, each with its bars."""
    return [
        {**tie, "bars": tenure(axis, tie["from"], tie["until"]) if axis else []} for tie in ties
    ]


def strip(axis: Axis | None, dated: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """The number of events on each day: certain ones and, spread evenly, possible ones.

    On a long axis a bar covers several days, on one of few days with timed events some minutes.
    """
    if axis is None or not dated:
        return {}
    step = _step(axis, mostly_timed(dated))
    tally = Tally(range(axis.start, axis.end + step, step), 1)
    for text, count in dated:
        tally.add(parsed(text), [0], count)
    sums = list(zip(tally.certain[0], tally.possible[0], strict=True))
    most = max(certain + possible for certain, possible in sums)
    width = round(WIDTH * step / axis.length, 2)
    bars = [
        {
            "words": day_words(second) + (f", {clock(second)}" if step < _DAY else ""),
            "x": round(number * width, 2),
            "width": round(width * 0.86, 2),
            "certain": round(_HEIGHT * certain / most, 2),
            "possible": round(_HEIGHT * possible / most, 2),
        }
        for number, (certain, possible) in enumerate(sums)
        if certain or possible
        for second in (axis.start + number * step,)
    ]
    return {"bars": bars, "axis": axis, "height": _HEIGHT}


def _step(axis: Axis, by_time: bool) -> int:
    """The seconds of a bar."""
    if by_time:
        for step in _STEPS:
            if axis.length <= _BARS * step:
                return step
    return -(-axis.length // (_BARS * _DAY)) * _DAY


# Labels ---------------------------------------------------------------------------------------


def _marked(axis: Axis) -> list[tuple[int, str]]:
    is_whole = axis.start % _DAY == axis.end % _DAY == 0
    for step in _STEPS:
        if axis.length <= _LABELS * step and (axis.length <= _DAY or not is_whole):
            return _times(axis, step)
    length = -(-axis.length // _DAY)
    for number in _DAY_STEPS:
        if length / number <= _LABELS:
            return _days(axis, number)
    months = _firsts(axis, 1) if length <= 62 * _LABELS else []
    if months and len(months) <= 2 * _LABELS:
        return [(second, _month_label(second)) for second in months]
    return _years(axis)


def _times(axis: Axis, step: int) -> list[tuple[int, str]]:
    """Times of day; those of another day than the one before also have the day."""
    times = range(-(-axis.start // step) * step, axis.end, step)
    marked: list[tuple[int, str]] = []
    for day, second in zip([None, *(each // _DAY for each in times)], times, strict=False):
        label = clock(second)
        if second // _DAY != day:
            label = f"{label} {_day_label(second)}"
        elif marked and len(marked[-1][1]) > len(label):
            label = ""  # There is no room beside a day.
        marked.append((second, label))
    return marked


def _days(axis: Axis, step: int) -> list[tuple[int, str]]:
    seconds = range(axis.start, axis.end, step * _DAY)
    before = [None, *(_civil(second)[1] for second in seconds)]
    return [
        (second, _day_label(second) if month != _civil(second)[1] else str(_civil(second)[2]))
        for month, second in zip(before, seconds, strict=False)
    ]


def _years(axis: Axis) -> list[tuple[int, str]]:
    """The firsts of years; they are round if there are many."""
    years = len(range(_civil(axis.start)[0], _civil(axis.end - 1)[0] + 1))
    step = next((step for step in _YEAR_STEPS if years / step <= _LABELS), _YEAR_STEPS[-1])
    return [(second, year_words(_civil(second)[0])) for second in _firsts(axis, 12 * step)]


def _firsts(axis: Axis, months: int) -> list[int]:
    """The first seconds of every so many months on the axis."""
    first, last = (
        12 * year + month - 1 for year, month, _ in map(_civil, (axis.start, axis.end - 1))
    )
    numbers = range(-(-first // months) * months, last + 1, months)
    seconds = (days.of(number // 12, number % 12 + 1, 1) * _DAY for number in numbers)
    return [second for second in seconds if axis.start <= second < axis.end]


def _civil(second: int) -> tuple[int, int, int]:
    return days.civil(second // _DAY)


def _day_label(second: int) -> str:
    _, month, day = _civil(second)
    return f"{day} {formatting.short_month(month)}"


def _month_label(second: int) -> str:
    year, month, _ = _civil(second)
    return f"{formatting.short_month(month)} {year_words(year)}"
