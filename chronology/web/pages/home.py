"""The home page `/`: the selected events as they are shown without scripts."""

from __future__ import annotations

import json
from collections.abc import Hashable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from datasette.utils import tilde_decode
from datasette.utils.asgi import Forbidden, Response

from chronology.index.selection import EventFilter, Summary
from chronology.lru_cache import LruCache
from chronology.store.database import fetch_rows
from chronology.timeline.filters import DISPUTED
from chronology.timeline.linked_events import LIST_COLUMNS, decode_arrays
from chronology.web import databases, datasette_compat, permissions, routing
from chronology.web.datasette_compat import (
    PLUGIN,
    Datasette,
    Receive,
    Request,
    Send,
    public_address,
    with_query,
)
from chronology.web.pages import (
    chronologies,
    day_histogram,
    formatting,
    map_config,
    period,
    quantity_charts,
    template_context,
)
from chronology.web.pages.home_overview import DayCounts, Overview, Reader, overview, read_state
from chronology.web.query.home_filters import (
    DAYS,
    HomeRequest,
    bad_filters,
    home_filter,
    home_request,
)

ROWS = 60
_DISPUTES = 24
_TOP = 10
_LAZY_LIBRARY, _MAP_LIBRARY = "milsymbol", "leaflet"
_NAMES = {"_search": "search", **formatting.FILTER_NAMES}
_AMONG = "number IN (SELECT value FROM json_each(:numbers))"
_IN_TIME = "ORDER BY sort_key, id"

_contents: LruCache[Hashable, dict[str, Any]] = LruCache(32)


class Filters(NamedTuple):
    """The filters of the request, the same without days, and those of the state alone."""

    events: EventFilter
    any_day: EventFilter
    everything: EventFilter


async def of_instance(
    datasette: Datasette, request: Request, send: Send, receive: Receive
) -> Response | None:
    """`/`: the home of the only chronology, or a list of several.

    Datasette lists other databases if no chronology may be seen; without any it is forbidden.
    """
    seen = await databases.visible(datasette, request.actor)
    if not seen and not await databases.may_see_others(datasette, request.actor):
        raise Forbidden("You do not have permission to view this chronology")
    if not seen or not await datasette_compat.may_view_instance(datasette, request.actor):
        routing.decline(request)
        return None
    if len(seen) > 1:
        return await chronologies.page(datasette, request, seen)
    return await _home(datasette, request, seen[0], datasette.urls.path("/"))


async def of_one(
    datasette: Datasette, request: Request, send: Send, receive: Receive
) -> Response | None:
    """`/NAME`: the home of a chronology."""
    name = datasette.get_database(route=tilde_decode(request.url_vars["database"])).name
    if "events" not in await permissions.visible_tables(datasette, request.actor, name):
        routing.decline(request)
        return None
    return await _home(datasette, request, name, datasette.urls.database(name))


async def _home(datasette: Datasette, request: Request, name: str, address: str) -> Response:
    await permissions.ensure_visible(datasette, request, name, "events")
    values = {
        **await template_context.variables(datasette, request, name, None, "index"),
        **await page(datasette, request, name, address),
        "metadata": await datasette_compat.instance_metadata(datasette),
    }
    return await chronologies.rendered(datasette, request, "home", values)


async def page(datasette: Datasette, request: Request, name: str, address: str) -> dict[str, Any]:
    """The variables of the template at one of its addresses."""
    selection = home_request(request)
    # The calendar is for choosing a day, so it shows the events of every day.
    requests = (selection, selection.without(*DAYS), selection.only("_as_of"))
    filters = Filters(*[await home_filter(datasette, each, name) for each in requests])
    lane = request.args.get("_lane") or None
    content = await read_state(
        datasette, selection, name, lambda reader: _page(reader, filters, selection, lane)
    )
    config, urls = datasette.plugin_config(PLUGIN) or {}, datasette.urls
    explore = {
        **await map_config.map_config(datasette, request, name),
        **content["explore"],
        "points": urls.path("/-/chronology/points.json"),
        "events": urls.table(name, "events"),
        "symbols": urls.static_plugins(PLUGIN, "vendor/milsymbol-3.0.4/src/"),
        "home": address,
        "database": await databases.parameter(datasette, request, name),
        "affiliations": config.get("affiliations") or {},
        "kinds": content["chronology"].kinds,
    }
    state = content["state"]
    parameters = [pair for pair in selection.pairs if pair[0] != "_as_of"]
    permanent = with_query(address, [*parameters, ("_as_of", state.position)])
    return {
        **content,
        "home": address,
        "words": formatting.words,
        "explore": explore,
        "now_url": with_query(address, parameters),
        "permalink": public_address(datasette, request) + permanent,
    }


