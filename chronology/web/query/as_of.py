"""Reads as of an earlier moment: `_as_of` on the events, answered from `history`.

The addresses of the events redirect to those of `history`, where Datasette's own parameters,
pages and facets work on the states that held then.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from datasette.utils import tilde_encode
from datasette.utils.asgi import BadRequest, Forbidden

from chronology.export.formats import FORMATS
from chronology.model.errors import UnknownName
from chronology.timeline.as_of import TimelineAt, read_point, version_start
from chronology.web import databases, datasette_compat
from chronology.web.addresses import local_path, pairs, with_query

_Pairs = list[tuple[str, str]]
_App = Callable[[Any, Any, Any], Awaitable[None]]
_LIST = re.compile(r"/events(?P<format>\.[a-z]+)?")
_EVENT = re.compile(r"/events/(?P<event>[a-z0-9-]+)")
# Answered at their own address.
_OWN_FORMATS = frozenset({".csv", *(f".{name}" for name in FORMATS)})
_OF_A_STATE = frozenset({"_as_of", "_sort", "_facet", "_facet_array"})


def timeline_at(request: Any, connection: Any) -> TimelineAt:
    """The timeline that a request asks for by `_as_of`, at the head without; or a 400."""
    try:
        return TimelineAt(connection, read_point(connection, request.args.getlist("_as_of")))
    except UnknownName as error:
        raise BadRequest(str(error)) from None


def now(datasette: Any, request: Any, database: str) -> str:
    """The address of what is shown as it stands now."""
    kept = pairs(request, *_OF_A_STATE, "_next")
    return with_query(datasette.urls.table(database, "events"), kept)


def redirecting(app: _App, datasette: Any) -> _App:
    """The application, with the addresses of past events led to `history`."""

    async def asked(scope: Any, receive: Any, send: Any) -> None:
        target = None
        if scope["type"] == "http" and b"_as_of=" in scope["query_string"]:
            query = scope["query_string"].decode("latin-1")
            target = await _target(datasette, local_path(datasette, scope), query)
        if target is None:
            await app(scope, receive, send)
            return
        headers = [(b"location", target.encode()), (b"cache-control", b"no-cache")]
        await send({"type": "http.response.start", "status": 302, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    return asked


async def _target(datasette: Any, path: str, query: str) -> str | None:
    given = parse_qsl(query, keep_blank_values=True)
    moment = dict(given).get("_as_of")
    database, rest = databases.in_path(datasette, path)
    found = _LIST.fullmatch(rest) or _EVENT.fullmatch(rest)
    if moment is None or found is None or database is None:
        return None
    if not databases.is_chronology(datasette, database):
        return None
    # Made anew, not out of what was asked: an address such as //example.org leads elsewhere.
    history = datasette.urls.table(database, "history")
    if found.re is _LIST:
        if found["format"] in _OWN_FORMATS:
            return None
        if found["format"]:
            given += await _order(datasette, database, given)
        else:
            given += await _as_in_events(datasette, database, given)
        return f"{history}{found['format'] or ''}?{urlencode(given)}"
    if not await _is_public(datasette, database):
        return None
    db = datasette.get_database(database)
    start = await db.execute_fn(lambda c: _start(c, found["event"], moment))
    if start is None:
        return None
    return f"{history}/{tilde_encode(found['event'])},{start}?{urlencode(given)}"


async def _is_public(datasette: Any, database: str) -> bool:
    """Whether anybody may know since when a state of an event holds."""
    try:
        await datasette_compat.ensure_view_table(datasette, None, database, "history")
    except Forbidden:
        return False
    return True


async def _order(datasette: Any, database: str, pairs: _Pairs) -> _Pairs:
    """The order that a list of events has without being asked."""
    if {"_sort", "_sort_desc"} & dict(pairs).keys():
        return []
    config = await datasette_compat.table_config(datasette, database, "events")
    if config.get("sort_desc"):
        return [("_sort_desc", config["sort_desc"])]
    return [("_sort", config.get("sort") or "sort_day")]


async def _as_in_events(datasette: Any, database: str, pairs: _Pairs) -> _Pairs:
    """The order and the facets that the page of events has without being asked."""
    config = await datasette_compat.table_config(datasette, database, "events")
    found = await _order(datasette, database, pairs)
    for facet in config.get("facets", []):
        # As in metadata.yml: `kind`, or `array: places`.
        kind, column = next(iter(facet.items())) if isinstance(facet, dict) else ("", facet)
        pair = (f"_facet_{kind}" if kind else "_facet", column)
        if pair not in pairs:
            found.append(pair)
    return found


def _start(connection: Any, event: str, moment: str) -> int | None:
    """The position since which an event had the version of a moment."""
    try:
        point = read_point(connection, [moment])
    except UnknownName:
        return None
    return version_start(connection, event, point.position)
