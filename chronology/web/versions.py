"""Where Datasette 0.65 and 1.0 differ, behind one set of names."""

from __future__ import annotations

from typing import Any

from datasette.utils.asgi import Forbidden

try:
    from datasette.resources import TableResource
except ImportError:  # Datasette 0.65
    TableResource = None


async def ensure_view_table(datasette: Any, actor: Any, database: str, table: str) -> None:
    """Raises `Forbidden` unless the actor may see the table."""
    if TableResource is None:
        visible, _ = await datasette.check_visibility(
            actor,
            permissions=[
                ("view-table", (database, table)),
                ("view-database", database),
                "view-instance",
            ],
        )
    else:
        resource = TableResource(database=database, table=table)
        visible = await datasette.allowed(action="view-table", resource=resource, actor=actor)
    if not visible:
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
