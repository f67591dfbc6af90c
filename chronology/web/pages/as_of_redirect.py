"""Redirects the addresses of the events with `_as_of` to those of `history`.

There Datasette's own parameters, pages and facets work on the versions of that moment.
"""

from __future__ import annotations

import sqlite3
from urllib.parse import urlencode

from datasette.utils import tilde_encode
from datasette.utils.asgi import Response

from chronology.model.errors import UnknownName
from chronology.timeline.as_of import read_point, version_start
from chronology.web import databases, datasette_compat, routing
from chronology.web.datasette_compat import Datasette, Receive, Request, Send, pairs

_Pairs = list[tuple[str, str]]


async def past_list(
    datasette: Datasette, request: Request, send: Send, receive: Receive
) -> Response | None:
    """Redirects the list of events to the versions of a moment, in the order of the list."""
    parameters = pairs(request)
    name = await databases.in_address(datasette, request)
    extension = request.url_vars["extension"] or ""
    defaults = _default_order if extension else _default_order_and_facets
    parameters += await defaults(datasette, name, parameters)
    # Made from the name, not from the request: an address such as //example.org leads elsewhere.
    return _redirect(f"{datasette.urls.table(name, 'history')}{extension}?{urlencode(parameters)}")


async def past_event(
    datasette: Datasette, request: Request, send: Send, receive: Receive
) -> Response | None:
    """Redirects an event to its version at a moment, if there was one."""
    parameters = pairs(request)
    moment, event = dict(parameters)["_as_of"], request.url_vars["event"]
    name = await databases.in_address(datasette, request)
    start = await datasette.get_database(name).execute_fn(
        lambda db: _version_start(db, event, moment)
    )
    if start is None:
        routing.decline(request)
        return None
    history = datasette.urls.table(name, "history")
    return _redirect(f"{history}/{tilde_encode(event)},{start}?{urlencode(parameters)}")


def _redirect(location: str) -> Response:
    headers = {"location": location, "cache-control": "no-cache"}
    return Response("", status=302, headers=headers)


async def _default_order(datasette: Datasette, database: str, pairs: _Pairs) -> _Pairs:
    """The order of a list of events that names none."""
    if {"_sort", "_sort_desc"} & dict(pairs).keys():
        return []
    config = await datasette_compat.table_config(datasette, database, "events")
    if config.get("sort_desc"):
        return [("_sort_desc", config["sort_desc"])]
    return [("_sort", config.get("sort") or "sort_key")]


async def _default_order_and_facets(datasette: Datasette, database: str, pairs: _Pairs) -> _Pairs:
    """The order and the facets of the page of events without parameters."""
    config = await datasette_compat.table_config(datasette, database, "events")
    defaults = await _default_order(datasette, database, pairs)
    for facet in config.get("facets", []):
        # As in metadata.yml: `kind`, or `array: places`.
        kind, column = next(iter(facet.items())) if isinstance(facet, dict) else ("", facet)
        pair = (f"_facet_{kind}" if kind else "_facet", column)
        if pair not in pairs:
            defaults.append(pair)
    return defaults


def _version_start(db: sqlite3.Connection, event: str, moment: str) -> int | None:
    """The first position of an event's version at a moment."""
    try:
        point = read_point(db, [moment])
    except UnknownName:
        return None
    return version_start(db, event, point.position)


_PATTERN = rf"{routing.PAST}/(?P<database>[^/]+)/events"
ROUTES = [
    (rf"{_PATTERN}(?P<extension>\.[a-z]+)?$", routing.view(past_list)),
    (rf"{_PATTERN}/(?P<event>[a-z0-9-]+)$", routing.view(past_event)),
]
