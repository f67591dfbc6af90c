"""Exact facets of `events` from the index, in place of Datasette's own.

Counts depend on the filters alone, so they are the same on every page. Months are sorted by time.
Other tables and columns keep Datasette's own facets.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from datasette.database import QueryInterrupted
from datasette.facets import ArrayFacet, ColumnFacet, DateFacet, Facet
from datasette.utils.asgi import BadRequest

from chronology.index import periods
from chronology.index.selection import commonest_first
from chronology.projections.event_rows import SINGLE_VALUED, array_columns
from chronology.web import databases
from chronology.web.datasette_compat import page_address, pairs
from chronology.web.limits import limits
from chronology.web.query.selection import run, translate

_LINK_BYTES = 100
_MIN_VALUES = 10
BY_VALUE = frozenset({"months"})


class _Bounded:
    """Bounds the values of a facet, since the link of each repeats the whole address."""

    def get_facet_size(self: Any) -> int:
        size: int = super().get_facet_size()  # type: ignore[misc]
        configured = getattr(self, "metadata", None) or getattr(self, "table_config", None) or {}
        requested = [key for key, _ in pairs(self.request) if key.startswith("_facet")]
        facets = len(requested) + len(configured.get("facets", []))
        link_bytes = _LINK_BYTES + len(self.request.query_string)
        share = limits(self.ds).facet_links_bytes // (link_bytes * max(facets, 1))
        return min(size, max(share, _MIN_VALUES))


class _Exact(_Bounded):
    """Counts the values of a column of `events` from the index."""

    operator: str
    argument: str

    async def facet_results(self: Any) -> tuple[list[dict[str, Any]], list[str]]:
        columns = databases.event_columns(self.ds, self.database)
        if not columns:
            results, timed_out = await super().facet_results()  # type: ignore[misc]
            return results, timed_out
        is_past = self.table == "history" and "_as_of" in self.request.args
        counted: tuple[str, ...] = ()
        if is_past or self.table == "events":
            counted = array_columns(columns) if self.type == "array" else SINGLE_VALUED
        sources: dict[str, str] = {}
        others = []
        for config in self.get_configs():
            settings, source = config["config"], config["source"]
            column = settings.get("column") or settings["simple"]
            if not isinstance(column, str):
                raise BadRequest("`_facet` needs a column name")
            if column in counted:
                # A facet of both metadata.yml and the address is counted once.
                sources.setdefault(column, source)
            elif not (is_past and source == "metadata"):
                # In metadata.yml a facet of `history` is of all versions, not those of a moment.
                others.append(config)
        results, timed_out = await self._by_datasette(others) if others else ([], [])
        for column, source in sources.items():
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

    async def _count(self: Any, column: str, source: str) -> dict[str, Any]:
        selected = (await translate(self.ds, self.request, self.database, self.table)).filter
        database, size = self.ds.get_database(self.database), self.get_facet_size()
        counts = await run(self.ds, database, selected, lambda rows: rows.counts(column))
        first = sorted(counts) if column in BY_VALUE else commonest_first(counts)
        path, parameters = page_address(self.ds, self.request), pairs(self.request, "_next")
        key = f"{column}{self.operator}"
        return {
            "name": column,
            "type": self.type,
            "results": [
                {
                    "value": value,
                    "label": value,
                    "count": count,
                    "toggle_url": self.ds.absolute_url(
                        self.request, _toggled(path, parameters, key, value)
                    ),
                    "selected": (key, value) in parameters,
                }
                for value, count in first[:size]
            ],
            "hideable": source != "metadata",
            "toggle_url": _toggled(path, parameters, self.argument, column),
            "truncated": len(first) > size,
        }


def _toggled(path: str, parameters: list[tuple[str, str]], key: str, value: str) -> str:
    """The address of the first page with one argument added or removed."""
    others = [pair for pair in parameters if pair != (key, value)]
    if len(others) == len(parameters):
        others.append((key, value))
    return f"{path}?{urlencode(others)}" if others else path


class ExactArrayFacet(_Exact, ArrayFacet):
    """The facet of an array column."""

    type = "array"
    operator = "__arraycontains"
    argument = "_facet_array"


class ExactColumnFacet(_Exact, ColumnFacet):
    """The facet of a plain column."""

    type = "column"
    operator = ""
    argument = "_facet"


class BoundedDateFacet(_Bounded, DateFacet):
    """The facet of the days of a column."""


class TimeFacet(_Bounded, Facet):
    """The number of events in each day, year, decade or century in which they may have happened.

    `_facet_time=date` counts the periods of the chronology's window; each leads to `_within`.
    """

    type = "time"

    async def facet_results(self: Any) -> tuple[list[dict[str, Any]], list[str]]:
        if not databases.event_columns(self.ds, self.database):
            return [], []
        is_past = self.table == "history" and "_as_of" in self.request.args
        configs = self.get_configs() if is_past or self.table == "events" else []
        if not configs:
            return [], []
        try:
            return [await self._count(configs[0]["source"])], []
        except QueryInterrupted:
            return [], ["time"]

    async def _count(self: Any, source: str) -> dict[str, Any]:
        selected = (await translate(self.ds, self.request, self.database, self.table)).filter
        database, size = self.ds.get_database(self.database), self.get_facet_size()
        window = databases.window(self.ds, self.database)
        counts = await run(self.ds, database, selected, lambda rows: periods.counts(rows, window))
        path, parameters = page_address(self.ds, self.request), pairs(self.request, "_next")
        return {
            "name": "time",
            "type": self.type,
            "results": [
                {
                    "value": period.name,
                    "label": period.name,
                    "count": count,
                    "toggle_url": self.ds.absolute_url(
                        self.request, _toggled(path, parameters, "_within", period.name)
                    ),
                    "selected": ("_within", period.name) in parameters,
                }
                for period, count in counts[:size]
            ],
            "hideable": source != "metadata",
            "toggle_url": _toggled(path, parameters, "_facet_time", "date"),
            "truncated": len(counts) > size,
        }


ADDED = (TimeFacet,)
SUBSTITUTES = {
    ArrayFacet: ExactArrayFacet,
    ColumnFacet: ExactColumnFacet,
    DateFacet: BoundedDateFacet,
}
