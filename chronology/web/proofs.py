"""The signed checkpoint at an address that stays: the file that `chronology sign` wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datasette.utils.asgi import NotFound, Response

from chronology.web.responses import cors_headers
from chronology.web.selection import is_chronology

FILE = "checkpoint.txt"


async def checkpoint(datasette: Any, request: Any) -> Response:
    """The checkpoint that lies beside the chronology's file."""
    for name, db in datasette.databases.items():
        if db.path and await is_chronology(datasette, name):
            path = Path(db.path).with_name(FILE)
            if path.is_file():
                headers = cors_headers(datasette)
                return Response.text(path.read_text("utf-8"), headers=headers)
    raise NotFound("No checkpoint was signed yet")


ROUTES = [(r"/-/chronology/checkpoint$", checkpoint)]
