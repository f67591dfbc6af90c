"""The Datasette plugin: filters, exact facets, pages and exports of a chronology.

Only hooks that Datasette 0.65 and 1.0 both have; everything that a hook does stands in the
modules beside this one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from datasette import hookimpl

from chronology.projections.subject_rows import COLUMNS
from chronology.web import (
    databases,
    datasette_compat,
    routing,
)
from chronology.web.api import checkpoint, csv_json, hidden, lists, timeline_data
from chronology.web.middleware import (
    csv_guard,
    empty_fields,
    errors,
    response_cache,
    security_headers,
)
from chronology.web.pages import changes, formatting, home, standalone, template_context, templating
from chronology.web.query import as_of, facets, paging, selection, sql_rewrite

TABLES = frozenset({"events", "history", "batches", *COLUMNS})


@hookimpl
def filters_from_request(
    request: Any, database: str, table: str, datasette: Any
) -> Callable[[], Awaitable[Any]] | None:
    if table not in TABLES or not databases.is_chronology(datasette, database):
        return None

    async def filters() -> Any:
        if table == "events":
            lists.refuse_unknown(datasette, request)
        if not selection.translating.get():
            await paging.order_first_page(request, datasette, database, table)
            sql_rewrite.expect(datasette, request, database, table)
        if table != "events" and not (table == "history" and "_as_of" in request.args):
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
    modules = (home, csv_json, lists, changes, timeline_data, standalone, checkpoint, hidden)
    return [route for module in modules for route in module.ROUTES]


@hookimpl
def prepare_jinja2_environment(env: Any, datasette: Any) -> None:
    templating.extend_environment(env, datasette)


# Innermost: the headers depend on the page as it is, before another plugin compresses it.
@hookimpl(tryfirst=True)
def asgi_wrapper(datasette: Any) -> Callable[[Any], Any]:
    def wrapped(app: Any) -> Any:
        redirecting = as_of.redirecting(routing.routed(app, datasette), datasette)
        guarding = csv_guard.csv_guard_middleware(redirecting, datasette)
        caught = errors.caught(empty_fields.without_empty_fields(guarding, datasette))
        own = response_cache.kept(security_headers.guarded(caught, datasette), datasette)
        foreign = security_headers.guarded(app, datasette)

        async def application(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "http":
                await own(scope, receive, send)
                return
            await databases.introduce(datasette)
            chosen = foreign if databases.is_foreign(datasette, scope) else own
            await chosen(scope, receive, send)

        return application

    return wrapped


@hookimpl
def handle_exception(datasette: Any, request: Any, exception: Exception) -> Any:
    return errors.answer(datasette, request, exception)


@hookimpl
def render_cell(value: Any, column: str, table: str, database: str, datasette: Any) -> Any:
    if table not in TABLES or not databases.is_chronology(datasette, database):
        return None
    return formatting.cell(value, column, table, datasette.urls.table(database, "events"))


@hookimpl
def extra_css_urls(template: str, database: str | None, datasette: Any) -> list[str]:
    if not (template.startswith(templating.FOLDER) or databases.is_chronology(datasette, database)):
        return []
    return [datasette.urls.path("/-/static-plugins/datasette-chronology/chronology.css")]


@hookimpl
def extra_template_vars(
    database: str | None, table: str | None, view_name: str, request: Any, datasette: Any
) -> Callable[[], Awaitable[dict[str, Any]]]:
    async def values() -> dict[str, Any]:
        if request is None or not databases.is_chronology(datasette, database):
            return {}
        if database is None or not await datasette_compat.may_view(datasette, request, database):
            return {}
        return await template_context.variables(datasette, request, database, table, view_name)

    return values
