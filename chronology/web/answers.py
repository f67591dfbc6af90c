"""What Datasette asks of the events, answered more quickly: the count, and the rows of a page.

Datasette makes its SQL out of the request and hands it to the database. Where that is just what
it makes of a request for events, the database is asked something else that gives the same: the
rows that stand on the page by their numbers, and the count as a constant; in another order than
that of days, those to be ordered by their numbers. Anything else is left as it is.
"""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from datasette.database import QueryInterrupted
from datasette.utils import sqlite_timelimit
from datasette.utils.sqlite import sqlite3

from chronology import counting
from chronology.index import AVAILABLE
from chronology.sets import Sets
from chronology.terms import Cursor, Every
from chronology.web import validity
from chronology.web.selection import Selection, selected

_COUNT = re.compile(
    r"select count\(\*\) from (?:\(select \* )?(?:from )?(?P<table>events|history)"
    r"(?: where (?P<where>.*?))?\s*(?: limit \d+\))?",
    re.DOTALL,
)
_ROWS = re.compile(
    r"select (?P<columns>.*?) from (?P<table>events|history) where (?P<where>.*) "
    r"order by (?P<order>sort_day(?P<descending> desc)?, id(?:, from_position)?) "
    r"limit (?P<limit>\d+)",
    re.DOTALL,
)
_SORTED = re.compile(
    r"select (?P<columns>[^()]*) from (?P<table>events) where (?P<where>.*) "
    r"order by (?P<order>[^()]*) limit (?P<limit>\d+)",
    re.DOTALL,
)
# What Datasette makes of a cursor; the parameter of the day is absent where it is not known.
_CURSOR = re.compile(
    r"\(sort_day (?:[<>] :(?P<day>p\d+)(?: or sort_day is null)?"
    r" or \(sort_day = :\w+ and|is (?:not null or \(sort_day is )?null and)"
    r" \(\(id > :(?P<id>p\d+)\b.*",
    re.DOTALL,
)
MANY = 300_000
"""Of more rows than these, SQLite finds the first in some order no sooner by their numbers."""
WARM_AFTER_S = 2.0
_sets: WeakKeyDictionary[Any, Sets] = WeakKeyDictionary()


class Asking(NamedTuple):
    """A request for a page of a table."""

    datasette: Any
    request: Any
    database: Any
    table: str

    async def selection(self) -> Selection:
        return await selected(self.datasette, self.request, self.database.name, self.table)


asking: ContextVar[Asking | None] = ContextVar("asking", default=None)
"""Whose SQL the database is being handed."""


def expect(datasette: Any, request: Any, database: str, table: str) -> None:
    """Lets the database know that a request's page is being made."""
    if table == "events" or (table == "history" and "_as_of" in request.args):
        served = datasette.get_database(database)
        watch(served)
        asking.set(Asking(datasette, request, served, table))


def sets_of(database: Any) -> Sets | None:
    """The sets of a database of Datasette, None where they cannot be had."""
    if not AVAILABLE or database.is_memory:
        return None
    return _sets.setdefault(database, Sets())


async def warm(database: Any) -> None:
    """Loads the sets of a database bit by bit, between what is asked of it."""
    sets = sets_of(database)
    if sets is None:
        return
    # The first page goes before: both would be slower at once.
    await asyncio.sleep(WARM_AFTER_S)

    def lacking(db: Any) -> Any:
        with sets.at_head(db) as view:
            return view.lacking()

    with suppress(sqlite3.DatabaseError):
        for what in await database.execute_fn(lacking):
            await database.execute_fn(lambda db, what=what: sets.load(db, what))


