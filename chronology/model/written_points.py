"""Single dates as people write them, such as `Dec. 20th, 1944, 5:30 pm`, read to points of EDTF.

The texts are folded (`date_words.fold`), without commas. `written_dates` puts the points together.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import TypeAlias

from chronology.model.date_words import MONTHS, SEASONS, WEEKDAYS, alternatives
from chronology.model.days import Day, civil, length_of_month, year_text
from chronology.model.written_rules import Rules, Unread
from chronology.model.written_times import split_time

NAMED_MONTH = rf"(?P<month>{alternatives(MONTHS)})\b\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|[.ºª])?"
_YEAR = r"(?P<year>-?\d{3,4})"
_WEEKDAY = re.compile(rf"({alternatives(WEEKDAYS)})\b\.?\s+(.*)")
_ERA = re.compile(
    r"(?:(?P<first>ad|a\.d\.|bc|b\.c\.)\s*)?(?P<rest>.*?)"
    r"(?:\s*(?P<last>b\.?\s?c\.?(?:\s?e\.?)?|a\.?\s?d\.?|c\.?\s?e\.?|v\.? ?chr\.?|n\.? ?chr\.?"
    r"|av\.? j\.?-?\s?c\.?|ap\.? j\.?-?\s?c\.?|a\.? ?c\.?|d\.? ?c\.?))?"
)
_BEFORE_CHRIST = re.compile(r"b|v|av|a\.? ?c\.?$")
_SERIAL_START = date(1899, 12, 30)


def read_point(text: str, rules: Rules) -> str:
    """The point of EDTF that a folded text means; raises `Unread`."""
    text, era = split_era(text)
    text, weekday = _split_weekday(text)
    text, time = split_time(text, rules)
    for form, read in _FORMS:
        if match := form.fullmatch(text):
            point = read(match, rules, era)
            _check_weekday(point, weekday, rules)
            if time and not re.fullmatch(r"-?\d{4}-\d\d-\d\d", point):
                raise Unread("a time needs a day")
            return f"{point}T{time}" if time else point
    raise Unread("")


def split_era(text: str) -> tuple[str, str]:
    """The text without its era, and `bc`, `ad` or nothing."""
    match = _ERA.fullmatch(text)
    if not match or not re.search(r"\d", match["rest"]):
        return text, ""
    era = match["first"] or match["last"]
    if not era:
        return text, ""
    return match["rest"].strip(), "bc" if _BEFORE_CHRIST.match(era) else "ad"


def _split_weekday(text: str) -> tuple[str, int | None]:
    match = _WEEKDAY.fullmatch(text)
    return (match[2], WEEKDAYS[match[1]]) if match else (text, None)


def _check_weekday(point: str, weekday: int | None, rules: Rules) -> None:
    if weekday is not None and re.fullmatch(r"\d{4}-\d\d-\d\d", point):
        year, month, day = map(int, point.split("-"))
        if (Day.of(year, month, day) + 3) % 7 != weekday:
            rules.note("doubtful: that day was another day of the week")


# Forms ------------------------------------------------------------------------------------------


def year_of(text: str, era: str, rules: Rules) -> str:
    """A year in four digits, as astronomers count; raises `Unread`."""
    number = int(text)
    digits = len(text.lstrip("-"))
    if era == "bc":
        if number < 1:
            raise Unread("a year before Christ is a positive number")
        number = 1 - number
    elif digits < 3 and not era:
        if rules.century is None:
            raise Unread("the century is missing; write the year in full")
        number += rules.century
    elif number < 0:
        rules.note(f"doubtful: the year {number} is read as {1 - number} BC, as astronomers count")
    elif digits == 3 and not era:
        rules.note("doubtful: a number of three digits is read as a year")
    return f"Y{number}" if abs(number) > 9_999 else year_text(number)


def _day(year: str, month: int, day: int) -> str:
    """A day that exists, or a month or year if the day or the month is 0."""
    if month == 0:
        return year
    if not 1 <= month <= 12:
        raise Unread("that month does not exist")
    if day == 0:
        return f"{year}-{month:02}"
    if day > length_of_month(int(year), month):
        raise Unread("that day does not exist")
    return f"{year}-{month:02}-{day:02}"


def _year_first(match: re.Match[str], rules: Rules, era: str) -> str:
    return _day(year_of(match[1], era, rules), int(match[2]), int(match[3] or 0))


def _numbers(match: re.Match[str], rules: Rules, era: str) -> str:
    """A day in numbers of which the year is the last."""
    first, second = int(match[1]), int(match[3])
    year = year_of(match[4], era, rules)
    if first > 12 >= second:
        rules.orders.add("eu")
        is_us = False
    elif second > 12 >= first:
        rules.orders.add("us")
        is_us = True
    else:
        is_us = rules.order == "us" and match[2] != "."
        if rules.order is None and match[2] != "." and first != second:
            rules.note("doubtful: the day is read before the month; nothing decides it")
    if rules.order and len(rules.orders - {rules.order}) and match[2] != ".":
        first_part, option = ("month", "us") if is_us else ("day", "eu")
        raise Unread(f"the {first_part} is first; use --dates {option}")
    month, day = (first, second) if is_us else (second, first)
    if not month or not day:
        raise Unread("a day and a month begin at 1")
    return _day(year, month, day)


def _named(match: re.Match[str], rules: Rules, era: str) -> str:
    groups = match.groupdict()
    year = year_of(groups["year"] or groups["short"], era, rules)
    day = int(groups.get("day") or 0)
    if groups.get("day") and not day:
        raise Unread("a day begins at 1")
    return _day(year, MONTHS[groups["month"]], day)


def _named_unspecified(match: re.Match[str], rules: Rules, era: str) -> str:
    return f"{_unspecified_digits(match['year'])}-{MONTHS[match['month']]:02}"


def _month_and_year(match: re.Match[str], rules: Rules, era: str) -> str:
    return _day(year_of(match[2], era, rules), int(match[1]), 0)


def _year_and_month(match: re.Match[str], rules: Rules, era: str) -> str:
    if int(match[2]) == (int(match[1]) + 1) % 100:
        rules.note("doubtful: two numbers are read as one year and the next")
        return f"{match[1]}/{int(match[1]) + 1:04}"
    return _day(year_of(match[1], era, rules), int(match[2]), 0)


def _no_year(match: re.Match[str], rules: Rules, era: str) -> str:
    raise Unread("the year is missing")


def _packed(match: re.Match[str], rules: Rules, era: str) -> str:
    point = _day(match[1], int(match[2]), int(match[3]))
    if not match[4]:
        return point
    if int(match[4]) > 23 or int(match[5]) > 59 or int(match[6] or 0) > 59:
        raise Unread("that time does not exist")
    seconds = f":{match[6]}" if match[6] else ""
    return f"{point}T{match[4]}:{match[5]}{seconds}"


def _serial(match: re.Match[str], rules: Rules, era: str) -> str:
    if era:
        return year_of(match[0], era, rules)
    if len(match[0].partition(".")[0]) > 5:
        raise Unread("")
    rules.note("doubtful: a number is read as the date of a spreadsheet")
    return serial_date(float(match[0]))


def serial_date(number: float) -> str:
    """The day, with its time, of a number by which a spreadsheet stores a date."""
    seconds = round(number % 1 * 86_400)
    day = (_SERIAL_START + timedelta(int(number) + seconds // 86_400)).isoformat()
    seconds %= 86_400
    if not seconds:
        return day
    time = f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return f"{day}T{time}:{seconds % 60:02}" if seconds % 60 else f"{day}T{time}"


def _instant(match: re.Match[str], rules: Rules, era: str) -> str:
    rules.note("doubtful: a number is read as seconds since 1970")
    seconds = int(match[0][:10])
    year, month, day = civil(seconds // 86_400)
    clock = f"{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{year:04}-{month:02}-{day:02}T{clock}Z"


def _season(match: re.Match[str], rules: Rules, era: str) -> str:
    code = SEASONS[match[1]]
    first = year_of(match[2], era, rules)
    if match[3]:
        if code != "24" or int(match[3]) % 100 != (int(match[2]) + 1) % 100:
            raise Unread("only a winter has two years, one after the other")
    elif code == "24":
        rules.note("doubtful: a winter is read as that which begins in December of its year")
    return f"{first}-{code}"


def _part(match: re.Match[str], rules: Rules, era: str) -> str:
    number = int(match["number"] or match["short"])
    is_half = (match["unit"] or match["letter"]).startswith("h")
    if number > (2 if is_half else 4) or not number:
        raise Unread("a year has two halves and four quarters")
    return f"{year_of(match['year'], era, rules)}-{(39 if is_half else 32) + number}"


def _unspecified(match: re.Match[str], rules: Rules, era: str) -> str:
    if era == "bc":
        raise Unread("")
    return _unspecified_digits(match[0])


def _unspecified_digits(text: str) -> str:
    return re.sub("[?x_]", "X", text)


def _year(match: re.Match[str], rules: Rules, era: str) -> str:
    return year_of(match[1], era, rules)


_Form: TypeAlias = "tuple[re.Pattern[str], Callable[[re.Match[str], Rules, str], str]]"
_FORMS: tuple[_Form, ...] = tuple(
    (re.compile(pattern, re.VERBOSE), read)
    for pattern, read in (
        (r"(-?\d{4})-(0\d|1[0-2]|\d\d(?=-))(?:-(\d\d))?", _year_first),
        (r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})", _year_first),
        (r"(\d{4})-(\d{1,2})-(\d{1,2})", _year_first),
        (r"(\d{1,2})\s?([/.\-])\s?(\d{1,2})\s?\2\s?(\d{4}|\d\d)", _numbers),
        (r"(\d{4})(0\d|1[0-2])([0-3]\d)(?:t?(\d\d)(\d\d)(\d\d)?)?", _packed),
        (rf"{_DAY}[\s\-./]*{NAMED_MONTH}[\s\-./]*(?:{_YEAR}|(?P<short>\d\d))", _named),
        (rf"{NAMED_MONTH}[\s\-./]*{_DAY}[\s\-./]+{_YEAR}", _named),
        (rf"{_YEAR}[\s\-./]*{NAMED_MONTH}[\s\-./]*{_DAY}", _named),
        (rf"{NAMED_MONTH}[\s\-./]*{_YEAR}", _named),
        (rf"{NAMED_MONTH}\s*(?P<year>[12]\d[\d?x][?x])", _named_unspecified),
        (rf"{_YEAR}[\s\-./]*{NAMED_MONTH}", _named),
        (rf"(?:{_DAY}\s+)?{NAMED_MONTH}(?:\s+\d{{1,2}}(?:st|nd|rd|th)?)?", _no_year),
        (r"(0?[1-9]|1[0-2])[/.](\d{4})", _month_and_year),
        (r"(\d{4})/(0[1-9]|1[0-2])", _year_and_month),
        (rf"({alternatives(SEASONS)})\s+(-?\d{{1,4}})(?:\s?[/\-–]\s?(\d{{2,4}}))?", _season),
        (
            r"""(?: (?P<letter>[qh])(?P<short>\d)\s?[\s\-/]?\s?
              | (?P<number>[1-4])(?:st|nd|rd|th)\s+(?P<unit>half|quarter)\s+ )
            (?P<year>\d{4})""",
            _part,
        ),
        (r"(?:1\d|20|\d)\d[\d?x_][?x_]|\d[?x_]{3}", _unspecified),
        (r"\d{4}-(?:\d\d|[?x_]{2})-[?x_]{2}", _unspecified),
        (r"[1-9]\d{4,5}(?:\.\d+)?", _serial),
        (r"1\d{9}(?:\d{3})?", _instant),
        (r"(?:year\s+)?(-?\d{1,4})", _year),
    )
)
