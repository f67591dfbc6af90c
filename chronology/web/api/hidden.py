"""Hides debug endpoints of Datasette.

`/-/threads` lists the tasks of the process, `/-/databases` the paths of its files.
"""

from __future__ import annotations

from datasette.utils.asgi import NotFound

from chronology.web.datasette_compat import Request


async def hidden(request: Request) -> None:
    raise NotFound(f"{request.path} is not public")


ROUTES = [(r"/-/(threads|tasks|databases)(\.json)?$", hidden)]
