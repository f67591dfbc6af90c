"""Whole answers as files: every selected row as CSV, one event with its accounts as JSON."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from datasette.plugins import pm
from datasette.utils import escape_sqlite, tilde_decode
from datasette.utils.asgi import BadRequest, NotFound, Response

from chronology import schema
from chronology.dossiers import Dossier, dossier
from chronology.web import moments, versions
from chronology.web.selection import is_chronology, selected

CHUNK_BYTES = 1 << 16
_IN_MEMORY_BYTES = 4 << 20
_BOM = "\ufeff"
# What a spreadsheet would run; an apostrophe before it makes it text.
_FORMULA = re.compile(r"[=+\-@\t\r]")


def cell(value: Any) -> Any:
    """A value as it may stand in a spreadsheet: never a formula, numbers as they are."""
    if isinstance(value, str) and _FORMULA.match(value):
        return "'" + value
    return value


def write_csv(rows: Iterable[tuple[Any, ...]], columns: list[str], target: IO[bytes]) -> None:
    """Rows as CSV of UTF-8 with a byte order mark, texts quoted, lines ended by CRLF."""
    text = io.TextIOWrapper(target, encoding="utf-8", newline="", write_through=True)
    text.write(_BOM)
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(columns)
    writer.writerows(tuple(cell(value) for value in row) for row in rows)
    text.detach()


async def events_csv(datasette: Any, request: Any, send: Any) -> Response | None:
    """Every selected event, from one consistent read, whatever the size of a page."""
    database = await database_of(datasette, request)
    table = "history" if "_as_of" in request.args else "events"
    selection = await selected(datasette, request, database, table)
    known = await datasette.get_database(database).table_columns("events")
    columns = _chosen(request, known)
    names = ", ".join(escape_sqlite(column) for column in columns)
    where = f" WHERE {selection.where}" if selection.where else ""
    sql = f"SELECT {names} FROM {table}{where} ORDER BY {selection.order}"
    body: IO[bytes]
    with SpooledTemporaryFile(_IN_MEMORY_BYTES) as body:
        # Spooled first and sent after, so that a slow reader never holds up a writer.
        await asyncio.to_thread(_spool, datasette, database, sql, selection.params, columns, body)
        await _send_file(send, body, f"{database}-events.csv")
    return None


async def database_of(datasette: Any, request: Any) -> str:
    """The name of the chronology asked for; raises if there is none or it may not be seen."""
    name: str = tilde_decode(request.url_vars["database"])
    if name not in datasette.databases:
        raise NotFound(f"There is no database {name!r}")
    await versions.ensure_view_table(datasette, request.actor, name, "events")
    if not await is_chronology(datasette, name):
        raise NotFound(f"The database {name!r} holds no chronology")
    return name


def _chosen(request: Any, columns: list[str]) -> list[str]:
    wanted, unwanted = request.args.getlist("_col"), request.args.getlist("_nocol")
    for column in (*wanted, *unwanted):
        if column not in columns:
            raise BadRequest(f"{column!r} is no column; known are {', '.join(columns)}")
    return [c for c in columns if (not wanted or c in wanted) and c not in unwanted]


def _spool(
    datasette: Any,
    database: str,
    sql: str,
    params: dict[str, Any],
    columns: list[str],
    body: IO[bytes],
) -> None:
    db = schema.connect(datasette.get_database(database).path)
    try:
        # Datasette's own filters call functions that it adds to SQLite.
        pm.hook.prepare_connection(conn=db, database=database, datasette=datasette)
        write_csv(db.execute(sql, params), columns, body)
    except sqlite3.OperationalError as error:
        raise BadRequest(f"the filters cannot be applied: {error}") from None
    finally:
        db.close()


async def _send_file(send: Any, body: IO[bytes], name: str) -> None:
    length = body.seek(0, io.SEEK_END)
    body.seek(0)
    headers = {
        "content-type": "text/csv; charset=utf-8",
        "content-disposition": f'attachment; filename="{name}"',
        "content-length": str(length),
        "x-content-type-options": "nosniff",
    }
    raw = [(key.encode(), value.encode()) for key, value in headers.items()]
    await send({"type": "http.response.start", "status": 200, "headers": raw})
    for chunk in _chunks(body):
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _chunks(body: IO[bytes]) -> Iterator[bytes]:
    while chunk := body.read(CHUNK_BYTES):
        yield chunk


async def _dossier(datasette: Any, request: Any) -> Dossier:
    database = await database_of(datasette, request)
    name = tilde_decode(request.url_vars["event"])
    found: Dossier | None = await datasette.get_database(database).execute_fn(
        lambda connection: dossier(connection, name, moments.position(request, connection))
    )
    if found is None:
        raise NotFound(f"There is no event {name!r}; it may have been retracted")
    return found


async def event_json(datasette: Any, request: Any) -> Response:
    """One event with its accounts, places, formations, people and revisions."""
    found = await _dossier(datasette, request)
    body = found._asdict() if request.args.get("_shape") not in ("array", "objects") else None
    text = json.dumps(body or [found.event], ensure_ascii=False, default=str)
    headers = {"access-control-allow-origin": "*"} if datasette.cors else {}
    return Response(text, content_type="application/json; charset=utf-8", headers=headers)


async def event_csv(datasette: Any, request: Any, send: Any) -> None:
    """The accounts of one event, one a row."""
    found = await _dossier(datasette, request)
    columns = list(found.accounts[0]) if found.accounts else ["id"]
    rows = (
        tuple(json.dumps(v, ensure_ascii=False) if isinstance(v, dict) else v for v in row.values())
        for row in found.accounts
    )
    with io.BytesIO() as body:
        write_csv(rows, columns, body)
        await _send_file(send, body, f"{found.event['id']}.csv")


ROUTES = [
    (r"/(?P<database>[^/.]+)/events\.csv$", events_csv),
    (r"/(?P<database>[^/.]+)/events/(?P<event>[^/.]+)\.json$", event_json),
    (r"/(?P<database>[^/.]+)/events/(?P<event>[^/.]+)\.csv$", event_csv),
]
