"""Translate a request for events to one filter: Datasette's own parameters and the plugin's.

A column that is counted by links, or that holds days, is filtered by them as well: Datasette's own
condition on an array column unpacks the column of every row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from typing import Any

from datasette.filters import FilterArguments
from datasette.plugins import pm
from datasette.utils import await_me_maybe, escape_fts
from datasette.utils.asgi import BadRequest

from chronology.index.predicates import DAY_COLUMNS, DayComparison, NumberQuery, Predicate
from chronology.index.selection import EventFilter, all_of
from chronology.model.errors import UnknownName
from chronology.projections.event_rows import SINGLE_VALUED, array_columns
from chronology.timeline import filters
from chronology.timeline.as_of import CURRENT_AT
from chronology.web import datasette_compat

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_OPERATORS = {"exact": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_BY_NUMBER = re.compile(r"(?:events\.)?number in \(select rowid from (.*)\)", re.DOTALL)
_PARAMETER = re.compile(r":(\w+)")


class OwnFilters(FilterArguments):
    """The plugin's own parameters as Datasette's filter arguments."""

    def __init__(self, own: list[EventFilter]) -> None:
        super().__init__(
            [each.sql for each in own],
            params={key: value for each in own for key, value in each.params.items()},
            human_descriptions=[each.description for each in own],
        )
        self.filters = own


translating: ContextVar[bool] = ContextVar("translating", default=False)
"""Whether the filter hooks run for `event_filter`, and not for a page of Datasette."""


async def own_filters(request: Any, database: str, datasette: Any) -> OwnFilters | None:
    """The plugin's own parameters as filter arguments; a malformed one is a 400."""
    given = {key: request.args.getlist(key) for key in request.args if key.startswith("_")}
    if not given:
        return None
    if "raw" not in given.get("_searchmode", []):
        given["_search"] = [escape_fts(text) for text in given.get("_search", [])]
    db = datasette.get_database(database)
    try:
        own = await db.execute_fn(lambda connection: filters.event_filters(connection, given))
    except UnknownName as error:
        raise BadRequest(str(error)) from None
    return OwnFilters(own)


async def event_filter(datasette: Any, request: Any, database: str, table: str) -> EventFilter:
    """The filter of a request for rows of `events`, or of `history` as of a position."""
    cached = request.scope.setdefault("chronology.filters", {})
    key = (database, table, request.scope["query_string"])
    if key not in cached:
        cached[key] = await _event_filter(datasette, request, database, table)
    found: EventFilter = cached[key]
    return found


async def _event_filter(datasette: Any, request: Any, database: str, table: str) -> EventFilter:
    columns = await datasette.get_database(database).table_columns("events")
    parts = list(_column_filters(_column_arguments(request), table, columns))
    for arguments in await _hook_arguments(datasette, request, database, table):
        parts += _hook_filters(arguments)
    position = next((part.params["as_of"] for part in parts if part.sql == CURRENT_AT), None)
    found = all_of(parts, position)
    # A visitor's own SQL may give something else each time.
    return found._replace(predicate=None) if "_where" in request.args else found


async def datasette_clauses(
    datasette: Any, request: Any, database: str, table: str
) -> tuple[str, ...]:
    """The clauses that Datasette itself makes of the filters of a request."""
    clauses, _ = datasette_compat.build_where(_column_arguments(request), table)
    for arguments in await _hook_arguments(datasette, request, database, table):
        clauses += arguments.where_clauses
    return tuple(clauses)


def _column_arguments(request: Any) -> list[tuple[str, str]]:
    return sorted(
        (key, value)
        for key in request.args
        if not (key.startswith("_") and "__" not in key)
        for value in request.args.getlist(key)
    )


async def _hook_arguments(datasette: Any, request: Any, database: str, table: str) -> list[Any]:
    """The filter arguments of all plugins, Datasette's own search among them."""
    cached = request.scope.setdefault("chronology.hook_arguments", {})
    key = (database, table, request.scope["query_string"])
    if key not in cached:
        token = translating.set(True)
        try:
            hooks = pm.hook.filters_from_request(
                request=request, table=table, database=database, datasette=datasette
            )
            cached[key] = [given for hook in hooks if (given := await await_me_maybe(hook))]
        finally:
            translating.reset(token)
    found: list[Any] = cached[key]
    return found


