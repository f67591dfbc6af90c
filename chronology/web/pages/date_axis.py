"""Dates drawn on an axis of days: certain days, possible days, and open ends.

Lengths are thousandths of the axis, for an SVG whose view box is 1,000 wide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from chronology.model.edtf import Date, Span, parse
from chronology.web.pages import formatting
from chronology.web.pages.day_histogram import Tally, parsed

WIDTH = 1000
_LEAST = 4  # keeps one day of a long axis visible
# The first of these steps in days that leaves few enough labels; then months and years.
_STEPS = (1, 2, 5, 10, 15)
_LABELS = 7
_HEIGHT = 40


class Piece(NamedTuple):
    """A bar of `certain` or `possible` days: its start, length and open ends."""

    kind: str
    x: float
    width: float
    open_start: bool = False
    open_end: bool = False


class Tick(NamedTuple):
    x: float
    label: str


class Axis(NamedTuple):
    """The days from the first to the last, both included."""

    first: date
    last: date

    @property
    def length(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def ticks(self) -> list[Tick]:
        """Days, or the firsts of months or years, with few enough labels to be read."""
        ticks = [Tick(self.x(day), label) for day, label in _marked(self)]
        # There is no room for a label at the end.
        return [tick for tick in ticks if tick.x < 0.96 * WIDTH]

    def x(self, day: date) -> float:
        return round(WIDTH * (day - self.first).days / self.length, 1)

    def piece(self, kind: str, span: Span) -> Piece | None:
        """The bar of a span; None if it is outside the axis."""
        low, high = span
        start = max(low, self.first) if low else self.first
        end = min(high, self.last) if high else self.last
        if start > end:
            return None
        width = max(round(WIDTH * ((end - start).days + 1) / self.length, 1), _LEAST)
        return Piece(kind, self.x(start), width, low is None, high is None)


def around(dates: Iterable[Date], window: Date) -> Axis | None:
    """The axis that shows all possible days of some dates, with a day's room on each side."""
    days = [day for one in dates for span in one.spans for day in span if day]
    if not days:
        return None
    first, last = min(days), max(days)
    room = max(1, (last - first).days // 8)
    low, high = window.earliest or first, window.latest or last
    before = max(first.toordinal() - room, low.toordinal())
    after = min(last.toordinal() + room, high.toordinal())
    return Axis(
        min(first, date.fromordinal(before)),
        max(last, date.fromordinal(after)),
    )


def of_window(window: Date) -> Axis | None:
    """The axis of a chronology's window; None if the window has an open end."""
    first, last = window.earliest, window.latest
    return Axis(first, last) if first and last else None


def bars(axis: Axis, day: Date) -> list[Piece]:
    """The possible days of a date, and over them the certain ones."""
    pieces = [axis.piece("possible", span) for span in day.spans]
    if day.core:
        pieces.append(axis.piece("certain", day.core))
    return [piece for piece in pieces if piece]


def tenure(axis: Axis, since: str | None, until: str | None) -> list[Piece]:
    """The bars of an attachment or command between two dates; an unknown end is open."""
    start, end = (parse(text) if text else None for text in (since, until))
    pieces = [
        axis.piece("possible", (start.earliest if start else None, end.latest if end else None))
    ]
    first, last = start.latest if start else None, end.earliest if end else None
    if first and last and first <= last:
        pieces.append(axis.piece("certain", (first, last)))
    return [piece for piece in pieces if piece]


def tenures(axis: Axis | None, ties: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Attachments or commands, each with its bars."""
    return [
        {**tie, "bars": tenure(axis, tie["from"], tie["until"]) if axis else []} for tie in ties
    ]


def strip(axis: Axis | None, days: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """The number of events on each day: certain ones and, spread evenly, possible ones.

    On a long axis a bar covers several days.
    """
    if axis is None or not days:
        return {}
    step_days = -(-axis.length // 400)
    start = axis.first.toordinal()
    tally = Tally(range(start, start + axis.length + step_days, step_days), 1)
    for text, count in days:
        tally.add(parsed(text), [0], count)
    sums = list(zip(tally.certain[0], tally.possible[0], strict=True))
    most = max(certain + possible for certain, possible in sums)
    width = round(WIDTH * step_days / axis.length, 2)
    bars = [
        {
            "day": axis.first + timedelta(days=number * step_days),
            "x": round(number * width, 2),
            "width": round(width * 0.86, 2),
            "certain": round(_HEIGHT * certain / most, 2),
            "possible": round(_HEIGHT * possible / most, 2),
        }
        for number, (certain, possible) in enumerate(sums)
        if certain or possible
    ]
    return {"bars": bars, "axis": axis, "height": _HEIGHT}


def _marked(axis: Axis) -> list[tuple[date, str]]:
    for step in _STEPS:
        if axis.length / step <= _LABELS:
            days = [axis.first + timedelta(days=n) for n in range(0, axis.length, step)]
            months = [None, *(day.month for day in days)]
            return [
                (day, f"{day.day} {formatting.month(day)}" if day.month != before else str(day.day))
                for before, day in zip(months, days, strict=False)
            ]
    firsts = [day for day in _firsts(axis) if day.day == 1]
    if len(firsts) <= 2 * _LABELS:
        return [(day, f"{formatting.month(day)} {day.year}") for day in firsts]
    years = [day for day in firsts if day.month == 1]
    step = -(-len(years) // _LABELS) or 1
    return [(day, str(day.year)) for day in years[::step]]


def _firsts(axis: Axis) -> list[date]:
    """The first days of the months on the axis; all years have them."""
    firsts, year, month = [], axis.first.year, axis.first.month
    while (year, month) <= (axis.last.year, axis.last.month):
        day = date(year, month, 1)
        if day >= axis.first:
            firsts.append(day)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return firsts
