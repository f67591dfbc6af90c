"""What a request to the exploring page asks for: its filters, and the events that they select.

The parameters are those of the list of events; `_lane` besides chooses the lanes of the timeline,
and `_day` is short for `_within`.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl, urlencode

from datasette.utils import escape_sqlite, sqlite_timelimit
from datasette.utils.asgi import BadRequest, Request

from chronology import schema
from chronology.past import Moment
from chronology.projections.tables import Tracked
from chronology.web.selection import is_chronology, selected

T = TypeVar("T")
Counts = Counter[tuple[Any, ...]]
DAYS = ("_within", "_certain")
_OF_THE_PAGE = frozenset({"_lane", "_next", "_size", "_sort", "_sort_desc"})
_CHUNK = 5_000


class Asked(NamedTuple):
    """A request without what is of the page alone, as pairs."""

    request: Any
    pairs: list[tuple[str, str]]

    @property
    def query(self) -> str:
        return urlencode(self.pairs)

    def values(self, key: str) -> list[str]:
        return [value for name, value in self.pairs if name == key]

    def key(self, standing: Standing, *more: Hashable) -> Hashable | None:
        """What an answer is kept by; nothing if it is of the visitor's own SQL, as `random()`."""
        if self.values("_where"):
            return None
        return (standing.mark, self.query, *more)

    def without(self, *keys: str) -> Asked:
        return _asked(self.request, [pair for pair in self.pairs if pair[0] not in keys])

    def only(self, *keys: str) -> Asked:
        return _asked(self.request, [pair for pair in self.pairs if pair[0] in keys])

    def toggled(self, key: str, value: str) -> str:
        """The query with a filter added, or taken away if it is there."""
        kept = [other for other in self.pairs if other != (key, value)]
        return urlencode(kept if len(kept) < len(self.pairs) else [*kept, (key, value)])


class Shown(NamedTuple):
    """The events that filters select: rows of `events`, or as of a moment those of `history`."""

    table: str
    where: str
    params: dict[str, Any]

    def sql(self, columns: str, condition: str = "", rest: str = "") -> str:
        """A query of columns of these events, of those alone that a condition holds for."""
        parts = [f"({part})" for part in (self.where, condition) if part]
        where = f"WHERE {' AND '.join(parts)}" if parts else ""
        return f"SELECT {columns} FROM {self.table} {where} {rest}"

    def total(self, db: sqlite3.Connection, limit_ms: int) -> int:
        """How many there are; interrupted if it takes too long to tell which.

        Asked before all else: then whatever else is made of them takes but a few times as long.
        """
        with sqlite_timelimit(db, limit_ms):
            (found,) = db.execute(self.sql("count(*)"), self.params).fetchone()
        return int(found)

    def counts(
        self, db: sqlite3.Connection, groups: Sequence[tuple[str, ...]]
    ) -> dict[tuple[str, ...], Counts]:
        """How many events have the same values in each group of columns; in one reading."""
        columns = list(dict.fromkeys(chain.from_iterable(groups)))
        found: dict[tuple[str, ...], Counts] = {group: Counter() for group in groups}
        cursor = db.cursor()
        cursor.row_factory = None  # plain tuples: Datasette's rows take three times as long
        cursor.execute(self.sql(", ".join(map(escape_sqlite, columns))), self.params)
        while rows := cursor.fetchmany(_CHUNK):
            held = dict(zip(columns, zip(*rows, strict=True), strict=True))
            for group, counter in found.items():
                counter.update(zip(*(held[column] for column in group), strict=True))
        return found


class Standing(NamedTuple):
    """What a request is answered from: a state of the log, read by way of the tables of now.

    `moment` is the same state if it was asked for by `_as_of`.
    """

    state: Moment
    moment: Moment | None
    tables: Tracked | None

    @property
    def mark(self) -> str:
        """Another one when what is answered may be another."""
        tables = f"{self.tables.position}.{self.tables.version}" if self.tables else ""
        past = ".past" if self.moment else ""
        return f"{self.state.position}:{self.state.digest}.{tables}{past}"


def _asked(request: Any, pairs: list[tuple[str, str]]) -> Asked:
    scope = {**request.scope, "query_string": urlencode(pairs).encode()}
    return Asked(Request(scope, None), pairs)


def asked(request: Any) -> Asked:
    """The filters of a request to the page or to its data."""
    given = parse_qsl(request.query_string, keep_blank_values=True)
    pairs = [
        ("_within" if key == "_day" else key, value)
        for key, value in given
        if key not in _OF_THE_PAGE
    ]
    return _asked(request, pairs)


async def shown(datasette: Any, wanted: Asked, database: str) -> Shown:
    """The events that the filters select; malformed ones are a 400."""
    table = "history" if wanted.values("_as_of") else "events"
    selection = await selected(datasette, wanted.request, database, table)
    return Shown(table, selection.where, selection.params)


async def chronology_of(datasette: Any) -> str | None:
    """The database that holds the chronology, the first if there are several."""
    for name in datasette.databases:
        if name not in ("_internal", "_memory") and await is_chronology(datasette, name):
            return str(name)
    return None


async def of_one_state(datasette: Any, database: str, what: Callable[[sqlite3.Connection], T]) -> T:
    """What a function gives of a database, whatever is written to it meanwhile."""

    def read(db: sqlite3.Connection) -> T:
        with schema.snapshot(db):
            return what(db)

    found: T = await datasette.get_database(database).execute_fn(read)
    return found


@contextmanager
def filtering() -> Iterator[None]:
    """Filters that cannot be applied, or not within a limit of time, are a 400."""
    try:
        yield
    except sqlite3.OperationalError as error:
        told = "they take too long" if error.args == ("interrupted",) else error
        raise BadRequest(f"the filters cannot be applied: {told}") from None
