"""The exploring page `/`: what it says of the selected events without any script.

The parameters are those of the list of events; `_lane` besides chooses the lanes of the timeline,
and `_day` is short for `_within`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from datasette.utils import tilde_encode
from datasette.utils.asgi import BadRequest, Forbidden, Request

from chronology import log, queries
from chronology.dates import Date, parse
from chronology.errors import DateError
from chronology.records import Chronology
from chronology.web import pages, strip, versions
from chronology.web.selection import Selection, is_chronology, selected

PLUGIN = "datasette-chronology"
ROWS = 60
_PLACES = 400
_DAYS = ("_within", "_certain")
_LAZY = "milsymbol"
_NAMES = {"_search": "search", "_within": "possibly on", "_certain": "certainly within"}
_OF_THE_PAGE = frozenset({"_lane", "_next", "_size", "_sort", "_sort_desc"})


class Asked(NamedTuple):
    """A request without its empty fields and what is of the page alone, as pairs."""

    request: Any
    pairs: list[tuple[str, str]]

    @property
    def query(self) -> str:
        return urlencode(self.pairs)

    def values(self, key: str) -> list[str]:
        return [value for name, value in self.pairs if name == key]

    def without(self, *keys: str) -> Asked:
        return _asked(self.request, [pair for pair in self.pairs if pair[0] not in keys])

    def toggled(self, key: str, value: str) -> str:
        """The query with a filter added, or taken away if it is there."""
        kept = [other for other in self.pairs if other != (key, value)]
        return urlencode(kept if len(kept) < len(self.pairs) else [*kept, (key, value)])


class Selections(NamedTuple):
    """The events asked for, and those of the other days too."""

    events: Selection
    calendar: Selection


def _asked(request: Any, pairs: list[tuple[str, str]]) -> Asked:
    scope = {**request.scope, "query_string": urlencode(pairs).encode()}
    return Asked(Request(scope, None), pairs)


def asked(request: Any) -> Asked:
    """The filters of a request to this page or to its data."""
    given = parse_qsl(request.query_string)
    pairs = [("_within" if key == "_day" else key, value) for key, value in given]
    pairs = [pair for pair in pairs if pair[0] not in _OF_THE_PAGE]
    if "_as_of" in dict(pairs):
        raise BadRequest("_as_of: this page shows what is recorded now; see the list of events")
    return _asked(request, pairs)


async def chronology_of(datasette: Any) -> str | None:
    """The database that holds the chronology, the first if there are several."""
    for name in datasette.databases:
        if name not in ("_internal", "_memory") and await is_chronology(datasette, name):
            return str(name)
    return None


async def page(datasette: Any, request: Any) -> dict[str, Any]:
    """What the template of the page shows; nothing if there is no chronology to be seen."""
    name = await chronology_of(datasette)
    if name is None:
        return {}
    try:
        await versions.ensure_view_table(datasette, request.actor, name, "events")
    except Forbidden:
        return {}
    wanted = asked(request)
    # The days are what the calendar chooses from: there all count, whichever are chosen.
    some = wanted.without(*_DAYS)
    selections = Selections(
        await selected(datasette, wanted.request, name, "events"),
        await selected(datasette, some.request, name, "events"),
    )
    found = await datasette.get_database(name).execute_fn(
        lambda db: _page(db, selections, wanted, request.args.get("_lane") or None)
    )
    if not found:
        return {}
    config = datasette.plugin_config(PLUGIN) or {}
    return {
        **found,
        "timeline": name,
        "words": pages.words,
        "explore": {
            **found["explore"],
            **_addresses(datasette, name),
            "tiles": config.get("tile_url"),
            "attribution": config.get("tile_attribution"),
            "affiliations": config.get("affiliations") or {},
        },
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
    db: sqlite3.Connection, selections: Selections, wanted: Asked, lane: str | None
) -> dict[str, Any]:
    about = queries.chronology(db)
    if about is None:
        return {}
    try:
        return _content(db, about, selections, wanted, lane)
    except sqlite3.OperationalError as error:
        raise BadRequest(f"the filters cannot be applied: {error}") from None


def _content(
    db: sqlite3.Connection,
    about: Chronology,
    selections: Selections,
    wanted: Asked,
    lane: str | None,
) -> dict[str, Any]:
    where, params = _clause(selections.events)
    tables = ("events", "accounts", "sources", "places", "people", "formations")
    labels = {**about.dimensions, "places": "place", "kind": "kind"}
    if lane is not None and lane not in labels.values():
        raise BadRequest(f"_lane: {lane!r} is no choice; known are {', '.join(labels.values())}")
    first = next(iter(about.dimensions), "kind")
    series = strip.series(db, first)
    options = _options(db, about)
    undated = wanted.without("_within").query
    (total,) = db.execute(f"SELECT count(*) FROM events {where}", params).fetchone()
    return {
        "chronology": about,
        "counts": {t: db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables},
        "total": total,
        "strip": strip.months(db, about.window, first, series, *_clause(selections.calendar)),
        "series": series,
        "labels": labels,
        "lane": lane or labels[first],
        "options": options,
        "scripts": _scripts(),
        "asked": wanted,
        "others": _others(wanted, {option["key"] for option in options}),
        "names_of": {**{o["key"]: o["label"] for o in options}, **_NAMES},
        "undated": f"{undated}&" if undated else "",
        "facets": {c: _top(db, c, where, params) for c in labels},
        "day": _day(db, about.window, wanted, where, params),
        "shown": _rows(db, where, params),
        "disputed": _disputed(db, where, params),
        "head": log.head(db),
        "explore": {"series": series, "first": first, "lane": labels[first]},
    }


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


def _clause(selection: Selection) -> tuple[str, dict[str, Any]]:
    return f"WHERE {selection.where}" if selection.where else "", selection.params


def _options(db: sqlite3.Connection, about: Chronology) -> list[dict[str, Any]]:
    """The choices of each filter: its parameter, its name, and values with counts."""
    found = []
    for column, level in about.dimensions.items():
        found.append({"key": f"_{level}", "label": level, "values": _all(db, column)})
    places = queries.rows(
        db,
        "SELECT name AS value, events AS count FROM (SELECT name, events FROM places"
        " WHERE events > 0 ORDER BY events DESC, name LIMIT ?) ORDER BY name",
        (_PLACES,),
    )
    found.append({"key": "_place", "label": "place", "values": places})
    found.append({"key": "kind", "label": "kind", "values": _all(db, "kind")})
    for column, label in (("sources", "source"), ("disputed", "dispute about")):
        found.append(
            {"key": f"{column}__arraycontains", "label": label, "values": _all(db, column)}
        )
    return [each for each in found if each["values"]]


def _all(db: sqlite3.Connection, facet: str) -> list[dict[str, Any]]:
    return queries.rows(
        db, "SELECT value, count FROM facet_values WHERE facet = ? ORDER BY value", (facet,)
    )


def _top(
    db: sqlite3.Connection, facet: str, where: str, params: Mapping[str, Any], limit: int = 10
) -> list[dict[str, Any]]:
    """The commonest values of a facet among the selected events."""
    if where:
        counted = (
            "SELECT facet_values.value, count(*) AS count FROM facet_values"
            " JOIN event_links ON event_links.value = number WHERE facet = :facet_of_links"
            f" AND event IN (SELECT rowid FROM events {where}) GROUP BY number"
        )
    else:
        counted = "SELECT value, count FROM facet_values WHERE facet = :facet_of_links"
    sql = f"{counted} ORDER BY 2 DESC, 1 LIMIT {limit}"
    return queries.rows(db, sql, {**params, "facet_of_links": facet})


_SHOWN = "id, date, time, title, summary, kind, status, places, formations, disputed, accounts"


def _rows(db: sqlite3.Connection, where: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    sql = f"SELECT {_SHOWN} FROM events {where} ORDER BY sort_day, id LIMIT {ROWS}"
    return [_listed(row) for row in queries.rows(db, sql, params)]


def _listed(row: dict[str, Any]) -> dict[str, Any]:
    lists = ("places", "formations", "disputed")
    return {**row, **{column: strip.names(row[column]) for column in lists}}


def _disputed(
    db: sqlite3.Connection, where: str, params: Mapping[str, Any], limit: int = 24
) -> list[dict[str, Any]]:
    clause = f"{where} AND" if where else "WHERE"
    return queries.rows(
        db,
        f"SELECT id, title, date FROM events {clause} events.rowid IN"
        " (SELECT event FROM event_links JOIN facet_values ON event_links.value = number"
        " WHERE facet = 'disputed')"
        f" ORDER BY sort_day, id LIMIT {limit}",
        params,
    )


def _day(
    db: sqlite3.Connection, window: Date, wanted: Asked, where: str, params: Mapping[str, Any]
) -> dict[str, Any] | None:
    """One day to be read, if the filters ask for a single one: its events by how sure they are."""
    day = single_day(wanted.values("_within"))
    if day is None:
        return None
    groups: dict[str, list[dict[str, Any]]] = {"certain": [], "lasting": [], "possible": []}
    sql = f"SELECT {_SHOWN} FROM events {where} ORDER BY sort_day, id LIMIT 1000"
    for row in queries.rows(db, sql, params):
        groups[_how(parse(row["date"]), day)].append(_listed(row))
    for group in groups.values():
        # Moments by the clock, and those without one after them.
        group.sort(key=lambda row: (row["time"] is None, row["time"] or ""))
    first, last = window.earliest, window.latest
    return {
        "date": day,
        "before": day - timedelta(days=1) if first is None or day > first else None,
        "after": day + timedelta(days=1) if last is None or day < last else None,
        "groups": groups,
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
