"""Dates as instants: seconds since 1970 in UTC, for drawing and ordering within days.

A time with a zone is converted to UTC. A time without one, like a day, is taken as if it were in
UTC, since its own clock is unknown.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import NamedTuple, TypeAlias

from chronology.model.edtf import Date, Point

Seconds: TypeAlias = tuple[int | None, int | None]
"""From the first second to the one after the last; None is endless."""
_EPOCH = date(1970, 1, 1).toordinal()
_DAY = 86_400


class Instants(NamedTuple):
    """The possible seconds of a date, and its certain ones if there are any."""

    spans: tuple[Seconds, ...]
    core: tuple[int, int] | None


def instants(occurrence: Date) -> Instants:
    """The date as seconds, with the times of its ends applied."""
    spans = tuple(
        (member[0] and _start(member[0]), member[-1] and _end(member[-1]))
        for member in occurrence.members
    )
    return Instants(spans, _core(occurrence))


def seconds(occurrence: Date) -> Seconds:
    """The first and the last possible second of a date; None where it is open."""
    spans = instants(occurrence).spans
    # By the zones of their times, dates of a set may change places.
    starts, ends = zip(*spans, strict=True)
    first = None if None in starts else min(starts)
    return first, None if None in ends else max(ends) - 1


def _core(occurrence: Date) -> tuple[int, int] | None:
    """From the latest start to the earliest end; a moment is certain if it is as exact as a day."""
    start, end = occurrence.members[0][0], occurrence.members[-1][-1]
    if start is None or end is None or occurrence.core is None:
        return None
    if not occurrence.lasts:
        return _start(start), _end(end)
    first = _start(start) if start.time else _day(start.latest)
    last = _moment(end) if end.time else _day(end.earliest) + _DAY
    return (first, last) if first <= last else None


def _start(point: Point) -> int:
    return _moment(point) if point.time else _day(point.earliest)


def _end(point: Point) -> int:
    """The second after the last possible one: a time to the minute lasts for the minute."""
    if not point.time:
        return _day(point.latest) + _DAY
    with_seconds = point.time.count(":") - ("+" in point.time or "-" in point.time) > 1
    return _moment(point) + (1 if with_seconds else 60)


def _moment(point: Point) -> int:
    of_day = time.fromisoformat(point.time or "00:00")
    seconds = of_day.hour * 3600 + of_day.minute * 60 + of_day.second
    offset = of_day.utcoffset() or timedelta()
    return _day(point.earliest) + seconds - int(offset.total_seconds())


def _day(day: date) -> int:
    return (day.toordinal() - _EPOCH) * _DAY
