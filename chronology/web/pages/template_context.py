"""What the templates are given: on every page the state it shows and how to cite it."""

from __future__ import annotations

import sqlite3
from typing import Any
from urllib.parse import urlencode

from datasette.utils import tilde_encode

from chronology.export.formats import FORMATS
from chronology.model.records import Chronology
from chronology.timeline.as_of import TimelineAt, at_head
from chronology.timeline.subject_detail import PROFILED
from chronology.web import databases
from chronology.web.datasette_compat import (
    Datasette,
    Request,
    page_address,
    pairs,
    public_address,
    with_query,
)
from chronology.web.pages import changes, detail, formatting, navigation
from chronology.web.pages.templating import OWN_TABLES
from chronology.web.query import as_of

_OF_A_PAGE = (
    databases.PARAMETER,
    "_next",
    "_size",
    "_sort",
    "_sort_desc",
    "_as_of",
    "_facet",
    "_facet_array",
)


async def variables(
    datasette: Datasette, request: Request, database: str, table: str | None, view: str
) -> dict[str, Any]:
    """The variables of a page of a chronology's database."""
    db = datasette.get_database(database)
    about, found = await db.execute_fn(lambda c: _variables(c, request, table, view))
    where = public_address(datasette, request)
    parameter = await databases.parameter(datasette, request, database)
    return {
        **found,
        "timeline": database,
        "db_query": urlencode(parameter),
        "home": navigation.home(datasette, database, parameter),
        "ways": navigation.ways(datasette, request, database, about, parameter),
        "event_formats": FORMATS,
        "permalink": where + _permalink(datasette, request, database, view, found),
        "now_url": as_of.address_of_now(datasette, request, database),
        "map": detail.small_map(datasette, database, found.get("mapped", [])),
    }


def _variables(
    db: sqlite3.Connection, request: Request, table: str | None, view: str
) -> tuple[Chronology | None, dict[str, Any]]:
    about = at_head(db).chronology
    has_past = table in ("events", "history") or view == "order-of-battle"
    timeline = as_of.timeline_at(request, db) if has_past else at_head(db)
    point = timeline.point
    found = {
        "words": formatting.words,
        "changed_value": formatting.changed_value,
        "labels": formatting.labels(about),
        "chronology_title": about.title if about else "",
        "moment": point if point.is_past else None,
        "state": point,
        **_of_page(timeline, request, table, view, about),
    }
    return about, found


def _of_page(
    timeline: TimelineAt,
    request: Request,
    table: str | None,
    view: str,
    about: Chronology | None,
) -> dict[str, Any]:
    if view == "row" and table in ("events", "history"):
        return detail.event(timeline, request, table, about)
    if view == "row" and table in PROFILED:
        return detail.subject(timeline.db, request, table, about)
    if view == "table" and table == "history" and not timeline.point.is_past:
        return changes.page(timeline.db)
    if view == "table" and table in OWN_TABLES:
        return {"narrowed_by": filters(request), "query": _query(request)}
    return {}


def filters(request: Request) -> list[dict[str, str]]:
    """The filters of a list, each with the query of the list without it."""
    given = pairs(request, "_next")
    return [
        {
            "key": key,
            "name": formatting.filter_name(key),
            "value": value,
            "without": urlencode([other for other in given if other != (key, value)]),
        }
        for key, value in given
        if key not in _OF_A_PAGE
    ]


def _query(request: Request) -> str:
    """What was asked of a list, without the cursor: each page is asked for with one."""
    return with_query("", pairs(request, "_next"))


def _permalink(
    datasette: Datasette, request: Request, database: str, view: str, found: dict[str, Any]
) -> str:
    """The address that shows the same in ten years, where the page has one."""
    table = (request.url_vars or {}).get("table")
    kept = pairs(request, "_as_of", "_next")
    if view == "order-of-battle":
        path = page_address(datasette, request)
    elif table not in ("events", "history") or (table == "history" and _is_of_now(found)):
        return with_query(page_address(datasette, request), kept)
    elif "event_id" in found:
        path = f"{datasette.urls.table(database, 'events')}/{tilde_encode(found['event_id'])}"
    else:
        path = datasette.urls.table(database, "events")
    return with_query(path, [*kept, ("_as_of", found["state"].position)])


def _is_of_now(found: dict[str, Any]) -> bool:
    return found["moment"] is None and "event_id" not in found
