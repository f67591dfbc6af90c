"""More events than are drawn one by one: counts that open, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import many_events
import pytest
from server import ids, publish, serving
from small_chronology import START
from watching import Watched, chromium, counted

if TYPE_CHECKING:
    from playwright.sync_api import Browser

playwright = pytest.importorskip("playwright.sync_api")

pytestmark = [pytest.mark.browser, pytest.mark.slow]

COUNT = 2_600


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("crowd") / "many"
    publish(folder, many_events.batches(START, COUNT))
    with serving(folder, measured=False) as client:
        yield client


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def watched(browser: Browser, crowd: httpx.Client) -> Iterator[Watched]:
    found = Watched(browser, crowd)
    yield found
    found.end()


def heading(watched: Watched) -> str:
    """What the open card is called."""
    title = watched.page.locator(".card h3")
    playwright.expect(title).to_be_visible()
    return str(title.inner_text())


def number(text: str) -> int:
    found = re.search(r"[\d,]+$", text)
    assert found, text
    return int(found[0].replace(",", ""))


def test_every_event_is_counted_in_the_map_and_the_lanes(watched: Watched) -> None:
    page = watched.open("_lane=kind")
    watched.wait_for_total(COUNT)
    on_map, in_lanes, _ = counted(page)
    assert on_map == in_lanes == COUNT
    assert page.locator(".item").count() == 0
    assert page.locator(".bars path").count() == 6


def test_a_filter_to_few_draws_them_one_by_one(watched: Watched) -> None:
    page = watched.open()
    page.select_option("select[name=kind]", "capture")
    total = len(ids(watched.server, "kind=capture"))
    watched.wait_for_total(total)
    assert counted(page)[0] == total < COUNT
    page.select_option("select[name=lane]", "kind")
    # Until the lanes are drawn anew there are several of other names.
    lane = page.locator(".lane-name", has_text="capture")
    playwright.expect(lane).to_have_text(f"capture{total:,}")
    playwright.expect(page.locator(".lane-name")).to_have_count(1)


def test_other_lanes_are_requested(watched: Watched) -> None:
    page = watched.open()
    page.select_option("select[name=lane]", "place")
    playwright.expect(page.locator(".lane-name", has_text="Lisbon")).to_be_visible()
    expected = len(ids(watched.server, "places__arraycontains=Lisbon"))
    lane = page.locator(".lane-name", has_text="Lisbon").text_content()
    assert number(lane or "") == expected


def test_a_spot_opens_its_events(watched: Watched) -> None:
    page = watched.open()
    # Clusters have no title.
    spot = page.locator(".spot-icon[title$=' events']").first
    events = number((spot.get_attribute("title") or "").removesuffix(" events"))
    spot.click()
    assert number(heading(watched)) == events
    listed = page.locator(".card p a")
    playwright.expect(listed).to_contain_text("in the list")
    listed.click()
    page.wait_for_url("**/timeline/events?**latitude__gte=**")
    assert len(ids(watched.server, page.url.partition("?")[2])) == events


def test_events_without_a_place_open_from_their_count(watched: Watched) -> None:
    page = watched.open()
    button = page.locator(".mapped button", has_text="not mapped")
    says = button.inner_text()
    button.click()
    expected = len(ids(watched.server, "latitude__isnull=1"))
    assert says.startswith(f"{expected:,} ")
    assert number(heading(watched)) == expected


def test_the_map_requests_each_day(watched: Watched) -> None:
    page = watched.open()
    page.focus("#day-slider")
    page.keyboard.press("ArrowRight")
    expected = len(ids(watched.server, "_within=1944-09-01"))
    playwright.expect(page.locator(".slider output")).to_have_text("1 September 1944")
    page.wait_for_function(
        "expected => [...document.querySelector('.mapped').textContent.matchAll(/[\\d,]+/g)]"
        ".map(([n]) => Number(n.replaceAll(',', ''))).reduce((a, b) => a + b) === expected",
        arg=expected,
    )
    page.click("[data-play]")
    watched.wait_for_day(4)
    page.click("[data-play]")
    page.click("[data-all]")
    playwright.expect(page.locator(".on-map")).not_to_have_text(str(expected))


def test_zoomed_in_the_events_in_sight_are_drawn_one_by_one(watched: Watched) -> None:
    page = watched.open("_lane=place")
    assert page.locator(".item").count() == 0
    for _ in range(5):
        page.click("[data-zoom=in]")
    playwright.expect(page.locator(".item, .pill").first).to_be_visible()
    page.click("[data-zoom=all]")
    playwright.expect(page.locator(".item")).to_have_count(0)


def test_the_days_of_a_lane_are_gone_through_by_keys(watched: Watched) -> None:
    page = watched.open("_lane=kind")
    said = page.locator("#announced")
    page.focus(".lanes")
    playwright.expect(said).to_contain_text("Press the right arrow for the first day")
    page.keyboard.press("ArrowRight")
    playwright.expect(said).to_contain_text("1 September 1944:")
    page.keyboard.press("ArrowRight")
    playwright.expect(said).to_contain_text("2 September 1944:")
    first = said.inner_text()
    page.keyboard.press("ArrowDown")
    playwright.expect(said).not_to_have_text(first)
    playwright.expect(said).to_contain_text("2 September 1944:")
    kind = (page.locator(".lane-name").nth(1).text_content() or "").rstrip("0123456789,")
    page.keyboard.press("Enter")
    assert number(heading(watched)) == len(ids(watched.server, f"_within=1944-09-02&kind={kind}"))
    page.keyboard.press("Escape")
    playwright.expect(page.locator(".card")).to_be_hidden()
    assert page.evaluate("document.activeElement.classList.contains('lanes')")


def test_without_scripts_the_first_are_listed_and_all_reached(
    browser: Browser, crowd: httpx.Client
) -> None:
    watched = Watched(browser, crowd, java_script_enabled=False)
    page = watched.page
    page.goto(f"{crowd.base_url}/")
    assert page.locator(".status .total").inner_text() == f"{COUNT:,}"
    page.click(f"text=All {COUNT:,} events, page by page")
    playwright.expect(page.locator("h1")).to_have_text(f"{COUNT:,} events")
    watched.end()
