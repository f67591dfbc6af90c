"""The home page and its data, as a test reads them."""

from __future__ import annotations

from datetime import date
from html.parser import HTMLParser
from typing import Any

import httpx

POINTS = "/-/chronology/points.json"
WEIGHT_LIMIT = 250_000
SHAPES_LIMIT = 110_000
FIRST, DAYS = date(1944, 9, 1), 91
QUERIES = (
    "",
    "_front=3rd+Ukrainian+Front",
    "_army=46th+Army&kind=battle",
    "_place=Serbia",
    "_place=Serbia&_front=2nd+Ukrainian+Front",
    "sources__arraycontains=First+source&sources__arraycontains=Second+source",
    "_within=1944-10-14/1944-10-20",
    "_certain=1944-10",
    "_search=event+12",
    "kind=capture&_within=1944-11-03&_place=Belgrade",
    "_search=nothingatall",
)


class Page(HTMLParser):
    """The elements of a page: tag, attributes and the text up to the next tag."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], str]] = []
        self.open = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), ""))
        self.open = True

    def handle_endtag(self, tag: str) -> None:
        self.open = False

    def handle_data(self, data: str) -> None:
        if self.open:
            tag, attrs, text = self.elements[-1]
            self.elements[-1] = (tag, attrs, text + data)

    def having(self, name: str, value: str | None = None) -> list[dict[str, str | None]]:
        return [a for _, a, _ in self.elements if name in a and value in (None, a[name])]

    def text(self, css_class: str) -> str:
        return next(t for _, a, t in self.elements if a.get("class") == css_class).strip()


def page(client: httpx.Client, query: str = "") -> Page:
    answer = client.get(f"/?{query}")
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def points(client: httpx.Client, query: str = "") -> list[dict[str, Any]]:
    """The rows of the data with their numbers resolved."""
    answer = client.get(f"{POINTS}?{query}")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    events = []
    for row in found["rows"]:
        event: dict[str, Any] = dict(zip(found["columns"], row, strict=True))
        for column, value in event.items():
            names = found["dates"] if column == "date" else found["names"].get(column)
            if names is not None:
                many = isinstance(value, list)
                event[column] = [names[n] for n in value] if many else names[value]
        events.append(event)
    return events
