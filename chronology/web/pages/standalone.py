"""Pages not backed by a table: the order of battle on a day, and the disagreements.

Each is also JSON, at the same address with `.json`.
"""

from __future__ import annotations

import re
import sqlite3
from typing import Any
from urllib.parse import urlencode

import msgspec
from datasette.utils.asgi import BadRequest, NotFound, Response

from chronology.index.predicates import Cursor
from chronology.index.selection import select
from chronology.model.days import Day
from chronology.model.edtf import parse
from chronology.model.errors import DateError
from chronology.model.vocabulary import Chronology
from chronology.store.database import Row
from chronology.timeline import disagreements, order_of_battle
from chronology.timeline.as_of import at_head
from chronology.timeline.filters import DISPUTED
from chronology.timeline.order_of_battle import Side
from chronology.web import databases, datasette_compat, permissions
from chronology.web.datasette_compat import Datasette, Request, pairs
from chronology.web.pages import formatting, navigation
from chronology.web.pages.template_context import filters
from chronology.web.query import as_of
from chronology.web.query.home_filters import bad_filters, home_filter, home_request, read_once
from chronology.web.query.selection import index_of, time_limit
from chronology.web.responses import json_response

_PAGE = 25
_KIND = "disputed__arraycontains"


async def _answer(
    datasette: Datasette, request: Request, name: str, view: str, variables: dict[str, Any]
) -> Response:
    """A page, or its data if the address ends with `.json`."""
    if request.path.endswith(".json"):
        return json_response(variables["data"])
    metadata = await datasette_compat.instance_metadata(datasette)
    values = {**variables, "database": name, "metadata": metadata}
    html = await datasette.render_template(f"chronology/{view}.html", values, request, view)
    return Response.html(html)


# Order of battle ------------------------------------------------------------------------------


async def order_of_battle_page(datasette: Datasette, request: Request) -> Response:
    """The order of battle on the day that `_day` names, by side."""
    name = await databases.requested(datasette, request, *permissions.ORDER_OF_BATTLE)
    variables = await read_once(datasette, name, lambda db: _on_day(db, request))
    return await _answer(datasette, request, name, "order-of-battle", variables)


def _on_day(db: sqlite3.Connection, request: Request) -> dict[str, Any]:
    catalogue = as_of.timeline_at(request, db).catalogue
    chronology = catalogue.chronology
    if chronology is None:
        raise NotFound("There is no chronology here")
    day = _day(request, chronology)
    sides = order_of_battle.on_day(catalogue, parse(day.isoformat()))
    first, last = chronology.window.earliest, chronology.window.latest
    parameters = [
        (key, text) for key in ("_as_of", databases.PARAMETER) for text in request.args.getlist(key)
    ]
    return {
        "data": {"day": day.isoformat(), "sides": [_data(side) for side in sides]},
        "day": day,
        "spoken": formatting.spoken(day),
        "sides": sides,
        "levels": chronology.levels,
        "before": _turn(Day(day - 1), parameters) if first is None or day > first else None,
        "after": _turn(day + 1, parameters) if last is None or day < last else None,
        "window": chronology.window,
        "kept": parameters,
    }


def _turn(day: Day, parameters: list[tuple[str, str]]) -> dict[str, str]:
    return {
        "words": formatting.spoken(day),
        "query": urlencode([("_day", day.isoformat()), *parameters]),
    }


def _day(request: Request, chronology: Chronology) -> Day:
    """The day of the request, by default the first of the chronology; anything else is a 400."""
    window = chronology.window
    text = request.args.get("_day")
    if not text:
        start = window.earliest or window.latest
        assert start is not None
        return start
    try:
        day = parse(text)
    except DateError as error:
        raise BadRequest(f"_day: {error}") from None
    if day.precision != "day" or day.earliest is None:
        raise BadRequest(f"_day: {text!r} is not a single day; write year, month and day")
    if not day.overlaps(window):
        raise BadRequest(f"_day: {text!r} is outside the chronology, which covers {window}")
    return day.earliest


def _data(side: Side) -> dict[str, Any]:
    data: dict[str, Any] = msgspec.to_builtins(side)
    return {"id": side.id, "name": side.name, "formations": data["tops"] + data["loose"]}


# Disagreements --------------------------------------------------------------------------------


async def where_sources_disagree(datasette: Datasette, request: Request) -> Response:
    """The disputed events with the values of each source; all filters of events apply."""
    if "_as_of" in request.args:
        raise BadRequest(
            "_as_of: this page shows only the current state; see the list of events for others"
        )
    name = await databases.requested(datasette, request, *permissions.DISAGREEMENTS)
    selection = home_request(request)
    events, every_kind = [
        (await home_filter(datasette, each, name)).and_also(DISPUTED)
        for each in (selection, selection.without(_KIND))
    ]
    index, limit = index_of(datasette.get_database(name)), time_limit(datasette)

    def read(db: sqlite3.Connection) -> dict[str, Any]:
        with bad_filters(), select(db, events, index, limit) as disputed:
            total = disputed.count()
            page = disagreements.page(db, disputed, _cursor(request), _PAGE)
        # The kinds are choices, so their counts do not depend on the chosen one.
        with bad_filters(), select(db, every_kind, index, limit) as disputed:
            kinds = disagreements.kinds(disputed)
        return _disagreements(db, request, total, page, kinds)

    return await _answer(
        datasette, request, name, "disagreements", await read_once(datasette, name, read)
    )


def _disagreements(
    db: sqlite3.Connection,
    request: Request,
    total: int,
    page: tuple[list[Row], Cursor | None],
    kinds: list[Row],
) -> dict[str, Any]:
    events, end = page
    parameters = pairs(request, "_next")
    following = urlencode([*parameters, ("_next", f"{end.key},{end.id}")]) if end else None
    return {
        "data": {"total": total, "events": events, "next": following},
        "chronology": at_head(db).chronology,
        "events": events,
        "total": total,
        "kinds": kinds,
        "chosen": request.args.get(_KIND),
        "others": [pair for pair in parameters if pair[0] != _KIND],
        "narrowed_by": filters(request),
        "following": following,
        "first_page": not request.args.get("_next"),
    }


def _cursor(request: Request) -> Cursor | None:
    text = request.args.get("_next")
    if not text:
        return None
    key, _, name = text.partition(",")
    if not re.fullmatch(r"-?\d{1,16}", key, re.ASCII):
        raise BadRequest(f"_next: {text!r} is not the end of a page")
    return Cursor(int(key), name)


_JSON = r"(\.json)?$"
ROUTES = [
    (navigation.ORDER_OF_BATTLE + _JSON, order_of_battle_page),
    (navigation.DISAGREEMENTS + _JSON, where_sources_disagree),
]
