"""Exact facets of `events` from the index, in place of Datasette's own.

Counts depend on the filters alone, so they are the same on every page. Months are sorted by time.
Other tables and columns keep Datasette's own facets.
"""

from __future__ import annotations

import heapq
from operator import itemgetter
from typing import Any

from datasette.database import QueryInterrupted
from datasette.facets import ArrayFacet, ColumnFacet, DateFacet
from datasette.utils.asgi import BadRequest

from chronology.projections.event_rows import SINGLE_VALUED, array_columns
from chronology.web import databases
from chronology.web.datasette_compat import page_address, pairs, with_query
from chronology.web.limits import limits
from chronology.web.query.selection import event_filter, run

_LINK_BYTES = 100
_LEAST_VALUES = 10
BY_VALUE = frozenset({"months"})


def _by_count(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]


class _Bounded:
    """Bounds the values of a facet, since the link of each repeats the whole address."""

    def get_facet_size(self: Any) -> int:
        size: int = super().get_facet_size()  # type: ignore[misc]
        configured = getattr(self, "metadata", None) or getattr(self, "table_config", None) or {}
        requested = [key for key, _ in pairs(self.request) if key.startswith("_facet")]
        facets = len(requested) + len(configured.get("facets", []))
        link_bytes = _LINK_BYTES + len(self.request.query_string)
        share = limits(self.ds).facet_links_bytes // (link_bytes * max(facets, 1))
        return min(size, max(share, _LEAST_VALUES))


class _Exact(_Bounded):
    """Counts the values of a column of `events` from the index."""

    operator: str
    argument: str

    async def facet_results(self: Any) -> tuple[list[dict[str, Any]], list[str]]:
        if not databases.is_chronology(self.ds, self.database):
            results, timed_out = await super().facet_results()  # type: ignore[misc]
            return results, timed_out
        linked = await self._linked()
        others = [c for c in self.get_configs() if _column(c) not in linked and not self._of_all(c)]
        results, timed_out = await self._by_datasette(others) if others else ([], [])
        sources: dict[str, str] = {}
        for config in self.get_configs():
            # A facet of both metadata.yml and the address is counted once.
            sources.setdefault(_column(config), config["source"])
        for column, source in sources.items():
            if column in linked:
                try:
                    results.append(await self._count(column, source))
                except QueryInterrupted:
                    timed_out.append(column)
        return results, timed_out

    async def _by_datasette(self: Any, configs: list[Any]) -> tuple[list[Any], list[str]]:
        get_configs, self.get_configs = self.get_configs, lambda: configs
        try:
            results, timed_out = await super().facet_results()  # type: ignore[misc]
            return results, timed_out
        finally:
            self.get_configs = get_configs

    @property
    def _past(self: Any) -> bool:
        return self.table == "history" and "_as_of" in self.request.args

    def _of_all(self: Any, config: dict[str, Any]) -> bool:
        """Whether metadata.yml has the facet for all versions, not for those of a moment."""
        return bool(self._past and config["source"] == "metadata")

    async def _linked(self: Any) -> set[str]:
        """The columns of the index, if the table has the events of now or of a moment."""
        if self.table != "events" and not self._past:
            return set()
        columns = await self.ds.get_database(self.database).table_columns("events")
        counted: set[str] = self._counted(columns)
        return counted

    async def _count(self: Any, column: str, source: str) -> dict[str, Any]:
        selected = await event_filter(self.ds, self.request, self.database, self.table)
        database, size = self.ds.get_database(self.database), self.get_facet_size()
        counts = await run(self.ds, database, selected, lambda rows: rows.counts(column))
        first = heapq.nsmallest(
            size + 1, counts, itemgetter(0) if column in BY_VALUE else _by_count
        )
        return {
            "name": column,
            "type": self.type,
            "results": [self._value(column, *pair) for pair in first[:size]],
            "hideable": source != "metadata",
            "toggle_url": self._toggled(self.argument, column),
            "truncated": len(first) > size,
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
        """The address of the first page with one argument added or removed."""
        parameters = pairs(self.request, "_next")
        others = [pair for pair in parameters if pair != (key, value)]
        if len(others) == len(parameters):
            others.append((key, value))
        return with_query(page_address(self.ds, self.request), others)


def _column(config: dict[str, Any]) -> str:
    settings = config["config"]
    column = settings.get("column") or settings["simple"]
    if not isinstance(column, str):
        raise BadRequest("`_facet` needs a column name")
    return column


class ExactArrayFacet(_Exact, ArrayFacet):
    """The facet of an array column."""

    type = "array"
    operator = "__arraycontains"
    argument = "_facet_array"

    def _counted(self, columns: list[str]) -> set[str]:
        return set(array_columns(columns))


class ExactColumnFacet(_Exact, ColumnFacet):
    """The facet of a plain column."""

    type = "column"
    operator = ""
    argument = "_facet"

    def _counted(self, columns: list[str]) -> set[str]:
        return set(SINGLE_VALUED)


class BoundedDateFacet(_Bounded, DateFacet):
    """The facet of the days of a column."""


SUBSTITUTES = {
    ArrayFacet: ExactArrayFacet,
    ColumnFacet: ExactColumnFacet,
    DateFacet: BoundedDateFacet,
}
