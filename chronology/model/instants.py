"""Dates as instants: seconds since 1970 in UTC, for drawing, ordering and comparing.

A time with a zone is converted to UTC. A time without one, like a day, is taken as if it were in
UTC, since its own clock is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import time, timedelta
from typing import NamedTuple, TypeAlias

from chronology.model.days import Day
from chronology.model.edtf import Date, Member, Span
from chronology.model.edtf_points import Point

Seconds: TypeAlias = tuple[int | None, int | None]
"""From the first second to the one after the last; None is endless."""
_DAY = 86_400


class Instants(NamedTuple):
    """The possible seconds of a date, and its certain ones if there are any."""

    spans: tuple[Seconds, ...]
    core: tuple[int, int] | None


def instants(occurrence: Date) -> Instants:
    """The date as seconds, with the times of its ends applied."""
    return Instants(_spans(occurrence), _core(occurrence))


def of_days(occurrence: Date) -> Instants:
    """The date as the seconds of its whole days, whatever its times and zones."""
    return Instants(tuple(map(day_seconds, occurrence.spans)), _whole(occurrence.core))


def day_seconds(span: Span) -> Seconds:
    """The seconds of the days from the first to the last."""
    first, last = span
    return (None if first is None else _day(first), None if last is None else _day(last) + _DAY)


def _whole(core: tuple[Day, Day] | None) -> tuple[int, int] | None:
    return (_day(core[0]), _day(core[1]) + _DAY) if core else None


def has_time(occurrence: Date) -> bool:
    """Whether any end or member of a date has a time."""
    return "T" in occurrence.text


def share_a_moment(dates: Sequence[Date]) -> bool:
    """Whether some moment is possible for all of the dates; open and unknown ends are endless.

    Zones count if all the dates have one. Otherwise it is enough that the dates agree as written:
    a day without a zone contains a time of that day in any zone.
    """
    if _common([_spans(date) for date in dates]):
        return True
    return not all(map(is_zoned, dates)) and bool(_common([_as_written(date) for date in dates]))


def is_within(one: Date, other: Date) -> bool:
    """Whether every moment of a date is one of another; never true if an end is missing."""
    if _covers(_spans(one), _spans(other)):
        return True
    are_zoned = is_zoned(one) and is_zoned(other)
    return not are_zoned and _covers(_as_written(one), _as_written(other))


def _covers(inner: Sequence[Seconds], outer: Sequence[Seconds]) -> bool:
    return all(
        low is not None
        and high is not None
        and any((a is None or a <= low) and (b is None or high <= b) for a, b in outer)
        for low, high in inner
    )


def _common(dates: Sequence[Sequence[Seconds]]) -> Sequence[Seconds]:
    """The seconds that are in one span of each date."""
    spans = dates[0]
    for others in dates[1:]:
        spans = [both for a in spans for b in others if (both := _overlap(a, b))]
    return spans


def _overlap(a: Seconds, b: Seconds) -> Seconds | None:
    start = max((each for each in (a[0], b[0]) if each is not None), default=None)
    end = min((each for each in (a[1], b[1]) if each is not None), default=None)
    return None if start is not None and end is not None and start >= end else (start, end)


def is_zoned(occurrence: Date) -> bool:
    """Whether all of a date's ends and members have a time with a zone."""
    ends = [point for member in occurrence.members for point in member if point]
    return all(has_zone(point) for point in ends)


def has_zone(point: Point) -> bool:
    return bool(point.time and _zone(point.time))


def without_zone(point: Point) -> Point:
    """The same by its own clock."""
    return point._replace(time=point.time and point.time.removesuffix(_zone(point.time)))


def _as_written(occurrence: Date) -> tuple[Seconds, ...]:
    """The seconds by the clocks of the texts, without regard to their zones."""
    return _spans_of(
        tuple(point and without_zone(point) for point in member) for member in occurrence.members
    )


def _spans(occurrence: Date) -> tuple[Seconds, ...]:
    return _spans_of(occurrence.members)


def _spans_of(members: Iterable[Member]) -> tuple[Seconds, ...]:
    """The seconds of each member, with adjacent ones joined."""
    spans: list[Seconds] = []
    for member in members:
        start, end = seconds_of(member)
        if spans and start is not None and start == spans[-1][1]:
            start, _ = spans.pop()
        spans.append((start, end))
    return tuple(spans)


def seconds_of(member: Member) -> Seconds:
    """The seconds of one date of a set, or of an interval."""
    return member[0] and start_second(member[0]), member[-1] and end_second(member[-1])


def _zone(time_of_day: str) -> str:
    """The zone of a time, empty if it has none."""
    return time_of_day[8 if time_of_day[5:6] == ":" else 5 :]


def seconds(occurrence: Date) -> Seconds:
    """The first and the last possible second of a date; None where it is open."""
    spans = _spans(occurrence)
    if len(spans) == 1:
        ((first, end),) = spans
        return first, None if end is None else end - 1
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
        return start_second(start), end_second(end)
    first = start_second(start) if start.time else _day(start.latest)
    last = moment(end) if end.time else _day(end.earliest) + _DAY
    return (first, last) if first <= last else None


def start_second(point: Point) -> int:
    """The first possible second."""
    return moment(point) if point.time else _day(point.earliest)


def end_second(point: Point) -> int:
    """The second after the last possible one: a time to the minute lasts for the minute."""
    if not point.time:
        return _day(point.latest) + _DAY
    return moment(point) + (1 if point.time[5:6] == ":" else 60)


def moment(point: Point) -> int:
    """The second at which a time begins; of a date without one, its first day."""
    of_day = time.fromisoformat(point.time or "00:00")
    seconds = of_day.hour * 3600 + of_day.minute * 60 + of_day.second
    offset = of_day.utcoffset() or timedelta()
    return _day(point.earliest) + seconds - int(offset.total_seconds())


def _day(day: Day) -> int:
    return int(day) * _DAY
