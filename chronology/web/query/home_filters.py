"""The filters of a request to the home page or its data.

The parameters are those of the list of events. `_lane` chooses the lanes of the timeline, `_day` is
short for `_within`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, TypeVar
from urllib.parse import urlencode

from datasette.utils import asgi
from datasette.utils.asgi import BadRequest

from chronology.index.selection import EventFilter
from chronology.projections import tables
from chronology.store.database import snapshot
from chronology.timeline.as_of import TimelineAt
from chronology.web.databases import PARAMETER
from chronology.web.datasette_compat import Datasette, Request, pairs
from chronology.web.query.selection import translate

T = TypeVar("T")
DAYS = ("_within", "_certain")
_PAGE_ONLY = frozenset({PARAMETER, "_lane", "_next", "_size", "_sort", "_sort_desc"})


class HomeRequest(NamedTuple):
    """A request with its filters as pairs, without parameters of the page itself."""

    request: Request
    pairs: list[tuple[str, str]]

    @property
    def query(self) -> str:
        return urlencode(self.pairs)

    def values(self, key: str) -> list[str]:
        return [value for name, value in self.pairs if name == key]

    def cache_key(self, timeline: TimelineAt, *more: Hashable) -> Hashable | None:
        """A key for the answer; None for a visitor's own SQL, which may contain `random()`."""
        if self.values("_where"):
            return None
        return (state_mark(timeline), self.query, *more)

    def without(self, *keys: str) -> HomeRequest:
        return _with_pairs(self.request, [pair for pair in self.pairs if pair[0] not in keys])

    def only(self, *keys: str) -> HomeRequest:
        return _with_pairs(self.request, [pair for pair in self.pairs if pair[0] in keys])

    def toggled(self, key: str, value: str) -> str:
        """The query with a filter added, or removed if it is there."""
        others = [other for other in self.pairs if other != (key, value)]
        return urlencode(others if len(others) < len(self.pairs) else [*others, (key, value)])


def state_mark(timeline: TimelineAt) -> str:
    """A text that changes whenever the content of a timeline may have changed."""
    point, tracked = timeline.point, tables.tracked(timeline.db)
    folded = f"{tracked.position}.{tracked.version}" if tracked else ""
    return f"{point.position}:{point.digest}.{folded}{'.past' if point.is_past else ''}"


def _with_pairs(request: Request, parameters: list[tuple[str, str]]) -> HomeRequest:
    scope = {**request.scope, "query_string": urlencode(parameters).encode()}
    return HomeRequest(asgi.Request(scope, None), parameters)


def home_request(request: Request) -> HomeRequest:
    """The filters of a request to the home page or to its data."""
    parameters = pairs(request, *_PAGE_ONLY)
    return _with_pairs(
        request, [("_within" if key == "_day" else key, value) for key, value in parameters]
    )


async def home_filter(datasette: Datasette, selection: HomeRequest, database: str) -> EventFilter:
    """The filter of a request; a malformed one is a 400."""
    table = "history" if selection.values("_as_of") else "events"
    return (await translate(datasette, selection.request, database, table)).filter


async def read_once(
    datasette: Datasette, database: str, function: Callable[[sqlite3.Connection], T]
) -> T:
    """Runs a function of a connection in one read transaction."""

    def read(db: sqlite3.Connection) -> T:
        with snapshot(db):
            return function(db)

    result: T = await datasette.get_database(database).execute_fn(read)
    return result


@contextmanager
def bad_filters() -> Iterator[None]:
    """Answers 400 for filters that SQLite refuses or that time out."""
    try:
        yield
    except sqlite3.OperationalError as error:
        reason = "they take too long" if error.args == ("interrupted",) else error
        raise BadRequest(f"the filters cannot be applied: {reason}") from None
