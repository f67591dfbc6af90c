"""Historical dates: a strict parser for a profile of EDTF (ISO 8601-2), see `docs/dates.md`.

A *point* is a single date, as exact as it is known. An interval `A/B` lasts from one point to
another. A set `[A,B..C]` is one moment within one of its members. Each date has only one form,
and any other text is refused with a reason, so `str(parse(text)) == text`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from itertools import chain, pairwise
from typing import TypeAlias

from chronology.model import edtf_faults, edtf_text
from chronology.model.calendars import GREGORIAN, Calendar
from chronology.model.days import Day
from chronology.model.edtf_points import Point, Precision, parse_point
from chronology.model.errors import DateError

Span: TypeAlias = tuple[Day | None, Day | None]  # The first and the last day; None is endless.
Member: TypeAlias = "tuple[Point | None, ...]"  # A single date, or the two ends of a range.

MAX_LENGTH = 200


class EventDate:
    """The date of an event or an account as its record writes it; equal to others by its text.

    It is a `Date` unless its days depend on the chronology or on the calendar: see `as_written`.
    """

    __slots__ = ("text",)

    text: str

    def __init__(self, text: str) -> None:
        object.__setattr__(self, "text", text)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a date is immutable: {name} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a date is immutable: {name} cannot be deleted")

    def __reduce__(self) -> tuple[Callable[[str], EventDate], tuple[str]]:
        return type(self), (self.text,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EventDate) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        return self.text


class Date(EventDate):
    """The date of an occurrence, as `parse` reads it. Immutable; two dates are equal by their text.

    `spans` are its possible days in ascending order, with gaps between them: only a set has more
    than one span. Qualifiers do not widen a span.
    """

    __slots__ = ("members", "precision", "spans")

    precision: Precision
    spans: tuple[Span, ...]
    members: tuple[Member, ...]

    # Not a dataclass: msgspec would decode one from a JSON object instead of from its text.
    def __init__(
        self, text: str, precision: Precision, spans: tuple[Span, ...], members: tuple[Member, ...]
    ) -> None:
        set_attribute = object.__setattr__
        super().__init__(text)
        set_attribute(self, "precision", precision)
        set_attribute(self, "spans", spans)
        set_attribute(self, "members", members)

    def __reduce__(self) -> tuple[Callable[[str], Date], tuple[str]]:
        return parse, (self.text,)

    def __repr__(self) -> str:
        return f"parse({self.text!r})"

    @property
    def earliest(self) -> Day | None:
        """The first possible day; None if the beginning is open or unknown."""
        return self.spans[0][0]

    @property
    def latest(self) -> Day | None:
        """The last possible day; None if the end is open or unknown, then `earliest` is a day."""
        return self.spans[-1][1]

    @property
    def lasts(self) -> bool:
        """Whether the occurrence goes on from end to end; otherwise it is one moment in between."""
        return self.precision == "interval"

    @property
    def is_every(self) -> bool:
        """Whether the occurrence is on every date of a set, `{A,B}`, and not on one of them."""
        return self.text.startswith("{")

    @property
    def uncertain(self) -> bool:
        return "?" in self.text or "%" in self.text

    @property
    def approximate(self) -> bool:
        return "~" in self.text or "%" in self.text

    @property
    def time(self) -> str | None:
        """The time of a single day as written, with its zone if it has one."""
        return self.text.partition("T")[2] if self.precision == "time" else None

    @property
    def core(self) -> tuple[Day, Day] | None:
        """The first and last certain day: from the latest start to the earliest end.

        A moment is certain only if it has a single possible day. A date without both ends has no
        certain day.
        """
        start, end = self.members[0][0], self.members[-1][-1]
        if start is None or end is None:
            return None
        if not self.lasts:
            return (start.earliest, end.latest) if start.earliest == end.latest else None
        first, last = min(start.latest, end.latest), max(start.earliest, end.earliest)
        return (first, last) if first <= last else None

    def overlaps(self, other: Date) -> bool:
        """Whether two dates share a possible day; open and unknown ends are endless."""
        return any(
            not _is_before(high, first) and not _is_before(last, low)
            for low, high in self.spans
            for first, last in other.spans
        )

    def within(self, other: Date) -> bool:
        """Whether all possible days are days of `other`; never true if an end is missing."""
        if self.earliest is None or self.latest is None:
            return False
        return all(
            any(
                not _is_before(low, first) and not _is_before(last, high)
                for first, last in other.spans
            )
            for low, high in self.spans
        )

    def in_words(self) -> str:
        """The date in English, as exact as its text: `on 13 or 14 October 1944`."""
        if self.precision == "set":
            return edtf_text.set_in_words(self.members, self.is_every)
        first = self.members[0][0]
        if self.precision == "interval":
            missing = "open" if ".." in self.text else "unknown"
            return edtf_text.interval_in_words(first, self.members[0][1], missing)
        assert first is not None
        return edtf_text.point_in_words(first)


def parse(text: str, calendar: Calendar = GREGORIAN) -> Date:
    """The date in `text`; raises `DateError` with the place, the reason and often a remedy.

    A date in another calendar has the days that it has in the Gregorian one.
    """
    if len(text) > MAX_LENGTH:
        reason = f"it is too long; a date has at most {MAX_LENGTH} characters"
        raise DateError(text[:MAX_LENGTH], MAX_LENGTH, reason)
    try:
        return _parse(text, calendar)
    except DateError:
        dates = [date for date in edtf_faults.suggestions(text) if _is_date(date, calendar)]
        if not dates:
            raise
        raise DateError(text, 0, f"write {' or '.join(dates)}") from None


def _parse(text: str, calendar: Calendar) -> Date:
    if text.startswith(("[", "{")):
        return _set(text, calendar)
    if "/" in text:
        return _interval(text, calendar)
    point = parse_point(text, 0, len(text), calendar)
    return Date(text, point.precision, ((point.earliest, point.latest),), ((point,),))


def _is_date(text: str, calendar: Calendar) -> bool:
    try:
        _parse(text, calendar)
    except DateError:
        return False
    return True


def _interval(text: str, calendar: Calendar) -> Date:
    slash = text.index("/")
    start = None if text[:slash] in ("", "..") else parse_point(text, 0, slash, calendar)
    end = (
        None
        if text[slash + 1 :] in ("", "..")
        else parse_point(text, slash + 1, len(text), calendar)
    )
    if start is None and end is None:
        raise DateError(text, 0, "an interval needs a date at one end or both")
    if start and end and _is_after(start, end):
        raise DateError(
            text, end.offset, "the interval ends before it starts; write the earlier date first"
        )
    span = (start and start.earliest, end and end.latest)
    return Date(text, "interval", (span,), ((start, end),))


def _set(text: str, calendar: Calendar) -> Date:
    end = "]" if text[0] == "[" else "}"
    if not text.endswith(end):
        raise DateError(text, len(text), f"a set ends with {end!r} and nothing after it")
    members: list[Member] = []
    start = 1
    for part in text[1:-1].split(","):
        members.append(_member(text, start, start + len(part), calendar))
        start += len(part) + 1
    low, high = members[0][0], members[-1][-1]
    if low is None and high is None:
        raise DateError(
            text, 0, "a set that is open at both ends contains every day; close one end"
        )
    if members == [(low,)]:
        raise DateError(text, 0, "a set has two or more dates; leave out the brackets")
    for before, point in pairwise(filter(None, chain.from_iterable(members))):
        if not _is_after(point, before):
            reason = (
                f"{point.text} is not after {before.text}; dates of a set ascend without overlaps"
            )
            raise DateError(text, point.offset, reason)
    return Date(text, "set", _spans(members), tuple(members))


def _member(text: str, start: int, end: int, calendar: Calendar) -> Member:
    """One date of a set, or the two ends of a range; only the outermost ends can be open."""
    dots = text.find("..", start, end)
    if dots < 0:
        return (parse_point(text, start, end, calendar),)
    low = None if start == dots == 1 else parse_point(text, start, dots, calendar)
    high = None if dots + 2 == end == len(text) - 1 else parse_point(text, dots + 2, end, calendar)
    return low, high


def _spans(members: list[Member]) -> tuple[Span, ...]:
    """The possible days of a set, with adjacent members joined."""
    spans: list[Span] = []
    for member in members:
        low, high = member[0], member[-1]
        first, last = low and low.earliest, high and high.latest
        if spans and first and (end := spans[-1][1]) and first - end <= 1:
            first, _ = spans.pop()
        spans.append((first, last))
    return tuple(spans)


def _is_after(one: Point, other: Point) -> bool:
    """Whether `one` is certainly after `other`; on the same day their times decide."""
    if one.time is None or other.time is None or one.earliest != other.earliest:
        return one.earliest > other.latest
    late, early = time.fromisoformat(one.time), time.fromisoformat(other.time)
    if late.tzinfo is None or early.tzinfo is None:
        late, early = late.replace(tzinfo=None), early.replace(tzinfo=None)
    return late > early


def iso_day(day: Day | None) -> str | None:
    """A day in ISO 8601."""
    return day.isoformat() if day else None


def _is_before(day: Day | None, other: Day | None) -> bool:
    return day is not None and other is not None and day < other
