"""The Datasette plugin: filters, exact facets, pages and exports of a chronology.

It has only hooks that Datasette 0.65 and 1.0 share. The modules of this package do the work.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from datasette import hookimpl
from datasette.utils.asgi import Forbidden

from chronology.projections.subject_rows import COLUMNS
from chronology.store.database import SQLiteTooOld, require_sqlite
from chronology.web import (
    closed_references,
    databases,
    datasette_compat,
    limits,
    permissions,
    routing,
)
from chronology.web.api import checkpoint, csv_json, health, hidden, lists, media, timeline_data
from chronology.web.datasette_compat import (
    Actor,
    App,
    Datasette,
    Message,
    Receive,
    Request,
    Scope,
    Send,
)
from chronology.web.middleware import csv_guard, stream_pieces
from chronology.web.middleware.base_url import base_url_middleware
from chronology.web.middleware.cors import cors_middleware
from chronology.web.middleware.empty_fields import empty_fields_middleware
from chronology.web.middleware.errors import early_response, response_to, unavailable_app
from chronology.web.middleware.load_limits import load_limits_middleware
from chronology.web.middleware.request_limits import request_limits_middleware
from chronology.web.middleware.response_cache import response_cache_middleware
from chronology.web.middleware.security_headers import security_headers_middleware
from chronology.web.middleware.slow_readers import slow_readers_middleware
from chronology.web.middleware.tracking_parameters import tracking_parameters_middleware
from chronology.web.pages import (
    as_of_redirect,
    changes,
    formatting,
    home,
    map_config,
    standalone,
    template_context,
    templating,
)
from chronology.web.query import column_names, facets, selection, sql_rewrite

TABLES = frozenset({"events", "history", "batches", *COLUMNS})


@hookimpl
def startup(datasette: Datasette) -> None:
    try:
        require_sqlite()
    except SQLiteTooOld as error:
        raise SystemExit(f"Error: {error}") from None  # Any other error prints a traceback.
    map_config.check(datasette)


@hookimpl
def filters_from_request(
    request: Request, database: str, table: str, datasette: Datasette
) -> Callable[[], Awaitable[Any]] | None:
    if not databases.is_chronology(datasette, database):
        return None

    async def filters() -> Any:
        await column_names.require_known_columns(datasette, request, database, table)
        if table not in TABLES:
            return None
        await permissions.ensure_through(datasette, request, database)
        if not selection.is_translating.get():
            await sql_rewrite.order_first_page(request, datasette, database, table)
            sql_rewrite.expect_page(datasette, request, database, table)
        if table != "events" and not (table == "history" and "_as_of" in request.args):
            return None
        return await selection.own_filters(request, database, datasette)

    return filters


@hookimpl(hookwrapper=True)
def register_facet_classes() -> Any:
    result = yield
    classes = [
        [facets.SUBSTITUTES.get(each, each) for each in kinds] for kinds in result.get_result()
    ]
    result.force_result([*classes, [*facets.ADDED]])


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    modules = (
        *(
            home,
            map_config,
            csv_json,
            lists,
            media,
            changes,
            timeline_data,
            standalone,
            checkpoint,
            health,
            hidden,
            as_of_redirect,
            routing,
        ),
    )
    return [route for module in modules for route in module.ROUTES]


@hookimpl
def prepare_jinja2_environment(env: Any, datasette: Datasette) -> None:
    templating.extend_environment(env, datasette)


# Innermost: the headers depend on the page before another plugin compresses it.
@hookimpl(tryfirst=True)
def asgi_wrapper(datasette: Datasette) -> Callable[[App], App]:
    csv_guard.install()
    stream_pieces.install()
    closed_references.install(datasette)
    datasette_compat.parse_arguments_once()
    datasette_compat.let_streams_set_cookies()

    def wrapped(app: App) -> App:
        answering = load_limits_middleware(_needed_middleware(app, datasette), datasette)
        own = response_cache_middleware(
            security_headers_middleware(answering, datasette), datasette
        )
        foreign = security_headers_middleware(load_limits_middleware(app, datasette), datasette)

        async def respond(scope: Scope, receive: Receive, send: Send) -> None:
            handler = foreign if databases.is_foreign(datasette, scope) else own
            if reason := databases.unavailable(datasette, scope):
                handler = security_headers_middleware(unavailable_app(datasette, reason), datasette)
            await handler(scope, receive, send)

        limited = request_limits_middleware(respond, datasette)
        entrance = cors_middleware(base_url_middleware(limited, datasette), datasette)

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            for name in await databases.refresh(datasette):
                sql_rewrite.watch(datasette.databases[name])
            await entrance(scope, receive, send)

        return slow_readers_middleware(application, datasette)

    return wrapped


def _needed_middleware(app: App, datasette: Datasette) -> App:
    """Passes a request through those middleware functions alone that it needs.

    Responds to exceptions that are raised before Datasette catches any.
    """

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        query, handler = scope["query_string"], app
        rest = datasette_compat.address_of(datasette, scope).rest
        may_be_past = b"_as_of" in query or b"%" in query
        if (
            routing.PAGES.fullmatch(rest)
            or "." in rest
            or (may_be_past and routing.LISTS_AND_EVENTS.fullmatch(rest))
        ):
            handler = routing.routing_middleware(handler, datasette)
        if scope["path"].endswith((".csv", ".json")):
            handler = csv_guard.csv_guard_middleware(handler, datasette)
        if query and not all(field.partition(b"=")[2] for field in query.split(b"&")):
            handler = empty_fields_middleware(handler, datasette)
        if query:
            handler = tracking_parameters_middleware(handler, datasette)
        has_started = False

        async def send_and_note(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await handler(scope, receive, send_and_note)
        except Exception as error:
            if has_started:
                raise
            await early_response(datasette, scope, error).asgi_send(send)

    return application


@hookimpl(trylast=True, optionalhook=True)
def permission_allowed(
    datasette: Datasette, actor: Actor, action: str, resource: Any
) -> Callable[[], Awaitable[bool | None]] | None:
    """Datasette 0.65: the last opinion holds."""
    database = resource if isinstance(resource, str) else resource[0] if resource else None
    if not databases.is_chronology(datasette, database):
        return None
    assert database is not None

    async def opinion() -> bool | None:
        if action == "view-table":
            closed = await permissions.closed_tables(datasette, actor, database)
            return False if resource[1].lower() in closed else None
        if action == "view-database-download":
            return None if await permissions.may_download(datasette, actor, database) else False
        return None

    return opinion


@hookimpl(optionalhook=True)
def permission_resources_sql(
    datasette: Datasette, actor: Actor, action: str
) -> Callable[[], Awaitable[Any]] | None:
    """Datasette 1.0: rows that close tables and downloads."""
    if action not in ("view-table", "view-database-download"):
        return None

    async def rows() -> Any:
        names = databases.names(datasette)
        if action == "view-table":
            denied = {
                name: await permissions.closed_tables(datasette, actor, name) for name in names
            }
            return permissions.denied_tables(denied, permissions.REASON)
        closed = [
            name for name in names if not await permissions.may_download(datasette, actor, name)
        ]
        return permissions.denied_databases(closed, permissions.REASON)

    return rows


@hookimpl
def forbidden(datasette: Datasette, request: Request, message: str) -> Any:
    return response_to(datasette, request, Forbidden(message))


@hookimpl
def handle_exception(datasette: Datasette, request: Request, exception: Exception) -> Any:
    return response_to(datasette, request, exception)


@hookimpl
def render_cell(value: Any, column: str, table: str, database: str, datasette: Datasette) -> Any:
    if not limits.is_turn_over():
        return _cell(value, column, table, database, datasette)

    async def cell() -> Any:
        # A page of a thousand rows would stall all other requests.
        await limits.pause()
        return _cell(value, column, table, database, datasette)

    return cell


def _cell(value: Any, column: str, table: str, database: str, datasette: Datasette) -> Any:
    if not isinstance(value, str | float) or table not in TABLES:
        return None
    if not databases.is_chronology(datasette, database):
        return None
    return formatting.cell(value, column, table, lambda: datasette.urls.table(database, "events"))


@hookimpl
def extra_css_urls(template: str, database: str | None, datasette: Datasette) -> list[str]:
    if not (template.startswith(templating.FOLDER) or databases.is_chronology(datasette, database)):
        return []
    return [datasette.urls.path("/-/static-plugins/datasette-chronology/chronology.css")]


@hookimpl
def extra_template_vars(
    database: str | None, table: str | None, view_name: str, request: Request, datasette: Datasette
) -> Callable[[], Awaitable[dict[str, Any]]]:
    async def values() -> dict[str, Any]:
        if request is None or not databases.is_chronology(datasette, database):
            return {}
        assert database is not None
        if view_name != "row" and not await permissions.may_view_events(
            datasette, request, database
        ):
            return {}
        return await template_context.variables(datasette, request, database, table, view_name)

    return values
