"""Removes the empty fields that forms send, so that no other module has to.

On the pages of this package every empty field is removed. On the pages of Datasette only the
parameters of this package and `_search` are: to Datasette an empty `kind=` is a filter, and an
empty `_search=` is a syntax error. An empty `_as_of` names no moment, which is always an error.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from chronology.web.datasette_compat import App, Datasette, Receive, Scope, Send, address_of

_OWN_PAGE = re.compile(r"/[^/.]*|/-/chronology/.*")
_NEVER = frozenset({"_as_of", "sql"})
# All other names with an underscore belong to this package: a chronology names its dimensions.
_DATASETTE_PARAMETERS = re.compile(
    r"_(blob_|col$|dl$|extras?$|facet|filter_|format$|fts_|header$|hide_sql|html$|initial|json"
    r"|labels?$|next$|nl$|nocol$|nocount|nofacet|nosuggest|search_|searchmode|shape$|show_|size$"
    r"|sort|sql_param_|stream$|through$|timelimit|trace$|ttl$|where$)"
)


def empty_fields_middleware(app: App, datasette: Datasette) -> App:
    """Removes empty fields from the query string."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        is_own_page = bool(_OWN_PAGE.fullmatch(address_of(datasette, scope).path))
        fields = scope["query_string"].split(b"&")
        remaining = [field for field in fields if not _is_removed(field, is_own_page)]
        await app({**scope, "query_string": b"&".join(remaining)}, receive, send)

    return application


def _is_removed(field: bytes, is_own_page: bool) -> bool:
    """Whether a field is empty and filters nothing."""
    encoded, _, value = field.decode("latin-1").partition("=")
    name = unquote_plus(encoded)
    if value or name in _NEVER:
        return False
    is_own = name.startswith("_") and "__" not in name and not _DATASETTE_PARAMETERS.match(name)
    return is_own_page or is_own
