"""Translate a request for events to one filter: Datasette's own parameters and the plugin's.

Columns with links, and those of days, are filtered by the index: Datasette's own condition on an
array column decodes the column of every row.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext, suppress
from contextvars import ContextVar
from datetime import date
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from datasette.database import QueryInterrupted
from datasette.filters import FilterArguments
from datasette.plugins import pm
from datasette.utils import await_me_maybe, escape_fts, sqlite_timelimit
from datasette.utils.asgi import BadRequest, Forbidden
from datasette.utils.sqlite import sqlite3

from chronology.index.current import EventIndex, TimeLimit
from chronology.index.predicates import And, DayComparison, NumberQuery, Or, Predicate
from chronology.index.selection import EventFilter, Selection, all_of, select
from chronology.model.days import number
from chronology.model.errors import UnknownName
from chronology.projections.event_rows import SINGLE_VALUED, array_columns
from chronology.timeline import filters
from chronology.timeline.as_of import CURRENT_AT, at_head
from chronology.web import databases, datasette_compat, permissions
from chronology.web.datasette_compat import Datasette, Request
from chronology.web.limits import budget
from chronology.web.responses import query_timed_out

T = TypeVar("T")
WARM_AFTER_S = 2.0
_indexes: WeakKeyDictionary[Any, EventIndex] = WeakKeyDictionary()
_DAYS = ("earliest", "latest", "sort_day")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_OPERATORS = {"exact": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_BY_NUMBER = re.compile(r"(?:events\.)?number in \(select rowid from (.*)\)", re.DOTALL)
_PARAMETER = re.compile(r":(\w+)")


class OwnFilters(FilterArguments):
    """The plugin's own parameters as Datasette's filter arguments."""

    filters: list[EventFilter]


class Translation(NamedTuple):
    """The filters of a request: Datasette's clauses in their order, and one filter."""

    clauses: list[str]
    filter: EventFilter


is_translating: ContextVar[bool] = ContextVar("is_translating", default=False)
"""Whether the filter hooks run for `translate`, and not for a page of Datasette."""


async def own_filters(request: Request, database: str, datasette: Datasette) -> OwnFilters | None:
    """The plugin's own parameters as filter arguments; a malformed one is a 400."""
    parameters = {key: request.args.getlist(key) for key in request.args if key.startswith("_")}
    if not parameters:
        return None
    await _ensure_filters(datasette, request, database, parameters)
    if "raw" not in parameters.get("_searchmode", []):
        parameters["_search"] = [escape_fts(text) for text in parameters.get("_search", [])]
    db = datasette.get_database(database)
    try:
        own = await db.execute_fn(lambda connection: filters.event_filters(connection, parameters))
    except UnknownName as error:
        raise BadRequest(str(error)) from None
    arguments = OwnFilters(
        [each.sql for each in own],
        params={key: value for each in own for key, value in each.params.items()},
        human_descriptions=[each.description for each in own],
    )
    arguments.filters = own
    return arguments


async def _ensure_filters(
    datasette: Datasette, request: Request, database: str, parameters: Iterable[str]
) -> None:
    """Raises `Forbidden` for a filter by a closed table: it would show what the table contains."""
    visible = await permissions.visible_tables(datasette, request.actor, database)
    if len(visible) == len(permissions.TABLES):
        return
    needed = await datasette.get_database(database).execute_fn(
        lambda db: permissions.filter_tables(parameters, at_head(db))
    )
    if not needed <= visible:
        raise Forbidden("You do not have permission to filter by this table")


async def translate(
    datasette: Datasette, request: Request, database: str, table: str
) -> Translation:
    """The filters of a request for rows of `events`, or of `history` as of a position."""
    known: dict[Any, Translation] = request.scope.setdefault("chronology.translations", {})
    key = (database, table, request.scope["query_string"])
    if key in known:
        return known[key]
    arguments = sorted(
        (name, value)
        for name in request.args
        if "__" in name or not name.startswith("_")
        for value in request.args.getlist(name)
    )
    clauses, _ = datasette_compat.build_where(arguments, table)
    columns = databases.event_columns(datasette, database)
    parts = list(_column_filters(arguments, table, columns))
    token = is_translating.set(True)
    try:
        # Those of all plugins, Datasette's own search among them.
        for hook in pm.hook.filters_from_request(
            request=request, table=table, database=database, datasette=datasette
        ):
            if found := await await_me_maybe(hook):
                clauses += found.where_clauses
                parts += (
                    found.filters
                    if isinstance(found, OwnFilters)
                    else [_hook_filter(sql, found.params) for sql in found.where_clauses]
                )
    finally:
        is_translating.reset(token)
    position = next((part.params["as_of"] for part in parts if part.sql == CURRENT_AT), None)
    selected = all_of(parts, position)
    if "_where" in request.args:
        # A visitor's own SQL may give a different result each time.
        selected = selected._replace(predicate=None)
    known[key] = Translation(clauses, selected)
    return known[key]


