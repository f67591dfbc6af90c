"""Where Datasette 0.65 and 1.0 differ, behind one set of names."""

from __future__ import annotations

from typing import Any

from datasette.utils.asgi import Forbidden

_Tables = dict[str, dict[str, Any]]

try:
    from datasette.resources import DatabaseResource, TableResource
except ImportError:  # Datasette 0.65
    DatabaseResource = TableResource = None


async def may_view_instance(datasette: Any, actor: Any) -> bool:
    """Whether the actor may see anything at all."""
    if TableResource is None:
        visible, _ = await datasette.check_visibility(actor, permissions=["view-instance"])
        return bool(visible)
    return bool(await datasette.allowed(action="view-instance", actor=actor))


async def may_view_database(datasette: Any, actor: Any, database: str) -> bool:
    """Whether the actor may see the list of a database's tables."""
    if DatabaseResource is None:
        permissions = [("view-database", database), "view-instance"]
        visible, _ = await datasette.check_visibility(actor, permissions=permissions)
        return bool(visible)
    resource = DatabaseResource(database=database)
    return bool(await datasette.allowed(action="view-database", resource=resource, actor=actor))


async def may_view_table(datasette: Any, actor: Any, database: str, table: str) -> bool:
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


async def ensure_view_table(datasette: Any, actor: Any, database: str, table: str) -> None:
    """Raises `Forbidden` unless the actor may see the table."""
    if not await may_view_table(datasette, actor, database, table):
        raise Forbidden("You do not have permission to view this table")


async def ensure_seen(datasette: Any, request: Any, database: str) -> None:
    """Raises `Forbidden` unless who asks may see the events, or their history if it is of then."""
    await ensure_view_table(datasette, request.actor, database, "events")
    if "_as_of" in request.args:
        await ensure_view_table(datasette, request.actor, database, "history")


async def may_view(datasette: Any, request: Any, database: str) -> bool:
    """Whether who asks may see what is asked for of a database."""
    try:
        await ensure_seen(datasette, request, database)
    except Forbidden:
        return False
    return True


async def table_config(datasette: Any, database: str, table: str) -> dict[str, Any]:
    """What metadata.yml says of a table: facets, sort and the like."""
    if hasattr(datasette, "table_config"):
        found: dict[str, Any] = await datasette.table_config(database, table)
    else:
        found = datasette.table_metadata(database, table)
    return found or {}


async def set_defaults(datasette: Any, database: str, before: _Tables, tables: _Tables) -> None:
    """Sets what metadata.yml leaves open of tables, in place of the defaults of before."""
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
    """What Datasette 1.0 takes from its configuration: all but the descriptions."""
    return {
        table: {key: settings[key] for key in settings if key not in ("description", "columns")}
        for table, settings in tables.items()
    }


def _set_config(
    datasette: Any, attribute: str, database: str, before: _Tables, tables: _Tables
) -> None:
    whole = getattr(datasette, attribute) or {}
    databases = whole.get("databases") or {}
    settings = databases.get(database) or {}
    given = settings.get("tables") or {}
    merged = {
        table: _merged(given.get(table) or {}, before.get(table, {}), default)
        for table, default in tables.items()
    }
    settings = {**settings, "tables": {**given, **merged}}
    setattr(datasette, attribute, {**whole, "databases": {**databases, database: settings}})


def _merged(
    given: dict[str, Any], before: dict[str, Any], default: dict[str, Any]
) -> dict[str, Any]:
    """The settings of a table: those of metadata.yml, and of the defaults what is left open."""
    own = {key: value for key, value in given.items() if key not in before or before[key] != value}
    order = {"sort", "sort_desc"} if {"sort", "sort_desc"} & own.keys() else set()
    found = {key: value for key, value in default.items() if key not in order}
    described = own.get("columns") or {}
    columns = {
        **described,
        **{k: v for k, v in default.get("columns", {}).items() if k not in described},
    }
    return {**found, **own, **({"columns": columns} if columns else {})}


def build_where(arguments: list[tuple[str, str]], table: str) -> tuple[list[str], dict[str, Any]]:
    """The WHERE clauses and parameters of Datasette's own column filters."""
    from datasette.filters import Filters

    where, params = Filters(sorted(arguments)).build_where_clauses(table)
    return where, params


async def instance_metadata(datasette: Any) -> dict[str, Any]:
    """What metadata.yml says of the whole: title, licence and the like."""
    if hasattr(datasette, "get_instance_metadata"):
        found: dict[str, Any] = await datasette.get_instance_metadata()
    else:
        found = datasette.metadata()
    return found or {}


async def licence(datasette: Any, database: str) -> tuple[str | None, str | None]:
    """The name and the address of the licence that metadata.yml gives a database or all."""
    if hasattr(datasette, "get_database_metadata"):
        own = await datasette.get_database_metadata(database)
        found = {**await instance_metadata(datasette), **own}
        return found.get("license"), found.get("license_url")
    return tuple(datasette.metadata(key, database=database) for key in ("license", "license_url"))
