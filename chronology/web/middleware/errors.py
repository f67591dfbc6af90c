"""Turns errors (500) that a bad request causes into 4xx.

`error_page` makes the page, Datasette's own exception handler the JSON. The cause of any other
error is in the server's log alone: the text of an exception may contain paths.
"""

from __future__ import annotations

import json
import re
import sys
import traceback
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any, NamedTuple

from datasette import handle_exception
from datasette.database import QueryInterrupted
from datasette.utils import ValueAsBooleanError, asgi
from datasette.utils.asgi import BadRequest, Base400, Forbidden, NotFound, Response
from datasette.utils.sqlite import sqlite3
from datasette.views.base import DatasetteError

from chronology.web import databases, files
from chronology.web.datasette_compat import App, Datasette, Receive, Request, Scope, Send
from chronology.web.limits import RowsTooLarge
from chronology.web.middleware.request_limits import READING
from chronology.web.pages import error_page
from chronology.web.responses import refused

# Where rich is installed, Datasette prints even a 404 with local variables, and fails at some.
handle_exception.rich = None
_is_refused: ContextVar[bool] = ContextVar("is_refused", default=False)
"""Whether the current exception is a fault of the request."""


def _print_unless_refused() -> None:
    if not _is_refused.get():
        traceback.print_exc()


# Datasette's handler runs after ours, and would print the exception behind every refusal.
handle_exception.traceback = SimpleNamespace(print_exc=_print_unless_refused)

_CLOSED = "You do not have permission to view this table"
_FAILED = "The server failed; the cause is in its log"


def response_to(datasette: Datasette, request: Request, exception: Exception) -> Any:
    """The response to an exception, or None if Datasette responds correctly."""
    if databases.is_foreign(datasette, request.scope):
        return None
    if files.is_unavailable(exception):
        _is_refused.set(True)
        refused[503] += 1
        files.of(datasette).note(exception)
        return lambda: error_page.unavailable(datasette, request, databases.UNREADABLE)
    fault = _fault(request, exception)
    _is_refused.set(fault is not None)
    if fault is None and not isinstance(exception, Base400 | DatasetteError):
        # Datasette's own handler, which runs too, writes the exception to the log.
        fault = DatasetteError(_FAILED, status=500)
    error = fault or exception
    status, message = getattr(error, "status", 500), _message(error)

    async def respond() -> Any:
        shown_status, shown_message, shown_fault = status, message, fault
        # Otherwise 404 and 403 would show which rows a closed table has.
        if status == 404 and await error_page.is_closed(datasette, request):
            shown_status, shown_message = 403, _CLOSED
            shown_fault = DatasetteError(_CLOSED, status=403)
        refused[shown_status] += 1
        page = await _page(datasette, request, shown_status, shown_message)
        if page is None and shown_fault is not None:
            return await handle_exception.handle_exception(datasette, request, shown_fault)()
        return page

    return respond if fault is not None or status in error_page.STATUSES else None


async def _page(datasette: Datasette, request: Request, status: int, message: str) -> Any:
    return await error_page.page(datasette, request, status, message) if message else None


def _message(exception: Exception) -> str:
    """The message of an error page; empty if Datasette shows the error in its own way."""
    if getattr(exception, "status", 500) not in error_page.STATUSES:
        return ""
    if isinstance(exception, DatasetteError):
        return "" if exception.message_is_html else str(exception.message)
    return str(exception.args[0]) if exception.args else ""


