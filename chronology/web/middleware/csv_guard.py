"""The guard against formulas in the CSV that Datasette itself writes: of tables and of queries.

Datasette has no hook for it. Both of its lines write each row with the writer of the `csv` module
that `datasette.views.base` has imported, and with nothing else. That name leads here instead.
"""

from __future__ import annotations

import csv
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

from datasette.views import base

from chronology.export import csv_stream
from chronology.web import databases
from chronology.web.addresses import local_path

_App = Callable[[Any, Any, Any], Awaitable[None]]
_ENDING = ".csv"
# Queries there may read every database that is served.
_ACROSS = "_memory"

_guarding: ContextVar[bool] = ContextVar("guarding", default=False)
"""Whether the request that is answered is for the CSV of a chronology."""


class _Writer:
    """The writer of `csv`, with the guard where the request is of a chronology."""

    def __init__(self, target: Any) -> None:
        self._writer = csv.writer(target)

    def writerow(self, row: Iterable[Any]) -> Any:
        """Writes a row, and returns what the target does: Datasette awaits it."""
        return self._writer.writerow(
            map(csv_stream.escape_formula, row) if _guarding.get() else row
        )


def csv_guard_middleware(app: _App, datasette: Any) -> _App:
    """Middleware: guards the CSV of databases that are chronologies, and no others."""
    base.csv = SimpleNamespace(writer=_Writer)

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        guards = scope["type"] == "http" and scope["path"].endswith(_ENDING)
        mark = _guarding.set(guards and _is_guarded(datasette, scope))
        try:
            await app(scope, receive, send)
        finally:
            _guarding.reset(mark)

    return answer


def _is_guarded(datasette: Any, scope: Any) -> bool:
    name, _ = databases.in_path(datasette, local_path(datasette, scope))
    return name == _ACROSS or databases.is_chronology(datasette, name)
