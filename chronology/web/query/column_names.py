"""Refuse filters by columns or operators that do not exist.

SQLite takes the unknown name `"x"` for a text, and Datasette ignores an unknown operator, so both
would give a wrong list without a word.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from datasette.utils.asgi import BadRequest

from chronology.web import databases
from chronology.web.datasette_compat import Datasette, Request, column_operators

_ROW_NUMBER = "rowid"
_LONGEST_SHOWN = 60


async def require_known_columns(
    datasette: Datasette, request: Request, database: str, table: str
) -> None:
    """Raises `BadRequest` for the first filter of a request that names no column or operator."""
    keys = [key for key in request.args if "__" in key or not key.startswith("_")]
    if not keys or "_fts" in table:  # which has columns that its schema does not list
        return
    columns: Iterable[str] = databases.event_columns(datasette, database)
    if table != "events":
        columns = await datasette.get_database(database).table_columns(table)
    known = {column.lower() for column in columns} | {_ROW_NUMBER}
    operators = column_operators()
    for key in keys:
        column, _, operator = key.rpartition("__") if "__" in key else (key, "", "exact")
        if column.lower() not in known:
            raise BadRequest(_fault(column, f"a column of {table}", columns, "Columns"))
        if operator not in operators:
            raise BadRequest(_fault(operator, "an operator", operators, "Operators"))


def _fault(name: str, thing: str, known: Iterable[str], heading: str) -> str:
    near = get_close_matches(name[:_LONGEST_SHOWN].lower(), known, 1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"{name[:_LONGEST_SHOWN]!r} is not {thing}.{hint} {heading}: {', '.join(known)}."
