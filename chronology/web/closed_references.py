"""Hides references to closed tables on Datasette 0.65, which asks nobody about them.

Its row pages count the rows of other tables that refer to a row, and its lists and facets show
labels from the tables that a row refers to. Datasette 1.0 leaves out closed tables itself.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any

from chronology.web import databases, permissions
from chronology.web.datasette_compat import IS_0_65, Actor, Datasette

_actor: ContextVar[Actor] = ContextVar("actor", default=None)
"""The actor of the current page of a row or a table."""


def install(datasette: Datasette) -> None:
    """Makes Datasette 0.65 leave out closed tables; does nothing on 1.0, or a second time."""
    if not IS_0_65:
        return
    # Datasette imports this package before its own views.
    from datasette.views.row import RowView
    from datasette.views.table import TableView

    if hasattr(RowView.foreign_key_tables, "__wrapped__"):
        return
    for view in (RowView, TableView):
        view.data = _with_actor(view.data)
    RowView.foreign_key_tables = _of_visible_tables(RowView.foreign_key_tables)
    kind: Any = type(datasette)
    kind.expand_foreign_keys = _with_visible_labels(kind.expand_foreign_keys)


def _with_actor(data: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(data)
    async def with_actor(self: Any, request: Any, *args: Any, **options: Any) -> Any:
        _actor.set(request.actor)
        return await data(self, request, *args, **options)

    return with_actor


def _of_visible_tables(foreign_key_tables: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(foreign_key_tables)
    async def of_visible_tables(self: Any, database: str, *args: Any) -> list[dict[str, Any]]:
        tables: list[dict[str, Any]] = await foreign_key_tables(self, database, *args)
        if not databases.is_chronology(self.ds, database):
            return tables
        visible = await permissions.visible_tables(self.ds, _actor.get(), database)
        return [table for table in tables if table["other_table"] in visible]

    return of_visible_tables


def _with_visible_labels(expand: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(expand)
    async def with_visible_labels(
        self: Any, database: str, table: str, column: str, values: Any
    ) -> Any:
        if databases.is_chronology(self, database):
            keys = await self.databases[database].foreign_keys_for_table(table)
            others = {key["other_table"] for key in keys if key["column"] == column}
            if not others <= await permissions.visible_tables(self, _actor.get(), database):
                return {}
        return await expand(self, database, table, column, values)

    return with_visible_labels
