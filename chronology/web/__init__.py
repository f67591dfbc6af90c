"""The Datasette plugin: filters, exact facets, pages and exports of a chronology.

Only hooks that Datasette 0.65 and 1.0 both have; everything that a hook does stands in the
modules beside this one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from datasette import hookimpl

from chronology.projections.subjects import COLUMNS
from chronology.web import errors, exports, facets, forms, pages, paging, selection

TABLES = frozenset({"events", "history", "batches", *COLUMNS})


@hookimpl
def filters_from_request(
    request: Any, database: str, table: str, datasette: Any
) -> Callable[[], Awaitable[Any]] | None:
    if table not in TABLES:
        return None

    async def filters() -> Any:
        if not await selection.is_chronology(datasette, database):
            return None
        await paging.order_first_page(request, datasette, database, table)
        if table != "events":
            return None
        return await selection.own_filters(request, database, datasette)

    return filters


@hookimpl(hookwrapper=True)
def register_facet_classes() -> Any:
    outcome = yield
    outcome.force_result(
        [[facets.SUBSTITUTES.get(kind, kind) for kind in kinds] for kinds in outcome.get_result()]
    )


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    return exports.ROUTES


@hookimpl
def asgi_wrapper(datasette: Any) -> Callable[[Any], Any]:
    return forms.without_empty_fields


@hookimpl
def handle_exception(datasette: Any, request: Any, exception: Exception) -> Any:
    return errors.answer(datasette, request, exception)


@hookimpl
def render_cell(value: Any, column: str, table: str, database: str, datasette: Any) -> Any:
    if table not in TABLES:
        return None
    return pages.cell(value, column, table, datasette.urls.table(database, "events"))


@hookimpl
def extra_css_urls(datasette: Any) -> list[str]:
    return [datasette.urls.path("/-/static-plugins/datasette-chronology/chronology.css")]


@hookimpl
def extra_template_vars(
    database: str | None, table: str | None, view_name: str, request: Any, datasette: Any
) -> Callable[[], Awaitable[dict[str, Any]]]:
    async def values() -> dict[str, Any]:
        if view_name == "index":
            name = await _chronology(datasette)
            if name is None:
                return {}
            db = datasette.get_database(name)
            return {**await db.execute_fn(pages.home), "timeline": name}
        if view_name == "row" and table == "events" and database is not None:
            event = request.url_vars["pks"]
            db = datasette.get_database(database)
            return dict(await db.execute_fn(lambda found: pages.event(found, event)))
        if view_name == "table" and table == "events" and database is not None:
            labels = await datasette.get_database(database).execute_fn(pages.labels)
            return {"words": pages.words, "labels": labels}
        return {}

    return values


async def _chronology(datasette: Any) -> str | None:
    """The database that holds the chronology, the first if there are several."""
    for name in datasette.databases:
        if name not in ("_internal", "_memory") and await selection.is_chronology(datasette, name):
            return str(name)
    return None
