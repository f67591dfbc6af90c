"""Datasette as this package uses it: types, differences between 0.65 and 1.0, addresses."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qs, parse_qsl, quote, urlencode

from datasette.utils import MultiParams, asgi, tilde_decode

from chronology.model.addresses import service_address

PLUGIN = "datasette-chronology"
ACROSS = "_memory"
"""With `--crossdb`, queries of this database may read every database that is served."""
_ARGUMENTS = "chronology.arguments"

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
Actor = Mapping[str, Any] | None
_Tables = dict[str, dict[str, Any]]


class Arguments(Protocol):
    """The parameters of a query string."""

    def __contains__(self, key: str) -> bool: ...

    def __iter__(self) -> Any: ...

    def get(self, name: str, default: str | None = None) -> Any: ...

    def getlist(self, name: str) -> list[str]: ...


class Request(Protocol):
    """A request as Datasette passes it to views and hooks."""

    scope: Scope
    method: str
    scheme: str
    host: str
    path: str
    query_string: str
    headers: dict[str, str]
    args: Arguments
    url_vars: dict[str, str]
    actor: Actor


class Urls(Protocol):
    """Makes addresses below `base_url`."""

    def path(self, path: str) -> str: ...

    def database(self, database: str) -> str: ...

    def table(self, database: str, table: str) -> str: ...

    def static_plugins(self, plugin: str, path: str) -> str: ...


class Datasette(Protocol):
    """The parts of the Datasette object that both versions have."""

    databases: dict[str, Any]
    renderers: dict[str, Any]
    cors: bool
    template_dir: str | None
    plugins_dir: str | None
    urls: Urls

    def get_database(self, name: str | None = None, route: str | None = None) -> Any: ...

    def setting(self, key: str) -> Any: ...

    def plugin_config(
        self, plugin_name: str, database: str | None = None
    ) -> dict[str, Any] | None: ...

    def absolute_url(self, request: Request, path: str) -> str: ...

    async def render_template(
        self, templates: str, context: dict[str, Any], request: Request, view_name: str
    ) -> str: ...

    def _plugins(self) -> list[dict[str, Any]]: ...


try:
    from datasette.resources import DatabaseResource, TableResource
except ImportError:  # Datasette 0.65
    DatabaseResource = TableResource = None

IS_0_65 = TableResource is None
CSV_STREAMS_TAKE_A_CURSOR = IS_0_65
"""Datasette 1.0 refuses `_next` with `_stream`."""
EXECUTE_FN = "execute_fn" if IS_0_65 else "_execute_fn"
"""The method of a database by which `execute` runs a statement."""


async def may_view_instance(datasette: Any, actor: Actor) -> bool:
    """Whether the actor may see anything at all."""
    if TableResource is None:
        visible, _ = await datasette.check_visibility(actor, permissions=["view-instance"])
        return bool(visible)
    return bool(await datasette.allowed(action="view-instance", actor=actor))


async def may_view_database(datasette: Any, actor: Actor, database: str) -> bool:
    """Whether the actor may see the list of a database's tables."""
    if DatabaseResource is None:
        permissions = [("view-database", database), "view-instance"]
        visible, _ = await datasette.check_visibility(actor, permissions=permissions)
        return bool(visible)
    resource = DatabaseResource(database=database)
    return bool(await datasette.allowed(action="view-database", resource=resource, actor=actor))


async def may_view_table(datasette: Any, actor: Actor, database: str, table: str) -> bool:
    """Whether the actor may see a table."""
    if TableResource is None:
        visible, _ = await datasette.check_visibility(
            actor,
            permissions=[
                ("view-table", (database, table)),
                ("view-database", database),
                "view-instance",
            ],
        )
        return bool(visible)
    resource = TableResource(database=database, table=table)
    return bool(await datasette.allowed(action="view-table", resource=resource, actor=actor))