async def ask(datasette: Any, database: Any, chosen: counting.Chosen, what: Any) -> Any:
    """What a function of `InSql` or `InSets` gives of the chosen rows, within Datasette's limit.

    Raises Datasette's `QueryInterrupted` past that.
    """

    def limit(db: Any) -> Any:
        return sqlite_timelimit(db, datasette.setting("sql_time_limit_ms"))

    def asked(db: Any) -> Any:
        with counting.asked(db, chosen, sets_of(database), limit) as found:
            return what(found)

    try:
        return await database.execute_fn(asked)
    except sqlite3.OperationalError as error:
        if error.args == ("interrupted",):
            validity.gave_up()
            raise QueryInterrupted(error, chosen.where, chosen.params) from None
        raise


def watch(database: Any) -> None:
    """Lets a database answer so, and tell what it gives up on; once is enough."""
    if "execute" in vars(database):
        return
    execute = database.execute

    async def watched(sql: str, params: Any = None, *args: Any, **kwargs: Any) -> Any:
        known = asking.get()
        if known is not None and known.database is database:
            sql, params = await _answered(known, sql, params)
        try:
            return await execute(sql, params, *args, **kwargs)
        except QueryInterrupted:
            validity.gave_up()
            raise

    database.execute = watched
    if sets_of(database) is not None:
        # Kept, since the loop holds its tasks by weak references alone.
        database.warming = asyncio.ensure_future(warm(database))


async def _answered(known: Asking, sql: str, params: Any) -> tuple[str, Any]:
    """SQL that gives what was asked for; what was asked for itself if that is not better."""
    count, rows = _COUNT.fullmatch(sql), _ROWS.fullmatch(sql)
    found = count or rows or _SORTED.fullmatch(sql)
    if not found or found["table"] != known.table:
        return sql, params
    selection = await known.selection()
    as_asked = " and ".join(selection.as_asked)
    where = found["where"] or ""
    if not where.startswith(as_asked):
        return sql, params
    beyond = where[len(as_asked) :].removeprefix(" and " if as_asked else "")
    try:
        if count:
            return await _counted(known, selection) if not beyond else (sql, params)
        if not rows:
            return await _sorted(known, selection, found, beyond, params) or (sql, params)
        cursor = _CURSOR.fullmatch(beyond)
        return await _page(known, selection, rows, cursor, params) if cursor else (sql, params)
    except (QueryInterrupted, sqlite3.OperationalError):
        # As Datasette says it.
        return sql, params


async def _counted(known: Asking, selection: Selection) -> tuple[str, Any]:
    chosen = selection.of(known.table)
    found = await ask(known.datasette, known.database, chosen, lambda chosen: chosen.count())
    return "select :found", {"found": found}


async def _page(
    known: Asking, selection: Selection, rows: Any, cursor: Any, params: Any
) -> tuple[str, Any]:
    after = Cursor(params[cursor["day"]] if cursor["day"] else None, params[cursor["id"]])
    size, descending = int(rows["limit"]), bool(rows["descending"])
    numbers = await ask(
        known.datasette,
        known.database,
        selection.of(known.table),
        lambda chosen: chosen.page(descending, after, size),
    )
    sql = (
        f"select {rows['columns']} from {known.table}"
        f" where number in (select value from json_each(:numbers)) order by {rows['order']}"
    )
    return sql, {"numbers": json.dumps(numbers)}


async def _sorted(
    known: Asking, selection: Selection, found: Any, beyond: str, params: Any
) -> tuple[str, Any] | None:
    """Rows in any other order; None where they had better be asked for as they are."""
    if selection.term in (None, Every(())):
        return None

    def few(chosen: Any) -> list[int] | None:
        return chosen.numbers() if chosen.count() <= MANY else None

    chosen = selection.of(known.table)
    numbers = await ask(known.datasette, known.database, chosen, few)
    if numbers is None:
        return None
    among = "number in (select value from json_each(:numbers))"
    where = f"{among} and ({beyond})" if beyond else among
    sql = (
        f"select {found['columns']} from events where {where}"
        f" order by {found['order']} limit {found['limit']}"
    )
    return sql, {**params, "numbers": json.dumps(numbers)}
