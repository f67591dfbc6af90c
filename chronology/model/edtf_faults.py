"""Explanations for texts that are not dates of the profile, and dates to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from chronology.model.edtf_text import MONTHS, SEASONS

# The first pattern found gives the reason, and its first group the place.
_REASONS = tuple(
    (re.compile(pattern, re.ASCII), reason)
    for pattern, reason in (
        (r"^$", "a date is missing here; only the outer ends of an interval or a set can be open"),
        (r"(?i)^(?=.*\bB\.?C)", "0000 is 1 BC and -0043 is 44 BC; write -0043-03-15"),
        (
            r"T[\d:]+( )\d\d:?\d\d$",
            "a zone begins with + or -; in an address, the + of a zone is written %2B",
        ),
        (r"\s", "a date has no spaces; write 1944-10-14, or 1944-10-14T17:00 with a time"),
        (r"[^!-~]", "{0!r} is not ASCII; digits are 0 to 9"),
        (r"[a-z]+", "{0!r} is lower case; X is an unspecified digit, T a time, '..' an open end"),
        (r"[][{}]", "brackets go around a whole set: [1944-10-13,1944-10-14]"),
        (r"/", "an interval has one '/' and no set in or around it; a range in a set is A..B"),
        (r",", "put alternative dates in brackets: [1944-10-13,1944-10-14]"),
        (r"\.\.", "write [A..B] for one moment in a range, A/B for something that lasts"),
        (r"^-0000", "there is no year -0000; 1 BC is 0000 and 2 BC is -0001"),
        (
            r"(?:^-?\d+|(?<=.))[ES]\d",
            "exponents and significant digits are not supported; write the first and the last"
            " year: [1940..1959]",
        ),
        (
            r"^Y",
            "Y goes before a year of 5 to 11 digits and nothing else: Y170000002, Y-170000002; a"
            " year of four digits has no Y",
        ),
        (r"^-?\d{3}(?![\dX])", "a year has four digits: 0196 is the year 196, 196X a decade"),
        (r"^\d{6,8}(?!\d)", "the hyphens are missing, as in 1944-10-14"),
        (
            r"^[+]|^-?(?:\d{1,3}|\d{5,})(?![\dX])",
            "years are -9999 to 9999: four digits, before the year 0 after a '-'; a Y goes before"
            " a longer year",
        ),
        (r"W", "weeks are not supported; write the days, as a set or an interval"),
        (
            r"^-?....-(00|1[3-9]|20|4[2-9]|[5-9]\d)(?!\d)",
            "month {0} does not exist; months are 01 to 12, seasons 21 to 32, other parts of a year"
            " 33 to 41",
        ),
        (r"^-?....-(?:2[1-9]|3\d|4[01])(-)", "a part of a year has no days; write it alone"),
        (r"T(2[4-9]|[3-9]\d)", "hour {0} does not exist; hours are 00 to 23"),
        (r"\d:([6-9]\d)", "{0} is too large; minutes and seconds are 00 to 59"),
        (
            r"T[^?~%]+([?~%])",
            "a time cannot have a qualifier; leave out the time or the qualifier",
        ),
        (r"[?~%](?=.)", "a part of a date has one qualifier, before or after it; % means ? and ~"),
        (
            r"X",
            "unspecified digits are in years, months and days, of which one is known in part: 19XX,"
            " 194X, 1944-XX or 1944-10-1X",
        ),
        (r"-(\d{3,})", "{0} has too many digits; months and days have two"),
        (r"(?<!\d)\d(?!\d)", "{0} is one digit; months, days and times have two: 0{0}"),
        (
            r"T.*",
            "{0} is not a time of day; write 1944-10-14T17:00, T17:00:30, T17:00Z or +02:00",
        ),
        (r"", "the form is unknown; write it as in 1944, 1944-10, 1944-10-14 or 1944-10-14T17:00"),
    )
)


def explain(text: str) -> tuple[int, str]:
    """The place of the first fault in a text that is not a date, and the reason."""
    match, reason = next(
        (match, reason) for pattern, reason in _REASONS if (match := pattern.search(text))
    )
    group = match.lastindex or 0
    return match.start(group), reason.format(match[group])


_MONTH_NUMBERS = {name[:3].lower(): number for number, name in enumerate(MONTHS, 1)}
_SEASON_NUMBERS = {
    **{name: number for number, name in enumerate(SEASONS, 21)},
    "fall": 23,
}
_MONTH = rf"({'|'.join(f'{name}|{name[:3]}' for name in MONTHS)}|Sept)\.?"
_SEASON = rf"({'|'.join(_SEASON_NUMBERS)})"
_YEAR = r"(\d{4})"
_DAY = r"(\d\d?)(?:st|nd|rd|th)?"


def _by_name(year: str, month: str, day: str | None = None) -> list[str]:
    return _by_number(year, str(_MONTH_NUMBERS[month[:3].lower()]), day)


def _by_number(year: str, month: str, day: str | None = None) -> list[str]:
    return [f"{year}-{month:0>2}" + (f"-{day:0>2}" if day else "")]


def _before_christ(year: str, month: str | None, day: str | None) -> list[str]:
    """44 BC is the year -43, since astronomers count the year 0."""
    text = f"-{int(year) - 1:04}" if int(year) > 1 else "0000"
    return _by_name(text, month, day) if month else [text]


def _by_either_order(one: str, other: str, year: str) -> list[str]:
    """Both readings of a date such as 3/4/1944."""
    return [*_by_number(year, one, other), *_by_number(year, other, one)]


_REWRITINGS: tuple[tuple[re.Pattern[str], Callable[..., list[str]]], ...] = tuple(
    (re.compile(pattern, re.ASCII | re.IGNORECASE), rewrite)
    for pattern, rewrite in (
        (rf"{_DAY} {_MONTH},? {_YEAR}", lambda d, m, y: _by_name(y, m, d)),
        (rf"{_MONTH} {_DAY},? {_YEAR}", lambda m, d, y: _by_name(y, m, d)),
        (rf"{_MONTH},? {_YEAR}", lambda m, y: _by_name(y, m)),
        (rf"{_SEASON} {_YEAR}", lambda s, y: [f"{y}-{_SEASON_NUMBERS[s.lower()]}"]),
        (
            rf"(?:(?:{_DAY} )?{_MONTH},? )?(\d{{1,4}}) ?B\.? ?C\.?(?: ?E\.?)?",
            lambda d, m, y: _before_christ(y, m, d),
        ),
        (rf"(?:ca?\.?|circa|about|around) ?{_YEAR}", lambda y: [f"{y}~"]),
        (r"(?:the )?(\d{3})0'?s", lambda decade: [f"{decade}X"]),
        (rf"{_YEAR} ?[-–—] ?{_YEAR}", lambda start, end: [f"{start}/{end}"]),
        (r"(\d\d)(\d\d)[-–—](\d\d)", lambda c, start, end: [f"{c}{start}/{c}{end}"]),
        (r"(\d\d?)[-./](\d\d?)[-./](\d{4})", _by_either_order),
        (r"(\d{4})[-./](\d\d?)[-./](\d\d?)", _by_number),
        (r"(\d{4})(\d\d)(\d\d)", _by_number),
        (r"(\d{4})-(\d)", _by_number),
        (r"(\d{4}-\d\d-\d\d) (\d\d:\d\d(?::\d\d)?)", lambda day, time: [f"{day}T{time}"]),
    )
)


def suggestions(text: str) -> Iterator[str]:
    """Texts that may write the same date in the profile; the caller checks that they are dates."""
    for pattern, rewrite in _REWRITINGS:
        if match := pattern.fullmatch(text):
            yield from dict.fromkeys(rewrite(*match.groups()))
