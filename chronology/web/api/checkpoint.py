"""Serves the signed checkpoint: the file that `chronology sign` wrote."""

from __future__ import annotations

from pathlib import Path

from datasette.utils.asgi import NotFound, Response

from chronology.web import databases
from chronology.web.datasette_compat import Datasette, Request

FILE = "checkpoint.txt"


async def checkpoint(datasette: Datasette, request: Request) -> Response:
    """The checkpoint in the folder of the chronology's file."""
    db = datasette.get_database(await databases.requested(datasette, request))
    path = Path(db.path).with_name(FILE) if db.path else None
    if path and path.is_file():
        return Response.text(path.read_text("utf-8"))
    raise NotFound("No checkpoint has been signed yet")


ROUTES = [(r"/-/chronology/checkpoint$", checkpoint)]
