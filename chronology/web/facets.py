"""Exact facets of `events` from the link tables, in place of Datasette's own.

Counts come from the filters alone, so they are the same on every page; months stand in order
of time. For other tables and columns Datasette's own facets go on as they are.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

from datasette.database import QueryInterrupted
from datasette.facets import ArrayFacet, ColumnFacet
from datasette.utils.asgi import BadRequest

from chronology.projections.events import ARRAYS
from chronology.web.selection import is_chronology, selected

COLUMNS = ("kind", "status")
BY_VALUE = frozenset({"months"})


class _Exact:
    """Counts the values of an `events` column by its links."""

    operator: str
    argument: str

    async def facet_results(self: Any) -> tuple[list[dict[str, Any]], list[str]]:
        linked = await self._linked()
        others = [c for c in self.get_configs() if _column(c) not in linked]
        results, timed_out = await self._by_datasette(others)
        asked: dict[str, str] = {}
        for config in self.get_configs():
            # Asked for by metadata.yml and by the address, it is still one facet.
            asked.setdefault(_column(config), config["source"])
        for column, source in asked.items():
            if column in linked:
                try:
                    results.append(await self._count(column, source))
                except QueryInterrupted:
                    timed_out.append(column)
        return results, timed_out

    async def _by_datasette(self: Any, configs: list[Any]) -> tuple[list[Any], list[str]]:
        if not configs:
            return [], []
        kept, self.get_configs = self.get_configs, lambda: configs
        try:
            results, timed_out = await super().facet_results()  # type: ignore[misc]
            return results, timed_out
        finally:
            self.get_configs = kept

    @property
    def _past(self: Any) -> bool:
        return self.table == "history" and "_as_of" in self.request.args

    async def _linked(self: Any) -> set[str]:
        """The columns that can be counted so, if these are the events of now or of a moment."""
        if self.table != "events" and not self._past:
            return set()
        if not await is_chronology(self.ds, self.database):
            return set()
        columns = await self.ds.get_database(self.database).table_columns("events")
        counted: set[str] = self._counted(columns)
        return counted

    async def _count(self: Any, column: str, source: str) -> dict[str, Any]:
        selection = await selected(self.ds, self.request, self.database, self.table)
        size = self.get_facet_size()
        order = "1" if column in BY_VALUE else "2 DESC, 1"
        if self._past:
            sql = (
                f"SELECT value, count(*) AS count FROM ({self._values(column, selection.where)})"
                f" WHERE :facet_of_links != '' GROUP BY value ORDER BY {order} LIMIT {size + 1}"
            )
        elif selection.where:
            sql = (
                "SELECT facet_values.value, count(*) AS count FROM facet_values"
                " JOIN event_links ON event_links.value = number WHERE facet = :facet_of_links"
                f" AND event IN (SELECT rowid FROM events WHERE {selection.where})"
                f" GROUP BY number ORDER BY {order} LIMIT {size + 1}"
            )
        else:
            sql = (
                "SELECT value, count FROM facet_values WHERE facet = :facet_of_links"
                f" ORDER BY {order} LIMIT {size + 1}"
            )
        rows = await self.ds.execute(
            self.database,
            sql,
            {**selection.params, "facet_of_links": column},
            truncate=False,
            custom_time_limit=self.ds.setting("facet_time_limit_ms"),
        )
        return {
            "name": column,
            "type": self.type,
            "results": [self._value(column, *row) for row in rows.rows[:size]],
            "hideable": source != "metadata",
            "toggle_url": self._toggled(self.argument, column),
            "truncated": len(rows.rows) > size,
        }

    def _value(self: Any, column: str, value: str, count: int) -> dict[str, Any]:
        key = f"{column}{self.operator}"
        return {
            "value": value,
            "label": value,
            "count": count,
            "toggle_url": self.ds.absolute_url(self.request, self._toggled(key, value)),
            "selected": (key, value) in self.get_querystring_pairs(),
        }

    def _toggled(self: Any, key: str, value: str) -> str:
        """This page's address with one argument added, or taken away; always page one."""
        pairs = parse_qsl(self.request.query_string, keep_blank_values=True)
        kept = [pair for pair in pairs if pair != (key, value) and pair[0] != "_next"]
        if (key, value) not in pairs:
            kept.append((key, value))
        path: str = self.request.path
        return f"{path}?{urlencode(kept)}" if kept else path


def _column(config: dict[str, Any]) -> str:
    found = config["config"]
    column = found.get("column") or found["simple"]
    if not isinstance(column, str):
        raise BadRequest("a facet is of a column; give its name")
    return column


class ExactArrayFacet(_Exact, ArrayFacet):
    """The facet of an array column."""

    type = "array"
    operator = "__arraycontains"
    argument = "_facet_array"

    def _values(self, column: str, where: str) -> str:
        # The inner query first: json_each has columns of its own, `id` among them.
        return (
            "SELECT DISTINCT state, value FROM"
            f' (SELECT rowid AS state, "{column}" AS listed FROM history WHERE {where}),'
            " json_each(listed)"
        )

    def _counted(self, columns: list[str]) -> set[str]:
        start, end = columns.index("months"), columns.index("formations")
        return {*ARRAYS, *columns[start:end]}


class ExactColumnFacet(_Exact, ColumnFacet):
    """The facet of a plain column."""

    type = "column"
    operator = ""
    argument = "_facet"

    def _values(self, column: str, where: str) -> str:
        return f'SELECT "{column}" AS value FROM history WHERE {where}'

    def _counted(self, columns: list[str]) -> set[str]:
        return set(COLUMNS)


SUBSTITUTES = {ArrayFacet: ExactArrayFacet, ColumnFacet: ExactColumnFacet}
