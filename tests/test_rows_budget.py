"""The rows of a page have a budget of bytes; a page beyond it is shorter, and none is lost."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from conftest import Timeline
from in_process import CONFIGURATION, in_process
from small_chronology import START

from chronology.web.limits import Budget, Limits
from chronology.web.middleware import load_limits

COUNT, TEXT = 30, "x" * 9_000
LIMITS = {"rows_bytes": 100_000}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("large")
    timeline = Timeline(folder / "timeline.db")
    timeline.ingest(START)
    events = "".join(
        f"- {{event: e{n}, date: 1944-10-14, title: T, kind: battle, summary: '{TEXT}'}}\n"
        for n in range(COUNT)
    )
    timeline.batch("large", events)
    timeline.db.close()
    config = {"plugins": {"datasette-chronology": {"limits": LIMITS}}}
    with in_process(folder, **{CONFIGURATION: config}) as served:
        yield served


def pages(client: httpx.Client, address: str) -> list[Any]:
    """The rows of each page, from the first to the last."""
    found = []
    while address:
        response = client.get(address)
        assert response.status_code == 200, response.text[:300]
        assert len(response.content) < 3 * LIMITS["rows_bytes"]
        page = response.json()
        found.append(page["rows"])
        following = urlsplit(page.get("next_url") or "")
        address = f"{following.path}?{following.query}" if following.path else ""
    return found


@pytest.mark.parametrize("table", ["log", "history", "events"])
def test_a_page_of_large_rows_is_shorter_and_none_is_lost(client: httpx.Client, table: str) -> None:
    found = pages(client, f"/timeline/{table}.json?_shape=objects&_size=max")
    rows = [row for page in found for row in page]
    assert len(found) > 2
    assert max(map(len, found)) > 5
    assert sum(row.get("summary") == TEXT or TEXT in row.get("data", "") for row in rows) == COUNT
    key = "position" if table == "log" else "id"
    assert len({row[key] for row in rows}) == len(rows) > COUNT - 1


@pytest.mark.parametrize("shape", ["array", "arrays", "object", "arrayfirst"])
def test_every_shape_has_the_budget(client: httpx.Client, shape: str) -> None:
    response = client.get(f"/timeline/log.json?_shape={shape}&_size=max")
    assert response.status_code == 200
    assert len(response.content) < 2 * LIMITS["rows_bytes"]


def test_the_count_of_a_shorter_page_is_that_of_all_rows(client: httpx.Client) -> None:
    page = client.get("/timeline/events.json?_size=max&_extra=count").json()
    assert page.get("count", page.get("filtered_table_rows_count")) == COUNT
    assert 0 < len(page["rows"]) < COUNT


def test_a_page_in_html_has_the_budget(client: httpx.Client) -> None:
    response = client.get("/timeline/log?_size=max")
    assert response.status_code == 200
    assert "_size=" in response.text


def test_a_file_is_whole(client: httpx.Client) -> None:
    for name in ("log.csv?_stream=1", "events.csv", "events.geojson"):
        assert client.get(f"/timeline/{name}").text.count(TEXT) >= COUNT, name


STREAMS = [
    "/timeline/log.csv?_stream=1&_size=max",
    "/timeline/log.csv?_stream=1&_size=max&_sort_desc=type",
    "/timeline/log.csv?_stream=1&_size=20&type=event.recorded",
    "/timeline/history.csv?_stream=1&_size=max&_labels=on",
]


@pytest.mark.parametrize("address", STREAMS)
def test_a_stream_is_read_in_pieces_and_whole(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    most = 0

    class Counting(Budget):
        def start_piece(self) -> None:
            nonlocal most
            most = max(most, self._bytes)
            super().start_piece()

    monkeypatch.setattr(load_limits, "Budget", Counting)
    text = client.get(address).text
    rows = list(csv.DictReader(io.StringIO(text)))
    key = "position" if "log.csv" in address else "id"
    ids = [row[key] for row in rows if TEXT in "".join(row.values())]
    assert len(ids) == len({*ids}) == COUNT
    assert LIMITS["rows_bytes"] / 2 < most < 2 * LIMITS["rows_bytes"]


def test_a_csv_that_is_no_stream_is_refused_and_not_cut(client: httpx.Client) -> None:
    response = client.get("/timeline/log.csv?_size=max")
    assert response.status_code == 400
    assert "larger than 0.1 MB together" in response.text
    assert "_stream=1" in response.text


def test_a_single_row_is_served_whatever_its_size(client: httpx.Client, tmp_path: Path) -> None:
    response = client.get("/timeline/log.json?_shape=array&_size=1&_sort_desc=position")
    assert TEXT in response.json()[0]["data"]
    assert Limits().rows_bytes > 2 * (4 << 20) - 1_000_000
