"""Downloads: all selected events as CSV, one event as JSON or CSV."""

from __future__ import annotations

import asyncio
import csv
import json
import sqlite3
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from itertools import chain
from tempfile import SpooledTemporaryFile

from datasette.utils import tilde_decode
from datasette.utils.asgi import BadRequest, NotFound, Response

from chronology.export import csv_stream
from chronology.timeline.event_detail import EventDetail, event_detail
from chronology.web import databases, permissions, routing
from chronology.web.api import streaming
from chronology.web.datasette_compat import Datasette, Receive, Request, Send, disposition
from chronology.web.query import as_of
from chronology.web.query.home_filters import bad_filters
from chronology.web.query.selection import file_time_limit, order_by, translate
from chronology.web.responses import json_response

_IN_MEMORY_BYTES = 1 << 20
# Chunks are made on this many threads; the other threads of the server stay free.
_AHEAD = 2


async def events_csv(datasette: Datasette, request: Request, send: Send, receive: Receive) -> None:
    """All selected events in one state of the log, not only a page of them."""
    name = await databases.in_address(datasette, request)
    database = datasette.get_database(name)
    table = "history" if "_as_of" in request.args else "events"
    selected = (await translate(datasette, request, name, table)).filter
    order = await order_by(datasette, request, name, table)
    columns = await database.execute_fn(csv_stream.columns)
    shown_columns = {column: columns[column] for column in _chosen(request, list(columns))}
    with SpooledTemporaryFile(_IN_MEMORY_BYTES) as numbers:
        limit = file_time_limit()

        def store(db: sqlite3.Connection) -> csv_stream.StoredRows:
            with limit(db):
                return csv_stream.store_numbers(db, selected, order, numbers)

        with bad_filters():
            fixed = await database.execute_fn(store)

        def lines(piece: list[int]) -> Awaitable[bytes]:
            made: Awaitable[bytes] = database.execute_fn(
                lambda db: csv_stream.read_rows(db, fixed, piece, shown_columns)
            )
            return made

        await _start(send, f"{name}-events.csv")
        if request.method != "HEAD":
            first = csv_stream.BOM.encode() + csv_stream.header(list(shown_columns))
            await streaming.finish(send, _ahead(first, lines, csv_stream.read_numbers(numbers)))
        else:
            await send({"type": "http.response.body", "body": b""})


async def _ahead(
    first: bytes, lines: Callable[[list[int]], Awaitable[bytes]], pieces: Iterator[list[int]]
) -> AsyncGenerator[bytes, None]:
    """The text in chunks, some of which are made while earlier ones are sent."""
    waiting: deque[asyncio.Future[bytes]] = deque()
    try:
        yield first
        for piece in pieces:
            waiting.append(asyncio.ensure_future(lines(piece)))
            if len(waiting) > _AHEAD:
                yield await waiting.popleft()
        while waiting:
            yield await waiting.popleft()
    finally:
        for each in waiting:
            each.cancel()


def _chosen(request: Request, columns: list[str]) -> list[str]:
    included, excluded = request.args.getlist("_col"), request.args.getlist("_nocol")
    for column in (*included, *excluded):
        if column not in columns:
            raise BadRequest(f"{column!r} is not a column. Columns: {', '.join(columns)}.")
    chosen = [c for c in columns if (not included or c in included) and c not in excluded]
    if not chosen:
        raise BadRequest("`_col` and `_nocol` leave no column.")
    return chosen


async def _start(send: Send, name: str, length: int | None = None) -> None:
    headers = {
        "content-type": "text/csv; charset=utf-8",
        "content-disposition": disposition("attachment", name),
        "x-content-type-options": "nosniff",
    }
    if length is not None:
        headers["content-length"] = str(length)
    await streaming.start(send, headers)


async def _event_detail(datasette: Datasette, request: Request) -> EventDetail:
    needed = permissions.NEEDED["events"]
    database = await databases.in_address(datasette, request, *needed)
    visible = await permissions.visible_tables(datasette, request.actor, database)
    name = tilde_decode(request.url_vars["event"])
    detail: EventDetail | None = await datasette.get_database(database).execute_fn(
        lambda connection: event_detail(as_of.timeline_at(request, connection), name)
    )
    if detail is None:
        raise NotFound(f"There is no event {name!r}; it may have been retracted")
    return detail if "history" in visible else detail._replace(history=[])


async def event_json(
    datasette: Datasette, request: Request, send: Send, receive: Receive
) -> Response:
    """One event with its accounts, places, formations, people and revisions."""
    detail = await _event_detail(datasette, request)
    body = detail._asdict() if request.args.get("_shape") not in ("array", "objects") else None
    return json_response(body or [detail.event])


async def event_csv(datasette: Datasette, request: Request, send: Send, receive: Receive) -> None:
    """The accounts of one event, one per row."""
    detail = await _event_detail(datasette, request)
    columns = list(detail.accounts[0]) if detail.accounts else ["id"]
    rows = (
        tuple(json.dumps(v, ensure_ascii=False) if isinstance(v, dict) else v for v in row.values())
        for row in detail.accounts
    )
    text = csv_stream.to_csv(chain([columns], rows), guard=True, quoting=csv.QUOTE_NONNUMERIC)
    body = (csv_stream.BOM + text).encode()
    await _start(send, f"{detail.event['id']}.csv", len(body))
    await send({"type": "http.response.body", "body": body})


ROUTES = [
    (rf"{routing.NAMED}/events\.csv$", routing.view(events_csv)),
    (rf"{routing.NAMED}/events/(?P<event>[^/.]+)\.json$", routing.view(event_json)),
    (rf"{routing.NAMED}/events/(?P<event>[^/.]+)\.csv$", routing.view(event_csv)),
]
