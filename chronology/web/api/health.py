"""Tells programs that watch the server whether it can read its files, and what it has refused."""

from __future__ import annotations

import sqlite3
from typing import Any

from datasette.utils.asgi import Response

from chronology.store import log
from chronology.web import databases, files, permissions
from chronology.web.datasette_compat import Datasette, Request
from chronology.web.query.sql_rewrite import not_recognised
from chronology.web.responses import refused


async def health(datasette: Datasette, request: Request) -> Response:
    """The state of each visible chronology; 503 if a file cannot be read.

    The first one is described at the top level too, or the one that `_db` names.
    """
    named = request.args.get(databases.PARAMETER)
    names = [each for each in databases.names(datasette) if named in (None, each)]
    states = {name: await _state(datasette, request, name) for name in names}
    is_well = all(state["readable"] for state in states.values())
    first = next(iter(states.values()), {"position": None, "digest": None})
    body = {
        "ok": is_well,
        "position": first["position"],
        "digest": first["digest"],
        "reopened_files": files.of(datasette).reopened,
        "refused_requests": {str(status): count for status, count in sorted(refused.items())},
        "statements_not_recognised": dict(not_recognised),
        "chronologies": states,
    }
    headers = {"cache-control": "no-store"}
    if not is_well:
        headers["retry-after"] = "5"
    return Response.json(body, status=200 if is_well else 503, headers=headers)


async def _state(datasette: Datasette, request: Request, name: str) -> dict[str, Any]:
    """Whether a file can be read, and its head for an actor who may see the events."""
    state: dict[str, Any] = {"readable": False, "position": None, "digest": None}
    if not databases.is_readable(datasette, name):
        return state
    try:
        head = await datasette.get_database(name).execute_fn(log.head)
        visible = await permissions.visible_tables(datasette, request.actor, name)
    except sqlite3.Error as error:
        files.of(datasette).note(error)
        return state
    if "events" not in visible:
        return {**state, "readable": True}
    return {"readable": True, "position": head.position, "digest": head.digest}


ROUTES = [(r"/-/chronology/health\.json$", health)]
