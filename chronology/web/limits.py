"""The limits of requests, and the budget of the current one.

The limits are settings of the plugin with safe defaults; `docs/security.md` lists them. A budget
bounds the time of all SQL of one request, and the bytes of the rows that Datasette reads for it.
"""

from __future__ import annotations

import asyncio
import math
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple, TypeVar, get_type_hints

from chronology.web.datasette_compat import PLUGIN, Datasette

T = TypeVar("T")
_ROWS_OF_A_PAGE = 2
_STEPS = 1_000
"""SQLite looks at the budget after so many instructions."""


class Limits(NamedTuple):
    """The limits of requests, as `limits` in the plugin's settings names them."""

    # A request.
    address_bytes: int = 6_000
    header_bytes: int = 16_000
    parameters: int = 100
    filters: int = 40
    facets: int = 20
    search_bytes: int = 500
    search_terms: int = 20
    near_terms: int = 5
    body_bytes: int = 64_000
    body_seconds: float = 10
    # Its work.
    request_seconds: float = 10
    sql_seconds: float = 3
    file_sql_seconds: float = 5
    facet_links_bytes: int = 400_000
    rows_bytes: int = 8_000_000
    # Many requests.
    pages_at_once: int = 4
    pages_per_client: int = 2
    pages_waiting: int = 100
    pages_waiting_per_client: int = 16
    files_at_once: int = 12
    files_per_client: int = 4
    # A response that is read slowly.
    send_seconds: float = 20
    send_buffer_bytes: int = 32_000_000


_TYPES = get_type_hints(Limits)


def limits(datasette: Datasette) -> Limits:
    """The limits that an instance sets; one that is unknown or no positive number is an error."""
    given = (datasette.plugin_config(PLUGIN) or {}).get("limits") or {}
    for name, value in given.items():
        if name not in _TYPES:
            known = ", ".join(Limits._fields)
            raise ValueError(f"{PLUGIN}: {name!r} is not a limit. Limits: {known}")
        if type(value) not in (int, _TYPES[name]) or value <= 0:
            raise ValueError(f"{PLUGIN}: the limit {name} must be a positive number, not {value!r}")
    return Limits(**given)


class RowsTooLarge(Exception):
    """The rows of a page are together larger than the budget of the request."""

    def __init__(self, most_bytes: float) -> None:
        super().__init__(
            f"The rows are larger than {most_bytes / 1_000_000:g} MB together; ask for fewer with"
            " `_size`, or for fewer columns with `_col`; a CSV with `_stream=1` has all rows"
        )


class Budget:
    """The time left for the SQL of a request; none once its client has left.

    `fitting_rows` is set once the rows of a statement were too large: so many of them are not.
    """

    def __init__(self, seconds: float, most_bytes: float = math.inf) -> None:
        self._end = time.monotonic() + seconds
        self._is_stopped = threading.Event()
        self._most_bytes = most_bytes
        self._bytes = 0
        self.fitting_rows: int | None = None

    def stop(self) -> None:
        self._is_stopped.set()

    def start_piece(self) -> None:
        """Counts the bytes of rows anew, for the next piece of a stream."""
        self._bytes = 0

    def left_ms(self) -> float:
        return 0 if self._is_stopped.is_set() else max(0, (self._end - time.monotonic()) * 1_000)

    @contextmanager
    def limited(self, db: sqlite3.Connection, limit_ms: float = math.inf) -> Iterator[None]:
        """Interrupts SQL in the context after a time, or when the budget is spent."""
        end = time.monotonic() + limit_ms / 1_000

        def is_over() -> bool:
            return time.monotonic() > end or self.left_ms() <= 0

        db.set_progress_handler(is_over, _STEPS)
        try:
            yield
        finally:
            db.set_progress_handler(None, _STEPS)

    def counted(self, function: Callable[[sqlite3.Connection], T]) -> Callable[..., T]:
        """The function of one statement, whose rows are counted as they are read.

        The first two are read in any case: a page of one row needs two.
        """

        def execute(db: sqlite3.Connection) -> T:
            count, before = 0, db.row_factory

            def row(cursor: sqlite3.Cursor, cells: tuple[Any, ...]) -> Any:
                nonlocal count
                self._bytes += sum([len(cell) for cell in cells if isinstance(cell, str | bytes)])
                if self._bytes > self._most_bytes and count >= _ROWS_OF_A_PAGE:
                    self.fitting_rows = count - 1
                    raise RowsTooLarge(self._most_bytes)
                count += 1
                return sqlite3.Row(cursor, cells)

            db.row_factory = row
            try:
                return function(db)
            finally:
                db.row_factory = before

        return execute


def with_size(query: bytes, rows: int) -> bytes:
    """A query string with another number of rows a page."""
    fields = [field for field in query.split(b"&") if field and not field.startswith(b"_size=")]
    return b"&".join([*fields, b"_size=%d" % rows])


budget: ContextVar[Budget | None] = ContextVar("budget", default=None)
"""The budget of the current request."""


# Turns ------------------------------------------------------------------------------------------

_TURN_S = 0.005
_turn_ends = 0.0


def is_turn_over() -> bool:
    """Whether the event loop has run one task for so long that it should pause for the others."""
    return time.monotonic() > _turn_ends


async def pause() -> None:
    """Lets other requests run."""
    global _turn_ends
    await asyncio.sleep(0)
    _turn_ends = time.monotonic() + _TURN_S
