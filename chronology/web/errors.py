"""Requests that Datasette answers as a failure of its own (500), told as what they are: wrong.

Its own handler of exceptions still makes the page or the JSON.
"""

from __future__ import annotations

import json
from typing import Any

from datasette import handle_exception
from datasette.utils.asgi import BadRequest, Base400, NotFound
from datasette.utils.sqlite import sqlite3
from datasette.views.base import DatasetteError

_FACETS = ("_facet", "_facet_array", "_facet_date")
# What SQLite says of a facet that the table cannot have.
_NO_FACET = ("no such column", "malformed JSON")


def answer(datasette: Any, request: Any, exception: Exception) -> Any:
    """Datasette's own answer to the fault of the request, or None if the fault is not there."""
    fault = _fault(request, exception)
    return fault and handle_exception.handle_exception(datasette, request, fault)


def _fault(request: Any, exception: Exception) -> Base400 | None:
    if isinstance(exception, DatasetteError):
        told = exception.status == 500 and exception.message.startswith("Cannot ")
        return BadRequest(exception.message) if told else None
    if isinstance(exception, KeyError) and _is_csv_of_database(request):
        return NotFound("A database as a whole is no CSV; each of its tables is")
    reason = _reason(request.args, exception)
    return BadRequest(reason) if reason else None


def _is_csv_of_database(request: Any) -> bool:
    return request.url_vars.get("format") == "csv" and "table" not in request.url_vars


def _reason(arguments: Any, exception: Exception) -> str | None:
    """Which argument of the request is wrong, if the exception tells that one is."""
    text = str(exception)
    if isinstance(exception, json.JSONDecodeError):
        suspects = [key for key in arguments if key == "_through" or key.endswith("__in")]
        return f"{_listed(suspects)}: that is no JSON: {text}" if suspects else None
    if isinstance(exception, ValueError) and "_timelimit" in arguments:
        return f"_timelimit: {arguments['_timelimit']!r} is no number of milliseconds"
    if isinstance(exception, sqlite3.ProgrammingError) and "null character" in text:
        return "The address holds a null character, which no column's name does"
    if isinstance(exception, sqlite3.OperationalError) and text.startswith(_NO_FACET):
        facets = [key for key in arguments if key in _FACETS]
        return f"{_listed(facets)}: nothing to count there: {text}" if facets else None
    return None


def _listed(names: list[str]) -> str:
    return ", ".join(names)