async def table_config(datasette: Any, database: str, table: str) -> dict[str, Any]:
    """The settings of a table in metadata.yml: facets, sort and others."""
    if hasattr(datasette, "table_config"):
        config: dict[str, Any] = await datasette.table_config(database, table)
    else:
        config = datasette.table_metadata(database, table)
    return config or {}


async def set_defaults(datasette: Any, database: str, before: _Tables, tables: _Tables) -> None:
    """Replaces the former defaults of tables by new ones; metadata.yml comes before both."""
    if not hasattr(datasette, "set_resource_metadata"):
        _set_config(datasette, "_metadata_local", database, before, tables)
        return
    _set_config(datasette, "config", database, _config(before), _config(tables))
    for table, settings in tables.items():
        known = await datasette.get_resource_metadata(database, table)
        if "description" in settings and "description" not in known:
            await datasette.set_resource_metadata(
                database, table, "description", settings["description"]
            )
        for column, text in settings.get("columns", {}).items():
            if not await datasette.get_column_metadata(database, table, column):
                await datasette.set_column_metadata(database, table, column, "description", text)


def _config(tables: _Tables) -> _Tables:
    """The settings that Datasette 1.0 reads from its configuration: all but descriptions."""
    return {
        table: {key: settings[key] for key in settings if key not in ("description", "columns")}
        for table, settings in tables.items()
    }


def _set_config(
    datasette: Any, attribute: str, database: str, before: _Tables, tables: _Tables
) -> None:
    config = getattr(datasette, attribute) or {}
    databases = config.get("databases") or {}
    settings = databases.get(database) or {}
    configured = settings.get("tables") or {}
    merged = {
        table: _merged(configured.get(table) or {}, before.get(table, {}), default)
        for table, default in tables.items()
    }
    # Visitors' own SQL needs `allow_sql`, whatever the settings are: an option `--setting` makes
    # Datasette 0.65 ignore settings.json, which disables it.
    closed = {} if "allow_sql" in config else {"allow_sql": False}
    settings = {**closed, **settings, "tables": {**configured, **merged}}
    databases = {**databases, database: settings}
    if datasette.crossdb:  # This database reads all others.
        databases[ACROSS] = {**closed, **(databases.get(ACROSS) or {})}
    setattr(datasette, attribute, {**config, "databases": databases})


def _merged(
    configured: dict[str, Any], before: dict[str, Any], default: dict[str, Any]
) -> dict[str, Any]:
    """The settings of a table: those of metadata.yml, then the defaults."""
    own = {
        key: value for key, value in configured.items() if key not in before or before[key] != value
    }
    order = {"sort", "sort_desc"} if {"sort", "sort_desc"} & own.keys() else set()
    defaults = {key: value for key, value in default.items() if key not in order}
    described = own.get("columns") or {}
    columns = {
        **described,
        **{k: v for k, v in default.get("columns", {}).items() if k not in described},
    }
    return {**defaults, **own, **({"columns": columns} if columns else {})}


def build_where(arguments: list[tuple[str, str]], table: str) -> tuple[list[str], dict[str, Any]]:
    """The WHERE clauses and parameters of Datasette's own column filters."""
    from datasette.filters import Filters

    where, params = Filters(sorted(arguments)).build_where_clauses(table)
    return where, params


def column_operators() -> tuple[str, ...]:
    """The operators of column filters, such as `gt` in `?accounts__gt=2`."""
    from datasette.filters import Filters

    return tuple(Filters._filters_by_key)


async def instance_metadata(datasette: Any) -> dict[str, Any]:
    """The settings of the instance in metadata.yml: title, licence and others."""
    if hasattr(datasette, "get_instance_metadata"):
        metadata: dict[str, Any] = await datasette.get_instance_metadata()
    else:
        metadata = datasette.metadata()
    return metadata or {}


