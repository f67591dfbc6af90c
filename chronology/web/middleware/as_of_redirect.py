"""Redirects the addresses of the events with `_as_of` to those of `history`.

There Datasette's own parameters, pages and facets work on the versions of that moment.
"""

from __future__ import annotations

import re
import sqlite3
from urllib.parse import parse_qsl, urlencode

from datasette.utils import tilde_encode

from chronology.export.formats import FORMATS
from chronology.model.errors import UnknownName
from chronology.timeline.as_of import read_point, version_start
from chronology.web import databases, datasette_compat
from chronology.web.datasette_compat import App, Datasette, Receive, Scope, Send, local_path

_Pairs = list[tuple[str, str]]
_LIST = re.compile(r"/events(?P<format>\.[a-z]+)?")
_EVENT = re.compile(r"/events/(?P<event>[a-z0-9-]+)")
# These are answered at the address of the events.
_OWN_FORMATS = frozenset({".csv", *(f".{name}" for name in FORMATS)})


def as_of_redirect_middleware(app: App, datasette: Datasette) -> App:
    """Redirects requests for past events."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        query = scope["query_string"].decode("latin-1")
        target = await _target(datasette, local_path(scope), query)
        if target is None:
            await app(scope, receive, send)
            return
        headers = [(b"location", target.encode()), (b"cache-control", b"no-cache")]
        await send({"type": "http.response.start", "status": 302, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    return application


async def _target(datasette: Datasette, path: str, query: str) -> str | None:
    """The address of a redirect, None if there is none."""
    pairs = parse_qsl(query, keep_blank_values=True)
    moment = dict(pairs).get("_as_of")
    database, rest = databases.in_path(datasette, path)
    match = _LIST.fullmatch(rest) or _EVENT.fullmatch(rest)
    if moment is None or match is None or database is None:
        return None
    if not databases.is_chronology(datasette, database):
        return None
    # Made from the name, not from the request: an address such as //example.org leads elsewhere.
    history = datasette.urls.table(database, "history")
    if match.re is _LIST:
        if match["format"] in _OWN_FORMATS:
            return None
        if match["format"]:
            pairs += await _default_order(datasette, database, pairs)
        else:
            pairs += await _default_order_and_facets(datasette, database, pairs)
        return f"{history}{match['format'] or ''}?{urlencode(pairs)}"
    # A redirect tells since when a version has been current, so it must be public.
    if not await datasette_compat.may_view_table(datasette, None, database, "history"):
        return None
    start = await datasette.get_database(database).execute_fn(
        lambda db: _version_start(db, match["event"], moment)
    )
    if start is None:
        return None
    return f"{history}/{tilde_encode(match['event'])},{start}?{urlencode(pairs)}"


async def _default_order(datasette: Datasette, database: str, pairs: _Pairs) -> _Pairs:
    """The order of a list of events that names none."""
    if {"_sort", "_sort_desc"} & dict(pairs).keys():
        return []
    config = await datasette_compat.table_config(datasette, database, "events")
    if config.get("sort_desc"):
        return [("_sort_desc", config["sort_desc"])]
    return [("_sort", config.get("sort") or "sort_day")]


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
