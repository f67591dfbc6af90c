"""What the pages show beside Datasette's own: the home page, one event, and cells of a table."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from chronology import log, queries
from chronology.dates import Date, Span, parse
from chronology.errors import DateError

DATES = ("date", "said", "from", "until", "born", "died", "published", "accessed")


def words(text: str | None) -> str:
    """An EDTF date in English; anything else as it is."""
    try:
        return parse(text).in_words() if text else ""
    except DateError:
        return text or ""


def home(db: sqlite3.Connection) -> dict[str, Any]:
    """What the home page tells of the chronology."""
    about = queries.chronology(db)
    if about is None:
        return {}
    tables = ("events", "accounts", "sources", "places", "people", "formations")
    return {
        "chronology": about,
        "counts": {t: db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables},
        "days": _days(db, about.window),
        "facets": {c: _top(db, c) for c in (*about.dimensions, "places", "kind")},
        "disputed": queries.rows(
            db,
            "SELECT id, title, date, disputed FROM events WHERE disputed != '[]'"
            " ORDER BY sort_day, id",
        ),
        "labels": labels(db),
        "head": log.head(db),
        "words": words,
    }


def labels(db: sqlite3.Connection) -> dict[str, str]:
    """What the facets are called: a dimension by its level, the others in the singular."""
    about = queries.chronology(db)
    dimensions = about.dimensions if about else {}
    return {**dimensions, "places": "place", "sources": "source", "months": "month"}


def _days(db: sqlite3.Connection, window: Date) -> list[dict[str, Any]]:
    """For each day of the window: the events certainly on it, and the expected number of others.

    An event of uncertain date counts in equal parts for each day that it may have fallen on.
    """
    first, last = window.earliest, window.latest
    if first is None or last is None:
        return []
    length = (last - first).days + 1
    certain, possible = [0] * length, [0.0] * length
    for (text,) in db.execute("SELECT date FROM events"):
        event = parse(text)
        core = _indices([event.core], first, length) if event.core else []
        spread = [day for day in _indices(event.spans, first, length) if day not in core]
        for day in core:
            certain[day] += 1
        for day in spread if not event.lasts else []:
            possible[day] += 1 / len(spread)
    return [
        {
            "day": first + timedelta(days=number),
            "certain": certain[number],
            "possible": possible[number],
            "total": certain[number] + possible[number],
        }
        for number in range(length)
    ]


def _indices(spans: Iterable[Span], first: date, length: int) -> list[int]:
    """The days of the spans as numbers from the first day of the window, clipped to it."""
    found: list[int] = []
    for low, high in spans:
        start = max((low - first).days, 0) if low else 0
        end = min((high - first).days, length - 1) if high else length - 1
        found += range(start, end + 1)
    return found


def _top(db: sqlite3.Connection, facet: str, limit: int = 12) -> list[dict[str, Any]]:
    return queries.rows(
        db,
        "SELECT value, count FROM facet_counts WHERE facet = ? ORDER BY count DESC, value LIMIT ?",
        (facet, limit),
    )


def event(db: sqlite3.Connection, name: str) -> dict[str, Any]:
    """What the page of one event shows."""
    about = queries.chronology(db)
    return {
        "dossier": queries.dossier(db, name),
        "title": about.title if about else "",
        "head": log.head(db),
        "words": words,
    }


def cell(value: Any, column: str, table: str, base: str) -> Markup | None:
    """A cell of a table of the chronology as a reader wants it, or None to leave it as it is."""
    if value in (None, "", "[]", "{}"):
        return Markup("") if value in ("[]", "{}") else None
    if column in DATES and isinstance(value, str):
        return Markup('<time title="{}">{}</time>').format(words(value), value)
    if table in ("events", "history") and isinstance(value, str) and value.startswith("["):
        return _names(column, value, base)
    if isinstance(value, str) and value[:1] in "[{" and table != "log":
        return _plain_json(value)
    return None


def _names(column: str, value: str, base: str) -> Markup | None:
    try:
        names = json.loads(value)
    except ValueError:
        return None
    if column == "places":
        links = [({"_place": name}, name) for name in names]
    else:
        links = [({f"{column}__arraycontains": name}, name) for name in names]
    return Markup(", ").join(
        Markup('<a href="{}?{}">{}</a>').format(base, urlencode(query), name)
        for query, name in links
    )


def _plain_json(value: str) -> Markup | None:
    """Names, statements and claims without their brackets."""
    try:
        found = json.loads(value)
    except ValueError:
        return None
    if isinstance(found, dict):
        return Markup("<br>").join(f"{key}: {item}" for key, item in found.items())
    return Markup("<br>").join(_line(item) for item in found)


def _line(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    if "says" in item:
        return f"{item['says']} ({item['source']}, {item['at']})"
    note = ", ".join(str(item[key]) for key in ("language", "use") if item.get(key))
    return f"{item.get('name', item)}" + (f" ({note})" if note else "")
