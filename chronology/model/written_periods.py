"""Decades and centuries as people write them, and parts of them, of years and of months."""

from __future__ import annotations

import re

from chronology.model import edtf
from chronology.model.date_words import MONTHS, ROMAN, alternatives
from chronology.model.days import year_text
from chronology.model.written_points import read_point, split_era
from chronology.model.written_rules import Rules, Unread

_DECADE = re.compile(
    r"(?:the\s+)?(?:(early|mid|middle|late)(?:\s+|-)(?:the\s+)?)?(\d{1,3})0'?e?r?s(?:\s+jahre)?"
)
_CENTURY = re.compile(
    rf"(?:the\s+)?(?:(early|mid|middle|late)(?:\s+|-)(?:the\s+)?)?"
    rf"(?:(\d{{1,2}})(?:st|nd|rd|th|[.])?|({alternatives(ROMAN)}))\s?"
    rf"(?:century|cent\.?|c\.?|jahrhundert|jh\.?|siecle|век|в\.)"
)
_PERIOD = re.compile(
    r"(early|beginning of|start of|mid|middle of|late|end of|anfang|mitte|ende)[\s\-]+"
    rf"((?:(?:{alternatives(MONTHS)})\b\.?\s+)?-?\d{{1,4}})"
)
_DAYS = {"early": (1, 10), "mid": (11, 20), "late": (21, 31)}
_MONTHS = {"early": (1, 4), "mid": (5, 8), "late": (9, 12)}
_TENTHS = {"early": (0, 3), "mid": (4, 6), "late": (7, 9)}
_THIRDS = {"early": (1, 33), "mid": (34, 67), "late": (68, 100)}
_PARTS = {"beg": "early", "sta": "early", "ear": "early", "anf": "early", "mid": "mid"}
_PARTS |= {"mit": "mid", "lat": "late", "end": "late"}


def read_period(text: str, rules: Rules) -> str:
    """Decades, centuries, and the beginning, middle or end of a month or year."""
    text, era = split_era(text)
    if match := _DECADE.fullmatch(text):
        return _decade(match, rules, era)
    if match := _CENTURY.fullmatch(text):
        number = int(match[2]) if match[2] else ROMAN[match[3]]
        first, last = _THIRDS[_part(match[1])] if match[1] else (1, 100)
        start = -100 * number if era == "bc" else 100 * (number - 1)
        if match[1]:
            rules.note("doubtful: a part of a century is read as a third of it")
        return f"[{year_text(start + first)}..{year_text(start + last)}]"
    match = _PERIOD.fullmatch(text)
    if not match:
        return ""
    part, point = _part(match[1]), read_point(f"{match[2]} {era}".strip(), rules)
    if len(point.lstrip("-")) == 4:
        rules.note("doubtful: a part of a year is read as four months")
        first, last = _MONTHS[part]
        return f"[{point}-{first:02}..{point}-{last:02}]"
    rules.note("doubtful: a part of a month is read as ten days")
    first, last = _DAYS[part]
    end = edtf.parse(point).latest
    assert end is not None
    return f"[{point}-{first:02}..{point}-{min(last, end.day):02}]"


def _part(word: str) -> str:
    return _PARTS[word[:3]]


def _decade(match: re.Match[str], rules: Rules, era: str) -> str:
    tens = int(match[2])
    if era == "bc":
        start = -10 * tens - 8
        return f"[{year_text(start)}..{year_text(start + 9)}]"
    if tens < 100:
        if rules.century is None:
            raise Unread("the century of that decade is missing; write the year in full")
        tens += rules.century // 10
    if match[1]:
        rules.note("doubtful: a part of a decade is read as three or four years")
        first, last = _TENTHS[_part(match[1])]
        return f"[{10 * tens + first:04}..{10 * tens + last:04}]"
    if tens % 10 == 0:
        rules.note("doubtful: it is read as a century, not as a decade")
        return f"{tens // 10:02}XX"
    return f"{tens:03}X"
