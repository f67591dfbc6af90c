"""Where Datasette 0.65 and 1.0 differ, behind one set of names."""

from __future__ import annotations

from typing import Any

from datasette.utils.asgi import Forbidden

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


async def set_defaults(datasette: Any, database: str, tables: dict[str, dict[str, Any]]) -> None:
    """Sets what metadata.yml leaves open of tables: in 1.0 their descriptions lie elsewhere."""
    if not hasattr(datasette, "set_resource_metadata"):
        _set_config(datasette, "_metadata_local", database, tables)
        return
    config = {
        table: {k: settings[k] for k in settings if k not in _DESCRIBING}
        for table, settings in tables.items()
    }
    _set_config(datasette, "config", database, config)
    for table, settings in tables.items():
        known = await datasette.get_resource_metadata(database, table)
        if "description" in settings and "description" not in known:
            await datasette.set_resource_metadata(
                database, table, "description", settings["description"]
            )
        for column, text in settings.get("columns", {}).items():
            if not await datasette.get_column_metadata(database, table, column):
                await datasette.set_column_metadata(database, table, column, "description", text)


_DESCRIBING = ("description", "columns")


def _set_config(
    datasette: Any, attribute: str, database: str, tables: dict[str, dict[str, Any]]
) -> None:
    """Merges settings below those that are given, which stay as they are."""
    whole = getattr(datasette, attribute) or {}
    databases = whole.get("databases") or {}
    settings = databases.get(database) or {}
    given = settings.get("tables") or {}
    merged = {table: {**default, **(given.get(table) or {})} for table, default in tables.items()}
    settings = {**settings, "tables": {**given, **merged}}
    setattr(datasette, attribute, {**whole, "databases": {**databases, database: settings}})


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
        whole = await datasette.get_instance_metadata()
        found = {**whole, **await datasette.get_database_metadata(database)}
        return found.get("license"), found.get("license_url")
    return tuple(datasette.metadata(key, database=database) for key in ("license", "license_url"))
