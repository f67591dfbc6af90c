"""Which rows a request selects: Datasette's own filters and those of this plugin, as SQL.

Where a column is counted by links, or holds days, its filter is told by them too: what
Datasette itself asks of an array column unpacks the column of every row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from typing import Any, NamedTuple

from datasette.filters import FilterArguments
from datasette.plugins import pm
from datasette.utils import await_me_maybe, escape_fts
from datasette.utils.asgi import BadRequest

from chronology import queries
from chronology.counting import Chosen
from chronology.errors import UnknownName
from chronology.projections.events import PLAIN, array_columns
from chronology.queries import Condition
from chronology.terms import DAYS, Day, Every, Numbers, Term
from chronology.web import versions

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_COMPARES = {"exact": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_BY_ROWID = re.compile(r"(?:events\.)?rowid in \(select rowid from (.*)\)", re.DOTALL)
_PARAMETER = re.compile(r":(\w+)")


class Selection(NamedTuple):
    """A WHERE clause (empty for all rows) with its parameters, and its ORDER BY.

    `term` means the same rows of `events`, None if only SQL can tell; `as_asked` are the clauses
    that Datasette itself makes of the request.
    """

    where: str
    params: dict[str, Any]
    order: str
    term: Term | None = None
    as_asked: tuple[str, ...] = ()

    def of(self, table: str) -> Chosen:
        """The same as rows of a table."""
        return Chosen(table, self.where, self.params, self.term)


class OwnFilters(FilterArguments):
    """The own parameters as Datasette's filter arguments."""

    def __init__(self, conditions: list[Condition]) -> None:
        super().__init__(
            [condition.sql for condition in conditions],
            params={key: value for c in conditions for key, value in c.params.items()},
            human_descriptions=[condition.says for condition in conditions],
        )
        self.conditions = conditions


selecting: ContextVar[bool] = ContextVar("selecting", default=False)
"""Whether the filters are asked for by `selected`, and not by a page of Datasette."""


async def is_chronology(datasette: Any, database: str) -> bool:
    """Whether a database holds a chronology's tables."""
    db = datasette.get_database(database)
    return bool(await db.table_exists("tracking") and await db.table_exists("log"))


async def own_filters(request: Any, database: str, datasette: Any) -> OwnFilters | None:
    """The own parameters as Datasette's filter arguments; malformed ones are a 400."""
    given = {key: request.args.getlist(key) for key in request.args if key.startswith("_")}
    if not given:
        return None
    if "raw" not in given.get("_searchmode", []):
        given["_search"] = [escape_fts(text) for text in given.get("_search", [])]
    db = datasette.get_database(database)
    try:
        found = await db.execute_fn(lambda connection: queries.conditions(connection, given))
    except UnknownName as error:
        raise BadRequest(str(error)) from None
    return OwnFilters(found)


async def selected(datasette: Any, request: Any, database: str, table: str) -> Selection:
    """The rows that a request selects of a table, whatever page it asks for."""
    known = request.scope.setdefault("chronology.selected", {})
    key = (database, table, request.scope["query_string"])
    if key not in known:
        known[key] = await _selected(datasette, request, database, table)
    found: Selection = known[key]
    return found


async def _selected(datasette: Any, request: Any, database: str, table: str) -> Selection:
    arguments = sorted(
        (key, value)
        for key in request.args
        if not (key.startswith("_") and "__" not in key)
        for value in request.args.getlist(key)
    )
    columns = await datasette.get_database(database).table_columns("events")
    conditions = list(_of_columns(arguments, table, columns))
    as_asked, _ = versions.build_where(arguments, table)
    for found in await _of_hooks(datasette, request, database, table):
        as_asked += found.where_clauses
        conditions += _conditions(found)
    order = await _order(datasette, request, database, table)
    terms = tuple(condition.term for condition in conditions if condition.term)
    # The visitor's own SQL may give something else each time.
    told = len(terms) == len(conditions) and "_where" not in request.args
    return Selection(
        " AND ".join(f"({condition.sql})" for condition in conditions),
        {key: value for c in conditions for key, value in c.params.items()},
        order,
        Every(terms) if told else None,
        tuple(as_asked),
    )