def _column_filters(
    arguments: list[tuple[str, str]], table: str, columns: Sequence[str]
) -> Iterator[EventFilter]:
    """Datasette's own filters, each with parameters of its own, by links where that is possible.

    `columns` are those of `events`, over which predicates are, whatever the table.
    """
    for index, (key, value) in enumerate(arguments):
        column, _, lookup = key.rpartition("__") if "__" in key else (key, "", "exact")
        mark = f"filter_{index}"
        linked = _linked_filter(column, lookup, value, mark, columns)
        if linked and table == "events":
            yield linked
            continue
        for sql, params in _datasette_filter(key, value, table, mark):
            predicate = linked.predicate if linked else _day_predicate(column, lookup, value)
            if predicate is None and column in columns:
                ((over_events, given),) = _datasette_filter(key, value, "events", mark)
                predicate = _number_query(over_events, given)
            yield EventFilter(sql, params, predicate)


def _linked_filter(
    column: str, lookup: str, value: str, mark: str, columns: Sequence[str]
) -> EventFilter | None:
    if column in array_columns(columns) and lookup in ("arraycontains", "arraynotcontains"):
        negated = lookup == "arraynotcontains"
        return filters.has_any("events", column, [value], mark, negated=negated)
    if column in SINGLE_VALUED and lookup in ("exact", "not"):
        return filters.has_any("events", column, [value], mark, negated=lookup == "not")
    return None


def _day_predicate(column: str, lookup: str, value: str) -> Predicate | None:
    if column in DAY_COLUMNS and lookup in _OPERATORS and _DAY.fullmatch(value):
        return DayComparison(column, _OPERATORS[lookup], value)
    return None


def _datasette_filter(
    key: str, value: str, table: str, mark: str
) -> list[tuple[str, dict[str, Any]]]:
    """Datasette's condition for one filter, its parameters named after the mark."""
    clauses, params = datasette_compat.build_where([(key, value)], table)

    def named(match: re.Match[str]) -> str:
        return f":{mark}_{match[1]}" if match[1] in params else match[0]

    given = {f"{mark}_{name}": value for name, value in params.items()}
    return [(_PARAMETER.sub(named, clause), given) for clause in clauses]


def _hook_filters(arguments: Any) -> list[EventFilter]:
    """The filters in one plugin's filter arguments."""
    if isinstance(arguments, OwnFilters):
        return arguments.filters
    return [
        EventFilter(
            sql,
            {name: arguments.params[name] for name in _parameters(sql, arguments.params)},
            _number_query(sql, arguments.params),
        )
        for sql in arguments.where_clauses
    ]


def _parameters(sql: str, params: dict[str, Any]) -> list[str]:
    return [name for name in _PARAMETER.findall(sql) if name in params]


def _number_query(sql: str, params: dict[str, Any]) -> Predicate | None:
    """A condition over `events` as the query of the numbers for which it holds."""
    given = tuple((name, params[name]) for name in _parameters(sql, params))
    if not all(isinstance(value, str | int | float) for _, value in given):
        return None
    if match := _BY_NUMBER.fullmatch(sql):
        return NumberQuery(f"SELECT rowid AS event FROM {match[1]}", given)
    return NumberQuery(f"SELECT events.number AS event FROM events WHERE {sql}", given)


# Order ----------------------------------------------------------------------------------------


async def sorting(
    datasette: Any, request: Any, database: str, table: str
) -> tuple[str | None, str | None]:
    """The column by which rows ascend, or the one by which they descend, if there is one."""
    ascending, descending = request.args.get("_sort"), request.args.get("_sort_desc")
    if ascending or descending:
        return ascending, descending
    # The versions as of a position are its events, and in the order of events.
    like = "events" if "_as_of" in request.args else table
    config = await datasette_compat.table_config(datasette, database, like)
    return config.get("sort"), config.get("sort_desc")


async def order_by(datasette: Any, request: Any, database: str, table: str) -> str:
    """The ORDER BY of the rows that a request selects; an unknown column is a 400."""
    ascending, descending = await sorting(datasette, request, database, table)
    if ascending and descending:
        raise BadRequest("_sort and _sort_desc cannot both be given; leave one out")
    column = ascending or descending
    columns = await datasette.get_database(database).table_columns(table)
    if column is None:
        return '"id"'
    if column not in columns:
        raise BadRequest(f"{column!r} is no column to sort by; known are {', '.join(columns)}")
    return f'"{column}"{"" if ascending else " DESC"}, "id"'
