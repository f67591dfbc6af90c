"""Security headers for every response: Content-Security-Policy and others.

Scripts are files of this server. The only inline scripts that run are those of Datasette's own
templates, allowed by their hash (Content Security Policy Level 3, section 8.3). A nonce would not
do, since caches keep pages. A value that such a template puts into a script must be JSON or a word,
so that data never runs as code.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import datasette as installed

from chronology.web.datasette_compat import PLUGIN, App, Datasette, Message, Receive, Scope, Send
from chronology.web.responses import SANDBOX

PLAIN = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    # A server of map tiles learns the site, but not the page.
    b"referrer-policy": b"strict-origin-when-cross-origin",
}
_EXTENSIBLE = (
    *("script-src", "style-src", "img-src", "font-src", "connect-src", "frame-src", "media-src"),
    "worker-src",
)
_SOURCE = re.compile(
    r"https://[\w.*-]+(:\d+)?(/[\w./~-]*)?|'sha(256|384|512)-[\w+/-]+=*'"
    r"|'(wasm-)?unsafe-eval'|data:|blob:"
)
_POLICY = b"content-security-policy"
_NONE: Mapping[str, Sequence[str]] = MappingProxyType({})
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_HANDLER = re.compile(r"""\son[a-z]+="([^"{}]*)\"""")
_JINJA = re.compile(r"\{\{.*?\}\}|\{%-?\s*(\w+).*?%\}|\{#.*?#\}", re.DOTALL)
# An `if` of Jinja as alternatives of a pattern; without an `else` the part is optional.
_CHOICES = {"if": "(?:", "elif": "|", "else": "|", "endif": "|)"}


class Inline(NamedTuple):
    """The inline scripts that may run, and the texts of attributes such as `onclick`."""

    scripts: tuple[re.Pattern[str], ...]
    handlers: frozenset[str]

    def allows(self, script: str) -> bool:
        matches = filter(None, (pattern.fullmatch(script) for pattern in self.scripts))
        return any(all(map(_is_value, match.groups())) for match in matches)


def inline_of(templates: Iterable[str]) -> Inline:
    """The inline scripts and handlers of templates."""
    scripts, handlers = set(), set()
    for template in templates:
        scripts |= {_pattern(script) for script in _SCRIPT.findall(template)}
        handlers |= {html.unescape(text) for text in _HANDLER.findall(template)}
    patterns = tuple(re.compile(script, re.DOTALL) for script in sorted(filter(None, scripts)))
    return Inline(patterns, frozenset(handlers))


def _pattern(script: str) -> str | None:
    """A pattern of a template's script as rendered; None if it has loops or similar."""
    pattern, end = "", 0
    for match in _JINJA.finditer(script):
        pattern += re.escape(script[end : match.start()])
        end = match.end()
        if match[1] is None:
            pattern += "(.*)" if match[0].startswith("{{") else ""
        elif match[1] in _CHOICES:
            pattern += _CHOICES[match[1]]
        else:
            return None
    return pattern + re.escape(script[end:])


def _is_value(text: str | None) -> bool:
    """Whether a text in a script is a value and not code; None is a part that is left out."""
    if text is None or re.fullmatch(r"[\w.+-]*", text):
        return True
    try:
        json.loads(text)
    except ValueError:
        return False
    return "<" not in text


@cache
def _inline_of_datasette() -> Inline:
    folder = Path(str(installed.__file__)).parent / "templates"
    return inline_of(path.read_text("utf-8") for path in sorted(folder.glob("*.html")))


def hashed(text: str) -> str:
    """The source expression of a script."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def policy(page: str, inline: Inline, more: Mapping[str, Sequence[str]] = _NONE) -> str:
    """The policy for a page, empty for other responses; `more` are sources by directive."""
    scripts = [hashed(text) for text in _SCRIPT.findall(page) if inline.allows(text)]
    texts = {html.unescape(text) for text in _HANDLER.findall(page)}
    handlers = [hashed(text) for text in sorted(texts & inline.handlers)]
    directives = {
        "default-src": ["'self'"],
        "script-src": ["'self'", *dict.fromkeys(scripts)],
        # Datasette's templates carry styles as attributes.
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
    if handlers:
        directives["script-src-attr"] = ["'unsafe-hashes'", *handlers]
    for directive, sources in more.items():
        directives[directive] = [*directives.get(directive, ["'self'"]), *sources]
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


def configured_sources(config: Mapping[str, Any]) -> dict[str, list[str]]:
    """The sources that the plugin's settings add: of map tiles, and by directive."""
    more: dict[str, list[str]] = {}
    if tiles := origin(config.get("tile_url")):
        more["img-src"] = [tiles]
    for directive, sources in (config.get("content_security_policy") or {}).items():
        if directive not in _EXTENSIBLE:
            known = ", ".join(_EXTENSIBLE)
            raise ValueError(
                f"{PLUGIN}: content_security_policy: {directive!r} cannot be extended;"
                f" the directives are {known}"
            )
        for source in sources:
            if not _SOURCE.fullmatch(str(source)):
                raise ValueError(
                    f"{PLUGIN}: content_security_policy: {directive}: {source!r} is not a source;"
                    " write an address that begins with https://, or 'sha256-…' in quotes"
                )
        more.setdefault(directive, []).extend(sources)
    return more


def origin(tile_url: str | None) -> str:
    """The origin of tiles as the policy writes it: `https://{s}.x.org/…` is `https://*.x.org`."""
    url = urlsplit(tile_url or "")
    host = re.sub(r"^\{\w+\}", "*", url.netloc)
    if url.scheme not in ("http", "https") or not re.fullmatch(r"[\w*.:-]+", host):
        return ""
    return f"{url.scheme}://{host}"


def security_headers_middleware(app: App, datasette: Datasette) -> App:
    """Adds the security headers to every response."""
    more = configured_sources(datasette.plugin_config(PLUGIN) or {})

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, _Sender(send, more).send)

    return application


@dataclass
class _Sender:
    """Sends a response with the headers; buffers a page, since its policy depends on its text."""

    pass_on: Send
    more: Mapping[str, Sequence[str]]
    start: Message | None = None
    page: list[bytes] = field(default_factory=list)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [(bytes(name).lower(), value) for name, value in message["headers"]]
            message = {**message, "headers": headers}
            if dict(headers).get(b"content-type", b"").startswith(b"text/html"):
                self.start = message
            else:
                await self.pass_on(_with_headers(message, "", self.more))
        elif self.start is None:
            await self.pass_on(message)
        else:
            self.page.append(message.get("body", b""))
            if not message.get("more_body"):
                body = b"".join(self.page)
                page = body.decode("utf-8", "replace")
                await self.pass_on(_with_headers(self.start, page, self.more))
                await self.pass_on({"type": "http.response.body", "body": body})


def _with_headers(start: Message, page: str, more: Mapping[str, Sequence[str]]) -> Message:
    content_policy = policy(page, _inline_of_datasette(), more).encode()
    if (_POLICY, SANDBOX.encode()) in start["headers"]:
        content_policy = SANDBOX.encode()
    own = {**PLAIN, _POLICY: content_policy}
    others = [
        (name, _local(value) if name == b"location" else value)
        for name, value in start["headers"]
        if name not in own
    ]
    return {**start, "headers": [*others, *own.items()]}


def _local(location: bytes) -> bytes:
    """A redirect that stays on this server, also for a request for `//x` or `/\\x`."""
    return re.sub(rb"^[/\\]{2,}", b"/", location)
