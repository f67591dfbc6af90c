"""What Datasette tells of the machine, and a public instance does not.

`/-/threads` lists the tasks of the process, `/-/databases` the paths of its files.
"""

from __future__ import annotations

from typing import Any

from datasette.utils.asgi import NotFound


async def hidden(request: Any) -> None:
    raise NotFound(f"{request.path} is not told here")


ROUTES = [(r"/-/(threads|tasks|databases)(\.json)?$", hidden)]
