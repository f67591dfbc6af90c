"""Dates in English: `on 13 or 14 October 1944`."""

from __future__ import annotations

import re
from datetime import date
from itertools import islice, pairwise, takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chronology.model.edtf import Member, Point

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
SEASONS = ("spring", "summer", "autumn", "winter")
_QUALIFIERS = {"?": "probably ", "~": "about ", "%": "probably about "}


def point_in_words(point: Point) -> str:
    """A single date: `about 14 October 1944`, `14 October 1944, 17:00`."""
    if point.time:
        return f"{' '.join(_day_words(point.earliest))}, {_time_in_words(point.time)}"
    return " ".join(_point_words(point))


def interval_in_words(start: Point | None, end: Point | None, missing: str) -> str:
    """An interval: `from 14 to 20 October 1944`; `missing` describes an end without a date."""
    texts = _without_repeats([_point_words(point) for point in (start, end) if point])
    if start is None:
        return f"until {texts[0]}, beginning {missing}"
    if end is None:
        return f"from {texts[0]}, end {missing}"
    return texts[1] if start.text == end.text else f"from {texts[0]} to {texts[1]}"


def set_in_words(members: tuple[Member, ...]) -> str:
    """One date of several: `on 13 or 14 October 1944`."""
    phrases = [_member_phrase(member) for member in members]
    dates = iter(_without_repeats([words for _, ends in phrases for words in ends]))
    texts: list[str] = []
    previous = ""
    for phrase, ends in phrases:
        text = phrase.format(*islice(dates, len(ends)))
        texts.append(text.removeprefix("on ").removeprefix("at ") if phrase == previous else text)
        previous = phrase
    return " or ".join(filter(None, [", ".join(texts[:-1]), texts[-1]]))


def _member_phrase(member: Member) -> tuple[str, list[list[str]]]:
    """A phrase with blanks, and the words of the dates that fill them."""
    low, high = member[0], member[-1]
    if low and low is high:
        return {"day": "on {}", "time": "at {}"}.get(low.precision, "{}"), [_point_words(low)]
    ends = [_end_words(low, low.earliest)] if low else []
    ends += [_end_words(high, high.latest)] if high else []
    if low and high:
        return "some time between {} and {}", ends
    if low:
        return "at or after {}" if low.time else "on or after {}", ends
    return "by {}", ends


def _end_words(point: Point, day: date) -> list[str]:
    """The words of one end of a range; an end is always a single day."""
    return _point_words(point._replace(earliest=day, latest=day))


def _point_words(point: Point) -> list[str]:
    """The words of a date, its narrowest unit first: 14 | October | 1944."""
    first, *rest = _date_words(point)
    if point.time:
        return [_time_in_words(point.time), f"on {first}", *rest]
    return [_QUALIFIERS.get(point.text[-1], "") + first, *rest]


def _date_words(point: Point) -> list[str]:
    text = point.text.rstrip("?~%")
    first, last = _day_words(point.earliest), _day_words(point.latest)
    unit = {4: 2, 7: 1}.get(len(text), 0)  # The narrowest unit written: year, month or day.
    if first == last:
        return first
    if point.precision == "season":
        year = first[2] if first[2] == last[2] else f"{first[2]}/{last[2][-2:]}"
        return [SEASONS[point.earliest.month // 3 - 1], year]
    if not text.endswith("X"):
        return first[unit:]
    if text.endswith("-XX"):
        known = first[1:] if point.precision == "month" else first[2:]
        return [" ".join(["some", "month of" if unit else "day of", *known])]
    if point.precision == "decade" and text[2] != "0":
        return [f"the {first[2]}s"]
    return ["between " + " and ".join(_without_repeats([first[unit:], last[unit:]]))]


def _day_words(day: date) -> list[str]:
    year = str(day.year) if day.year > 999 else f"AD {day.year}"
    return [str(day.day), MONTHS[day.month - 1], year]


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
