"""What a browser is told not to do with any answer: Content-Security-Policy and its like.

Scripts are files of this server. Of inline ones only those run that stand in Datasette's own
templates, by their hash (Content Security Policy Level 3, section 8.3): never by a nonce, since
pages are kept by caches. Where such a template puts a value into its script, the value has to be
JSON or a word, so that data never is code.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Awaitable, Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import datasette as installed

from chronology.web.addresses import PLUGIN

_App = Callable[[Any, Any, Any], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

PLAIN = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    # A server of map tiles is told which site asks, and nothing of what is looked at.
    b"referrer-policy": b"strict-origin-when-cross-origin",
}
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_HANDLER = re.compile(r"""\son[a-z]+="([^"{}]*)\"""")
_JINJA = re.compile(r"\{\{.*?\}\}|\{%-?\s*(\w+).*?%\}|\{#.*?#\}", re.DOTALL)
# A choice of Jinja as one of a pattern; a part that is left out may be absent.
_CHOICES = {"if": "(?:", "elif": "|", "else": "|", "endif": "|)"}


class Inline(NamedTuple):
    """The inline scripts that may run, and the texts of attributes such as `onclick`."""

    scripts: tuple[re.Pattern[str], ...]
    handlers: frozenset[str]

    def allows(self, script: str) -> bool:
        found = filter(None, (known.fullmatch(script) for known in self.scripts))
        return any(all(map(_is_value, match.groups())) for match in found)


def inline_of(templates: Iterable[str]) -> Inline:
    """What stands inline in templates."""
    scripts, handlers = set(), set()
    for template in templates:
        scripts |= {_pattern(script) for script in _SCRIPT.findall(template)}
        handlers |= {html.unescape(text) for text in _HANDLER.findall(template)}
    patterns = tuple(re.compile(script, re.DOTALL) for script in sorted(filter(None, scripts)))
    return Inline(patterns, frozenset(handlers))


def _pattern(script: str) -> str | None:
    """What a script of a template can be on a page; None if it has loops and the like."""
    found, at = "", 0
    for match in _JINJA.finditer(script):
        found += re.escape(script[at : match.start()])
        at = match.end()
        if match[1] is None:
            found += "(.*)" if match[0].startswith("{{") else ""
        elif match[1] in _CHOICES:
            found += _CHOICES[match[1]]
        else:
            return None
    return found + re.escape(script[at:])


def _is_value(text: str | None) -> bool:
    """Whether a text can stand in a script without being code; None is no text."""
    if text is None or re.fullmatch(r"[\w.+-]*", text):
        return True
    try:
        json.loads(text)
    except ValueError:
        return False
    return "<" not in text


@cache
def _of_datasette() -> Inline:
    folder = Path(str(installed.__file__)).parent / "templates"
    return inline_of(path.read_text("utf-8") for path in sorted(folder.glob("*.html")))


def hashed(text: str) -> str:
    """The source expression of a script."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def policy(page: str, inline: Inline, tiles: str = "") -> str:
    """The policy for a page, which is empty for what is no page; `tiles` is where a map's are."""
    scripts = [hashed(text) for text in _SCRIPT.findall(page) if inline.allows(text)]
    given = {html.unescape(text) for text in _HANDLER.findall(page)}
    handlers = [hashed(text) for text in sorted(given & inline.handlers)]
    directives = [
        "default-src 'self'",
        " ".join(["script-src 'self'", *dict.fromkeys(scripts)]),
        # Datasette's templates carry styles as attributes.
        "style-src 'self' 'unsafe-inline'",
        f"img-src 'self' data: {tiles}".rstrip(),
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
    if handlers:
        directives.append(f"script-src-attr 'unsafe-hashes' {' '.join(handlers)}")
    return "; ".join(directives)


def origin(tile_url: str | None) -> str:
    """Where tiles come from, as the policy writes it: `https://{s}.x.org/…` is `https://*.x.org`."""
    found = urlsplit(tile_url or "")
    host = re.sub(r"^\{\w+\}", "*", found.netloc)
    if found.scheme not in ("http", "https") or not re.fullmatch(r"[\w*.:-]+", host):
        return ""
    return f"{found.scheme}://{host}"


def guarded(app: _App, datasette: Any) -> _App:
    """The application, each of its answers with these headers."""
    tiles = origin((datasette.plugin_config(PLUGIN) or {}).get("tile_url"))

    async def asked(scope: Any, receive: Any, send: Any) -> None:
        guard = _Guard(send, tiles).send if scope["type"] == "http" else send
        await app(scope, receive, guard)

    return asked


class _Guard:
    """Passes an answer on with the headers; a page once it is whole, since they depend on it."""

    def __init__(self, send: Callable[[Any], Awaitable[None]], tiles: str) -> None:
        self._send = send
        self._tiles = tiles
        self._start: Any = None
        self._page: list[bytes] = []

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start" and _is_page(message["headers"]):
            self._start = message
        elif message["type"] == "http.response.start":
            await self._send(self._with_headers(message, ""))
        elif self._start is None:
            await self._send(message)
        else:
            await self._gather(message)

    async def _gather(self, message: Any) -> None:
        self._page.append(message.get("body", b""))
        if message.get("more_body"):
            return
        body = b"".join(self._page)
        await self._send(self._with_headers(self._start, body.decode("utf-8", "replace")))
        await self._send({"type": "http.response.body", "body": body})

    def _with_headers(self, start: Any, page: str) -> Any:
        told = policy(page, _of_datasette(), self._tiles).encode()
        own = {**PLAIN, b"content-security-policy": told}
        given: Headers = [(bytes(name).lower(), value) for name, value in start["headers"]]
        kept = [(name, _local(name, value)) for name, value in given if name not in own]
        return {**start, "headers": [*kept, *own.items()]}


def _local(name: bytes, value: bytes) -> bytes:
    """A header; a redirect stays on this server, also where `//x` was asked for, or `/\\x`."""
    return re.sub(rb"^[/\\]{2,}", b"/", value) if name == b"location" else value


def _is_page(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(
        name.lower() == b"content-type" and value.startswith(b"text/html")
        for name, value in headers
    )
