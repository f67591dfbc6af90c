"""Error pages: the fault of the request, and links to continue.

JSON and other data keep Datasette's own response.
"""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from datasette.utils import tilde_decode
from datasette.utils.asgi import Response

from chronology.projections.subject_rows import TABLES
from chronology.store.database import Row, fetch_rows
from chronology.timeline.as_of import at_head
from chronology.timeline.similar_ids import similar_ids
from chronology.web import databases, datasette_compat, permissions
from chronology.web.datasette_compat import Datasette, Request, page_address, pairs, with_query
from chronology.web.pages import chronologies

_SINGULAR = {"events": "event", **{table: kind for kind, table in TABLES.items()}}
_PARAMETER = re.compile(r"(_?\w+): ")
STATUSES = (400, 403, 404, 405)
RETRY_AFTER_S = 5


async def page(
    datasette: Datasette, request: Request, status: int, message: str
) -> Response | None:
    """The page of an error; None without a chronology or if the request is not for a page.

    If the request does not name one of several chronologies, the page lists them. To an actor who
    may not see the events, the page shows nothing of the chronology.
    """
    if "." in request.path.rpartition("/")[2] or not databases.names(datasette):
        return None
    name = await databases.of_page(datasette, request)
    if name is None:
        listed = await chronologies.refusal(datasette, request, status, message)
        return listed or await _page_without_chronology(datasette, request, status, message)
    table, row = _asked_for(request, name)
    visible = await permissions.visible_tables(datasette, request.actor, name)
    suggestions = await datasette.get_database(name).execute_fn(
        lambda db: _ways_on(db, table, row, visible)
    )
    values = {
        **suggestions,
        "may_search": visible.issuperset(permissions.SEARCHED),
        "database": name,
        "status": status,
        "message": _in_words(message, table, row, page_address(datasette, request)),
        "wanted": row.replace("-", " ") if row else "",
        "kind": table,
        "metadata": await datasette_compat.instance_metadata(datasette),
        "without": _without(datasette, request, message),
    }
    html = await datasette.render_template("chronology/refused.html", values, request, "refused")
    return Response.html(html, status=status)


async def unavailable(datasette: Datasette, request: Request, reason: str) -> Response:
    """The response while a chronology cannot be read: a client may try again soon."""
    headers = {"retry-after": str(RETRY_AFTER_S), "cache-control": "no-store"}
    if "." in request.path.rpartition("/")[2]:
        body = {"ok": False, "error": reason, "status": 503, "title": None}
        return Response.json(body, status=503, headers=headers)
    page = await _page_without_chronology(datasette, request, 503, reason)
    page.headers.update(headers)
    return page


async def _page_without_chronology(
    datasette: Datasette, request: Request, status: int, message: str
) -> Response:
    values: dict[str, Any] = {
        "database": None,
        "status": status,
        "message": _in_words(message, None, None, page_address(datasette, request)),
        "metadata": {},
        "chronology_title": "",
    }
    html = await datasette.render_template("chronology/refused.html", values, request, "refused")
    return Response.html(html, status=status)


async def is_closed(datasette: Datasette, request: Request) -> bool:
    """Whether a request is for a table that the actor may not see, or for one of its rows."""
    url_vars = {key: tilde_decode(text) for key, text in (request.url_vars or {}).items() if text}
    database, table = url_vars.get("database"), url_vars.get("table")
    if table not in permissions.TABLES or not databases.is_chronology(datasette, database):
        return False
    assert database is not None
    return table not in await permissions.visible_tables(datasette, request.actor, database)


def _in_words(message: str, table: str | None, row: str | None, path: str) -> str:
    """The message with the name of the missing thing; Datasette gives its kind only."""
    if message not in ("404", "Record not found", "Table not found", "Database not found"):
        return message
    if table and row:
        return f"There is no {_SINGULAR[table]} with the id {row}"
    return f"There is no page at {path}"


def _asked_for(request: Request, database: str) -> tuple[str | None, str | None]:
    """The table and the row id of an address, if they belong to the chronology."""
    url_vars = {key: tilde_decode(text) for key, text in (request.url_vars or {}).items() if text}
    table = url_vars.get("table")
    if url_vars.get("database") != database or table not in _SINGULAR:
        return None, None
    return table, url_vars.get("pks")


def _ways_on(
    db: sqlite3.Connection, table: str | None, row: str | None, visible: frozenset[str]
) -> dict[str, Any]:
    chronology = at_head(db).chronology
    suggestions: dict[str, Any] = {
        "example": chronology.window.earliest if chronology else None,
        "near": [],
    }
    if table and row and table in visible:
        suggestions["near"] = similar_ids(db, table, row)
        if table == "events" and "history" in visible:
            suggestions["retracted"] = _retraction(db, row)
    return suggestions


def _retraction(db: sqlite3.Connection, event: str) -> Row | None:
    """The reason of an event's retraction, and the last position before it."""
    retractions = fetch_rows(
        db,
        "SELECT title, because, from_position - 1 AS last FROM history"
        " WHERE id = ? AND action = 'retracted' ORDER BY from_position DESC LIMIT 1",
        (event,),
    )
    return retractions[0] if retractions else None


def _without(datasette: Datasette, request: Request, message: str) -> str | None:
    """The address without the parameter that the message begins with."""
    parameter = _PARAMETER.match(message)
    if parameter is None or parameter[1] not in request.args:
        return None
    return with_query(page_address(datasette, request), pairs(request, parameter[1], "_next"))
