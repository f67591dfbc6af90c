"""Guards the CSV that Datasette itself writes against formulas, and its numbers against exponents.

Datasette has no hook for it. Each of its CSV rows is written by the `csv` module that
`datasette.views.base` has imported, and its JSON by the `json` module of `datasette.renderer`.
`install` replaces these names.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

from datasette import renderer
from datasette.views import base

from chronology.export import csv_stream
from chronology.export.numbers import plain_json
from chronology.web import databases
from chronology.web.datasette_compat import (
    ACROSS,
    App,
    Datasette,
    Receive,
    Scope,
    Send,
    address_of,
)

_is_guarding: ContextVar[bool] = ContextVar("is_guarding", default=False)
"""Whether the current request is for the CSV or the JSON of a chronology."""


class _Writer:
    """A writer of `csv` that guards the rows of chronologies."""

    def __init__(self, target: Any) -> None:
        self._writer = csv.writer(target)

    def writerow(self, row: Iterable[Any]) -> Any:
        """Writes a row, and returns the target's result: Datasette awaits it."""
        return self._writer.writerow(map(csv_stream.guarded, row) if _is_guarding.get() else row)


def _dumps(value: Any, **options: Any) -> str:
    text = json.dumps(value, **options)
    return plain_json(text) if _is_guarding.get() else text


def install() -> None:
    """Makes Datasette write CSV and JSON by the functions of this module."""
    base.csv = SimpleNamespace(writer=_Writer)
    renderer.json = SimpleNamespace(dumps=_dumps, loads=json.loads)


def csv_guard_middleware(app: App, datasette: Datasette) -> App:
    """Guards the CSV and the JSON of chronologies, and of no other database."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        name = address_of(datasette, scope).database
        is_guarded = name == ACROSS or databases.is_chronology(datasette, name)
        token = _is_guarding.set(is_guarded)
        try:
            await app(scope, receive, send)
        finally:
            _is_guarding.reset(token)

    return application
