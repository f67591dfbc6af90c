"""The list of events in each export format, sent in chunks as it is read."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Any

from datasette.utils.asgi import Response
from datasette.utils.sqlite import sqlite3

from chronology.export import reader
from chronology.export.edition import Edition
from chronology.export.formats import FORMATS, Format
from chronology.export.reader import SelectedVersions
from chronology.web import databases, datasette_compat, permissions, routing
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
from chronology.web.query.home_filters import bad_filters
from chronology.web.query.selection import file_time_limit, order_by, translate


async def events(
    datasette: Datasette, request: Request, send: Send, receive: Receive
) -> Response | None:
    """All selected events in a format, in one state of the log."""
    extension = request.url_vars["extension"]
    form = FORMATS[extension]
    database = await databases.in_address(datasette, request, *permissions.LISTED)
    versions = await _select(datasette, request, database)
    edition = await _edition(datasette, request, database, extension, versions)
    headers = {
        "content-disposition": _disposition(form, f"{database}-events.{extension}"),
        "cache-control": "no-cache",
    }
    if request.method == "HEAD":
        return Response("", headers=headers, content_type=form.media_type)
    texts = _texts(datasette.get_database(database), form, edition, versions)
    await streaming.start(send, {"content-type": form.media_type, **headers})
    await streaming.finish(send, texts)
    return None


async def _select(datasette: Datasette, request: Request, database: str) -> SelectedVersions:
    table = "history" if "_as_of" in request.args else "events"
    event_selection = (await translate(datasette, request, database, table)).filter
    order = await order_by(datasette, request, database, table)
    limit = file_time_limit()

    def select(connection: sqlite3.Connection) -> SelectedVersions:
        with limit(connection):
            return reader.select(connection, event_selection, order)

    with bad_filters():
        versions: SelectedVersions = await datasette.get_database(database).execute_fn(select)
    return versions


async def _edition(
    datasette: Datasette,
    request: Request,
    database: str,
    extension: str,
    versions: SelectedVersions,
) -> Edition:
    chronology = versions.chronology
    licence, licence_url = await datasette_compat.licence(datasette, database)
    page = public_address(datasette, request) + datasette.urls.table(database, "events")
    parameters = pairs(request, "_next", "_size")
    parameters_of_now = pairs(request, "_next", "_size", "_as_of")
    return Edition(
        title=chronology.title if chronology else database,
        summary=chronology.summary if chronology else None,
        identity=versions.identity,
        name=with_query("events", parameters),
        state=versions.state,
        licence=licence,
        licence_url=licence_url,
        address=with_query(f"{page}.{extension}", parameters),
        permalink=with_query(
            f"{page}.{extension}", [*parameters_of_now, ("_as_of", str(versions.state.position))]
        ),
        page=with_query(page, parameters),
        events=page,
        counts=versions.counts,
    )


def _disposition(form: Format, name: str) -> str:
    return disposition("inline" if form.shown else "attachment", name)


async def _texts(
    db: Any, form: Format, edition: Edition, versions: SelectedVersions
) -> AsyncGenerator[bytes, None]:
    """The export in chunks of bounded length, each read when it is sent."""
    yield form.writer.head(edition).encode()
    between = ""
    for numbers in reader.chunks(versions):
        text = await db.execute_fn(_rendering(form, edition, versions, numbers))
        yield (between + text).encode()
        between = form.between
    yield form.writer.foot(edition).encode()


def _rendering(
    form: Format, edition: Edition, versions: SelectedVersions, numbers: Any
) -> Callable[[Any], str]:
    return lambda connection: form.between.join(
        form.writer.item(edition, event) for event in reader.read(connection, versions, numbers)
    )


_PATTERN = rf"{routing.NAMED}/events\.(?P<extension>{'|'.join(FORMATS)})$"
ROUTES = [(_PATTERN, routing.view(events))]