def unavailable_app(datasette: Datasette, reason: str) -> App:
    """Responds to requests for a chronology that cannot be read, with the reason."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        refused[503] += 1
        request = asgi.Request({**scope, "csrftoken": str}, receive)
        await (await error_page.unavailable(datasette, request, reason)).asgi_send(send)

    return application


def early_response(datasette: Datasette, scope: Scope, error: Exception) -> Response:
    """The response to an exception that was raised before Datasette catches any."""
    if files.is_unavailable(error):
        refused[503] += 1
        files.of(datasette).note(error)
        headers = {"retry-after": str(error_page.RETRY_AFTER_S)}
        return Response.text(databases.UNREADABLE, status=503, headers=headers)
    if isinstance(error, ValueError) or scope["method"] not in READING:
        text = "The headers or the body of the request are malformed"
        return Response.text(text, status=400)
    traceback.print_exception(error, file=sys.stderr)
    return Response.text(_FAILED, status=500)


def _fault(request: Request, exception: Exception) -> Any:
    """The exception for a fault of the request, or None."""
    if isinstance(exception, DatasetteError):
        is_bad = exception.status == 500 and exception.message.startswith(("Cannot ", "Invalid "))
        return BadRequest(exception.message) if is_bad else None
    if isinstance(exception, Forbidden):
        # Datasette 0.65 would answer a request for JSON with a page.
        return DatasetteError(str(exception.args[0]), status=403)
    if isinstance(exception, TypeError | AssertionError) and request.method not in ("GET", "HEAD"):
        return DatasetteError(f"{request.method} is not allowed at this address", status=405)
    if isinstance(exception, RowsTooLarge):
        return BadRequest(str(exception))
    if isinstance(exception, QueryInterrupted) and "_timelimit" not in request.args:
        return BadRequest("The request takes too long; use fewer filters, facets or words")
    return _fault_of_path(request, exception) or _fault_of_arguments(request, exception)


def _fault_of_path(request: Request, exception: Exception) -> Any:
    url_vars = request.url_vars
    if (
        isinstance(exception, KeyError)
        and "table" not in url_vars
        and url_vars.get("format") == "csv"
    ):
        return NotFound("CSV export is per table; add the name of a table")
    if isinstance(exception, AssertionError) and str(exception).startswith("Invalid format"):
        return NotFound(f"The format .{url_vars.get('format')} is not available here")
    if isinstance(exception, KeyError) and exception.args[:1] == (url_vars.get("table"),):
        return NotFound(f"There is no table {url_vars['table']!r}")
    too_short = str(exception).startswith("You did not supply a value for binding")
    if isinstance(exception, sqlite3.ProgrammingError) and too_short and "pks" in url_vars:
        return NotFound("The key of a row of this table has more parts")
    return None


def _fault_of_arguments(request: Request, exception: Exception) -> Any:
    text = str(exception)
    for rule in _RULES:
        suspects = [key for key in request.args if re.fullmatch(rule.arguments, key, re.DOTALL)]
        if suspects and isinstance(exception, rule.exceptions) and text.startswith(rule.start):
            # As JSON, so that control characters in a name are visible.
            shown = ", ".join(json.dumps(key, ensure_ascii=False)[1:-1] for key in suspects)
            return BadRequest(f"{shown}: {rule.message}" + (f" ({text})" if text else ""))
    return None


class _Rule(NamedTuple):
    """The arguments (a pattern of their names) that cause an exception, and the message."""

    arguments: str
    exceptions: type[Exception] | tuple[type[Exception], ...]
    start: str
    message: str


_FACETS = "_facet.*"
_RULES = (
    _Rule(f"_through|.*__(not)?in|{_FACETS}", json.JSONDecodeError, "", "not valid JSON"),
    _Rule(".*", RecursionError, "maximum recursion depth exceeded while d", "nested too deeply"),
    _Rule(_FACETS, KeyError, "'simple'", "`_facet` needs a column name"),
    _Rule(_FACETS, TypeError, "expected string or bytes-like", "`_facet` needs a column name"),
    _Rule(_FACETS, sqlite3.OperationalError, "no such column", "there is no such column"),
    _Rule(_FACETS, sqlite3.OperationalError, "malformed JSON", "the column does not contain lists"),
    _Rule("_through", (KeyError, TypeError), "", "write an object with table, column and value"),
    _Rule(".*__(not)?in", sqlite3.Error, "Error binding", "write a list of texts and numbers"),
    _Rule("_timelimit", ValueError, "invalid literal", "write a number of milliseconds"),
    _Rule("_timelimit", QueryInterrupted, "", "the query took longer"),
    _Rule("_json_infinity|_initial", ValueAsBooleanError, "", "write on or off"),
    _Rule("_shape", KeyError, "'rows'", "a database has no rows; add the name of a table"),
    _Rule(".*", ValueError, "Exceeds the limit", "a number has too many digits"),
    _Rule(".*", OverflowError, "Python int too large", "a number is too large"),
    _Rule(".*", sqlite3.ProgrammingError, "the query contains a null", "remove the null character"),
)
