"""Historical dates: a strict parser of a profile of EDTF (ISO 8601-2), told in `docs/dates.md`.

Three notions: a *point* is one date, as exactly as it is known; an interval `A/B` lasts from one
point to another; a set `[A,B..C]` is some moment within one of its members. Whatever is not
written as the profile writes it is refused with a reason, so `str(parse(text)) == text`.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, time, timedelta
from itertools import chain, islice, pairwise, takewhile
from typing import Literal, NamedTuple, TypeAlias

from chronology.model.errors import DateError

Precision: TypeAlias = Literal[
    "time", "day", "month", "season", "year", "decade", "century", "interval", "set"
]
Span: TypeAlias = tuple[date | None, date | None]  # first and last day; None is endless

_Member: TypeAlias = "tuple[_Point | None, ...]"  # one date, or the two ends of a range

LONGEST = 200
_DAY = timedelta(days=1)
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_SEASONS = ("spring", "summer", "autumn", "winter")
_QUALIFIERS = {"?": "probably ", "~": "about ", "%": "probably about "}

_POINT = re.compile(
    r"""(?!0000|9999-24)
    (\d{4} | \d{3}X | \d\dXX)                               # year
    (?: (?<=\d) -
        (?: (2[1-4])                                        # season
        |   (0[1-9] | 1[0-2] | [01]X | XX)                  # month
            (?: - ((?<=\d-)(?:\d\d | [0-3]X) | (?<!\dX-)XX) # day
                (?: (?<=\d) T                               # time
                    ((?:[01]\d | 2[0-3]) : [0-5]\d (?: :[0-5]\d)?
                     (?:Z | (?!-00:00)[+-](?:0\d | 1[0-4]):[0-5]\d)?)
    )?)?))?
    (?(5) | [?~%]?)                                         # a qualifier, save after a time
    """,
    re.ASCII | re.VERBOSE,
)

# Why a text is no point: the first pattern that is found, at its group if it has one.
_FAULTS = tuple(
    (re.compile(pattern, re.ASCII), reason)
    for pattern, reason in (
        (r"^$", "a date is missing here; only the outer ends of an interval or a set can be open"),
        (r"\s", "a date has no spaces; T goes before a time"),
        (r"[^!-~]", "{0!r} is not ASCII; digits are 0 to 9"),
        (r"[a-z]+", "{0!r} is lower case; X is an unspecified digit, T a time, '..' an open end"),
        (r"[{}]", "a set of which all dates hold is refused; write an interval or two events"),
        (r"[][]", "brackets go around a whole set: [1944-10-13,1944-10-14]"),
        (r"/", "an interval has one '/' and no set in or around it; a range in a set is A..B"),
        (r",", "dates of which one holds stand in brackets: [1944-10-13,1944-10-14]"),
        (r"\.\.", "a range is [A..B] if it is some moment within, A/B if it lasts"),
        (r"^0000", "year 0000 does not exist; years are 0001 to 9999"),
        (r"^9999-24", "winter 9999 ends in the year 10000; years are 0001 to 9999"),
        (r"^\d{6,8}(?!\d)", "the hyphens are missing; write 1944-10-14"),
        (
            r"^[-+]|Y|^\d+E|S|^(?:\d{1,3}|\d{5,})(?![\dX])",
            "years are 0001 to 9999: four digits and nothing else",
        ),
        (r"W", "weeks are not in the profile; write the days, as a set or an interval"),
        (
            r"^....-(00|1[3-9]|20|2[5-9]|[3-9]\d)(?!\d)",
            "month {0} does not exist; months are 01 to 12, seasons 21 to 24",
        ),
        (r"^....-2[1-4](-)", "a season has no days; write the season alone, or the days"),
        (r"T(2[4-9]|[3-9]\d)", "hour {0} does not exist; hours are 00 to 23"),
        (r"\d:([6-9]\d)", "{0} is too many; minutes and seconds are 00 to 59"),
        (r"T[^?~%]+([?~%])", "a time takes no qualifier; leave the time out, or the qualifier"),
        (r"[?~%](?=.)", "a qualifier stands once, at the end of a date; both ? and ~ are %"),
        (
            r"X",
            "only last digits can be unspecified: 19XX, 194X, 1944-XX, 1944-1X, 1944-10-XX,"
            " 1944-10-1X or 1944-XX-XX",
        ),
        (r"-(\d{3,})", "{0} has too many digits; months and days have two"),
        (r"(?<!\d)\d(?!\d)", "{0} is one digit; months, days and times have two: 0{0}"),
        (r"T.*", "{0} is no time of a day; write 1944-10-14T17:00, T17:00:30, T17:00Z or +02:00"),
        (r"", "it has no form of a date; write 1944, 1944-10, 1944-10-14 or 1944-10-14T17:00"),
    )
)


class _Point(NamedTuple):
    text: str
    offset: int
    precision: Precision
    earliest: date
    latest: date
    time: str | None = None


class Date:
    """What a text says of the time of an occurrence; made by `parse`, equal by its text.

    `spans` are the days that it may touch, ascending and apart: one, save for a set with gaps.
    Qualifiers widen nothing. Immutable.
    """

    __slots__ = ("_members", "precision", "spans", "text")

    text: str
    precision: Precision
    spans: tuple[Span, ...]
    _members: tuple[_Member, ...]

    # No dataclass: msgspec would read one from an object, where a date is read from its text.
    def __init__(
        self,
        text: str,
        precision: Precision,
        spans: tuple[Span, ...],
        members: tuple[_Member, ...],
    ) -> None:
        keep = object.__setattr__
        keep(self, "text", text)
        keep(self, "precision", precision)
        keep(self, "spans", spans)
        keep(self, "_members", members)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Date never changes: {name} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a Date never changes: {name} cannot be deleted")

    def __reduce__(self) -> tuple[Callable[[str], Date], tuple[str]]:
        return parse, (self.text,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Date) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"parse({self.text!r})"

    @property
    def earliest(self) -> date | None:
        """The first possible day; None if the beginning is open or unknown."""
        return self.spans[0][0]

    @property
    def latest(self) -> date | None:
        """The last possible day; None if the end is open or unknown; never are both ends."""
        return self.spans[-1][1]

    @property
    def lasts(self) -> bool:
        """Whether the occurrence goes on from end to end; else it is some moment within."""
        return self.precision == "interval"

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
    def core(self) -> tuple[date, date] | None:
        """The first and last day that are certain: from the latest start to the earliest end.

        A moment has a certain day only if it has one possible day; without both ends there is none.
        """
        start, end = self._members[0][0], self._members[-1][-1]
        if start is None or end is None:
            return None
        if not self.lasts:
            return (start.earliest, end.latest) if start.earliest == end.latest else None
        first, last = min(start.latest, end.latest), max(start.earliest, end.earliest)
        return (first, last) if first <= last else None

    def overlaps(self, other: Date) -> bool:
        """Whether the two have a possible day in common; open and unknown ends are endless."""
        return any(
            not _before(high, first) and not _before(last, low)
            for low, high in self.spans
            for first, last in other.spans
        )

    def within(self, other: Date) -> bool:
        """Whether all its possible days are days of `other`; with an end missing it never is."""
        if self.earliest is None or self.latest is None:
            return False
        return all(
            any(not _before(low, first) and not _before(last, high) for first, last in other.spans)
            for low, high in self.spans
        )

    def months(self, window: Date) -> list[str]:
        """The months, as YYYY-MM, that it may touch within `window`.

        Of a span that is endless even there, only the month of its known end.
        """
        numbers: set[int] = set()
        for low, high in self.spans:
            for first, last in window.spans:
                start = max((day for day in (low, first) if day), default=None)
                end = min((day for day in (high, last) if day), default=None)
                start, end = start or end, end or start
                if start and end and start <= end:
                    numbers.update(range(_month_number(start), _month_number(end) + 1))
        return [f"{number // 12:04}-{number % 12 + 1:02}" for number in sorted(numbers)]

    def in_words(self) -> str:
        """The date in English, as exact as its text: `on 13 or 14 October 1944`."""
        if self.precision == "set":
            return _set_in_words(self._members)
        if self.precision == "interval":
            start, end = self._members[0]
            return _interval_in_words(start, end, "open" if ".." in self.text else "unknown")
        if self.time and self.earliest:
            return f"{' '.join(_day_words(self.earliest))}, {_clock_in_words(self.time)}"
        return _run([_words(point) for point in self._members[0] if point])[0]


def parse(text: str) -> Date:
    """The date that `text` writes; a DateError says what is wrong with any other text."""
    if len(text) > LONGEST:
        reason = f"it is too long; a date has at most {LONGEST} characters"
        raise DateError(text[:LONGEST], LONGEST, reason)
    if text.startswith("["):
        return _set(text)
    if "/" in text:
        return _interval(text)
    point = _point(text, 0, len(text))
    return Date(text, point.precision, ((point.earliest, point.latest),), ((point,),))


def _point(text: str, start: int, end: int) -> _Point:
    match = _POINT.fullmatch(text, start, end)
    if match is None:
        raise _fault(text, start, end)
    year, season, month, day, clock = match.groups()
    precision: Precision
    if season:
        precision = "season"
        first, last = _season(int(year), int(season))
    else:
        precision = _precision(year, month, day, clock)
        years = _numbers(year, 9999)
        months = _numbers(month or "XX", 12)
        length = monthrange(years[1], months[1])[1]
        days = _numbers(day or "XX", length)
        if not 1 <= days[0] <= days[1] <= length:
            reason = f"day {day} does not exist in {MONTHS[months[1] - 1]} {year}; days are 01 to"
            raise DateError(text, match.start(4), f"{reason} {length}")
        first, last = date(years[0], months[0], days[0]), date(years[1], months[1], days[1])
    return _Point(match[0], start, precision, first, last, clock)


def _fault(text: str, start: int, end: int) -> DateError:
    part = text[start:end]
    found, reason = next(
        (found, reason) for pattern, reason in _FAULTS if (found := pattern.search(part))
    )
    group = found.lastindex or 0
    return DateError(text, start + found.start(group), reason.format(found[group]))


def _precision(year: str, month: str | None, day: str | None, clock: str | None) -> Precision:
    """The precision of what is known: unspecified digits count for nothing."""
    if clock:
        return "time"
    if day and "X" not in day:
        return "day"
    if month and "X" not in month:
        return "month"
    return "century" if year.endswith("XX") else "decade" if year.endswith("X") else "year"


def _numbers(digits: str, greatest: int) -> tuple[int, int]:
    """The least and the greatest number from 1 that `digits` may stand for."""
    if "X" not in digits:
        return int(digits), int(digits)
    least = int(digits.replace("X", "0"))
    return max(least, 1), min(int(digits.replace("X", "9")), greatest)


def _season(year: int, season: int) -> tuple[date, date]:
    """The meteorological season of the north; winter runs from December into the next year."""
    month = 3 * (season - 20)
    following = date(year + month // 12, (month + 2) % 12 + 1, 1)
    return date(year, month, 1), following - timedelta(days=1)


def _interval(text: str) -> Date:
    slash = text.index("/")
    start = None if text[:slash] in ("", "..") else _point(text, 0, slash)
    end = None if text[slash + 1 :] in ("", "..") else _point(text, slash + 1, len(text))
    if start is None and end is None:
        raise DateError(text, 0, "an interval without any date says nothing; give it one")
    if start and end and _after(start, end):
        raise DateError(text, end.offset, "it ends before it starts; the earlier date goes first")
    span = (start and start.earliest, end and end.latest)
    return Date(text, "interval", (span,), ((start, end),))


def _set(text: str) -> Date:
    if not text.endswith("]"):
        raise DateError(text, len(text), "a set ends with ']' and nothing after it")
    members: list[_Member] = []
    start = 1
    for part in text[1:-1].split(","):
        members.append(_member(text, start, start + len(part)))
        start += len(part) + 1
    low, high = members[0][0], members[-1][-1]
    if low is None and high is None:
        raise DateError(text, 0, "a set that is open on both sides says nothing; close one")
    if members == [(low,)]:
        raise DateError(text, 0, "a set of one date is that date; leave the brackets out")
    for before, point in pairwise(filter(None, chain.from_iterable(members))):
        if not _after(point, before):
            reason = f"{point.text} is not after {before.text}; dates of a set ascend, apart"
            raise DateError(text, point.offset, reason)
    return Date(text, "set", _spans(members), tuple(members))


def _member(text: str, start: int, end: int) -> _Member:
    """One date of a set, or the two ends of a range; only the outermost can be open."""
    dots = text.find("..", start, end)
    if dots < 0:
        return (_point(text, start, end),)
    low = None if start == dots == 1 else _point(text, start, dots)
    high = None if dots + 2 == end == len(text) - 1 else _point(text, dots + 2, end)
    return low, high


def _spans(members: list[_Member]) -> tuple[Span, ...]:
    """The days of ascending members, with neighbours joined."""
    spans: list[Span] = []
    for member in members:
        low, high = member[0], member[-1]
        first, last = low and low.earliest, high and high.latest
        if spans and first and (end := spans[-1][1]) and first - end <= _DAY:
            first, _ = spans.pop()
        spans.append((first, last))
    return tuple(spans)


def _after(one: _Point, other: _Point) -> bool:
    """Whether `one` is certainly after `other`; on the same day their times decide."""
    if one.time is None or other.time is None or one.earliest != other.earliest:
        return one.earliest > other.latest
    late, early = time.fromisoformat(one.time), time.fromisoformat(other.time)
    if late.tzinfo is None or early.tzinfo is None:
        late, early = late.replace(tzinfo=None), early.replace(tzinfo=None)
    return late > early


def _before(day: date | None, other: date | None) -> bool:
    return day is not None and other is not None and day < other


def _month_number(day: date) -> int:
    return 12 * day.year + day.month - 1


def _words(point: _Point) -> list[str]:
    """The words of a point from the narrowest on, 14 | October | 1944, for `_run`."""
    first, *rest = _date_words(point)
    if point.time:
        return [_clock_in_words(point.time), f"on {first}", *rest]
    return [_QUALIFIERS.get(point.text[-1], "") + first, *rest]


def _date_words(point: _Point) -> list[str]:
    text = point.text.rstrip("?~%")
    first, last = _day_words(point.earliest), _day_words(point.latest)
    unit = {4: 2, 7: 1}.get(len(text), 0)  # the narrowest that is written: year, month or day
    if first == last:
        return first
    if point.precision == "season":
        year = first[2] if first[2] == last[2] else f"{first[2]}/{last[2][-2:]}"
        return [_SEASONS[point.earliest.month // 3 - 1], year]
    if not text.endswith("X"):
        return first[unit:]
    if text.endswith("-XX"):
        known = first[1:] if point.precision == "month" else first[2:]
        return [" ".join(["some", "month of" if unit else "day of", *known])]
    if point.precision == "decade" and text[2] != "0":
        return [f"the {first[2]}s"]
    return ["between " + " and ".join(_run([first[unit:], last[unit:]]))]


def _day_words(day: date) -> list[str]:
    year = str(day.year) if day.year > 999 else f"AD {day.year}"
    return [str(day.day), MONTHS[day.month - 1], year]


def _clock_in_words(clock: str) -> str:
    return re.sub(r"Z|(?=[+-])", " UTC", clock)


def _run(dates: list[list[str]]) -> list[str]:
    """Each date in words, less the last words that the next one says again: 13, 14 October."""
    return [
        " ".join(words[: len(words) - _shared(words[1:], following[1:])])
        for words, following in pairwise([*dates, []])
    ]


def _shared(words: list[str], others: list[str]) -> int:
    """How many last words are the same."""
    pairs = zip(reversed(words), reversed(others), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _interval_in_words(start: _Point | None, end: _Point | None, missing: str) -> str:
    words = _run([_words(point) for point in (start, end) if point])
    if start is None:
        return f"until {words[0]}, beginning {missing}"
    if end is None:
        return f"from {words[0]}, end {missing}"
    return words[1] if start.text == end.text else f"from {words[0]} to {words[1]}"


def _set_in_words(members: tuple[_Member, ...]) -> str:
    phrases = [_phrase(member) for member in members]
    words = iter(_run([date for _, dates in phrases for date in dates]))
    texts: list[str] = []
    previous = ""
    for phrase, dates in phrases:
        text = phrase.format(*islice(words, len(dates)))
        texts.append(text.removeprefix("on ").removeprefix("at ") if phrase == previous else text)
        previous = phrase
    return " or ".join(filter(None, [", ".join(texts[:-1]), texts[-1]]))


def _phrase(member: _Member) -> tuple[str, list[list[str]]]:
    """A phrase to fill in, and the dates that go into it in words."""
    low, high = member[0], member[-1]
    if low and low is high:
        return {"day": "on {}", "time": "at {}"}.get(low.precision, "{}"), [_words(low)]
    dates = [_edge(low, low.earliest)] if low else []
    dates += [_edge(high, high.latest)] if high else []
    if low and high:
        return "some time between {} and {}", dates
    if low:
        return "at or after {}" if low.time else "on or after {}", dates
    return "by {}", dates


def _edge(point: _Point, day: date) -> list[str]:
    """The words of a range's end, which is always exact."""
    return _words(point._replace(earliest=day, latest=day))
