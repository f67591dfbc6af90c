"""The list of several chronologies in one server."""

from __future__ import annotations

import sqlite3
from typing import Any
from urllib.parse import parse_qsl, urlencode

from datasette.utils import path_with_format
from datasette.utils.asgi import Response

from chronology.model.edtf import Date
from chronology.timeline.as_of import at_head
from chronology.web import databases, datasette_compat, permissions
from chronology.web.datasette_compat import Actor, Datasette, Request, address_of
from chronology.web.pages import formatting

_OWN = "/-/chronology/"


async def rendered(
    datasette: Datasette, request: Request, template: str, values: dict[str, Any], status: int = 200
) -> Response:
    """A page with all its variables; no hook adds any."""
    html = await datasette.render_template(f"chronology/{template}.html", values, request, "index")
    # As on Datasette's own pages at these addresses.
    path = datasette.urls.path(path_with_format(request=request, format="json"))
    data = datasette.absolute_url(request, path)
    link = f'<{data}>; rel="alternate"; type="application/json+datasette"'
    return Response.html(html, status=status, headers={"Link": link} if status == 200 else {})


async def page(
    datasette: Datasette, request: Request, seen: list[str], status: int = 200, message: str = ""
) -> Response:
    """The chronologies that the actor may see, with links."""
    metadata = await datasette_compat.instance_metadata(datasette)
    values = {
        "chronologies": [await _entry(datasette, request, name, status) for name in seen],
        "others": await _others(datasette, request.actor),
        "metadata": metadata,
        "chronology_title": metadata.get("title") or "Chronologies",
        "status": status,
        "message": message,
    }
    return await rendered(datasette, request, "chronologies", values, status)


async def refusal(
    datasette: Datasette, request: Request, status: int, message: str
) -> Response | None:
    """The list in response to a request that names none of several chronologies."""
    if address_of(datasette, request.scope).database is not None:
        return None
    seen = await databases.visible(datasette, request.actor)
    if len(seen) < 2:
        return None
    return await page(datasette, request, seen, status, "" if message == "404" else message)


async def _entry(datasette: Datasette, request: Request, name: str, status: int) -> dict[str, Any]:
    """A chronology in the list, with a link to its home or to the requested page."""
    summary: dict[str, Any] = await datasette.get_database(name).execute_fn(_summary)
    if "sources" not in await permissions.visible_tables(datasette, request.actor, name):
        del summary["sources"]
    path = address_of(datasette, request.scope).path
    address = datasette.urls.database(name)
    if status == 400 and path.startswith(_OWN):
        parameters = parse_qsl(request.query_string)
        pairs = [pair for pair in parameters if pair[0] != databases.PARAMETER]
        address = datasette.urls.path(path) + "?" + urlencode([(databases.PARAMETER, name), *pairs])
    return {**summary, "name": name, "address": address}


def _summary(db: sqlite3.Connection) -> dict[str, Any]:
    timeline = at_head(db)
    chronology, recorded = timeline.chronology, timeline.point.recorded_at
    (events,) = db.execute("SELECT count(*) FROM events").fetchone()
    (sources,) = db.execute("SELECT count(*) FROM sources").fetchone()
    return {
        "title": chronology.title if chronology else None,
        "summary": chronology.summary if chronology else "",
        "window": _days(chronology.window) if chronology else "",
        "events": events,
        "sources": sources,
        "recorded": formatting.words(recorded[:10]),
    }


def _days(window: Date) -> str:
    """The first and the last day of a window in words."""
    return formatting.words(str(window)).removeprefix("from ").removeprefix("on ")


async def _others(datasette: Datasette, actor: Actor) -> list[str]:
    """The databases that are not chronologies and that the actor may see."""
    return [
        name
        for name in datasette.databases
        if name not in databases.NOT_SHOWN
        and not databases.is_chronology(datasette, name)
        and await datasette_compat.may_view_database(datasette, actor, name)
    ]
