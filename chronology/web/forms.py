"""Forms send their empty fields too: those of this plugin's forms count as not sent.

Datasette itself answers an empty `_search=` with a fault in the syntax of the search.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

_App = Callable[[Any, Any, Any], Awaitable[None]]
_EMPTY_FIELD = re.compile(rb"_(search|within|certain)=?")


def without_empty_fields(app: _App) -> _App:
    """The application, asked without the empty fields of forms."""

    async def asked(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            fields = scope["query_string"].split(b"&")
            kept = [field for field in fields if not _EMPTY_FIELD.fullmatch(field)]
            scope = {**scope, "query_string": b"&".join(kept)}
        await app(scope, receive, send)

    return asked
