"""The exploring page `/`: what it says of the selected events without any script."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Hashable, Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from datasette.utils import tilde_encode

from chronology import queries
from chronology.dates import Date, parse
from chronology.errors import DateError
from chronology.lru_cache import LruCache
from chronology.web import pages, strip, versions
from chronology.web.addresses import PLUGIN, public_address, with_query
from chronology.web.asked import (
    DAYS,
    Asked,
    Counts,
    Shown,
    asked,
    chronology_of,
    filtering,
    of_one_state,
    shown,
)
from chronology.web.overview import Overview, Tallied, standing, tallied, whole

ROWS = 60
READ = 300  # events of a day that are read in full
_DISPUTES = 24
_TOP = 10
_LAZY = "milsymbol"
_NAMES = {"_search": "search", "_within": "possibly on", "_certain": "certainly within"}
_SHOWN = "id, date, time, title, summary, kind, status, places, formations, disputed, accounts"

_contents: LruCache[Hashable, dict[str, Any]] = LruCache(32)


class Selections(NamedTuple):
    """The events asked for, those of the other days too, and all."""

    events: Shown
    calendar: Shown
    everything: Shown


async def page(datasette: Any, request: Any) -> dict[str, Any]:
    """What the template of the page shows; nothing if there is no chronology to be seen."""
    name = await chronology_of(datasette)
    if name is None:
        return {}
    if not await versions.may_view(datasette, request, name):
        return {}
    wanted = asked(request)
    # The days are what the calendar chooses from: there all count, whichever are chosen.
    asked_for = (wanted, wanted.without(*DAYS), wanted.only("_as_of"))
    selections = Selections(*[await shown(datasette, each, name) for each in asked_for])
    lane = request.args.get("_lane") or None
    limit_ms = datasette.setting("sql_time_limit_ms")
    found = await of_one_state(
        datasette, name, lambda db: _page(db, selections, wanted, lane, limit_ms)
    )
    if not found:
        return {}
    config = datasette.plugin_config(PLUGIN) or {}
    explore = {
        **found["explore"],
        **_addresses(datasette, name),
        "tiles": config.get("tile_url"),
        "attribution": config.get("tile_attribution"),
        "affiliations": config.get("affiliations") or {},
    }
    state = found["state"]
    kept = [pair for pair in wanted.pairs if pair[0] != "_as_of"]
    home = datasette.urls.path("/")
    permanent = with_query(home, [*kept, ("_as_of", state.position)])
    return {
        **found,
        "timeline": name,
        "words": pages.words,
        "day_and_month": pages.day_and_month,
        "month_and_year": pages.month_and_year,
        "explore": explore,
        "now_url": with_query(home, kept),
        "permalink": public_address(datasette, request) + permanent,
    }


def _addresses(datasette: Any, name: str) -> dict[str, str]:
    def static(path: str) -> str:
        url: str = datasette.urls.static_plugins(PLUGIN, path)
        return url

    return {
        "home": datasette.urls.path("/"),
        "points": datasette.urls.path("/-/chronology/points.json"),
        "events": datasette.urls.path(f"/{tilde_encode(name)}/events"),
        "shapes": static("map/"),
        "symbols": static("vendor/milsymbol-3.0.4/src/"),
    }


def _page(
    db: sqlite3.Connection,
    selections: Selections,
    wanted: Asked,
    lane: str | None,
    limit_ms: int,
) -> dict[str, Any]:
    of = standing(db, wanted.request)
    about = whole(db, selections.everything, of)
    if about is None:
        return {}
    column = about.lane(lane)
    with filtering():
        content = _contents.get_or_make(
            wanted.key(of, repr(selections)),
            lambda: _content(db, about, selections, wanted, limit_ms),
        )
    undated = wanted.without("_within").query
    keys = {option["key"] for option in about.options}
    return {
        **content,
        "chronology": about.about,
        "chronology_title": about.about.title,
        "counts": about.figures,
        "series": about.series,
        "labels": about.labels,
        "lane": about.labels[column],
        "options": about.options,
        "scripts": _scripts(),
        "asked": wanted,
        "filters": [pair for pair in wanted.pairs if pair[0] != "_as_of"],
        "others": _others(wanted, keys),
        "names_of": {**{o["key"]: o["label"] for o in about.options}, **_NAMES},
        "undated": f"{undated}&" if undated else "",
        "state": of.state,
        "moment": of.moment,
        "explore": {
            "series": about.series,
            "first": about.first,
            "lane": about.labels[about.first],
        },
    }


def _content(
    db: sqlite3.Connection,
    about: Overview,
    selections: Selections,
    wanted: Asked,
    limit_ms: int,
) -> dict[str, Any]:
    """What the page says of the selected events; the same for the same state and query."""
    events = selections.events
    total = events.total(db, limit_ms)
    counted = _tallied(db, about, selections, events, (*about.labels, "disputed"))
    other_days = selections.calendar != events
    calendar = _tallied(db, about, selections, selections.calendar, ()) if other_days else counted
    day = single_day(wanted.values("_within"))
    window = about.about.window
    return {
        "total": total,
        "strip": strip.months(window, about.series, calendar.dated),
        "facets": {
            column: [{"value": v, "count": n} for v, n in counted.values[column][:_TOP]]
            for column in about.labels
        },
        "day": _day(db, window, day, events, counted.dated) if day else None,
        "shown": _rows(db, events.sql(_SHOWN, rest=f"ORDER BY sort_day, id LIMIT {ROWS}"), events),
        "disputed": _disputed(db, events) if counted.values["disputed"] else [],
    }


def _tallied(
    db: sqlite3.Connection,
    about: Overview,
    selections: Selections,
    events: Shown,
    columns: tuple[str, ...],
) -> Tallied:
    """Some events by the values of columns; all of them are counted already."""
    if events == selections.everything:
        return about.tallied
    return tallied(db, events, columns, about.first)


def _others(wanted: Asked, keys: set[str]) -> list[tuple[str, str]]:
    """The filters that no field of the form shows: unknown to it, or the second of their key."""
    first = {key: (key, value) for key, value in reversed(wanted.pairs)}
    fields = {first[key] for key in (*keys, *_NAMES) if key in first}
    return [pair for pair in wanted.pairs if pair not in fields]


@cache
def _scripts() -> list[str]:
    """The vendored scripts that the page loads, in their order."""
    folder = Path(__file__).parent / "static" / "vendor"
    libraries = json.loads((folder / "manifest.json").read_text("utf-8"))["libraries"]
    return [
        file["path"]
        for library in libraries
        for file in library["files"]
        if file["path"].endswith(".js") and not library["name"].startswith(_LAZY)
    ]


def _rows(
    db: sqlite3.Connection, sql: str, events: Shown, params: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    lists = ("places", "formations", "disputed")
    return [
        {**row, **{column: strip.names(row[column]) for column in lists}}
        for row in queries.rows(db, sql, {**events.params, **(params or {})})
    ]


def _disputed(db: sqlite3.Connection, events: Shown) -> list[dict[str, Any]]:
    order = f"ORDER BY sort_day, id LIMIT {_DISPUTES}"
    sql = events.sql("id, title, date", "disputed != '[]'", order)
    return queries.rows(db, sql, events.params)


def _day(
    db: sqlite3.Connection, window: Date, day: date, events: Shown, dated: Counts
) -> dict[str, Any]:
    """One day to be read: its events by how sure they are, and how many of each there are."""
    numbers: Counter[str] = Counter()
    for (text, _), count in dated.items():
        numbers[_how(strip.parsed(text), day)] += count
    groups: dict[str, list[dict[str, Any]]] = {"certain": [], "lasting": [], "possible": []}
    # The sure ones first: moments by the clock, and those without one after them.
    order = (
        "ORDER BY (earliest IS :the_day AND latest IS :the_day) DESC, time IS NULL, time,"
        f" sort_day, id LIMIT {READ}"
    )
    for row in _rows(db, events.sql(_SHOWN, rest=order), events, {"the_day": day.isoformat()}):
        groups[_how(strip.parsed(row["date"]), day)].append(row)
    first, last = window.earliest, window.latest
    return {
        "date": day,
        "before": day - timedelta(days=1) if first is None or day > first else None,
        "after": day + timedelta(days=1) if last is None or day < last else None,
        "groups": groups,
        "numbers": numbers,
        "unread": numbers.total() - sum(map(len, groups.values())),
    }


def _how(event: Date, day: date) -> str:
    if event.lasts:
        core = event.core
        return "lasting" if core and core[0] <= day <= core[1] else "possible"
    return "certain" if event.core else "possible"


def single_day(within: list[str]) -> date | None:
    """The day that a `_within` asks for, if it is just one day."""
    if len(within) != 1:
        return None
    try:
        wanted = parse(within[0])
    except DateError:
        return None
    return wanted.earliest if wanted.precision == "day" else None
