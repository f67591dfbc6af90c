"""The map in a real browser: around the antimeridian, in a region in detail, and without places."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import yaml
from conftest import ROOT
from in_process import in_process
from server import publish, serving
from watching import Watched, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

playwright = pytest.importorskip("playwright.sync_api")

pytestmark = pytest.mark.browser

BATCH = """\
format: 1
batch: voyage
recorded: 2026-03-01T00:00:00Z
records:
- chronology: voyage
  title: A voyage in the Pacific
  window: 1900/1900
  kinds: {call: The ship calls at a port}
- {source: log, name: Ship's log, locators: days}
"""
PORTS = {"suva": (-18.1, 178.4), "apia": (-13.8, -171.8), "nukualofa": (-21.1, -175.2)}
BORDERS = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {},
            "geometry": {"type": "LineString", "coordinates": [[178, -17], [179, -18]]},
        }
    ],
}


def voyage(with_ports: bool) -> str:
    """A batch with an event at each port; without points, the ports are names alone."""
    text = BATCH
    for number, (port, (latitude, longitude)) in enumerate(PORTS.items(), 1):
        point = f", latitude: {latitude}, longitude: {longitude}" if with_ports else ""
        text += (
            f"- {{place: {port}, name: {port.title()}{point}}}\n"
            f"- event: call-at-{port}\n  date: 1900-01-0{number}\n  title: Call at {port}\n"
            f"  kind: call\n  places: [{port}]\n"
            f"  accounts: [{{source: log, at: day {number}, date: 1900-01-0{number}}}]\n"
        )
    return text


@contextmanager
def published(folder: Path, with_ports: bool = True, **plugin: object) -> Iterator[httpx.Client]:
    publish(folder, {"0001-voyage.yml": voyage(with_ports)})
    configure(folder, plugin)
    with serving(folder) as client:
        yield client


def configure(folder: Path, plugin: dict[str, object]) -> None:
    settings = {"title": "A voyage", "plugins": {"datasette-chronology": plugin}}
    (folder / "metadata.yml").write_text(yaml.safe_dump(settings), "utf-8")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def test_events_on_both_sides_of_the_antimeridian_are_drawn_side_by_side(
    browser: Browser, tmp_path: Path
) -> None:
    with published(tmp_path / "voyage") as client:
        watched = Watched(browser, client)
        page = watched.open()
        canvas = page.locator(".canvas").bounding_box()
        spots = [spot.bounding_box() for spot in page.locator(".spot").all()]
        watched.end()
    assert canvas
    assert len(spots) == 3
    for spot in spots:
        assert spot
        assert canvas["x"] <= spot["x"] <= canvas["x"] + canvas["width"]
    # Suva in the west, then Tonga, then Samoa: some ten degrees apart, not the whole world.
    left, middle, right = sorted(spot["x"] for spot in spots if spot)
    assert right - left > 5 * 20
    assert middle - left < 2 * (right - middle)


@pytest.mark.slow
def test_a_world_wide_map_shows_every_point_and_no_name_beyond_its_edge(
    browser: Browser, tmp_path: Path
) -> None:
    places = "".join(
        f"- {{place: p{n}, name: Port number {n}, latitude: {20 * (n % 4)},"
        f" longitude: {40 * n - 160}}}\n"
        f"- {{event: e{n}, date: 1900-02-01, title: Call {n}, kind: call, places: [p{n}]}}\n"
        for n in range(9)
    )
    publish(tmp_path / "world", {"0001-voyage.yml": BATCH + places})
    with serving(tmp_path / "world") as client:
        watched = Watched(browser, client)
        page = watched.open()
        canvas = page.locator(".canvas").bounding_box()
        drawn = page.locator(".canvas svg:has(.disc)").all()
        spots = [box for box in (each.bounding_box() for each in drawn) if box]
        names = [each.bounding_box() for each in page.locator(".canvas .place-name span").all()]
        watched.end()
    assert canvas
    left, right = canvas["x"], canvas["x"] + canvas["width"]
    assert spots
    assert names
    for box in [*spots, *names]:
        assert box
        assert left <= box["x"]
        assert box["x"] + box["width"] <= right


@pytest.mark.slow
def test_without_a_point_there_is_no_map_and_nothing_of_it_is_loaded(
    browser: Browser, tmp_path: Path
) -> None:
    with published(tmp_path / "voyage", with_ports=False) as client:
        watched = Watched(browser, client)
        requested: list[str] = []
        watched.page.on("request", lambda request: requested.append(request.url))
        watched.page.goto(str(client.base_url))
        watched.page.locator("body.ready .lane-name").first.wait_for()
        lanes = watched.page.locator(".timeline").bounding_box()
        assert watched.page.locator(".map").count() == 0
        watched.end()
    assert lanes
    assert lanes["width"] > 1000
    assert not [url for url in requested if "leaflet" in url or "/map/" in url]


def test_the_chronicle_has_its_region_in_detail(
    browser: Browser, founding_server: httpx.Client
) -> None:
    watched = Watched(browser, founding_server)
    with watched.page.expect_response("**/map/balkans/land.json") as response:
        watched.open()
    assert response.value.ok
    playwright.expect(watched.page.locator(".ground-sea")).to_have_count(1)
    watched.end()


def test_borders_of_the_time_are_served_with_their_source(tmp_path: Path) -> None:
    folder = publish(tmp_path / "voyage", {"0001-voyage.yml": voyage(True)})
    (folder / "borders.geojson").write_text(json.dumps(BORDERS), "utf-8")
    borders = {"file": "borders.geojson", "source": "An atlas", "date": "1900"}
    configure(folder, {"map_borders": borders})
    with in_process(folder) as client:
        text = client.get("/").text
        config = json.loads(text.partition('id="explore">')[2].partition("</script>")[0])
        assert config["borders"]["attribution"] == "Borders of 1900: An atlas"
        answer = client.get(config["borders"]["url"])
    assert answer.headers["content-type"].startswith("application/geo+json")
    assert answer.json() == BORDERS


def test_a_chronology_without_borders_has_no_page_of_them(founding_server: httpx.Client) -> None:
    assert founding_server.get("/-/chronology/borders.geojson").status_code == 404


@pytest.mark.parametrize(
    ("plugin", "message"),
    [
        ({"map_detail": "atlantis"}, "'atlantis' is not a region. Regions: balkans"),
        ({"map_borders": {"file": "x.json"}}, "source, date missing"),
        ({"map_borders": {"file": "x.json", "source": "A", "date": "1900"}}, "x.json"),
        ({"map_borders": {"file": "timeline.db", "source": "A", "date": "1900"}}, "GeoJSON"),
    ],
)
def test_a_map_that_cannot_be_configured_stops_the_start(
    tmp_path: Path, plugin: dict[str, object], message: str
) -> None:
    folder = publish(tmp_path / "voyage", {"0001-voyage.yml": voyage(True)}, ROOT)
    configure(folder, plugin)
    with pytest.raises(Exception, match=message), in_process(folder) as client:
        client.get("/")
