"""Dates as records write them: in the Julian calendar, or as the time since a chronology's zero.

`resolve` gives the date in the Gregorian calendar that is meant. A date in the Julian calendar is
converted by its first and its last day.
"""

from __future__ import annotations

import re
from functools import lru_cache

from chronology.model.calendars import JULIAN
from chronology.model.days import Day
from chronology.model.edtf import Date, EventDate, Member, parse
from chronology.model.edtf_points import Point
from chronology.model.errors import DateError
from chronology.model.instants import has_zone, moment

_ELAPSED = re.compile(r"T([+-])(\d{2,6}):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


def read(text: str) -> EventDate:
    """The date that a record writes; raises `DateError` if no calendar and no zero fits it."""
    if is_elapsed(text):
        return EventDate(text)
    try:
        return parse(text)
    except DateError:
        # Of the days that only the Julian calendar has.
        if "-02-29" in text and _is_julian(text):
            return EventDate(text)
        raise


def is_elapsed(text: str) -> bool:
    """Whether a text is a time since the zero, or two such times: `T+118:07:34`."""
    return all(_ELAPSED.fullmatch(part) for part in text.split("/", 1))


def _is_julian(text: str) -> bool:
    try:
        parse(text, JULIAN)
    except DateError:
        return False
    return True


@lru_cache(maxsize=1 << 14)
def resolve(text: str, calendar: str | None, zero: Date | None) -> Date:
    """The date in the Gregorian calendar that a text means; raises `DateError`."""
    if is_elapsed(text):
        if zero is None:
            raise DateError(text, 0, "it counts from the zero of the chronology, which has none")
        if calendar is not None:
            raise DateError(text, 0, "a time since the zero has no calendar; leave out one of them")
        return parse("/".join(_instant(part, zero) for part in text.split("/")))
    if calendar is None:
        return parse(text)
    return _gregorian(parse(text, JULIAN))


def _instant(text: str, zero: Date) -> str:
    """A time since the zero as a time in UTC."""
    match = _ELAPSED.fullmatch(text)
    assert match is not None
    sign, hours, minutes, seconds = match.groups()
    since = int(hours) * _HOUR + int(minutes) * _MINUTE + int(seconds or 0)
    start = _zero_second(zero)
    second = start + (since if sign == "+" else -since)
    clock = f"{second // _HOUR % 24:02}:{second // _MINUTE % 60:02}"
    if seconds or start % _MINUTE:
        clock += f":{second % _MINUTE:02}"
    return f"{Day(second // _DAY)}T{clock}Z"


def _zero_second(zero: Date) -> int:
    point = zero.members[0][0]
    assert point is not None
    return moment(point)


def elapsed(date: Date, zero: Date | None) -> str | None:
    """The time between the zero and a time, or two times; None if one of them has no zone."""
    points = [point for member in date.members for point in member if point]
    if zero is None or date.precision not in ("time", "interval") or not all(map(has_zone, points)):
        return None
    return "/".join(_since(point, _zero_second(zero)) for point in points)


def _since(point: Point, start: int) -> str:
    second = moment(point) - start
    hours, rest = divmod(abs(second), _HOUR)
    text = f"T{'-' if second < 0 else '+'}{hours:02}:{rest // _MINUTE:02}"
    is_exact = second % _MINUTE or (point.time or "")[5:6] == ":"
    return f"{text}:{rest % _MINUTE:02}" if is_exact else text


def in_words(text: str, calendar: str | None) -> str | None:
    """A date as it was written, in words; None if it was written as it is shown."""
    if is_elapsed(text):
        return text
    if calendar is None:
        return None
    return f"{parse(text, JULIAN).in_words()} (Julian calendar)"


# From the Julian calendar ---------------------------------------------------------------------


def _gregorian(date: Date) -> Date:
    """The date by its bounds; of a date that lasts, ends of more than a day are approximate."""
    if date.lasts:
        start, end = date.members[0]
        texts = (start and _end(start, start.earliest), end and _end(end, end.latest))
        open_end = ".." if ".." in date.text else ""
        return parse("/".join(text or open_end for text in texts))
    members = [_member(member) for member in date.members]
    if date.precision != "set" and ".." not in members[0]:
        return parse(members[0])
    brackets = "{}" if date.is_every else "[]"
    return parse(f"{brackets[0]}{','.join(members)}{brackets[1]}")


def _member(member: Member) -> str:
    low, high = member[0], member[-1]
    if low and low is high and low.earliest == low.latest:
        return _point(low, low.earliest)
    first = _point(low, low.earliest) if low else ""
    return f"{first}..{_point(high, high.latest) if high else ''}"


def _end(point: Point, day: Day) -> str:
    text = _point(point, day)
    return text if point.earliest == point.latest or text[-1] in "?~%" else f"{text}~"


def _point(point: Point, day: Day) -> str:
    """A day with the time or the qualifiers of a date."""
    if point.time:
        return f"{day}T{point.time}"
    marks = {*point.text} & {*"?~%"}
    return f"{day}{'%' if len(marks) > 1 else ''.join(marks)}"
