"""What the templates are given: on every page the state it shows and how to cite it."""

from __future__ import annotations

import sqlite3
from typing import Any
from urllib.parse import parse_qsl, urlencode

from datasette.utils import tilde_decode
from datasette.utils.asgi import NotFound

from chronology import log, queries
from chronology.dossiers import dossier
from chronology.past import Moment
from chronology.web import changes, moments, pages
from chronology.web.addresses import public_address


async def variables(
    datasette: Any, request: Any, database: str, table: str | None, view: str
) -> dict[str, Any]:
    """The variables of a page of a chronology's database."""
    db = datasette.get_database(database)
    found: dict[str, Any] = await db.execute_fn(lambda c: _variables(c, request, table, view))
    where = public_address(datasette, request)
    return {
        **found,
        "permalink": where + _permalink(datasette, request, database, found),
        "now_url": moments.now(datasette, request, database),
    }


def _variables(
    db: sqlite3.Connection, request: Any, table: str | None, view: str
) -> dict[str, Any]:
    about = queries.chronology(db)
    moment = moments.moment(request, db) if table in ("events", "history") else None
    head = log.head(db)
    return {
        "words": pages.words,
        "labels": pages.labels(about),
        "chronology_title": about.title if about else "",
        "moment": moment,
        "state": moment or Moment(head.position, head.digest, ""),
        **_of_page(db, request, table, view, moment),
    }


def _of_page(
    db: sqlite3.Connection, request: Any, table: str | None, view: str, moment: Moment | None
) -> dict[str, Any]:
    if view == "row" and table in ("events", "history"):
        name, _, start = tilde_decode(request.url_vars["pks"]).partition(",")
        until = int(start) if table == "history" and not moment else None
        shown = dossier(db, name, moment.position if moment else until)
        if table == "events" and shown is None:
            raise NotFound(f"There is no event {name!r} as of then")
        lives = db.execute("SELECT 1 FROM events WHERE id = ?", (name,)).fetchone()
        return {"dossier": shown, "event_id": name, "retracted_since": lives is None}
    if view == "table" and table == "history" and moment is None:
        return changes.page(db)
    return {}


def _permalink(datasette: Any, request: Any, database: str, found: dict[str, Any]) -> str:
    """The address that shows the same in ten years, where the page has one."""
    if not request.url_vars or request.url_vars.get("table") not in ("events", "history"):
        return str(request.full_path)
    path = datasette.urls.table(database, "events")
    if "event_id" in found:
        path = f"{path}/{found['event_id']}"
    elif request.url_vars["table"] == "history" and found["moment"] is None:
        return str(request.full_path)
    kept = [p for p in parse_qsl(request.query_string) if p[0] not in ("_as_of", "_next")]
    return f"{path}?{urlencode([*kept, ('_as_of', found['state'].position)])}"
