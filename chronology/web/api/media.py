"""The files of media that the records of a chronology name, by their digests.

The content of a file never changes, but it may be taken away, so caches keep it for a day. Whatever
a file contains, browsers run nothing in it: its type is that of its name, which was checked, and
its policy is a sandbox.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import AsyncGenerator
from pathlib import Path

from datasette.utils.asgi import NotFound, Response

from chronology.store import media
from chronology.web import databases, permissions, routing
from chronology.web.api import streaming
from chronology.web.datasette_compat import Datasette, Receive, Request, Send
from chronology.web.pages.media import folder_of
from chronology.web.responses import SANDBOX, matches

_CHUNK = 1 << 18
_CACHE = "public, max-age=86400"


async def media_file(
    datasette: Datasette, request: Request, send: Send, receive: Receive
) -> Response | None:
    """A file of the chronology; 410 if it was taken away, 409 if it has another content."""
    name = request.url_vars["file"]
    database = await databases.in_address(datasette, request)
    await permissions.ensure_visible(datasette, request, database, "media_files")

    def is_named(db: sqlite3.Connection) -> bool:
        sql = "SELECT 1 FROM media_files WHERE file = ?"
        return db.execute(sql, (name,)).fetchone() is not None

    if not await datasette.get_database(database).execute_fn(is_named):
        raise NotFound(f"No record of this chronology names the file {name}")
    folder = folder_of(datasette, database)
    if folder.missing(name):
        return _refusal(410, f"The file {name} is withheld: it is not published here any more")
    if problem := await asyncio.to_thread(folder.problem, name):
        return _refusal(409, f"media/{name} {problem}, so it is not shown")
    headers = {
        "content-type": media.media_type(name),
        "content-security-policy": SANDBOX,
        "cache-control": _CACHE,
        "etag": f'"{name}"',
        # Browsers show no PDF in a sandbox.
        "content-disposition": "attachment" if name.endswith(".pdf") else "inline",
        "cross-origin-resource-policy": "same-origin",
    }
    known = request.headers.get("if-none-match")
    if known and matches(known, headers["etag"], exists=True):
        return Response("", status=304, headers=headers)
    path = folder.path / name
    size = path.stat().st_size
    part = _part(request.headers.get("range", ""), size)
    if part is None:
        return Response("", status=416, headers={"content-range": f"bytes */{size}"})
    headers |= {"accept-ranges": "bytes", "content-length": str(len(part))}
    if len(part) < size:
        headers["content-range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    if request.method == "HEAD":
        return Response("", headers=headers, content_type=headers.pop("content-type"))
    await streaming.start(send, headers, 206 if len(part) < size else 200)
    await streaming.finish(send, _chunks(path, part))
    return None


def _part(header: str, size: int) -> range | None:
    """The bytes that a request is for: players request parts of a recording (RFC 9110, 14.2).

    All of them for a header that is not one range; None for a range beyond the end.
    """
    match = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", header, re.ASCII)
    if not match or not any(match.groups()):
        return range(size)
    first, last = match.groups()
    if not first:
        return range(max(0, size - int(last)), size) if int(last) else None
    part = range(int(first), min(int(last), size - 1) + 1 if last else size)
    return part or None


def _refusal(status: int, message: str) -> Response:
    return Response.text(message, status=status, headers={"cache-control": "no-store"})


async def _chunks(path: Path, part: range) -> AsyncGenerator[bytes, None]:
    with path.open("rb") as content:
        content.seek(part.start)
        left = len(part)
        while left and (chunk := await asyncio.to_thread(content.read, min(left, _CHUNK))):
            left -= len(chunk)
            yield chunk


ROUTES = [(rf"{routing.NAMED}/media/(?P<file>{routing.MEDIA_NAME})$", routing.view(media_file))]
