"""The JSON of TimelineJS 3: a slide for each event, in rows by the first dimension.

The dates of TimelineJS are exact. So a slide is placed on the days that are known, one without a
beginning on its end, and `display_date` gives the date in words. `date` has EDTF and bounds, for
programs.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from chronology.export.edition import Edition, Event, ends, json_text, lines
from chronology.model.days import Day
from chronology.model.edtf import iso_day
from chronology.model.edtf_points import Point
from chronology.model.fields import Medium
from chronology.model.instants import without_zone

# How many parts of a plain month or year TimelineJS receives.
_PARTS = {"month": 2, "year": 1}


def head(edition: Edition) -> str:
    paragraphs = [f"{edition.about} {edition.counted}"]
    if edition.counts.open_ended:
        paragraphs.append("A date with an open end appears on the day that is known.")
    title = {
        "unique_id": "about",
        "text": {"headline": escape(edition.title), "text": _paragraphs(paragraphs)},
    }
    return f'{{"scale":"human","title":{json_text(title)},"events":[\n'


def foot(edition: Edition) -> str:
    return "\n]}\n"


def item(edition: Edition, event: Event) -> str:
    first, last = event.date.earliest, event.date.latest
    start, end = ends(event.date)
    known, day = start or end, first or last
    assert known is not None
    assert day is not None
    # A plain date has only digits: nothing unspecified, nothing approximate.
    is_plain = event.date.text.replace("-", "").isdigit()
    parts = _PARTS.get(event.date.precision, 3) if is_plain else 3
    slide: dict[str, Any] = {
        "unique_id": event.id,
        "start_date": {**_day(day, parts), **_clock(known)},
        "display_date": event.date.in_words() + (f" ({event.elapsed})" if event.elapsed else ""),
        "text": {"headline": escape(event.title), "text": _text(edition, event)},
        "date": {"edtf": event.date.text, "earliest": iso_day(first), "latest": iso_day(last)},
    }
    if first and last and parts == 3 and (first != last or _clock(start) != _clock(end)):
        slide["end_date"] = {**_day(last), **_clock(end)}
    rows = next(iter(event.levels.values()), ())
    if rows:
        slide["group"] = ", ".join(rows)
    if event.attached.media:
        slide["media"] = _media(edition, event.attached.media[0])
    return json_text(slide)


def _media(edition: Edition, medium: Medium) -> dict[str, str]:
    """The first medium of an event; TimelineJS shows one for each slide."""
    credits = ", ".join(filter(None, (medium.credit, medium.licence)))
    texts = {"caption": medium.caption, "credit": credits, "alt": medium.alt}
    shown = {key: escape(text) for key, text in texts.items() if text}
    return {"url": edition.url_of_medium(medium), **shown}


def _day(value: Day, parts: int = 3) -> dict[str, int]:
    fields = {"year": value.year, "month": value.month, "day": value.day}
    return dict(list(fields.items())[:parts])


def _clock(point: Point | None) -> dict[str, int]:
    """The time as written, since TimelineJS has no zones."""
    time = without_zone(point).time if point else None
    numbers = time.split(":") if time else ()
    return dict(zip(("hour", "minute", "second"), map(int, numbers), strict=False))


def _text(edition: Edition, event: Event) -> str:
    url = escape(edition.url(event))
    return _paragraphs(lines(event)) + f'<p><a href="{url}">Details</a></p>'


def _paragraphs(texts: Iterable[str]) -> str:
    return "".join(f"<p>{escape(text)}</p>" for text in texts)
