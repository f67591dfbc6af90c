"""The list of events in each export format, sent in chunks as it is read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from datasette.utils.asgi import BadRequest, Response
from datasette.utils.sqlite import sqlite3

from chronology.export import reader
from chronology.export.edition import Edition
from chronology.export.formats import FORMATS, Format
from chronology.export.reader import SelectedVersions
from chronology.web import databases, datasette_compat, routing
from chronology.web.api import streaming
from chronology.web.datasette_compat import (
    Datasette,
    Receive,
    Request,
    Send,
    disposition,
    pairs,
    public_address,
    with_query,
)
from chronology.web.query.selection import event_filter, order_by
from chronology.web.responses import cors_headers


async def events(
    datasette: Datasette, request: Request, send: Send, receive: Receive
) -> Response | None:
    """Every selected event in a format, in one state of the log."""
    extension = request.url_vars["extension"]
    form = FORMATS[extension]
    database = await databases.in_address(datasette, request)
    found = await _select(datasette, request, database)
    edition = await _edition(datasette, request, database, extension, found)
    headers = {
        "content-disposition": _disposition(form, f"{database}-events.{extension}"),
        "cache-control": "no-cache",
        **cors_headers(datasette),
    }
    if request.method == "HEAD":
        return Response("", headers=headers, content_type=form.media_type)
    texts = _texts(datasette.get_database(database), form, edition, found)
    await streaming.start(send, {"content-type": form.media_type, **headers})
    await streaming.finish(receive, send, texts)
    return None


async def _select(datasette: Datasette, request: Request, database: str) -> SelectedVersions:
    table = "history" if "_as_of" in request.args else "events"
    selected = await event_filter(datasette, request, database, table)
    order = await order_by(datasette, request, database, table)
    try:
        found: SelectedVersions = await datasette.get_database(database).execute_fn(
            lambda connection: reader.select(connection, selected, order)
        )
    except sqlite3.OperationalError as error:
        raise BadRequest(f"the filters cannot be applied: {error}") from None
    return found


async def _edition(
    datasette: Datasette, request: Request, database: str, extension: str, found: SelectedVersions
) -> Edition:
    about = found.chronology
    licence, licence_url = await datasette_compat.licence(datasette, database)
    page = public_address(datasette, request) + datasette.urls.table(database, "events")
    kept = pairs(request, "_next", "_size")
    then = pairs(request, "_next", "_size", "_as_of")
    return Edition(
        title=about.title if about else database,
        summary=about.summary if about else None,
        identity=found.identity,
        state=found.state,
        licence=licence,
        licence_url=licence_url,
        address=with_query(f"{page}.{extension}", kept),
        permalink=with_query(f"{page}.{extension}", [*then, ("_as_of", str(found.state.position))]),
        page=with_query(page, kept),
        events=page,
        counts=found.counts,
    )


def _disposition(form: Format, name: str) -> str:
    return disposition("inline" if form.shown else "attachment", name)


async def _texts(
    db: Any, form: Format, edition: Edition, found: SelectedVersions
) -> AsyncIterator[bytes]:
    """The export in pieces of bounded length, each read when it is wanted."""
    yield form.head(edition).encode()
    between = ""
    for numbers in reader.chunks(found):
        text = await db.execute_fn(_rendering(form, edition, found, numbers))
        yield (between + text).encode()
        between = form.between
    yield form.foot(edition).encode()


def _rendering(
    form: Format, edition: Edition, found: SelectedVersions, numbers: Any
) -> Callable[[Any], str]:
    return lambda connection: form.between.join(
        form.item(edition, event) for event in reader.read(connection, found, numbers)
    )


_PATTERN = rf"{routing.NAMED}/events\.(?P<extension>{'|'.join(FORMATS)})$"
ROUTES = [(_PATTERN, routing.view(events))]
