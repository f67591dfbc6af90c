"""The links, scripts and files of the home page."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import httpx
from home_page import SHAPES_LIMIT, WEIGHT_LIMIT, Page, page, points
from in_process import in_process
from server import publish, rows
from small_chronology import EVENTS, START

from chronology.export.formats import FORMATS
from chronology.web.pages import home


def test_the_list_exports_and_facets_stand_in_the_page(chronicle: httpx.Client) -> None:
    text = chronicle.get("/?_front=Army+Group+E").text
    query = "?_front=Army+Group+E"
    for row in rows(chronicle, query[1:])[: home.ROWS]:
        assert f'/timeline/events/{row["id"]}"' in text
    for address in ("events", "events.csv", "events.json", *(f"events.{name}" for name in FORMATS)):
        assert f'href="/timeline/{address}{query}"' in text
    assert "By place" in text


def test_every_filter_can_be_taken_away(server: httpx.Client) -> None:
    query = "kind=battle&_front=3rd+Ukrainian+Front&_front=2nd+Ukrainian+Front"
    chips = [a["href"] or "" for a in page(server, query).having("class", "chip")]
    assert len(chips) == 3
    for chip in chips:
        assert len(points(server, chip.partition("?")[2])) >= len(points(server, query))
    hidden = [a for a in page(server, query).having("type", "hidden") if a["name"] != "_lane"]
    assert [(a["name"], a["value"]) for a in hidden] == [("_front", "2nd Ukrainian Front")]


def test_nothing_in_the_page_runs_inline_or_comes_from_elsewhere(chronicle: httpx.Client) -> None:
    text = chronicle.get("/").text
    for tag, attributes, _ in Page(text).elements:
        assert tag != "script" or "src" in attributes or attributes["type"] == "application/json"
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        if "src" in attributes:
            assert (attributes["src"] or "").startswith("/")
    sheets = [a["href"] or "" for a in Page(text).having("rel", "stylesheet")]
    assert all(sheet.startswith("/") for sheet in sheets)


def loaded(client: httpx.Client) -> Iterator[bytes]:
    """Scripts and styles of the page with the modules that they import."""
    found = Page(client.get("/").text)
    waiting = [a["href"] or "" for a in found.having("rel", "stylesheet")]
    waiting += [a["src"] or "" for a in found.having("src")]
    yield from with_imports(client, waiting)


def with_imports(client: httpx.Client, waiting: list[str]) -> Iterator[bytes]:
    """Files with the modules that they import."""
    seen: set[str] = set()
    while waiting:
        url = waiting.pop()
        if url in seen:
            continue
        seen.add(url)
        answer = client.get(url)
        assert answer.status_code == 200, url
        yield answer.content
        imports = re.findall(r'^(?:import|export) .*?from "(\.[^"]+)"', answer.text, re.MULTILINE)
        waiting += [str(httpx.URL(url).join(name)) for name in imports]


def weight(contents: Iterable[bytes]) -> int:
    """Bytes compressed, each file by itself."""
    return sum(len(gzip.compress(content)) for content in contents)


def test_the_page_is_light(chronicle: httpx.Client) -> None:
    """Scripts and styles, also with the library of unit symbols, which is loaded when asked for."""
    text = chronicle.get("/").text
    config = json.loads(text.partition('id="explore">')[2].partition("</script>")[0])
    parts = ("milsymbol.js", "numbersidc/metadata.js", "numbersidc/geticons.js")
    at_once = list(loaded(chronicle))
    later = list(with_imports(chronicle, [config["symbols"] + part for part in parts]))
    assert len(at_once) > 20
    assert len(later) > 20
    assert weight(at_once) > 60_000
    assert weight(at_once) + weight(later) <= WEIGHT_LIMIT


def test_the_shapes_of_the_map_are_light(chronicle: httpx.Client) -> None:
    names = ("coarse/land", "coarse/lakes", "balkans/land", "balkans/rivers", "balkans/lakes")
    path = "/-/static-plugins/datasette-chronology/map"
    answers = [chronicle.get(f"{path}/{name}.json") for name in (*names, "names")]
    assert all(answer.status_code == 200 for answer in answers)
    assert weight(answer.content for answer in answers) <= SHAPES_LIMIT


def test_the_page_works_below_a_prefix(tmp_path: Path) -> None:
    folder = publish(tmp_path / "below", {"0001-start.yml": START, "0002-events.yml": EVENTS})
    settings = json.loads((folder / "settings.json").read_text("utf-8"))
    (folder / "settings.json").write_text(json.dumps({**settings, "base_url": "/x/"}), "utf-8")
    newer = (folder / "datasette.yaml").read_text("utf-8")
    newer = newer.replace("settings:\n", "settings:\n  base_url: /x/\n", 1)
    (folder / "datasette.yaml").write_text(newer, "utf-8")
    with in_process(folder) as client:
        text = client.get("/x/").text
        config = json.loads(text.partition('id="explore">')[2].partition("</script>")[0])
        assert client.get(config["points"]).status_code == 200
        assert client.get(f"{config['shapes']}coarse/land.json").status_code == 200
        found = Page(text)
        for url in [a["src"] or "" for a in found.having("src")]:
            assert url.startswith("/x/")
            assert client.get(url).status_code == 200
        assert all((a["href"] or "").startswith("/x/") for a in found.having("data-day"))
