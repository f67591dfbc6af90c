"""Several chronologies and another database in one server."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import naval
from conftest import Timeline
from datasette.app import Datasette
from small_chronology import EVENTS, START

NAMES = ("my chron.2", "timeline.2026-11-21", "timeline")
Get = Callable[..., httpx.Response]


class Served:
    """A Datasette over files, asked without a server."""

    def __init__(self, *paths: Path, **given: Any) -> None:
        given.setdefault("settings", {"default_page_size": 50, "suggest_facets": False})
        self.datasette = Datasette([str(path) for path in paths], **given)

    def get(self, path: str, **given: Any) -> httpx.Response:
        return self.get_all([path], **given)[0]

    def get_all(self, paths: Sequence[str], **given: Any) -> list[httpx.Response]:
        async def ask() -> list[httpx.Response]:
            await self.datasette.invoke_startup()
            return [await self.datasette.client.get(path, **given) for path in paths]

        return asyncio.run(ask())


CLUB = """
CREATE TABLE events (id INTEGER PRIMARY KEY, title TEXT, kind TEXT, sort_day TEXT, places TEXT);
INSERT INTO events VALUES (1, '=Spring fair', 'fair', '2026-04-01', '["Hall"]');
INSERT INTO events VALUES (2, 'Autumn fair', 'fair', '2026-10-01', '["Hall", "Park"]');
CREATE TABLE history (id INTEGER PRIMARY KEY, title TEXT, action TEXT);
INSERT INTO history VALUES (1, 'founded', 'corrected');
CREATE TABLE log (id INTEGER PRIMARY KEY, text TEXT);
CREATE TABLE tracking (id INTEGER PRIMARY KEY, parcel TEXT);
CREATE TABLE sources (id INTEGER PRIMARY KEY, name TEXT);
"""


def make_databases(folder: Path) -> None:
    """The small chronology under several names, another one, and the database of a club."""
    for name in NAMES:
        timeline = Timeline(folder / f"{name}.db")
        timeline.ingest(START)
        timeline.ingest(EVENTS)
        timeline.batch(
            "correction",
            "- correct: event/nis-taken\n"
            "  set: {title: Niš falls}\n"
            "  because: The title was too long.",
        )
        timeline.db.close()
    fleets = Timeline(folder / "fleets & sails.db")
    for text in naval.BATCHES.values():
        fleets.ingest(text)
    fleets.db.close()
    club = sqlite3.connect(folder / "club.db")
    club.executescript(CLUB)
    club.close()


class Links(HTMLParser):
    """The addresses that a page leads to on this server."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get("action" if tag == "form" else "href") or ""
        if address.startswith("/") and not address.startswith("/-/static"):
            self.found.append(address)
