"""The JSON of TimelineJS 3: a slide for each event, in rows by the first dimension.

Its dates are exact. So a slide stands at the days that are known, and `display_date` says what is
known of them; what has no beginning stands at its end. `date` holds EDTF and bounds, for programs.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from html import escape
from typing import Any

from chronology.export.edition import Edition, Event, day, json_text, lines

# Of a month and of a year as such TimelineJS is given no more than these parts.
_PARTS = {"month": 2, "year": 1}


def head(edition: Edition) -> str:
    told = [f"{edition.about} {edition.counted}"]
    if edition.counts.open_ended:
        told.append("A date with an open end stands at the day of it that is known.")
    title = {
        "unique_id": "about",
        "text": {"headline": escape(edition.title), "text": _paragraphs(told)},
    }
    return f'{{"scale":"human","title":{json_text(title)},"events":[\n'


def foot(edition: Edition) -> str:
    return "\n]}\n"


def item(edition: Edition, event: Event) -> str:
    first, last = event.date.earliest, event.date.latest
    known = first or last
    assert known is not None
    # As such: digits alone, nothing left unspecified or about it.
    plain = event.date.text.replace("-", "").isdigit()
    parts = _PARTS.get(event.date.precision, 3) if plain else 3
    slide: dict[str, Any] = {
        "unique_id": event.id,
        "start_date": {**_day(known, parts), **_clock(event.date.time)},
        "display_date": event.date.in_words(),
        "text": {"headline": escape(event.title), "text": _told(edition, event)},
        "date": {"edtf": event.date.text, "earliest": day(first), "latest": day(last)},
    }
    if first and last and first != last and parts == 3:
        slide["end_date"] = _day(last)
    rows = next(iter(event.levels.values()), ())
    if rows:
        slide["group"] = ", ".join(rows)
    return json_text(slide)


def _day(value: date, parts: int = 3) -> dict[str, int]:
    found = {"year": value.year, "month": value.month, "day": value.day}
    return dict(list(found.items())[:parts])


def _clock(time: str | None) -> dict[str, int]:
    return {"hour": int(time[:2]), "minute": int(time[3:5])} if time else {}


def _told(edition: Edition, event: Event) -> str:
    url = escape(edition.url(event))
    return _paragraphs(lines(event)) + f'<p><a href="{url}">All that is told of it</a></p>'


def _paragraphs(texts: Iterable[str]) -> str:
    return "".join(f"<p>{escape(text)}</p>" for text in texts)
