"""Single dates of EDTF: years, seasons, months, days and times, as exact as they are known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Literal, NamedTuple, TypeAlias

from chronology.model import edtf_faults
from chronology.model.calendars import GREGORIAN, Calendar
from chronology.model.days import FIRST, LAST, Day
from chronology.model.edtf_text import MONTHS
from chronology.model.errors import DateError

Precision: TypeAlias = Literal[
    "time",
    "day",
    "month",
    "season",
    "quarter",
    "quadrimester",
    "semester",
    "year",
    "decade",
    "century",
    "millennium",
    "unspecified",
    "interval",
    "set",
]
_BY_DIGITS: tuple[Precision, ...] = ("unspecified", "millennium", "century", "decade", "year")
"""The precision of a year by the number of its digits that are known."""

# A qualifier before a part is of that part; one after it is of that part and those before it.
_POINT = re.compile(
    r"""(?!-0000)
    [?~%]? (-?[\dX]{4}) [?~%]?
    (?: -
        (?: (?<=\d-) (2[1-9] | 3\d | 4[01]) [?~%]?              # part of a year
        |   [?~%]? (0[1-9] | 1[0-2] | [01]X | X\d | XX) [?~%]?  # month
            (?: - [?~%]? (\d\d | [0-3]X | X\d | XX)             # day
                (?: (?<=\d) T                                   # time
                    ((?:[01]\d | 2[0-3]) : [0-5]\d (?: :[0-5]\d)?
                     (?:Z | (?!-00(?::00)?(?![:\d]))[+-](?:0\d | 1[0-4])(?::[0-5]\d)?)?)
                | [?~%]?
    )   )?  )
    )?
    """,
    re.ASCII | re.VERBOSE,
)
_LONG_YEAR = re.compile(r"Y(-?[1-9]\d{4,10})[?~%]?", re.ASCII)
"""A year of more than four digits, up to 11: its seconds are integers of 64 bits."""
# A part with two qualifiers; a time that is not of a certain day; a date without a digit.
_PLAIN = re.compile(r"[-\d]+", re.ASCII)
_SENSELESS = re.compile(
    r"""[?~%] -?[\dX]+ [?~%] | [?~%X].*T | \A[^\d]*\Z""",
    re.ASCII | re.VERBOSE,
)


class Point(NamedTuple):
    """A single date, at an offset in the text that was parsed."""

    text: str
    offset: int
    precision: Precision
    earliest: Day
    latest: Day
    time: str | None = None
    calendar: Calendar = GREGORIAN


def parse_point(text: str, start: int, end: int, calendar: Calendar) -> Point:
    """The single date in a part of a text."""
    match = _POINT.fullmatch(text, start, end)
    if match is None and (long := _LONG_YEAR.fullmatch(text, start, end)):
        return Point(long[0], start, "year", *_year(int(long[1]), calendar), None, calendar)
    if match is None or (not _PLAIN.fullmatch(match[0]) and _is_senseless(match)):
        offset, reason = edtf_faults.explain(text[start:end])
        raise DateError(text, start + offset, reason)
    year, part, month, day, time = match.groups()
    if part:
        precision, first, last = _part_of_year(int(year), int(part), calendar)
    else:
        precision = _precision(year, month, day, time)
        first, last = _bounds(text, match, calendar)
    if first < FIRST or last > LAST:
        raise DateError(text, start, "it is not within the years -9999 to 9999")
    return Point(match[0], start, precision, first, last, time, calendar)


def _is_senseless(match: re.Match[str]) -> bool:
    return bool(_SENSELESS.search(match[0]) or (match[2] and "X" in match[1]))


def _precision(year: str, month: str | None, day: str | None, time: str | None) -> Precision:
    """The smallest unit that is known, and all greater ones too."""
    if time:
        return "time"
    if "X" in year:
        return _BY_DIGITS[year.lstrip("-").index("X")]
    if month is None or "X" in month:
        return "year"
    return "month" if day is None or "X" in day else "day"


def _bounds(text: str, match: re.Match[str], calendar: Calendar) -> tuple[Day, Day]:
    """The first and the last day that the digits can mean."""
    year, _, month, day, _ = match.groups()
    if "X" not in match[0] and (known := _known(year, month, day, calendar)):
        return known
    months = _numbers(month or "XX", 1, 12)
    days = _numbers(day or "XX", 1, 31)
    first = _first_day(_years(year, 1), months, days, calendar)
    last = _first_day(_years(year, -1), months[::-1], days[::-1], calendar)
    if first is None or last is None:
        length = max(calendar.length_of_month(y, m) for y in _years(year, 1) for m in months)
        reason = f"day {day} does not exist in {MONTHS[months[-1] - 1]} {year}; days are 01 to"
        raise DateError(text, match.start(4), f"{reason} {length}")
    return first, last


def _first_day(
    years: Iterable[int], months: list[int], days: list[int], calendar: Calendar
) -> Day | None:
    """The first day that exists, with the years, months and days in their order."""
    for year in years:
        for month in months:
            for day in days:
                if (found := _day_of(year, month, day, calendar)) is not None:
                    return found
    return None


def _day_of(year: int, month: int, day: int, calendar: Calendar) -> Day | None:
    try:
        return calendar.day(year, month, day)
    except ValueError:
        return None


def _known(
    digits: str, month: str | None, day: str | None, calendar: Calendar
) -> tuple[Day, Day] | None:
    """The first and the last day of a day, a month or a year; None if it does not exist."""
    year = int(digits)
    if month is None:
        return _year(year, calendar)
    number = int(month)
    if day is None:
        length = calendar.length_of_month(year, number)
        return calendar.day(year, number, 1), calendar.day(year, number, length)
    one = _day_of(year, number, int(day), calendar)
    return None if one is None else (one, one)


def _year(number: int, calendar: Calendar) -> tuple[Day, Day]:
    return calendar.day(number, 1, 1), calendar.day(number, 12, 31)


def _years(digits: str, step: int) -> Iterator[int]:
    """The years that digits can mean, in ascending or descending order.

    There is a leap year among the first nine.
    """
    sign = -1 if digits.startswith("-") else 1
    numbers = _numbers(digits.lstrip("-"), 0 if sign > 0 else 1, 9999)
    return islice((sign * number for number in numbers[:: sign * step]), 9)


def _numbers(digits: str, least: int, greatest: int) -> list[int]:
    """The numbers that digits can mean, in ascending order."""
    if "X" not in digits:
        return [int(digits)]
    low, high = int(digits.replace("X", "0")), int(digits.replace("X", "9"))
    fits = re.compile(digits.replace("X", r"\d")).fullmatch
    numbers = range(max(low, least), min(high, greatest) + 1)
    return [number for number in numbers if fits(f"{number:0{len(digits)}}")]


# The parts of a year, by their numbers in EDTF: first month and length in months.
_PARTS: dict[int, tuple[Precision, int, int]] = {
    **{21 + n: ("season", 3 + 3 * n, 3) for n in range(4)},
    **{25 + n: ("season", 3 + 3 * n, 3) for n in range(4)},
    **{29 + n: ("season", (9, 12, 3, 6)[n], 3) for n in range(4)},
    **{33 + n: ("quarter", 1 + 3 * n, 3) for n in range(4)},
    **{37 + n: ("quadrimester", 1 + 4 * n, 4) for n in range(3)},
    **{40 + n: ("semester", 1 + 6 * n, 6) for n in range(2)},
}


def _part_of_year(year: int, part: int, calendar: Calendar) -> tuple[Precision, Day, Day]:
    """A season or another part of a year; one that begins in December ends in the next year."""
    precision, month, length = _PARTS[part]
    end_year, end_month = divmod(12 * year + month - 1 + length, 12)
    return precision, calendar.day(year, month, 1), calendar.day(end_year, end_month + 1, 1) + -1
