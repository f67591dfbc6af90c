"""Datasette over a chronology with markup in every text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import datasette
import hostile
import httpx
from conftest import ROOT
from html_page import elements
from server import publish

REQUESTS = 400
SEED = 1945
THREADS = 4
THIRD: list[dict[str, Any]] = [
    {"event": "other", "date": "1944-10-13", "title": hostile.TEXT, "kind": "battle"},
    {
        "correct": "event/e",
        "set": {"distinct": [{"event": "other", "because": hostile.TEXT}]},
        "because": hostile.TEXT,
    },
    {"correct": "place/p", "set": {"note": f"Now {hostile.TEXT}"}, "because": hostile.TEXT},
]
TABLES = (
    *("events", "accounts", "claims", "sources", "places", "people", "formations"),
    *("attachments", "commanders", "history", "batches", "log"),
)


class Attacked:
    """Datasette over a chronology with markup in every text."""

    def __init__(self, folder: Path, client: httpx.Client) -> None:
        self.folder = folder
        self.client = client

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.client.get(path, **options)


@contextmanager
def attacked_by(
    start: Callable[[Path], AbstractContextManager[httpx.Client]], folder: Path
) -> Iterator[Attacked]:
    """Publish the chronology in a folder, and start Datasette over it in some way."""
    third = {"0003-third.jsonl": hostile.lines("third", THIRD)}
    publish(folder, {**hostile.batches(), **third})
    with start(folder) as client:
        yield Attacked(folder, client)


def assert_harmless(answer: httpx.Response) -> None:
    """Assert that a page has no element or attribute of the markup in the data."""
    for tag, attributes in elements(answer):
        assert (tag, attributes.get("src")) != ("img", "x")
        assert not {name for name in attributes if name.startswith("on")} - {"onclick"}
        # The one that Datasette 1.0 has itself.
        assert attributes.get("onclick", "openColumnChooser()") == "openColumnChooser()"
        address = attributes.get("href") or attributes.get("src") or attributes.get("action") or ""
        assert urlsplit(address.strip()).scheme in ("", "http", "https", "data")
        assert urlsplit(address.strip()).scheme != "data" or tag == "link"
    assert "<script>alert" not in answer.text


def assert_no_path(attacked: Attacked, text: str) -> None:
    installed = Path(str(datasette.__file__)).parent.parent
    for path in (attacked.folder, ROOT, installed, Path.home()):
        assert str(path) not in text
    assert "Traceback" not in text
