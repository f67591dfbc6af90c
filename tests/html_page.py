"""What a test needs to know of a page: its elements with their attributes."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import NamedTuple

import httpx

# What a browser fetches by itself when it shows a page.
LOADED = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "link": "href",
    "source": "src",
    "video": "src",
    "object": "data",
}


class Element(NamedTuple):
    """A start tag."""

    tag: str
    attributes: dict[str, str]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(Element(tag, {key: value or "" for key, value in attrs}))


def elements(answer: httpx.Response, status: int = 200) -> list[Element]:
    """The start tags of a page, which has to be there."""
    assert answer.status_code == status, answer.text
    reader = _Reader()
    reader.feed(answer.text)
    return reader.found


def loaded(answer: httpx.Response) -> set[str]:
    """The addresses that a browser fetches by itself to show a page."""
    return {
        address
        for tag, attributes in elements(answer)
        if (address := attributes.get(LOADED.get(tag, ""), ""))
        and attributes.get("rel") not in ("alternate", "canonical")
    }


def links(answer: httpx.Response, status: int = 200) -> set[str]:
    """The addresses that a page leads to, on the same server."""
    found = {
        attributes.get("href", "") for tag, attributes in elements(answer, status) if tag == "a"
    }
    return {address for address in found if address.startswith("/")}
