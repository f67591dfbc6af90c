"""The moment that a request reads: `_as_of`, or now."""

from __future__ import annotations

import sqlite3

from datasette.utils.asgi import BadRequest

from chronology.model.errors import UnknownName
from chronology.timeline.as_of import TimelineAt, read_point
from chronology.web.datasette_compat import Datasette, Request, pairs, with_query

_AS_OF_PARAMETERS = frozenset({"_as_of", "_sort", "_facet", "_facet_array", "_facet_time"})


def timeline_at(request: Request, db: sqlite3.Connection) -> TimelineAt:
    """The timeline at the moment that `_as_of` names, at the head without it; or a 400."""
    try:
        return TimelineAt(db, read_point(db, request.args.getlist("_as_of")))
    except UnknownName as error:
        raise BadRequest(str(error)) from None


def address_of_now(datasette: Datasette, request: Request, database: str) -> str:
    """The address of the same list as of now."""
    parameters = pairs(request, *_AS_OF_PARAMETERS, "_next")
    return with_query(datasette.urls.table(database, "events"), parameters)
