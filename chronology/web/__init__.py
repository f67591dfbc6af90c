"""The Datasette plugin: filters, exact facets, pages and exports of a chronology.

Only hooks that Datasette 0.65 and 1.0 both have; everything that a hook does stands in the
modules beside this one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from datasette import hookimpl

from chronology.formats import FORMATS
from chronology.projections.subjects import COLUMNS
from chronology.web import (
    answers,
    asked,
    caching,
    changes,
    context,
    csv_guard,
    errors,
    exports,
    facets,
    formats,
    forms,
    headers,
    hidden,
    home,
    moments,
    own_pages,
    pages,
    paging,
    points,
    proofs,
    selection,
    versions,
)

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
        if table == "events":
            formats.refuse_unknown(datasette, request)
        if not selection.selecting.get():
            await paging.order_first_page(request, datasette, database, table)
            answers.expect(datasette, request, database, table)
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
    modules = (exports, formats, changes, points, own_pages, proofs, hidden)
    return [route for module in modules for route in module.ROUTES]


@hookimpl
def prepare_jinja2_environment(env: Any) -> None:
    env.globals["event_formats"] = FORMATS


# Innermost: the headers depend on the page as it is, before another plugin compresses it.
@hookimpl(tryfirst=True)
def asgi_wrapper(datasette: Any) -> Callable[[Any], Any]:
    def wrapped(app: Any) -> Any:
        redirecting = moments.redirecting(app, datasette)
        guarding = csv_guard.csv_guard_middleware(redirecting, datasette)
        caught = errors.caught(forms.without_empty_fields(guarding, datasette))
        return caching.kept(headers.guarded(caught, datasette), datasette)

    return wrapped


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
        name = database if database in datasette.databases else await asked.chronology_of(datasette)
        if request is None or name is None or not await selection.is_chronology(datasette, name):
            return {}
        if not await versions.may_view(datasette, request, name):
            return {}
        found = await context.variables(datasette, request, name, table, view_name)
        if view_name == "index":
            return {**found, **await home.page(datasette, request)}
        return found

    return values
