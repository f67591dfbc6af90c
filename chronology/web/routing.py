"""The addresses of a chronology that this plugin answers in place of Datasette.

A route of a plugin wins over Datasette's for every database alike. So requests for a chronology
are led to routes under a path of their own, and all others reach Datasette as they came.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from datasette.utils.asgi import NotFound

from chronology.export.formats import FORMATS
from chronology.web import databases
from chronology.web.addresses import local_path

_App = Callable[[Any, Any, Any], Awaitable[None]]
_View = Callable[[Any, Any, Any, Any], Awaitable[Any]]

HOME = "/-/chronology/of"
NAMED = rf"{HOME}/(?P<database>[^/]+)"
_KEY = "chronology.original"
_ANSWERED = re.compile(
    rf"|/events\.(csv|{'|'.join(FORMATS)})|/events/[^/.]+\.(csv|json)|/history\.atom"
)
TABLES = "_tables"
"""The parameter that shows Datasette's list of tables at the address of a chronology's home."""
_OF_DATASETTE = frozenset({TABLES, "_show_hidden", "sql"})


class _Original:
    """A request as it came, and whether it is to be left to Datasette after all."""

    def __init__(self, scope: Any) -> None:
        self.scope = scope
        self.declined = False


def routed(app: _App, datasette: Any) -> _App:
    """The application, with requests for chronologies led to the routes of this plugin."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        path = _target(datasette, scope) if scope["type"] == "http" else None
        if path is None:
            await app(scope, receive, send)
            return
        original = _Original(scope)
        led = {**scope, "path": path, "raw_path": path.encode("latin-1"), _KEY: original}
        await app(led, receive, send)
        if original.declined:
            await app(scope, receive, send)

    return application


def _target(datasette: Any, scope: Any) -> str | None:
    if scope["method"] not in ("GET", "HEAD"):
        return None
    path = local_path(datasette, scope)
    if path == "/":
        return HOME if databases.names(datasette) else None
    name, rest = databases.in_path(datasette, path)
    if not _ANSWERED.fullmatch(rest) or not databases.is_chronology(datasette, name):
        return None
    keys = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    return f"{HOME}{path}" if rest or not _OF_DATASETTE & keys.keys() else None


def view(function: _View) -> Any:
    """A view of such a route; its request has the address that was asked for."""

    async def answered(datasette: Any, request: Any, send: Any, receive: Any) -> Any:
        original = request.scope.get(_KEY)
        if original is None:
            raise NotFound(f"Nothing is at {request.path}")
        came = original.scope
        request.scope = {
            **request.scope,
            "path": came["path"],
            "raw_path": came.get("raw_path"),
        }
        return await function(datasette, request, send, receive)

    return answered


def decline(request: Any) -> None:
    """Leaves a request to Datasette; the view then sends nothing."""
    request.scope[_KEY].declined = True
