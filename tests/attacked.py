"""A server over a chronology with markup in every text."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import datasette
import hostile
import httpx
from conftest import ROOT
from server import publish, serving
from test_browser import OPTIONS

REQUESTS = 1_000
SEED = 1944
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
    """A server over a chronology with markup in every text."""

    def __init__(self, folder: Path, client: httpx.Client) -> None:
        self.folder = folder
        self.client = client

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.client.get(path, **options)


@contextmanager
def attacked_server(folder: Path) -> Iterator[Attacked]:
    third = {"0003-third.jsonl": hostile.lines("third", THIRD)}
    publish(folder, {**hostile.batches(), **third})
    with serving(folder) as client:
        yield Attacked(folder, client)


def browse(folder: Path, url: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = ["chromium", *OPTIONS, f"--user-data-dir={folder / 'profile'}", *options, url]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)


def console(done: subprocess.CompletedProcess[str]) -> list[str]:
    lines = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    # A browser says of every page that is not there that it failed to load.
    return [line for line in lines if "the server responded with a status of 404" not in line]


def assert_no_path(attacked: Attacked, text: str) -> None:
    installed = Path(str(datasette.__file__)).parent.parent
    for path in (attacked.folder, ROOT, installed, Path.home()):
        assert str(path) not in text
    assert "Traceback" not in text
