"""Removes the prefix `base_url` from the path of each request, once and before anything reads it.

A proxy may keep the prefix or strip it. Within the server no path has it, as Datasette expects, and
`Urls.path` adds it to every address.
"""

from __future__ import annotations

from urllib.parse import unquote

from chronology.web.datasette_compat import (
    App,
    Datasette,
    Message,
    Receive,
    Scope,
    Send,
    address_in,
    raw_path,
)


def base_url_middleware(app: App, datasette: Datasette) -> App:
    """Removes the prefix from paths, and adds it to redirects that lack it."""
    base: str = datasette.setting("base_url")
    if base == "/":
        return app

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        path = _protected(_stripped(datasette, raw_path(scope), base), base)
        inner = {**scope, "path": unquote(path), "raw_path": path.encode("latin-1")}

        async def send_with_prefix(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [
                    (name, _prefixed(value, base) if name.lower() == b"location" else value)
                    for name, value in message["headers"]
                ]
                message = {**message, "headers": headers}
            await send(message)

        await app(inner, receive, send_with_prefix)

    return application


def _stripped(datasette: Datasette, path: str, base: str) -> str:
    """The path without the prefix.

    If the proxy has stripped it already, a path can begin with a database of the same name. Such a
    path continues with a table, and the rest of a full path with a database or `-`.
    """
    if f"{path}/" == base:
        return path if address_in(datasette, path).database else "/"
    if not path.startswith(base):
        return path
    rest = f"/{path.removeprefix(base)}"
    name = address_in(datasette, rest).database
    is_named_alike = name is None and address_in(datasette, path).database is not None
    return path if is_named_alike and rest != "/" and not rest.startswith("/-/") else rest


def _protected(path: str, base: str) -> str:
    """The path as Datasette must receive it: it would remove the prefix once more.

    So the first letter of a database that is named like the prefix is encoded.
    """
    return f"/~{ord(path[1]):02X}{path[2:]}" if path.startswith(base) else path


def _prefixed(location: bytes, base: str) -> bytes:
    """The address of a redirect on this server, with the prefix."""
    prefix = base.encode()
    if not location.startswith(b"/") or location.startswith((b"//", prefix)):
        return location
    return prefix + location[1:]
