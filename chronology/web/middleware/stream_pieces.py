"""Reads the rows of Datasette's CSV streams in pieces of a limited size.

Datasette reads so many rows at a time, whatever their size. `install` wraps the function that
reads them: a piece that is too large is read again with fewer rows, and the stream goes on after
the last of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from chronology.web.datasette_compat import IS_0_65
from chronology.web.limits import RowsTooLarge, budget, with_size

_ATTEMPTS = 5
"""The attempts at a piece; more than two are needed only while rows grow meanwhile."""


def install() -> None:
    """Makes Datasette bound the pieces of its streams; a second call does nothing."""
    # Datasette imports this package before its own views.
    from datasette.views import table

    owner, name = (table.TableView, "data") if IS_0_65 else (table, "table_view_data")
    read = getattr(owner, name)
    if not hasattr(read, "reads_pieces"):
        setattr(owner, name, _in_pieces(read))


def _in_pieces(read: Callable[..., Any]) -> Callable[..., Any]:
    """Reads a page of a table; the second argument is the request."""

    @wraps(read)
    async def read_piece(first: Any, request: Any, *args: Any, **options: Any) -> Any:
        own = budget.get()
        if own is None or "_stream" not in request.args:
            return await read(first, request, *args, **options)
        query: bytes = request.scope["query_string"]
        try:
            for _ in range(_ATTEMPTS):
                own.start_piece()
                try:
                    return await read(first, request, *args, **options)
                except RowsTooLarge:
                    request.scope["query_string"] = with_size(query, own.fitting_rows or 1)
            return await read(first, request, *args, **options)
        finally:
            request.scope["query_string"] = query

    read_piece.reads_pieces = True  # type: ignore[attr-defined]
    return read_piece
