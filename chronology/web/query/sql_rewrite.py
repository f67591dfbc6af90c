"""Answer Datasette's count and page queries of events from the index.

Datasette makes SQL from the request and passes it to `Database.execute`. `watch` wraps that
method: a statement that is exactly Datasette's count, page or sorted page of the selected events is
replaced by one that reads the same rows by their numbers. Any other statement runs unchanged; if it
reads the table of the page, it is counted in `not_recognised`. This is the only module that knows
the text of Datasette's SQL.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections import Counter
from contextvars import ContextVar
from typing import Any, NamedTuple
from urllib.parse import urlencode

from datasette.database import QueryInterrupted
from datasette.utils import tilde_encode
from datasette.utils.sqlite import sqlite3

from chronology.index.predicates import EVERY, Cursor
from chronology.index.selection import EventFilter, Selection
from chronology.web.datasette_compat import (
    CSV_STREAMS_TAKE_A_CURSOR,
    EXECUTE_FN,
    Datasette,
    Request,
)
from chronology.web.limits import Budget, budget
from chronology.web.query.selection import index_of, run, sorting, translate, warm
from chronology.web.responses import query_timed_out

COUNT = re.compile(
    r"select count\(\*\) from (?:\(select \* )?(?:from )?(?P<table>events|history)"
    r"(?: where (?P<where>.*?))?\s*(?: limit \d+\))?",
    re.DOTALL,
)
PAGE = re.compile(
    r"select (?P<columns>.*?) from (?P<table>events|history) where (?P<where>.*) "
    r"order by (?P<order>sort_key(?P<descending> desc)?, id(?:, from_position)?) "
    r"limit (?P<limit>\d+)",
    re.DOTALL,
)
SORTED = re.compile(
    r"select (?P<columns>[^()]*) from (?P<table>events) where (?P<where>.*) "
    r"order by (?P<order>[^()]*) limit (?P<limit>\d+)",
    re.DOTALL,
)
# Datasette's condition for a cursor; the parameter of the key is absent before the first row.
CURSOR = re.compile(
    r"\(sort_key (?:[<>] :(?P<key>p\d+)(?: or sort_key is null)?"
    r" or \(sort_key = :\w+ and|is (?:not null or \(sort_key is )?null and)"
    r" \(\(id > :(?P<id>p\d+)\b.*",
    re.DOTALL,
)
_READS_ROWS = re.compile(r"\s*(?:select|with)\b.*\bfrom \[?(?P<table>events|history)\b", re.DOTALL)
_MIN_MS = 50
"""The time for a statement of a request whose budget is spent: Datasette reads the schema too."""
MANY = 300_000
"""With more rows than this, SQLite sorts them no faster by their numbers."""

_BEFORE_ASCENDING = "$null"
# No text is greater, and SQLite sorts every number before a text.
_AFTER_EVERYTHING = "\U0010ffff"
_BEFORE_DESCENDING = tilde_encode(_AFTER_EVERYTHING)
_INTEGER = re.compile(r"-?\d{1,16}", re.ASCII)

not_recognised: Counter[str] = Counter()
"""Statements on the table of a page, by table, that ran as Datasette made them."""


class PageRequest(NamedTuple):
    """A request for a page of a table, and its database."""

    datasette: Datasette
    request: Request
    database: Any
    table: str


_counted: ContextVar[Budget | None] = ContextVar("counted", default=None)
"""The budget that counts the rows of the statement that Datasette executes."""
page_request: ContextVar[PageRequest | None] = ContextVar("page_request", default=None)
"""The page that the current task makes."""


def expect_page(datasette: Datasette, request: Request, database: str, table: str) -> None:
    """Prepares the rewriting of the SQL of a page of events."""
    if table == "events" or (table == "history" and "_as_of" in request.args):
        page_request.set(PageRequest(datasette, request, datasette.get_database(database), table))


def watch(database: Any) -> None:
    """Replaces `execute` of a database of Datasette; a second call does nothing."""
    if "execute" in vars(database):
        return
    execute, name = database.execute, EXECUTE_FN
    run_function = getattr(database, name)

    async def run_counted(function: Any, *args: Any, **kwargs: Any) -> Any:
        if counting := _counted.get():
            function = counting.counted(function)
        return await run_function(function, *args, **kwargs)

    async def watched(sql: str, params: Any = None, *args: Any, **kwargs: Any) -> Any:
        page = page_request.get()
        if page is not None and page.database is database:
            sql, params = await rewrite(page, sql, params)
        if left := budget.get():
            limit_ms = kwargs.get("custom_time_limit") or math.inf
            kwargs["custom_time_limit"] = min(limit_ms, max(_MIN_MS, left.left_ms()))
        token = _counted.set(left)
        try:
            return await execute(sql, params, *args, **kwargs)
        except QueryInterrupted:
            query_timed_out(sql)
            raise
        finally:
            _counted.reset(token)

    database.execute = watched
    setattr(database, name, run_counted)
    if index_of(database) is not None:
        # Stored, since the event loop keeps only weak references to its tasks.
        database.warming = asyncio.ensure_future(warm(database))


async def rewrite(page: PageRequest, sql: str, params: Any) -> tuple[str, Any]:
    """A faster statement with the same result, or the statement itself."""
    for pattern, answer in ((COUNT, _count), (PAGE, _page), (SORTED, _sorted)):
        match = pattern.fullmatch(sql)
        if match is None or match["table"] != page.table:
            continue
        name = page.database.name
        clauses, selected = await translate(page.datasette, page.request, name, page.table)
        filters, where = " and ".join(clauses), match["where"] or ""
        if not where.startswith(filters):
            break
        rest = where[len(filters) :].removeprefix(" and " if filters else "")
        try:
            return await answer(page, selected, match, rest, params) or (sql, params)
        except (QueryInterrupted, sqlite3.OperationalError):
            # Datasette reports the error when it runs the statement.
            return sql, params
    reads = _READS_ROWS.match(sql)
    if reads and reads["table"] == page.table:
        not_recognised[page.table] += 1
    return sql, params


async def _count(
    page: PageRequest, selected: EventFilter, match: re.Match[str], rest: str, params: Any
) -> tuple[str, Any] | None:
    if rest:
        return None
    count = await run(page.datasette, page.database, selected, lambda rows: rows.count())
    return "select :count", {"count": count}


async def _page(
    page: PageRequest, selected: EventFilter, match: re.Match[str], rest: str, params: Any
) -> tuple[str, Any] | None:
    cursor = CURSOR.fullmatch(rest)
    if cursor is None:
        return None
    size, descending = int(match["limit"]), bool(match["descending"])
    key = params[cursor["key"]] if cursor["key"] else _BEFORE_ASCENDING
    if _INTEGER.fullmatch(key):
        after = Cursor(int(key), params[cursor["id"]])
    elif key == (_AFTER_EVERYTHING if descending else _BEFORE_ASCENDING):
        after = None
    else:
        return None
    numbers = await run(
        page.datasette, page.database, selected, lambda rows: rows.page(descending, after, size)
    )
    sql = (
        f"select {match['columns']} from {page.table}"
        f" where number in (select value from json_each(:numbers)) order by {match['order']}"
    )
    return sql, {"numbers": json.dumps(numbers)}


async def _sorted(
    page: PageRequest, selected: EventFilter, match: re.Match[str], rest: str, params: Any
) -> tuple[str, Any] | None:
    """A page in any other order; None if SQLite sorts the rows no faster by number."""
    if selected.predicate in (None, EVERY):
        return None

    def few(rows: Selection) -> list[int] | None:
        return rows.numbers() if rows.count() <= MANY else None

    numbers = await run(page.datasette, page.database, selected, few)
    if numbers is None:
        return None
    among = "number in (select value from json_each(:numbers))"
    where = f"{among} and ({rest})" if rest else among
    sql = (
        f"select {match['columns']} from events where {where}"
        f" order by {match['order']} limit {match['limit']}"
    )
    return sql, {**params, "numbers": json.dumps(numbers)}


# The first page -------------------------------------------------------------------------------


async def order_first_page(
    request: Request, datasette: Datasette, database: str, table: str
) -> None:
    """Adds a cursor before every row to a request for the first page of a sorted table.

    Datasette breaks the ties of a sort by the primary key, except on the first page, where SQLite
    decides. Without the cursor, the following pages would repeat some rows and leave out others. A
    stream that takes no cursor is sorted by the key instead of the default column, which has ties.
    """
    ascending, descending = await sorting(datasette, request, database, table)
    keys = await datasette.get_database(database).primary_keys(table)
    if request.args.get("_next") or not keys or not (ascending or descending):
        return
    if request.args.get("_stream") and not CSV_STREAMS_TAKE_A_CURSOR:
        if request.args.get("_sort") or request.args.get("_sort_desc"):
            return
        added = {"_sort": keys[0]}
    else:
        start = _BEFORE_ASCENDING if ascending else _BEFORE_DESCENDING
        added = {"_next": ",".join([start, *("" for _ in keys)])}
    query: bytes = request.scope["query_string"]
    request.scope["query_string"] = b"&".join(filter(None, (query, urlencode(added).encode())))