def _column_filters(
    arguments: list[tuple[str, str]], table: str, columns: tuple[str, ...]
) -> Iterator[EventFilter]:
    """Datasette's own filters, each with its own parameters, by links where possible.

    `columns` are those of `events`: predicates are over them for either table.
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
                ((over_events, values),) = _datasette_filter(key, value, "events", mark)
                predicate = _number_query(over_events, values)
            yield EventFilter(sql, params, predicate)


def _linked_filter(
    column: str, lookup: str, value: str, mark: str, columns: tuple[str, ...]
) -> EventFilter | None:
    if column in array_columns(columns) and lookup in ("arraycontains", "arraynotcontains"):
        negated = lookup == "arraynotcontains"
        return filters.has_any("events", column, [value], mark, negated=negated)
    if column in SINGLE_VALUED and lookup in ("exact", "not"):
        return filters.has_any("events", column, [value], mark, negated=lookup == "not")
    return None


def _day_predicate(column: str, lookup: str, value: str) -> Predicate | None:
    """A filter of days from the year 1 on: texts of earlier days are smaller, as their numbers are.

    `sort_day` is the first day, or else the last.
    """
    operator = _OPERATORS.get(lookup)
    if operator is None or column not in _DAYS or not _DAY.fullmatch(value):
        return None
    try:
        day = number(date.fromisoformat(value))
    except ValueError:
        return None
    first, last = (DayComparison(column, operator, day) for column in ("first_day", "last_day"))
    if column == "sort_day":
        return Or((first, And((DayComparison("first_day", "=", None), last))))
    return first if column == "earliest" else last


def _datasette_filter(
    key: str, value: str, table: str, mark: str
) -> list[tuple[str, dict[str, Any]]]:
    """Datasette's condition for one filter, its parameters named after the mark."""
    clauses, params = datasette_compat.build_where([(key, value)], table)

    def named(match: re.Match[str]) -> str:
        return f":{mark}_{match[1]}" if match[1] in params else match[0]

    renamed = {f"{mark}_{name}": value for name, value in params.items()}
    return [(_PARAMETER.sub(named, clause), renamed) for clause in clauses]


def _hook_filter(sql: str, params: dict[str, Any]) -> EventFilter:
    """The filter of one clause of another plugin or of Datasette."""
    own = {name: params[name] for name in _parameters(sql, params)}
    return EventFilter(sql, own, _number_query(sql, params))


def _parameters(sql: str, params: dict[str, Any]) -> list[str]:
    return [name for name in _PARAMETER.findall(sql) if name in params]


def _number_query(sql: str, params: dict[str, Any]) -> Predicate | None:
    """A condition over `events` as a query of the numbers of the events that meet it."""
    values = tuple((name, params[name]) for name in _parameters(sql, params))
    if not all(isinstance(value, str | int | float) for _, value in values):
        return None
    if match := _BY_NUMBER.fullmatch(sql):
        return NumberQuery(f"SELECT rowid AS event FROM {match[1]}", values)
    return NumberQuery(f"SELECT events.number AS event FROM events WHERE {sql}", values)


# Order ----------------------------------------------------------------------------------------


async def sorting(
    datasette: Datasette, request: Request, database: str, table: str
) -> tuple[str | None, str | None]:
    """The columns of an ascending and of a descending sort; at most one is set."""
    ascending, descending = request.args.get("_sort"), request.args.get("_sort_desc")
    if ascending or descending:
        return ascending, descending
    # The versions as of a position have the order of events.
    like = "events" if "_as_of" in request.args else table
    config = await datasette_compat.table_config(datasette, database, like)
    return config.get("sort"), config.get("sort_desc")


async def order_by(datasette: Datasette, request: Request, database: str, table: str) -> str:
    """The ORDER BY of the rows that a request selects; an unknown column is a 400."""
    ascending, descending = await sorting(datasette, request, database, table)
    if ascending and descending:
        raise BadRequest("use either _sort or _sort_desc, not both")
    column = ascending or descending
    columns = await datasette.get_database(database).table_columns(table)
    if column is None:
        return '"id"'
    if column not in columns:
        raise BadRequest(f"{column!r} is not a column. Columns: {', '.join(columns)}.")
    return f'"{column}"{"" if ascending else " DESC"}, "id"'


# The index ------------------------------------------------------------------------------------


def index_of(database: Any) -> EventIndex | None:
    """The index of a database of Datasette, None if it is in memory."""
    if database.is_memory:
        return None
    if database not in _indexes:
        _indexes[database] = EventIndex()
    return _indexes[database]


def time_limit(datasette: Datasette) -> TimeLimit:
    """Limits each query by the setting `sql_time_limit_ms`, and all by the request's budget."""
    limit_ms, left = datasette.setting("sql_time_limit_ms"), budget.get()
    return lambda db: left.limited(db, limit_ms) if left else sqlite_timelimit(db, limit_ms)


def file_time_limit() -> TimeLimit:
    """Limits the queries that select the rows of a file by the request's budget."""
    left = budget.get()
    return lambda db: left.limited(db) if left else nullcontext()


async def run(
    datasette: Datasette, database: Any, selected: EventFilter, function: Callable[[Selection], T]
) -> T:
    """Runs a function of the selected events; a timeout raises Datasette's `QueryInterrupted`."""
    limit = time_limit(datasette)  # here, since the thread has no context

    def read(db: Any) -> T:
        with select(db, selected, index_of(database), limit) as selection:
            return function(selection)

    try:
        result: T = await database.execute_fn(read)
    except sqlite3.OperationalError as error:
        if error.args == ("interrupted",):
            query_timed_out(selected.sql)
            raise QueryInterrupted(error, selected.sql, selected.params) from None
        raise
    return result


async def warm(database: Any) -> None:
    """Loads the index of a database part by part, between requests."""
    index = index_of(database)
    if index is None:
        return
    # After the first page: loading would slow it down.
    await asyncio.sleep(WARM_AFTER_S)

    def not_loaded(db: Any) -> Any:
        with index.at_head(db) as reader:
            return reader.not_loaded()

    # A RuntimeError means that the server has closed the database meanwhile.
    with suppress(sqlite3.DatabaseError, RuntimeError):
        for part in await database.execute_fn(not_loaded):
            await database.execute_fn(lambda db, part=part: index.load(db, part))