async def _of_hooks(datasette: Any, request: Any, database: str, table: str) -> list[Any]:
    mark = selecting.set(True)
    try:
        hooks = pm.hook.filters_from_request(
            request=request, table=table, database=database, datasette=datasette
        )
        return [found for hook in hooks if (found := await await_me_maybe(hook))]
    finally:
        selecting.reset(mark)


def _of_columns(
    arguments: list[tuple[str, str]], table: str, columns: Sequence[str]
) -> Iterator[Condition]:
    """Datasette's own filters, each with parameters of its own, and by the links where it can be.

    `columns` are those of `events`, which the terms are over whatever the table.
    """
    for index, (key, value) in enumerate(arguments):
        column, _, lookup = key.rpartition("__") if "__" in key else (key, "", "exact")
        mark = f"filter_{index}"
        linked = _linked(column, lookup, value, mark, columns)
        if linked and table == "events":
            yield linked
            continue
        for sql, params in _built(key, value, table, mark):
            term = linked.term if linked else _day(column, lookup, value)
            if term is None and column in columns:
                ((over_events, given),) = _built(key, value, "events", mark)
                term = _numbers(over_events, given)
            yield Condition(sql, params, "", term)


def _linked(
    column: str, lookup: str, value: str, mark: str, columns: Sequence[str]
) -> Condition | None:
    if column in array_columns(columns) and lookup in ("arraycontains", "arraynotcontains"):
        return queries.linked(column, value, mark, negated=lookup == "arraynotcontains")
    if column in PLAIN and lookup in ("exact", "not"):
        return queries.linked(column, value, mark, negated=lookup == "not")
    return None


def _day(column: str, lookup: str, value: str) -> Term | None:
    if column in DAYS and lookup in _COMPARES and _DAY.fullmatch(value):
        return Day(column, _COMPARES[lookup], value)
    return None


def _built(key: str, value: str, table: str, mark: str) -> list[tuple[str, dict[str, Any]]]:
    """What Datasette makes of one filter, its parameters named after the mark."""
    clauses, params = versions.build_where([(key, value)], table)

    def named(found: re.Match[str]) -> str:
        return f":{mark}_{found[1]}" if found[1] in params else found[0]

    given = {f"{mark}_{name}": value for name, value in params.items()}
    return [(_PARAMETER.sub(named, clause), given) for clause in clauses]


def _conditions(found: Any) -> list[Condition]:
    """The conditions of one hook's filter arguments."""
    if isinstance(found, OwnFilters):
        return found.conditions
    return [
        Condition(
            sql,
            {n: found.params[n] for n in _named(sql, found.params)},
            "",
            _numbers(sql, found.params),
        )
        for sql in found.where_clauses
    ]


def _named(sql: str, params: dict[str, Any]) -> list[str]:
    return [name for name in _PARAMETER.findall(sql) if name in params]


def _numbers(sql: str, params: dict[str, Any]) -> Term | None:
    """A condition over `events` as the query of the events that hold it."""
    given = tuple((name, params[name]) for name in _named(sql, params))
    if not all(isinstance(value, str | int | float) for _, value in given):
        return None
    if found := _BY_ROWID.fullmatch(sql):
        return Numbers(f"SELECT rowid AS event FROM {found[1]}", given)
    return Numbers(f"SELECT events.rowid AS event FROM events WHERE {sql}", given)


async def sorting(
    datasette: Any, request: Any, database: str, table: str
) -> tuple[str | None, str | None]:
    """The column that rows ascend by or the one that they descend by, if there is one."""
    ascending, descending = request.args.get("_sort"), request.args.get("_sort_desc")
    if ascending or descending:
        return ascending, descending
    # The states of a moment are its events, and in their order.
    like = "events" if "_as_of" in request.args else table
    config = await versions.table_config(datasette, database, like)
    return config.get("sort"), config.get("sort_desc")


async def _order(datasette: Any, request: Any, database: str, table: str) -> str:
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
