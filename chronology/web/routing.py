"""Routes the addresses of a chronology to this package in place of Datasette.

A route of a plugin applies to every database alike. So a request for a chronology is moved to a
path of this package, and all other requests reach Datasette unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from datasette.utils.asgi import NotFound

from chronology.export.formats import FORMATS
from chronology.web import databases
from chronology.web.datasette_compat import (
    App,
    Datasette,
    Receive,
    Request,
    Scope,
    Send,
    address_of,
)

_View = Callable[[Datasette, Request, Send, Receive], Awaitable[Any]]

HOME = "/-/chronology/of"
NAMED = rf"{HOME}/(?P<database>[^/]+)"
TABLES = "_tables"
"""The parameter that shows Datasette's list of tables at the address of a chronology's home."""
_KEY = "chronology.original"
PAGES = re.compile(
    rf"|/events\.(csv|{'|'.join(FORMATS)})|/events/[^/.]+\.(csv|json)|/history\.atom"
)
"""The pages of this package, by the path after the database; the empty one is the home."""
MEDIA_NAME = r"[0-9a-f]{64}\.[a-z0-9]{3,4}"
MEDIA = re.compile(rf"/media/{MEDIA_NAME}")
"""A file of the media of a chronology, by the path after the database."""
PAST = "/-/chronology/past"
LISTS_AND_EVENTS = re.compile(r"/events(\.[a-z]+)?|/events/[a-z0-9-]+")
"""Addresses that lead elsewhere with `_as_of`."""
_DATASETTE_PARAMETERS = frozenset({TABLES, "_show_hidden", "sql"})
_DATASETTE_FORMATS = frozenset({"html", "json", "csv", "blob", "db"})
_ENDING = re.compile(r"(/[^/.]+){0,2}\.(?P<format>\w+)")
_NO_FORMAT = "/-/chronology/no-format"


@dataclass
class _Original:
    """The scope of a request before it was moved, and whether its view declined it."""

    scope: Scope
    is_declined: bool = False


def routing_middleware(app: App, datasette: Datasette) -> App:
    """Moves requests for the pages of a chronology to the routes of this package."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        path = _target(datasette, scope)
        if path is None:
            await app(scope, receive, send)
            return
        original = _Original(scope)
        moved = {**scope, "path": path, "raw_path": path.encode("latin-1"), _KEY: original}
        await app(moved, receive, send)
        if original.is_declined:
            await app(scope, receive, send)

    return application


def _target(datasette: Datasette, scope: Scope) -> str | None:
    """The path of this package for a request, None if Datasette answers it."""
    if scope["method"] not in ("GET", "HEAD"):
        return None
    path, name, rest = address_of(datasette, scope)
    if path == "/":
        return HOME if databases.names(datasette) else None
    if not databases.is_chronology(datasette, name):
        return None
    keys = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    if not (PAGES.fullmatch(rest) or MEDIA.fullmatch(rest)):
        if _is_unknown_format(datasette, rest):
            return _NO_FORMAT
        is_past = "_as_of" in keys and LISTS_AND_EVENTS.fullmatch(rest)
        return f"{PAST}{path}" if is_past else None
    return f"{HOME}{path}" if rest or not _DATASETTE_PARAMETERS & keys.keys() else None


def _is_unknown_format(datasette: Datasette, rest: str) -> bool:
    """Whether an address ends with a format that nothing provides: Datasette 0.65 shows a page."""
    ending = _ENDING.fullmatch(rest)
    return bool(
        ending
        and ending["format"] not in _DATASETTE_FORMATS
        and ending["format"] not in datasette.renderers
    )


async def _no_format(datasette: Datasette, request: Request, send: Send, receive: Receive) -> None:
    address = address_of(datasette, request.scope)
    ending = address.rest.rpartition(".")[2]
    formats = ["json", "csv", *(FORMATS if address.rest.startswith("/events.") else ())]
    known = ", ".join(f".{name}" for name in formats)
    raise NotFound(f"'.{ending}' is not a format of this address. Formats: {known}.")


def view(function: _View) -> Any:
    """Gives a view the address of the request before it was moved."""

    async def view_of_original(
        datasette: Datasette, request: Request, send: Send, receive: Receive
    ) -> Any:
        original = request.scope.get(_KEY)
        if original is None:
            raise NotFound(f"There is no page at {request.path}")
        request.scope = {
            **request.scope,
            "path": original.scope["path"],
            "raw_path": original.scope.get("raw_path"),
        }
        return await function(datasette, request, send, receive)

    return view_of_original


def decline(request: Request) -> None:
    """Passes a request on to Datasette; the view must send nothing."""
    request.scope[_KEY].is_declined = True


ROUTES = [(rf"{_NO_FORMAT}$", view(_no_format))]
