"""What Datasette tells of the machine, and a public instance does not.

`/-/threads` lists the tasks of the process, `/-/databases` the paths of its files.
"""

from __future__ import annotations

from datasette.utils.asgi import NotFound

from chronology.web.datasette_compat import Request


async def hidden(request: Request) -> None:
    raise NotFound(f"{request.path} is not told here")


ROUTES = [(r"/-/(threads|tasks|databases)(\.json)?$", hidden)]
