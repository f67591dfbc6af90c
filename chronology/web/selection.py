"""Which rows a request selects: Datasette's own filters and those of this plugin, as SQL."""

from __future__ import annotations

from typing import Any, NamedTuple

from datasette.filters import FilterArguments
from datasette.plugins import pm
from datasette.utils import await_me_maybe, escape_fts
from datasette.utils.asgi import BadRequest

from chronology import queries
from chronology.errors import UnknownName
from chronology.web import versions


class Selection(NamedTuple):
    """A WHERE clause (empty for all rows) with its parameters, and its ORDER BY."""

    where: str
    params: dict[str, Any]
    order: str


async def is_chronology(datasette: Any, database: str) -> bool:
    """Whether a database holds a chronology's tables."""
    db = datasette.get_database(database)
    return bool(await db.table_exists("tracking") and await db.table_exists("log"))


async def own_filters(request: Any, database: str, datasette: Any) -> FilterArguments | None:
    """The own parameters as Datasette's filter arguments; malformed ones are a 400."""
    # Empty, they filter nothing; but an empty moment is none.
    given = {
        key: [value for value in request.args.getlist(key) if value or key == "_as_of"]
        for key in request.args
        if key.startswith("_")
    }
    if not given:
        return None
    if "raw" not in given.get("_searchmode", []):
        given["_search"] = [escape_fts(text) for text in given.get("_search", [])]
    db = datasette.get_database(database)
    try:
        found = await db.execute_fn(lambda connection: queries.conditions(connection, given))
    except UnknownName as error:
        raise BadRequest(str(error)) from None
    return FilterArguments(
        [condition.sql for condition in found],
        params={key: value for c in found for key, value in c.params.items()},
        human_descriptions=[condition.says for condition in found],
    )


async def selected(datasette: Any, request: Any, database: str, table: str) -> Selection:
    """The rows that a request selects of a table, whatever page it asks for."""
    arguments = [
        (key, value)
        for key in request.args
        if not (key.startswith("_") and "__" not in key)
        for value in request.args.getlist(key)
    ]
    where, params = versions.build_where(arguments, table)
    for hook in pm.hook.filters_from_request(
        request=request, table=table, database=database, datasette=datasette
    ):
        found = await await_me_maybe(hook)
        if found:
            where = where + list(found.where_clauses)
            params.update(found.params)
    clause = " AND ".join(f"({part})" for part in where)
    return Selection(clause, params, await _order(datasette, request, database, table))


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
