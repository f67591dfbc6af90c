"""Requests that Datasette answers as a failure of its own (500), told as what they are: wrong.

Its own handler of exceptions still makes the page or the JSON.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from datasette import handle_exception
from datasette.database import QueryInterrupted
from datasette.utils.asgi import BadRequest, Base400, NotFound
from datasette.utils.sqlite import sqlite3
from datasette.views.base import DatasetteError


def answer(datasette: Any, request: Any, exception: Exception) -> Any:
    """Datasette's own answer to the fault of the request, or None if the fault is not there."""
    fault = _fault(request, exception)
    return fault and handle_exception.handle_exception(datasette, request, fault)


def _fault(request: Any, exception: Exception) -> Base400 | None:
    if isinstance(exception, DatasetteError):
        told = exception.status == 500 and exception.message.startswith(("Cannot ", "Invalid "))
        return BadRequest(exception.message) if told else None
    if isinstance(exception, KeyError) and _is_csv_of_database(request):
        return NotFound("A database as a whole is no CSV; each of its tables is")
    text = str(exception)
    for rule in _RULES:
        suspects = [key for key in request.args if re.fullmatch(rule.arguments, key, re.DOTALL)]
        if suspects and isinstance(exception, rule.exceptions) and text.startswith(rule.start):
            # As JSON, so that a control character in a name is shown.
            shown = ", ".join(json.dumps(key, ensure_ascii=False)[1:-1] for key in suspects)
            return BadRequest(f"{shown}: {rule.says} ({text})")
    return None


def _is_csv_of_database(request: Any) -> bool:
    return request.url_vars.get("format") == "csv" and "table" not in request.url_vars


class _Rule(NamedTuple):
    """Which arguments are wrong (a pattern of their names) if an exception is one of these."""

    arguments: str
    exceptions: type[Exception] | tuple[type[Exception], ...]
    start: str
    says: str


_FACETS = "_facet|_facet_array|_facet_date"
_RULES = (
    _Rule(f"_through|.*__in|{_FACETS}", json.JSONDecodeError, "", "that is no JSON"),
    _Rule(_FACETS, KeyError, "'simple'", "the column to count is missing"),
    _Rule(_FACETS, sqlite3.OperationalError, "no such column", "nothing to count"),
    _Rule(_FACETS, sqlite3.OperationalError, "malformed JSON", "that column holds no lists"),
    _Rule("_through", (KeyError, TypeError), "", "give an object of table, column and value"),
    _Rule(".*__in", sqlite3.Error, "Error binding", "give a list of texts and numbers"),
    _Rule("_timelimit", ValueError, "invalid literal", "give a number of milliseconds"),
    _Rule("_timelimit", QueryInterrupted, "", "that was too little time"),
    _Rule(".*", sqlite3.ProgrammingError, "the query contains a null", "take the character out"),
)
