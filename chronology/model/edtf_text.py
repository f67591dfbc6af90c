"""Dates in English: `on 13 or 14 October 1944`."""

from __future__ import annotations

import re
from itertools import islice, pairwise, takewhile
from typing import TYPE_CHECKING

from chronology.model.calendars import GREGORIAN, Calendar
from chronology.model.days import Day

if TYPE_CHECKING:
    from chronology.model.edtf import Member
    from chronology.model.edtf_points import Point

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
SEASONS = ("spring", "summer", "autumn", "winter")
_PARTS = {
    **{29 + n: f"southern {name}" for n, name in enumerate(SEASONS)},
    **{33 + n: f"the {nth} quarter of" for n, nth in enumerate(("1st", "2nd", "3rd", "4th"))},
    **{37 + n: f"the {nth} four months of" for n, nth in enumerate(("1st", "2nd", "3rd"))},
    **{40 + n: f"the {nth} half of" for n, nth in enumerate(("1st", "2nd"))},
}
"""The parts of a year, by their numbers in EDTF; 25 to 28 are the seasons of the north."""
_QUALIFIERS = {"?": "probably ", "~": "about ", "%": "probably about "}
_IN_PARTS = {"?": "uncertain", "~": "approximate", "%": "uncertain and approximate"}
_PART = re.compile(r"(?:^|(?<=[-\dX?~%])-)([?~%]?)(-?[\dX]+)([?~%]?)")


def point_in_words(point: Point) -> str:
    """A single date: `about 14 October 1944`, `14 October 1944, 17:00`."""
    if point.time:
        day = " ".join(_day_words(point.earliest, point.calendar))
        return f"{day}, {_time_in_words(point.time)}"
    return " ".join(_point_words(point))


def interval_in_words(start: Point | None, end: Point | None, missing: str) -> str:
    """An interval: `from 14 to 20 October 1944`; `missing` describes an end without a date."""
    texts = _without_repeats([_point_words(point) for point in (start, end) if point])
    if start is None:
        return f"until {texts[0]}, beginning {missing}"
    if end is None:
        return f"from {texts[0]}, end {missing}"
    return texts[1] if start.text == end.text else f"from {texts[0]} to {texts[1]}"


def set_in_words(members: tuple[Member, ...], is_every: bool) -> str:
    """One date of several or every one: `on 13 or 14 October 1944`, `on 13 and 14 October`."""
    phrases = [_member_phrase(member, is_every) for member in members]
    dates = iter(_without_repeats([words for _, ends in phrases for words in ends]))
    texts: list[str] = []
    previous = ""
    for phrase, ends in phrases:
        text = phrase.format(*islice(dates, len(ends)))
        texts.append(text.removeprefix("on ").removeprefix("at ") if phrase == previous else text)
        previous = phrase
    conjunction = " and " if is_every else " or "
    return conjunction.join(filter(None, [", ".join(texts[:-1]), texts[-1]]))


def _member_phrase(member: Member, is_every: bool) -> tuple[str, list[list[str]]]:
    """A phrase with blanks, and the words of the dates that fill them."""
    low, high = member[0], member[-1]
    if low and low is high:
        return {"day": "on {}", "time": "at {}"}.get(low.precision, "{}"), [_point_words(low)]
    ends = [_end_words(low, low.earliest)] if low else []
    ends += [_end_words(high, high.latest)] if high else []
    if is_every:
        return ("from {} to {}" if low and high else "from {} on" if low else "until {}"), ends
    if low and high:
        return "some time between {} and {}", ends
    if low:
        return "at or after {}" if low.time else "on or after {}", ends
    return "by {}", ends


def _end_words(point: Point, day: Day) -> list[str]:
    """The words of one end of a range; an end is always a single day."""
    return _point_words(point._replace(earliest=day, latest=day))


def _point_words(point: Point) -> list[str]:
    """The words of a date, its narrowest unit first: 14 | October | 1944."""
    first, *rest = _date_words(point)
    if point.time:
        return [_time_in_words(point.time), f"on {first}", *rest]
    if qualified := _qualified_parts(point.text):
        return [first, *rest, f"({qualified})"]
    return [_QUALIFIERS.get(point.text[-1], "") + first, *rest]


def _qualified_parts(text: str) -> str:
    """The parts of a date that are uncertain if not all are: `year uncertain, day approximate`."""
    parts = [("", *match.groups()) for match in _PART.finditer(text)]
    qualifiers: list[str] = []
    for _, before, _, after in parts:
        qualifiers = [after or each for each in qualifiers] + [after or before]
    if len(set(qualifiers)) < 2:
        return ""
    names: dict[str, list[str]] = {}
    for name, qualifier in zip(("year", "month", "day"), qualifiers, strict=False):
        names.setdefault(qualifier, []).append(name)
    return ", ".join(f"{' and '.join(n)} {_IN_PARTS[q]}" for q, n in names.items() if q)


def _date_words(point: Point) -> list[str]:
    """The words of a date without its qualifiers."""
    text = re.sub("[?~%]", "", point.text).removeprefix("-")
    first = _day_words(point.earliest, point.calendar)
    if text.startswith("Y"):
        return first[2:]
    last = _day_words(point.latest, point.calendar)
    unit = {4: 2, 7: 1}.get(len(text), 0)  # The narrowest unit written: year, month or day.
    if first == last:
        return first
    if "X" not in text:
        return first[unit:] if text[5:6] < "2" else _part_of_year(int(text[5:]), first, last)
    if text.endswith("-XX") and "X" not in text[:4]:
        known = first[1:] if point.precision == "month" else first[2:]
        return [" ".join(["some", "month of" if unit else "day of", *known])]
    if point.precision == "decade" and unit == 2 and text[2] != "0" and first[2:] == first[2:3]:
        return [f"the {first[2]}s"]
    return ["between " + " and ".join(_without_repeats([first[unit:], last[unit:]]))]


def _part_of_year(part: int, first: list[str], last: list[str]) -> list[str]:
    """A season or another part of a year; a winter is of two years."""
    year = first[2:] if first[2:] == last[2:] else [f"{first[2]}/{last[2][-2:]}", *last[3:]]
    return [_PARTS[part] if part in _PARTS else SEASONS[(part - 21) % 4], *year]


def _day_words(day: Day, calendar: Calendar = GREGORIAN) -> list[str]:
    """The day, the month, the year, and BC if it is before AD 1."""
    year, month, number = calendar.parts(day)
    if abs(year) > 9_999:
        years = [f"{year:,}"] if year > 0 else [f"{1 - year:,}", "BC"]
        return [str(number), MONTHS[month - 1], *years]
    years = [str(year)] if year > 999 else [f"AD {year}"] if year > 0 else [str(1 - year), "BC"]
    return [str(number), MONTHS[month - 1], *years]


def _time_in_words(time: str) -> str:
    return re.sub(r"Z|(?=[+-])", " UTC", time)


def _without_repeats(dates: list[list[str]]) -> list[str]:
    """Each date as text, without the last words that the next one repeats: 13, 14 October."""
    return [
        " ".join(words[: len(words) - _shared_ending(words[1:], following[1:])])
        for words, following in pairwise([*dates, []])
    ]


def _shared_ending(words: list[str], others: list[str]) -> int:
    """The number of last words that are the same."""
    pairs = zip(reversed(words), reversed(others), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
