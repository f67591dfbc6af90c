"""The bitmap index of each served database, and selections from it within the time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from datasette.database import QueryInterrupted
from datasette.utils import sqlite_timelimit
from datasette.utils.sqlite import sqlite3

from chronology.index.current import EventIndex, TimeLimit
from chronology.index.selection import EventFilter, Selection, select
from chronology.web.completeness import query_timed_out

T = TypeVar("T")
WARM_AFTER_S = 2.0
_indexes: WeakKeyDictionary[Any, EventIndex] = WeakKeyDictionary()


def index_of(database: Any) -> EventIndex | None:
    """The index of a database of Datasette, None if it is in memory."""
    if database.is_memory:
        return None
    return _indexes.setdefault(database, EventIndex())


def time_limit(datasette: Any) -> TimeLimit:
    """Bounds queries by Datasette's setting `sql_time_limit_ms`."""
    return lambda db: sqlite_timelimit(db, datasette.setting("sql_time_limit_ms"))


async def run(
    datasette: Any, database: Any, selected: EventFilter, function: Callable[[Selection], T]
) -> T:
    """Runs a function of the selected events; raises Datasette's `QueryInterrupted` in time."""

    def read(db: Any) -> T:
        with select(db, selected, index_of(database), time_limit(datasette)) as selection:
            return function(selection)

    try:
        result: T = await database.execute_fn(read)
    except sqlite3.OperationalError as error:
        if error.args == ("interrupted",):
            query_timed_out()
            raise QueryInterrupted(error, selected.sql, selected.params) from None
        raise
    return result


async def warm(database: Any) -> None:
    """Loads the index of a database part by part, between requests."""
    index = index_of(database)
    if index is None:
        return
    # The first page comes first: both would be slower at once.
    await asyncio.sleep(WARM_AFTER_S)

    def not_loaded(db: Any) -> Any:
        with index.at_head(db) as reader:
            return reader.not_loaded()

    with suppress(sqlite3.DatabaseError):
        for part in await database.execute_fn(not_loaded):
            await database.execute_fn(lambda db, part=part: index.load(db, part))