async def licence(datasette: Any, database: str) -> tuple[str | None, str | None]:
    """The name and the address of the licence of a database, or of the instance."""
    if hasattr(datasette, "get_database_metadata"):
        own = await datasette.get_database_metadata(database)
        metadata = {**await instance_metadata(datasette), **own}
        return metadata.get("license"), metadata.get("license_url")
    return tuple(datasette.metadata(key, database=database) for key in ("license", "license_url"))


def parse_arguments_once() -> None:
    """Makes Datasette parse the query string of a request once, and not for each use."""

    def args(request: Any) -> Any:
        parsed = request.scope.get(_ARGUMENTS)
        if parsed is None or parsed[0] != request.query_string:
            arguments = MultiParams(parse_qs(request.query_string, keep_blank_values=True))
            parsed = request.scope[_ARGUMENTS] = (request.query_string, arguments)
        return parsed[1]

    asgi.Request.args = property(args)


def let_streams_set_cookies() -> None:
    """Gives Datasette's streams the method by which it deletes or repeats its messages.

    Without it, a stream for a visitor with a message is a server error.
    """

    def set_cookie(stream: Any, key: str, value: str = "", **options: Any) -> None:
        response = asgi.Response("")
        response.set_cookie(key, value, **options)
        stream.headers = {**stream.headers, "set-cookie": response._set_cookie_headers[0]}

    asgi.AsgiStream.set_cookie = set_cookie


# Addresses ------------------------------------------------------------------------------------


def public_address(datasette: Datasette, request: Request) -> str:
    """The address of the service without `base_url`: by `public_url`, else by the request.

    `public_url` is the address at which visitors reach the service; it may end with `base_url` or
    leave it out.
    """
    configured = (datasette.plugin_config(PLUGIN) or {}).get("public_url")
    if not configured:
        return f"{request.scheme}://{request.host}"
    return service_address(configured, datasette.setting("base_url"))


def disposition(kind: str, name: str) -> str:
    """The header that names a download (RFC 6266), for any file name."""
    plain = re.sub(r"[^\w. -]", "_", name, flags=re.ASCII)
    header = f'{kind}; filename="{plain}"'
    return header if plain == name else f"{header}; filename*=UTF-8''{quote(name)}"


class Address(NamedTuple):
    """The path of a request as Datasette routes it: not decoded.

    `database` is the database at its start, if there is one; `rest` is what follows.
    """

    path: str
    database: str | None
    rest: str


_ADDRESS = "chronology.address"


def address_of(datasette: Datasette, scope: Scope) -> Address:
    """The address of a request; the first call stores it for the later ones."""
    if _ADDRESS not in scope:
        scope[_ADDRESS] = address_in(datasette, raw_path(scope))
    result: Address = scope[_ADDRESS]
    return result


def raw_path(scope: Scope) -> str:
    """The path of a request, not decoded."""
    raw = scope.get("raw_path")
    return raw.decode("latin-1").partition("?")[0] if raw else str(scope["path"])


def address_in(datasette: Datasette, path: str) -> Address:
    """The address of a path."""
    first, slash, rest = path.removeprefix("/").partition("/")
    segment, dot, ending = first.partition(".")
    try:
        name = datasette.get_database(route=tilde_decode(segment)).name if segment else None
    except KeyError:
        name = None
    return Address(path, name, f"{dot}{ending}{slash}{rest}")


def page_address(datasette: Datasette, request: Request) -> str:
    """The path of the requested page as links have it."""
    return str(datasette.urls.path(address_of(datasette, request.scope).path))


def pairs(request: Request, *without: str) -> list[tuple[str, str]]:
    """The parameters of a request in their order, except some names."""
    parameters = parse_qsl(request.query_string, keep_blank_values=True)
    return [pair for pair in parameters if pair[0] not in without]


def with_query(address: str, parameters: Sequence[tuple[str, Any]]) -> str:
    """An address with a query string, if there are parameters."""
    return f"{address}?{urlencode(parameters)}" if parameters else address
