"""The folder as it is served: the documented examples, with and without the plugin, read-only."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import many_events
import pytest
from conftest import ROOT
from server import DATASETTE_ALONE, ids, publish, rows, serving
from small_chronology import START
from test_web_facets import counted, counts, facets

PUBLISHED = ("timeline.db", "metadata.yml", "settings.json", "datasette.yaml")
BLOCK = re.compile(r"^```[a-z]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def examples() -> list[tuple[int, str]]:
    """The addresses in the code of docs/api.md with the status that each is said to have."""
    text = (ROOT / "docs" / "api.md").read_text("utf-8")
    found = []
    for line in "\n".join(BLOCK.findall(text)).splitlines():
        if line.startswith("/"):
            found.append((200, line))
        elif re.match(r"\d{3} /", line):
            found.append((int(line[:3]), line[4:]))
    return found


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Datasette without this plugin, over the generated chronology."""
    folder = publish(tmp_path_factory.mktemp("plain") / "many", many_events.batches(START))
    with serving(folder, DATASETTE_ALONE) as client:
        yield client


@pytest.mark.parametrize(("status", "address"), examples())
def test_a_documented_address_answers_as_documented(
    chronicle: httpx.Client, status: int, address: str
) -> None:
    answer = chronicle.get(address, follow_redirects=True)

    assert answer.status_code == status
    assert status != 200 or answer.content


def test_there_are_documented_addresses_of_both_kinds() -> None:
    found = Counter(status for status, _ in examples())

    assert found[200] >= 10
    assert found[400] >= 2


@pytest.mark.parametrize("path", ["", "timeline", "timeline/events", "timeline/log"])
def test_pages_work_without_the_plugin(plain: httpx.Client, path: str) -> None:
    assert "chronology" not in str(plain.get("/-/plugins.json").json())
    assert plain.get(f"/{path}").status_code == 200


def test_a_row_is_only_a_row_without_the_plugin(plain: httpx.Client) -> None:
    (row,) = plain.get("/timeline/events/event-7.json?_shape=array").json()

    assert (row["id"], row["position"]) == ("event-7", 2572)


@pytest.mark.parametrize(
    "query",
    [
        "kind=capture",
        "_search=Nis",
        "fronts__arraycontains=3rd+Ukrainian+Front&earliest__gte=1944-10-14",
        "kind__in=capture,death&latest__isnull=1",
    ],
)
def test_standard_parameters_select_the_same_without_the_plugin(
    plain: httpx.Client, server: httpx.Client, query: str
) -> None:
    found = {row["id"] for row in plain.get(f"{LIST}&{query}").json()["rows"]}

    assert found
    assert found == ids(server, query)


LIST = "/timeline/events.json?_shape=objects&_size=max"


def test_own_parameters_have_no_effect_without_the_plugin(plain: httpx.Client) -> None:
    all_of_a_page = plain.get(LIST).json()["rows"]

    for query in ("_front=Nobody", "_place=Serbia", "_within=1944-10-14", "_certain=x"):
        assert plain.get(f"{LIST}&{query}").json()["rows"] == all_of_a_page


def test_facets_are_the_same_without_the_plugin(plain: httpx.Client) -> None:
    query = "kind=capture&armies__arraycontains=57th+Army"
    found = facets(plain, f"_facet=kind&_facet_array=fronts&_facet_array=places&{query}")

    selected = plain.get(f"{LIST}&{query}").json()["rows"]
    for column in ("fronts", "places", "kind"):
        assert counts(found[column]) == counted(selected, column)


def state(folder: Path) -> dict[str, str]:
    """Every file of a folder with a digest of its bytes."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.is_file()
    }


def test_serving_changes_no_byte_and_leaves_no_file(tmp_path: Path) -> None:
    for name in PUBLISHED:
        shutil.copy(ROOT / name, tmp_path)
    before = state(tmp_path)

    with serving(tmp_path) as client:
        for path in ("/", "/timeline/events", "/timeline/events.csv", "/timeline/history"):
            assert client.get(path).status_code == 200
        assert client.post("/timeline/events", json={}).status_code >= 400
        assert state(tmp_path) == before

    assert state(tmp_path) == before


def test_a_read_only_copy_is_served(tmp_path: Path) -> None:
    for name in PUBLISHED:
        shutil.copy(ROOT / name, tmp_path)
        (tmp_path / name).chmod(0o444)

    with serving(tmp_path) as client:
        assert rows(client)


def test_the_tables_that_only_help_are_hidden(chronicle: httpx.Client) -> None:
    tables = chronicle.get("/timeline.json").json()["tables"]
    hidden = {table["name"] for table in tables if table["hidden"]}
    shown = {table["name"] for table in tables} - hidden

    assert {"event_links", "event_spans", "facet_values", "tracking", "events_fts"} <= hidden
    assert {"events", "accounts", "sources", "history", "log"} <= shown
