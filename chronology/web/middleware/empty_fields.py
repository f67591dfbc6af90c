"""Removes the empty fields that forms send, so that no other module has to.

On the pages of this package every empty field goes. On the tables of Datasette only the own
parameters do, and `_search`: to Datasette an empty `kind=` is a filter, an empty `_search=` a fault
in the syntax of the search. An empty `_as_of` names no moment, which is an error everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote_plus

from chronology.web.addresses import local_path

_App = Callable[[Any, Any, Any], Awaitable[None]]
_OWN_PAGE = re.compile(r"/[^/.]*|/-/chronology/.*")
_NEVER = frozenset({"_as_of", "sql"})
# All other names with an underscore are own parameters: the dimensions of a chronology are free.
_OF_DATASETTE = re.compile(
    r"_(blob_|col$|dl$|extras?$|facet|filter_|format$|fts_|header$|hide_sql|html$|initial|json"
    r"|labels?$|next$|nl$|nocol$|nocount|nofacet|nosuggest|search_|searchmode|shape$|show_|size$"
    r"|sort|sql_param_|stream$|through$|timelimit|trace$|ttl$|where$)"
)


def without_empty_fields(app: _App, datasette: Any) -> _App:
    """Middleware: removes empty fields from the query string."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["query_string"]:
            own_page = bool(_OWN_PAGE.fullmatch(local_path(datasette, scope)))
            fields = scope["query_string"].split(b"&")
            kept = [field for field in fields if not _is_empty(field, own_page)]
            scope = {**scope, "query_string": b"&".join(kept)}
        await app(scope, receive, send)

    return answer


def _is_empty(field: bytes, own_page: bool) -> bool:
    """Whether a field is empty and filters nothing."""
    encoded, _, value = field.decode("latin-1").partition("=")
    name = unquote_plus(encoded)
    if value or name in _NEVER:
        return False
    is_own = name.startswith("_") and "__" not in name and not _OF_DATASETTE.match(name)
    return own_page or is_own
