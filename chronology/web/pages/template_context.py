"""Variables of the templates: on every page the state that it shows and its citation."""

from __future__ import annotations

import sqlite3
from typing import Any
from urllib.parse import urlencode

from datasette.utils import tilde_encode

from chronology.export.formats import FORMATS
from chronology.model.vocabulary import Chronology
from chronology.timeline.as_of import TimelineAt, at_head
from chronology.timeline.subject_detail import DETAIL_READERS
from chronology.web import databases, permissions
from chronology.web.datasette_compat import (
    Datasette,
    Request,
    page_address,
    pairs,
    public_address,
    with_query,
)
from chronology.web.pages import changes, detail, formatting, navigation, quantity_charts
from chronology.web.pages.templating import OWN_TABLES
from chronology.web.query import as_of

_PAGE_PARAMETERS = (
    databases.PARAMETER,
    "_next",
    "_size",
    "_sort",
    "_sort_desc",
    "_as_of",
    "_facet",
    "_facet_array",
    "_facet_time",
)


async def variables(
    datasette: Datasette, request: Request, database: str, table: str | None, view: str
) -> dict[str, Any]:
    """The variables of a page of a chronology's database."""
    db = datasette.get_database(database)
    needed = permissions.NEEDED.get(table, ()) if view == "row" and table else ()
    visible = await permissions.ensure_visible(datasette, request, database, *needed)
    chronology, page_variables = await db.execute_fn(
        lambda c: _variables(c, request, table, view, visible)
    )
    service = public_address(datasette, request)
    parameter = await databases.parameter(datasette, request, database)
    return {
        **page_variables,
        "timeline": database,
        "db_query": urlencode(parameter),
        "home": navigation.home(datasette, database, parameter),
        "ways": navigation.ways(datasette, request, database, chronology, parameter, visible),
        "visible": visible,
        "event_formats": FORMATS,
        "permalink": service + _permalink(datasette, request, database, view, page_variables),
        "now_url": as_of.address_of_now(datasette, request, database),
        "map": await detail.small_map(
            datasette, request, database, page_variables.get("mapped", [])
        ),
    }


def _variables(
    db: sqlite3.Connection,
    request: Request,
    table: str | None,
    view: str,
    visible: frozenset[str],
) -> tuple[Chronology | None, dict[str, Any]]:
    chronology = at_head(db).chronology
    has_past = table in ("events", "history") or view == "order-of-battle"
    timeline = as_of.timeline_at(request, db) if has_past else at_head(db)
    point = timeline.point
    found = {
        "words": formatting.words,
        "changed_value": formatting.changed_value,
        "labels": formatting.labels(chronology),
        "chronology_title": chronology.title if chronology else "",
        "kinds_in_words": chronology.kinds if chronology else {},
        "tag_columns": [*chronology.free_dimensions] if chronology else [],
        "quantities": chronology.quantities if chronology else {},
        "moment": point if point.is_past else None,
        "state": point,
        **_of_page(timeline, request, table, view, chronology, visible),
    }
    return chronology, found


def _of_page(
    timeline: TimelineAt,
    request: Request,
    table: str | None,
    view: str,
    chronology: Chronology | None,
    visible: frozenset[str],
) -> dict[str, Any]:
    if view == "row" and table in ("events", "history"):
        return detail.event(timeline, request, table, chronology, "history" in visible)
    if view == "row" and table in DETAIL_READERS:
        return detail.subject(timeline.db, request, table, chronology)
    if view == "table" and table == "history" and not timeline.point.is_past:
        return changes.page(timeline.db, visible)
    if view == "table" and table in OWN_TABLES:
        return {
            "narrowed_by": filters(request),
            "query": _query(request),
            **_of_quantities(request, chronology if table == "events" else None),
        }
    return {}


def _of_quantities(request: Request, chronology: Chronology | None) -> dict[str, Any]:
    """The fields that filter a list by quantities, and the queries that sort it by them."""
    if chronology is None or not chronology.quantities:
        return {"quantity_fields": [], "sorts": []}
    rest = pairs(request, "_next", "_sort", "_sort_desc")
    by_size = [
        {
            "label": chronology.quantities[column].heading,
            "query": urlencode([*rest, ("_sort_desc", column)]),
            "current": request.args.get("_sort_desc") == column,
        }
        for column in chronology.layout.quantities
    ]
    is_dated = not any(sort["current"] for sort in by_size)
    by_date = {"label": "date", "query": urlencode(rest), "current": is_dated}
    return {
        "quantity_fields": quantity_charts.fields(
            {column: chronology.quantities[column] for column in chronology.layout.quantities}
        ),
        "sorts": [by_date, *by_size],
    }


def filters(request: Request) -> list[dict[str, str]]:
    """The filters of a list, each with the query of the list without it."""
    parameters = pairs(request, "_next")
    return [
        {
            "key": key,
            "name": formatting.filter_name(key),
            "value": value,
            "without": urlencode([other for other in parameters if other != (key, value)]),
        }
        for key, value in parameters
        if key not in _PAGE_PARAMETERS
    ]


def _query(request: Request) -> str:
    """The query string of a list without its cursor."""
    return with_query("", pairs(request, "_next"))


def _permalink(
    datasette: Datasette, request: Request, database: str, view: str, page_variables: dict[str, Any]
) -> str:
    """The address that always shows the same, if the page has one."""
    table = (request.url_vars or {}).get("table")
    parameters = pairs(request, "_as_of", "_next")
    if view == "order-of-battle":
        path = page_address(datasette, request)
    elif table not in ("events", "history") or (table == "history" and _is_of_now(page_variables)):
        return with_query(page_address(datasette, request), parameters)
    elif "event_id" in page_variables:
        path = (
            f"{datasette.urls.table(database, 'events')}/{tilde_encode(page_variables['event_id'])}"
        )
    else:
        path = datasette.urls.table(database, "events")
    return with_query(path, [*parameters, ("_as_of", page_variables["state"].position)])


def _is_of_now(page_variables: dict[str, Any]) -> bool:
    return page_variables["moment"] is None and "event_id" not in page_variables
