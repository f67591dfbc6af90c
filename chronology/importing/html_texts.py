"""Cells in HTML, as TimelineJS has them: their text and their links."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import NamedTuple

_TAG = re.compile(
    r"</?(p|a|br|b|i|em|strong|span|div|ul|ol|li|blockquote|cite|h\d|img|iframe)\b[^>]*>"
)
_BLOCKS = {"p", "div", "li", "br", "blockquote", "ul", "ol", "h1", "h2", "h3", "h4"}


class HtmlText(NamedTuple):
    """The text of some HTML, and the addresses with the words that lead to them."""

    text: str
    links: list[tuple[str, str]]


def is_html(cell: str) -> bool:
    return "<" in cell and bool(_TAG.search(cell.lower()))


def read(cell: str) -> HtmlText:
    parser = _Parser()
    parser.feed(cell)
    parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.parts).split("\n"))
    return HtmlText("\n".join(filter(None, lines)), parser.links)


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.links: list[tuple[str, str]] = []
        self._address = ""
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")
        values = dict(attrs)
        if tag == "a":
            self._address, self._words = values.get("href") or "", []
        elif tag in ("img", "iframe") and values.get("src"):
            self.links.append((values["src"] or "", values.get("alt") or ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")
        if tag == "a" and self._address:
            self.links.append((self._address, " ".join("".join(self._words).split())))
            self._address = ""

    def handle_data(self, data: str) -> None:
        self.parts.append(data)
        if self._address:
            self._words.append(data)
