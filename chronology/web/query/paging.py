"""Pages in one total order, so that page after page gives every row once.

Datasette breaks the ties of a sort by the primary key, but on the first page it leaves them to
SQLite; where rows do not lie in the order of their keys, following pages would then repeat some
and never show others. So the first page too is asked for as what follows a cursor: one that
stands before every row.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from datasette.utils import tilde_encode

from chronology.web.query import selection

_BEFORE_ASCENDING = "$null"
# No text is greater, and SQLite sorts every number before a text.
_BEFORE_DESCENDING = tilde_encode("\U0010ffff")


async def order_first_page(request: Any, datasette: Any, database: str, table: str) -> None:
    """Adds the cursor to a request for the first page of a sorted table with text keys."""
    ascending, descending = await selection.sorting(datasette, request, database, table)
    keys = await datasette.get_database(database).primary_keys(table)
    if request.args.get("_next") or not keys or not (ascending or descending):
        return
    start = _BEFORE_ASCENDING if ascending else _BEFORE_DESCENDING
    cursor = urlencode({"_next": ",".join([start, *("" for _ in keys)])})
    query: bytes = request.scope["query_string"]
    request.scope["query_string"] = b"&".join(filter(None, (query, cursor.encode())))
