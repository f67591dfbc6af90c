"""Dates as people write them, such as `c. 1832` or `12–14 Oct. 1944`, read to EDTF.

A date that is read with less than it says, or by a guess, has remarks that say so: `coarsened: …`,
`doubtful: …`. `docs/import.md` lists the ways of writing that are known. A text that is EDTF
already is read as such, but for `1939-45` and its like, which people write for years.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from chronology.model import edtf
from chronology.model.as_written import is_elapsed
from chronology.model.date_words import MONTHS, alternatives, fold
from chronology.model.days import Day
from chronology.model.errors import DateError
from chronology.model.written_periods import read_period
from chronology.model.written_points import read_point, split_era
from chronology.model.written_rules import Order, Rules, Unread
from chronology.model.written_times import CLOCK, clock

MAX_LENGTH = 200
_NOTHING = frozenset(
    {
        "n.d",
        "n.d.",
        "nd",
        "s.d",
        "o.j",
        "unknown",
        "undated",
        "no date",
        "n/a",
        "na",
        "none",
        "null",
        "tbd",
    }
    | {"?", "-", "--", "–", "—", "...", "…", "unbekannt"}
)
_ORDINALS = {"first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th"}
_WORD = re.compile(
    r"\b(?:first|second|third|fourth)\b|(?<=\d )(?:de|di|do|of)\b|(?<=\d(?:st|nd|rd|th) )of\b"
    r"|\b(?:de|del|di|do|of) (?=\d{4})|^(?:on|in|am|im|le|el|the) (?=.*\d)"
)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_FINAL_POINT = re.compile(r"[bcd]\.$|\.\.$")
_LIKE_EDTF = re.compile(r"(?!\d{1,2}[./-]|\d{5})[-\dXTZ?~%:.,/\[\]{}+]+", re.ASCII)
_TIMESTAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?)(?:\.0+)?\s?(Z|[+-]\d\d:\d\d)?", re.ASCII
)
_YEARS = re.compile(r"(\d{4})\s?[-–/]\s?(\d\d)", re.ASCII)
_EDTF_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
_APPROXIMATE = re.compile(
    r"(?:(?:circa|ca|c|cca|abt|about|around|approx|approximately|roughly|um|etwa|vers|env|"
    r"hacia|est|estimated|cal|calculated|near)\b\.?\s*|~\s*)(?P<rest>.*\d.*)"
)
_UNCERTAIN = re.compile(
    r"(?:(?:probably|prob|perhaps|possibly|poss|maybe|wohl|vielleicht|int|interpreted)\b\.?\s+)?"
    r"(?P<rest>.*?)(?P<mark>\s*\(?\?\)?)?"
)
_UNSPECIFIED = re.compile(r"\b[12]\d(\d\?|\?\?)$|\d{4}-(\d\d|\?\?)-\?\?$")
_BOUND = re.compile(
    r"(?P<word>before|bef|prior to|ante|vor|avant|after|aft|post|nach|apres|by|not later than|"
    r"no later than|not after|at the latest|not before|not earlier than|no earlier than|since|from|"
    r"seit|depuis|until|till|to|bis|up to|jusqu'a)\b\.?\s+(?P<rest>.*)"
)
_BETWEEN = re.compile(
    r"(?:between|bet|btw|zwischen|entre)\b\.?\s+(.*?)\s+(?:and|&|und|et|y)\s+(.*)"
)
_LASTING = re.compile(r"(?:from|von|du|de)\s+(.*?)\s+(?:to|until|till|through|bis|au|al|a)\s+(.*)")
_OPEN = re.compile(r"(.*\d.*?)\s*(?:[-–—]|to|until)\s*(?:present|now|today|heute|\.\.)?")
_SEPARATOR = re.compile(
    r"\s+(?:to|until|till|through|thru|bis|a|au|al)\s+|\s*[–—]\s*|\s+-\s+|(?<=\w|\.)-(?=\w)"
    r"|\s*\.\.\s*|(?<=\w)\s*/\s*(?=\w)"
)
_CHOICE = re.compile(r"(.*?)\s+(?:or|oder|ou|o)\s+(.*)")
_DOUBLE = re.compile(r"(?P<before>.*?)\b(?P<first>1[0-7]\d\d)/(?P<last>\d{1,4})")
_GREGORIAN_EVERYWHERE = 1753


class WrittenDate(NamedTuple):
    """A date in EDTF, with what was coarsened or doubtful about it.

    `order` is `us` or `eu` if the numbers themselves decide that order.
    """

    text: str
    remarks: tuple[str, ...] = ()
    order: str = ""


def read(text: str, order: Order | None = None, century: int | None = None) -> WrittenDate:
    """The date that a text means; raises `DateError` with the reason if it is none.

    `order` says how `10/12/1944` is read, and `century`, such as 1900, is added to years of two
    digits. Time O(length), and a text is at most 200 characters.
    """
    return _read(text.strip(), order, century)


@lru_cache(maxsize=1 << 14)
def _read(text: str, order: Order | None, century: int | None) -> WrittenDate:
    if len(text) > MAX_LENGTH:
        raise DateError(text[:60], 0, "the text is too long for a date")
    if is_elapsed(text):
        return WrittenDate(text)
    if (match := _TIMESTAMP.fullmatch(text)) and (match[3] or match[2].strip("0:")):
        text = f"{match[1]}T{match[2]}{match[3] or ''}"
    if _LIKE_EDTF.fullmatch(text) and not _is_years(text):
        try:
            return WrittenDate(edtf.parse(text).text)
        except DateError:
            pass
    folded = _prepared(text)
    if folded in _NOTHING or not folded:
        raise DateError(text, 0, "it gives no date")
    rules = Rules(order, century)
    try:
        found = edtf.parse(_date(folded, rules)).text
    except Unread as error:
        raise DateError(text, 0, str(error) or _reason(folded)) from None
    except DateError as error:
        raise DateError(text, 0, error.reason) from None
    return WrittenDate(found, tuple(rules.remarks), "".join(rules.orders)[:2])


def _is_years(text: str) -> bool:
    """Whether a text is like `1939-45`, which EDTF reads as a part of a year."""
    match = _YEARS.fullmatch(text)
    return bool(match and match[2] > match[1][2:] and not _EDTF_MONTH.fullmatch(text))


def _prepared(text: str) -> str:
    folded = fold(
        _THOUSANDS.sub("", text.replace("\u2019", "'").replace("\u2212", "-")).replace(",", " ")
    )
    folded = " ".join(_WORD.sub(lambda m: _ORDINALS.get(m[0], ""), folded).split())
    return folded.rstrip(" .;") if not _FINAL_POINT.search(folded) else folded


def _reason(folded: str) -> str:
    if not re.search(r"\d", folded):
        return "it has no number of a year"
    if re.fullmatch(r"\d{1,3}:\d\d(:\d\d)?( ?[ap]m)?", folded):
        return "a time without a day; map its column as 'time', or as 'elapsed' with a zero"
    if re.fullmatch(r"\d{6}(\.0)?", folded):
        return "a day in six digits has no century; name another column"
    return "no known way of writing a date; write it like 1969-07-20 or c. 1832"


# Forms, from the outside in ----------------------------------------------------------------------


def _date(text: str, rules: Rules) -> str:
    tried = Rules(rules.order, rules.century)
    try:  # Most dates are single days, months and years.
        point = read_point(text, tried)
    except Unread:
        pass
    else:
        rules.take(tried)
        return point
    for read in (_open_end, _bounded, _between, _lasting, _choice, read_period, _double):
        if found := read(text, rules):
            return found
    try:
        return _qualified(text, rules)
    except Unread as error:
        if str(error) or not (found := _interval(text, rules)):
            raise
        return found


def _qualified(text: str, rules: Rules) -> str:
    """A point, perhaps approximate or uncertain."""
    approximate = _APPROXIMATE.fullmatch(text)
    rest = approximate["rest"] if approximate else text
    uncertain = _UNCERTAIN.fullmatch(rest)
    assert uncertain
    is_uncertain = uncertain["rest"] != rest and not _UNSPECIFIED.search(rest)
    inner = uncertain["rest"] if is_uncertain else rest
    if approximate or is_uncertain:
        found = read_period(inner, rules) or _double(inner, rules)
        mark = "%" if approximate and is_uncertain else "~" if approximate else "?"
        return _marked(found or _point_or_interval(inner, rules), mark)
    return read_point(inner, rules)


def _point_or_interval(text: str, rules: Rules) -> str:
    try:
        return read_point(text, rules)
    except Unread:
        if found := _interval(text, rules):
            return found
        raise


def _marked(found: str, mark: str) -> str:
    """A date with a qualifier for each of its points, without one for times and seasons."""
    return re.sub(r"-?[\dX]{4}(?:-[\dX]{2}){0,2}(?!T|[\d-])", lambda m: m[0] + mark, found)


def _bounded(text: str, rules: Rules) -> str:
    match = _BOUND.fullmatch(text)
    if not match or _LASTING.fullmatch(text):
        return ""
    word, point = match["word"], _qualified(match["rest"], rules)
    if word in ("since", "from", "seit", "depuis"):
        return f"{point}/.."
    if word in ("until", "till", "to", "bis", "up to", "jusqu'a"):
        return f"../{point}"
    date = edtf.parse(point)
    if word in ("before", "bef", "prior to", "ante", "vor", "avant"):
        return f"[..{_beside(date, point, -1)}]"
    if word in ("after", "aft", "post", "nach", "apres"):
        return f"[{_beside(date, point, 1)}..]"
    return f"[{point}..]" if "before" in word or "earlier" in word else f"[..{point}]"


def _beside(date: edtf.Date, point: str, step: int) -> str:
    """The last point before a date, or the first after it, as exact as the date itself."""
    if "T" in point or point[-1] in "?~%":
        return point
    edge = date.earliest if step < 0 else date.latest
    assert edge is not None
    day = str(Day(edge + step))
    length = {"year": -6, "month": -3}.get(date.precision)
    return day[:length] if length else day


def _between(text: str, rules: Rules) -> str:
    match = _BETWEEN.fullmatch(text)
    if not match:
        return ""
    first, last = _sides(match[1], match[2], rules)
    return f"[{first}..{last}]"


def _lasting(text: str, rules: Rules) -> str:
    match = _LASTING.fullmatch(text)
    return "/".join(_sides(match[1], match[2], rules)) if match else ""


def _choice(text: str, rules: Rules) -> str:
    match = _CHOICE.fullmatch(text)
    return f"[{','.join(_sides(match[1], match[2], rules))}]" if match else ""


def _open_end(text: str, rules: Rules) -> str:
    match = _OPEN.fullmatch(text)
    return f"{_qualified(match[1], rules)}/.." if match else ""


def _double(text: str, rules: Rules) -> str:
    """The later year of a date whose year was counted in two ways, such as 11 Feb 1731/32."""
    match = _DOUBLE.fullmatch(text)
    if not match:
        return ""
    first, last = int(match["first"]), match["last"]
    if first + 1 >= _GREGORIAN_EVERYWHERE or int(last) != (first + 1) % 10 ** len(last):
        return ""
    if match["before"].strip():
        try:
            found = read_point(f"{match['before']}{first + 1}", rules)
        except Unread:
            return ""
        rules.note("doubtful: of a double year, the later one is taken")
        return found
    rules.note("doubtful: a double year is read as one of the two")
    return f"[{first:04},{first + 1:04}]"


# Intervals --------------------------------------------------------------------------------------


def _interval(text: str, rules: Rules) -> str:
    """Two dates with a separator between them; empty if there is no such place."""
    reason: Unread | None = None
    for separator in _SEPARATOR.finditer(text):
        tried = Rules(rules.order, rules.century)
        try:
            sides = _sides(text[: separator.start()], text[separator.end() :], tried)
        except Unread as error:
            reason = error if str(error) else reason
            continue
        rules.take(tried)
        return "/".join(sides)
    if reason:
        raise reason
    return ""


def _sides(first: str, last: str, rules: Rules) -> tuple[str, str]:
    """Two dates, of which one may leave out what the other says; raises `Unread`."""
    first, last = first.strip(), last.strip()
    for left, right in _completed(first, last):
        tried = Rules(rules.order, rules.century)
        try:
            points = _side(left, tried), _side(right, tried)
        except Unread:
            continue
        rules.take(tried)
        return points
    if match := CLOCK.fullmatch(last):
        start = _qualified(first, rules)
        if "T" in start:
            return start, f"{start.partition('T')[0]}T{clock(match, rules)}"
    return _qualified(first, rules), _qualified(last, rules)


def _side(text: str, rules: Rules) -> str:
    """A point, or a decade or century that EDTF can write as one."""
    found = read_period(text, rules)
    return found if found and "[" not in found else _qualified(text, rules)


def _completed(first: str, last: str) -> Iterator[tuple[str, str]]:
    """Ways of completing each of two dates from the other, the most likely ones first."""
    months = alternatives(MONTHS)
    _, era = split_era(last)
    if re.fullmatch(r"(?:\D*\s)?\d{4}", first) and re.fullmatch(r"\d\d", last):
        century, start = first[-4:-2], first[-2:]
        if last > start:
            yield first, century + last
    if re.fullmatch(r"\d{1,2}(?:st|nd|rd|th|\.)?", first):  # 12–14 Oct. 1944
        if match := re.match(r"\d{1,2}(?:st|nd|rd|th|\.)?(?=[\s.]*[^\W\d])", last):
            yield f"{first}{last[match.end() :]}", last
        if match := re.match(r"\d{1,2}(?=[./-]\d)", last):
            yield f"{first.rstrip('.')}{last[match.end() :]}", last
    year = re.search(r"[\s./-](-?\d{3,4})(?:\s.*)?$", last)
    if year and re.fullmatch(rf"(?:\d{{1,2}}\S*\s+)?(?:{months})\b\.?(?:\s+\d{{1,2}})?", first):
        yield f"{first} {year[1]}", last
        if match := re.fullmatch(rf"((?:{months})\b\.?)\s+\d{{1,2}}", first):
            yield f"{first} {year[1]}", f"{match[1]} {last}"
    if era and not split_era(first)[1]:
        yield f"{first} {era}", last
    yield first, last
