"""Requests that Datasette answers as a failure of its own (500), told as what they are: wrong.

`refused` makes the page, Datasette's own handler of exceptions the JSON. What remains a failure
is told in the server's log alone: the text of an exception may hold paths.
"""

from __future__ import annotations

import json
import re
import sys
import traceback
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from datasette import handle_exception
from datasette.database import QueryInterrupted
from datasette.utils import ValueAsBooleanError
from datasette.utils.asgi import BadRequest, Base400, NotFound, Response
from datasette.utils.sqlite import sqlite3
from datasette.views.base import DatasetteError

from chronology.web import databases
from chronology.web.pages import error_page

_App = Callable[[Any, Any, Any], Awaitable[None]]
_FAILED = "The server failed; its log tells why"


def answer(datasette: Any, request: Any, exception: Exception) -> Any:
    """Datasette's own answer to the fault of the request, or None if it is one already."""
    if databases.is_foreign(datasette, request.scope):
        return None
    fault = _fault(request, exception)
    if fault is None and not isinstance(exception, Base400 | DatasetteError):
        # Datasette's own handler, which is asked too, writes it to the log.
        fault = DatasetteError(_FAILED, status=500)
    told = fault or exception
    status, message = getattr(told, "status", 500), _message(told)

    async def answered() -> Any:
        page = await error_page.page(datasette, request, status, message) if message else None
        if page is None and fault is not None:
            return await handle_exception.handle_exception(datasette, request, fault)()
        return page

    return answered if fault is not None or status in error_page.STATUSES else None


def _message(exception: Exception) -> str:
    """What a refused request is told; nothing if Datasette tells it in its own way."""
    if getattr(exception, "status", 500) not in error_page.STATUSES:
        return ""
    if isinstance(exception, DatasetteError):
        return "" if exception.message_is_html else str(exception.message)
    return str(exception.args[0]) if exception.args else ""


def caught(app: _App) -> _App:
    """The application, with an answer also to what fails before Datasette catches anything."""

    async def asked(scope: Any, receive: Any, send: Any) -> None:
        begun = False

        async def sending(message: Any) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await app(scope, receive, sending)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            if isinstance(error, ValueError):
                response = Response.text("The request is malformed: its headers", status=400)
            else:
                traceback.print_exception(error, file=sys.stderr)
                response = Response.text(_FAILED, status=500)
            await response.asgi_send(send)

    return asked


def _fault(request: Any, exception: Exception) -> Any:
    """The exception that tells what is wrong with the request, or None."""
    if isinstance(exception, DatasetteError):
        told = exception.status == 500 and exception.message.startswith(("Cannot ", "Invalid "))
        return BadRequest(exception.message) if told else None
    if isinstance(exception, TypeError | AssertionError) and request.method not in ("GET", "HEAD"):
        return DatasetteError(f"{request.method} is not for this address", status=405)
    return _fault_of_path(request, exception) or _fault_of_arguments(request, exception)


def _fault_of_path(request: Any, exception: Exception) -> Any:
    given = request.url_vars
    if isinstance(exception, KeyError) and "table" not in given and given.get("format") == "csv":
        return NotFound("A database as a whole is no CSV; each of its tables is")
    if isinstance(exception, AssertionError) and str(exception).startswith("Invalid format"):
        return NotFound(f"There is no .{given.get('format')} of it")
    if isinstance(exception, KeyError) and exception.args[:1] == (given.get("table"),):
        return NotFound(f"There is no table {given['table']!r} to show")
    too_short = str(exception).startswith("You did not supply a value for binding")
    if isinstance(exception, sqlite3.ProgrammingError) and too_short and "pks" in given:
        return NotFound("The key of a row there has more parts")
    return None


def _fault_of_arguments(request: Any, exception: Exception) -> Any:
    text = str(exception)
    for rule in _RULES:
        suspects = [key for key in request.args if re.fullmatch(rule.arguments, key, re.DOTALL)]
        if suspects and isinstance(exception, rule.exceptions) and text.startswith(rule.start):
            # As JSON, so that a control character in a name is shown.
            shown = ", ".join(json.dumps(key, ensure_ascii=False)[1:-1] for key in suspects)
            return BadRequest(f"{shown}: {rule.says}" + (f" ({text})" if text else ""))
    return None


class _Rule(NamedTuple):
    """Which arguments are wrong (a pattern of their names) if an exception is one of these."""

    arguments: str
    exceptions: type[Exception] | tuple[type[Exception], ...]
    start: str
    says: str


_FACETS = "_facet.*"
_RULES = (
    _Rule(f"_through|.*__(not)?in|{_FACETS}", json.JSONDecodeError, "", "that is no JSON"),
    _Rule(".*", RecursionError, "maximum recursion depth exceeded while d", "that is too deep"),
    _Rule(_FACETS, KeyError, "'simple'", "the column to count is missing"),
    _Rule(_FACETS, sqlite3.OperationalError, "no such column", "nothing to count"),
    _Rule(_FACETS, sqlite3.OperationalError, "malformed JSON", "that column holds no lists"),
    _Rule("_through", (KeyError, TypeError), "", "give an object of table, column and value"),
    _Rule(".*__(not)?in", sqlite3.Error, "Error binding", "give a list of texts and numbers"),
    _Rule("_timelimit", ValueError, "invalid literal", "give a number of milliseconds"),
    _Rule("_timelimit", QueryInterrupted, "", "that was too little time"),
    _Rule("_json_infinity|_initial", ValueAsBooleanError, "", "give on or off"),
    _Rule("_shape", KeyError, "'rows'", "a database has no rows; each of its tables does"),
    _Rule(".*", ValueError, "Exceeds the limit", "a number is too long"),
    _Rule(".*", OverflowError, "Python int too large", "a number is too great"),
    _Rule(".*", sqlite3.ProgrammingError, "the query contains a null", "take the character out"),
)
