"""Dates, facets and table cells as text on the pages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus

from markupsafe import Markup, escape

from chronology.export.numbers import plain_number
from chronology.model.days import Day
from chronology.model.edtf import parse
from chronology.model.edtf_text import MONTHS
from chronology.model.errors import DateError
from chronology.model.vocabulary import Chronology
from chronology.timeline.linked_events import PLAIN_COLUMNS

DATES = ("date", "said", "from", "until", "born", "died", "published", "accessed")

FILTER_NAMES = {
    "_part_of": "part of",
    "_within": "could have happened on",
    "_certain": "certainly within",
}
_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
_LONGEST_MONTH = 5  # longer names are cut
_CUT = {"September": "Sept"}


@lru_cache(maxsize=1 << 12)
def words(text: str | None) -> str:
    """An EDTF date in English; any other text unchanged."""
    try:
        return parse(text).in_words() if text else ""
    except DateError:
        return text or ""


def changed_value(column: str, value: Any) -> Any:
    """A value of a changed column of an event as text: names for an array, "none" for no value."""
    if value in (None, "[]"):
        return "none"
    if not isinstance(value, str) or column in PLAIN_COLUMNS:
        return plain_number(value) if isinstance(value, float) else value
    listed = json.loads(value)
    if isinstance(listed, dict):
        return f"{listed['type']} {json.dumps(listed['coordinates'])}"
    return ", ".join(_changed_item(each) for each in listed)


def _changed_item(item: Any) -> str:
    """One item of a column with JSON: a name, a relation, a link or a medium."""
    if not isinstance(item, dict):
        return str(item)
    if "as" in item:
        return f"{unslug(item['as'])} {item['event']}"
    texts = (item.get(key) for key in ("name", "label", "caption", "url", "file"))
    return next(filter(None, texts), "")


def unslug(text: Any) -> Any:
    """A slug such as `yugoslav-partisans` as words; anything else unchanged."""
    return text.replace("-", " ") if isinstance(text, str) and _SLUG.fullmatch(text) else text


def figure(value: float) -> str:
    """A quantity with its thousands separated, without an empty fraction."""
    whole, _, fraction = plain_number(float(value)).partition(".")
    sign = "−" if whole.startswith("-") else ""
    return f"{sign}{abs(int(whole)):,}{'.' + fraction if fraction.strip('0') else ''}"


def filter_name(key: str) -> str:
    """The name of a filter by its parameter, as the chips of a page show it."""
    if key in FILTER_NAMES:
        return FILTER_NAMES[key]
    return key.removesuffix("__arraycontains").replace("__", " ").lstrip("_")


def short_month(number: int) -> str:
    """The short name of a month from 1 to 12, in English in every locale."""
    name = MONTHS[number - 1]
    return name if len(name) <= _LONGEST_MONTH else _CUT.get(name, name[:3])


def spoken(day: Day) -> str:
    """A day in English."""
    return parse(day.isoformat()).in_words().removeprefix("on ")


def meaning(text: str) -> str:
    """The possible days of an EDTF date as a sentence; empty for a plain day."""
    date = parse(text)
    first, last = date.earliest, date.latest
    if date.lasts:
        sentence = "Lasted throughout"
        sentence += ", whose start is not known" if first is None else ""
        sentence += ", whose end is not known" if last is None else ""
    elif first is None or last is None:
        sentence = f"At some point up to {spoken(last)}" if last else "At an unknown point"
        sentence = f"At some point from {spoken(first)} on" if first else sentence
    elif first == last:
        sentence = f"At {date.time}" if date.time else ""
    else:
        number = sum(high - low + 1 for low, high in date.spans if low and high)
        sentence = f"A single event on one of {number} possible days"
    doubt = " and ".join(
        word
        for word, marked in (("uncertain", date.uncertain), ("approximate", date.approximate))
        if marked
    )
    if not sentence:
        return f"The date is marked as {doubt}." if doubt else ""
    return f"{sentence}; marked as {doubt}." if doubt else f"{sentence}."


def labels(chronology: Chronology | None) -> dict[str, str]:
    """The names of facets: a dimension by its level or label, the others in the singular."""
    dimensions = chronology.dimension_words if chronology else {}
    return {**dimensions, "places": "place", "sources": "source", "months": "month"}


def cell(value: Any, column: str, table: str, base: Callable[[], str]) -> Markup | None:
    """A table cell as HTML, None to leave it unchanged; `base` is the address of the events."""
    if value in (None, "", "[]", "{}"):
        return Markup("") if value in ("[]", "{}") else None
    if isinstance(value, float):
        return Markup(plain_number(value))
    if column in DATES and isinstance(value, str):
        return Markup('<time title="{}">{}</time>').format(words(value), value)
    is_of_events = table in ("events", "history") and column != "names"
    if is_of_events and isinstance(value, str) and value.startswith("["):
        return _names(column, value, base())
    if isinstance(value, str) and value[:1] in "[{" and table != "log":
        return _plain_json(value)
    return None


# The cells of a list repeat each other.
@lru_cache(maxsize=1 << 11)
def _names(column: str, value: str, base: str) -> Markup | None:
    try:
        names = json.loads(value)
    except ValueError:
        return None
    parameter = "_place" if column == "places" else f"{column}__arraycontains"
    start = f'<a href="{escape(base)}?{escape(quote_plus(parameter))}='
    return Markup(
        ", ".join(f'{start}{escape(quote_plus(str(name)))}">{escape(name)}</a>' for name in names)
    )


def _plain_json(value: str) -> Markup | None:
    """Names, statements and claims without their brackets."""
    try:
        decoded = json.loads(value)
    except ValueError:
        return None
    if isinstance(decoded, dict):
        return Markup("<br>").join(f"{key}: {item}" for key, item in decoded.items())
    return Markup("<br>").join(_line(item) for item in decoded)


def _line(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    if "says" in item:
        return f"{item['says']} ({item['source']}, {item['at']})"
    note = ", ".join(str(item[key]) for key in ("language", "use") if item.get(key))
    return f"{item.get('name', item)}" + (f" ({note})" if note else "")