def _page(
    reader: Reader, filters: Filters, selection: HomeRequest, lane: str | None
) -> dict[str, Any]:
    with bad_filters():
        chronology_overview = overview(reader, filters.everything, ROWS)
        column = chronology_overview.lane(lane)
        content = _contents.get_or_make(
            selection.cache_key(reader.timeline, repr(filters)),
            lambda: _content(reader, chronology_overview, filters, selection),
        )
    undated = selection.without("_within").query
    quantity_names = quantity_charts.filter_names(chronology_overview.quantities)
    options = [each for each in chronology_overview.options if reader.may_filter(each["key"])]
    keys = {option["key"] for option in options}
    point = reader.timeline.point
    return {
        **content,
        "chronology": chronology_overview.chronology,
        "chronology_title": chronology_overview.chronology.title,
        "counts": {
            table: count
            for table, count in chronology_overview.figures.items()
            if table in reader.visible
        },
        "series": chronology_overview.series,
        "labels": chronology_overview.labels,
        "dimension_words": chronology_overview.words,
        "lane": chronology_overview.labels[column],
        "options": options,
        "has_map": chronology_overview.has_map,
        "zoned": chronology_overview.is_zoned,
        "scripts": _scripts(chronology_overview.has_map),
        "selection": selection,
        "filters": [pair for pair in selection.pairs if pair[0] != "_as_of"],
        "others": _others(selection, {*keys, *quantity_names}),
        "names_of": {**{o["key"]: o["label"] for o in options}, **_NAMES, **quantity_names},
        "quantity_fields": quantity_charts.fields(chronology_overview.quantities),
        "undated": f"{undated}&" if undated else "",
        "state": point,
        "moment": point if point.is_past else None,
        "explore": {
            "series": chronology_overview.series,
            "first": chronology_overview.first,
            "lane": chronology_overview.labels[chronology_overview.first],
            "tags": {
                column: dimension.label
                for column, dimension in chronology_overview.chronology.free_dimensions.items()
                if column in chronology_overview.labels and "tags" in reader.visible
            },
            "edges": chronology_overview.division.edges if chronology_overview.division else [],
        },
    }


def _content(
    reader: Reader, chronology_overview: Overview, filters: Filters, selection: HomeRequest
) -> dict[str, Any]:
    """The part of the page that depends on the selected events alone."""
    summary, dated = _selected(reader, chronology_overview, filters, filters.events)
    days = dated
    if filters.any_day != filters.events:
        _, days = _selected(reader, chronology_overview, filters, filters.any_day)
    window, division = chronology_overview.chronology.window, chronology_overview.division
    chosen = period.chosen(selection.values("_within"), window, division)
    return {
        "total": summary.total,
        "strip": day_histogram.histogram(division, chronology_overview.series, days),
        "facets": {
            column: [{"value": v, "count": n} for v, n in summary.counts[column][:_TOP]]
            for column in chronology_overview.labels
        },
        "reading": period.reading(reader, chosen, summary, dated, _rows) if chosen else None,
        "shown": _rows(reader, f"FROM {summary.table} WHERE {_AMONG}", _IN_TIME, summary.first),
        "disputed": _disputed(reader, filters.events) if summary.counts["disputed"] else [],
        "charts": quantity_charts.charts(reader, chronology_overview, summary.relation),
    }


def _selected(
    reader: Reader, chronology_overview: Overview, filters: Filters, selected: EventFilter
) -> tuple[Summary, DayCounts]:
    """Figures of the selected events; those of all events are cached."""
    if selected == filters.everything:
        return chronology_overview.summary, chronology_overview.dated
    summary = reader.summarise(selected, (*chronology_overview.labels, "disputed"), ROWS)
    return summary, reader.group_counts(summary, "date", chronology_overview.first)


def _others(selection: HomeRequest, keys: set[str]) -> list[tuple[str, str]]:
    """The filters that no field of the form shows: unknown to it, or the second of their key."""
    first = {key: (key, value) for key, value in reversed(selection.pairs)}
    fields = {first[key] for key in (*keys, *_NAMES) if key in first}
    return [pair for pair in selection.pairs if pair not in fields]


@cache
def _scripts(has_map: bool) -> list[str]:
    """The vendored scripts that the page loads, in their order."""
    left_out = (_LAZY_LIBRARY,) if has_map else (_LAZY_LIBRARY, _MAP_LIBRARY)
    folder = Path(__file__).parents[1] / "static" / "vendor"
    libraries = json.loads((folder / "manifest.json").read_text("utf-8"))["libraries"]
    return [
        file["path"]
        for library in libraries
        for file in library["files"]
        if file["path"].endswith(".js") and not library["name"].startswith(left_out)
    ]


def _rows(
    reader: Reader, source: str, order: str, numbers: list[int], **params: Any
) -> list[dict[str, Any]]:
    """Events to be listed, with their arrays as lists."""
    parameters = {"numbers": json.dumps(numbers), **params}
    sql = f"SELECT {LIST_COLUMNS} {source} {order}"
    return [decode_arrays(row) for row in fetch_rows(reader.timeline.db, sql, parameters)]


def _disputed(reader: Reader, events: EventFilter) -> list[dict[str, Any]]:
    """The first disputed events."""
    summary = reader.summarise(events.and_also(DISPUTED), (), _DISPUTES)
    sql = f"SELECT id, title, date FROM {summary.table} WHERE {_AMONG} {_IN_TIME}"
    return fetch_rows(reader.timeline.db, sql, {"numbers": json.dumps(summary.first)})


ROUTES = [
    (f"{routing.HOME}$", routing.view(of_instance)),
    (f"{routing.NAMED}$", routing.view(of_one)),
]
