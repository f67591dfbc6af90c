"""The pages that are of no table: the order of battle on a day, and where the sources disagree.

Each is also JSON, at the same address with `.json`.
"""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
from datasette.utils import sqlite_timelimit
from datasette.utils.asgi import BadRequest, NotFound, Response

from chronology import disagreements, hierarchy, queries
from chronology.dates import parse
from chronology.errors import DateError
from chronology.hierarchy import Side
from chronology.projections import state
from chronology.records import Chronology
from chronology.terms import Cursor
from chronology.web import moments, navigation, pages, versions
from chronology.web.addresses import pairs
from chronology.web.asked import Shown, asked, chronology_of, filtering, of_one_state, shown
from chronology.web.context import filters
from chronology.web.responses import json_response

_PAGE = 25
_CATALOGUED = ("chronology", "source", "person", "formation")
_DAY = timedelta(days=1)
_KIND = "disputed__arraycontains"


async def _database(datasette: Any, request: Any) -> str:
    """The chronology's database, if the actor may see it."""
    name = await chronology_of(datasette)
    if name is None:
        raise NotFound("There is no chronology here")
    await versions.ensure_seen(datasette, request, name)
    return name


async def _answer(
    datasette: Any, request: Any, name: str, view: str, found: dict[str, Any]
) -> Response:
    """A page, or the same as JSON if the address ends so."""
    if request.path.endswith(".json"):
        return json_response(datasette, found["data"])
    metadata = await versions.instance_metadata(datasette)
    values = {**found, "database": name, "own_page": True, "metadata": metadata}
    html = await datasette.render_template(f"{view}.html", values, request, view)
    return Response.html(html)


# Order of battle ------------------------------------------------------------------------------


async def order_of_battle(datasette: Any, request: Any) -> Response:
    """All formations as they stood on the day that `_day` names, by side."""
    name = await _database(datasette, request)
    found = await of_one_state(datasette, name, lambda db: _on_day(db, request))
    return await _answer(datasette, request, name, "order-of-battle", found)


def _on_day(db: sqlite3.Connection, request: Any) -> dict[str, Any]:
    at = moments.position(request, db)
    catalogue = state.load(db, at, subjects=_CATALOGUED)
    about = catalogue.chronology
    if about is None:
        raise NotFound("There is no chronology here")
    day = _day(request, about)
    sides = hierarchy.on_day(catalogue, parse(day.isoformat()))
    first, last = about.window.earliest, about.window.latest
    kept = [("_as_of", text) for text in request.args.getlist("_as_of")]
    return {
        "data": {"day": day.isoformat(), "sides": [_data(side) for side in sides]},
        "day": day,
        "spoken": pages.spoken(day),
        "sides": sides,
        "levels": about.levels,
        "before": _turn(day - _DAY, kept) if first is None or day > first else None,
        "after": _turn(day + _DAY, kept) if last is None or day < last else None,
        "window": about.window,
        "kept": kept,
    }


def _turn(day: date, kept: list[tuple[str, str]]) -> dict[str, str]:
    return {"words": pages.spoken(day), "query": urlencode([("_day", day.isoformat()), *kept])}


def _day(request: Any, about: Chronology) -> date:
    """The day that is asked for, the first of the chronology if none is; a 400 if it is no day."""
    window = about.window
    text = request.args.get("_day")
    if not text:
        start = window.earliest or window.latest
        assert start is not None
        return start
    try:
        wanted = parse(text)
    except DateError as error:
        raise BadRequest(f"_day: {error}") from None
    if wanted.precision != "day" or wanted.earliest is None:
        raise BadRequest(f"_day: {text!r} is not one day; write year, month and day")
    if not wanted.overlaps(window):
        raise BadRequest(f"_day: {text!r} lies outside of the chronology, which is {window}")
    return wanted.earliest


def _data(side: Side) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(side)
    return {"id": side.id, "name": side.name, "formations": found["tops"] + found["loose"]}


# Disagreements --------------------------------------------------------------------------------


async def where_sources_disagree(datasette: Any, request: Any) -> Response:
    """The disputed events with what each source gives; all filters of the events select."""
    if "_as_of" in request.args:
        raise BadRequest("_as_of: this page shows what is recorded now; see the list of events")
    name = await _database(datasette, request)
    wanted = asked(request)
    events, every_kind = [
        await shown(datasette, each, name) for each in (wanted, wanted.without(_KIND))
    ]
    limit_ms = datasette.setting("sql_time_limit_ms")
    found = await of_one_state(
        datasette, name, lambda db: _disagreements(db, request, events, every_kind, limit_ms)
    )
    return await _answer(datasette, request, name, "disagreements", found)


def _disagreements(
    db: sqlite3.Connection, request: Any, selected: Shown, every_kind: Shown, limit_ms: int
) -> dict[str, Any]:
    about = queries.chronology(db)
    _, where, params = selected
    with filtering(), sqlite_timelimit(db, limit_ms):
        events, end = disagreements.page(db, where, params, _cursor(request), _PAGE)
        # The kinds are what is chosen from: there all count, whichever is chosen.
        kinds = disagreements.count(db, every_kind.where, every_kind.params)
        total = disagreements.total(db, where, params)
    given = pairs(request, "_next")
    following = urlencode([*given, ("_next", f"{end.day},{end.id}")]) if end else None
    return {
        "data": {"total": total, "events": events, "next": following},
        "chronology": about,
        "events": events,
        "total": total,
        "kinds": kinds,
        "chosen": request.args.get(_KIND),
        "others": [pair for pair in given if pair[0] != _KIND],
        "narrowed_by": filters(request),
        "following": following,
        "first_page": not request.args.get("_next"),
    }


def _cursor(request: Any) -> Cursor | None:
    text = request.args.get("_next")
    if not text:
        return None
    day, _, name = text.partition(",")
    return Cursor(day, name)


_JSON = r"(\.json)?$"
ROUTES = [
    (navigation.ORDER_OF_BATTLE + _JSON, order_of_battle),
    (navigation.DISAGREEMENTS + _JSON, where_sources_disagree),
]
