"""The home page in a real browser: linked views, history, keys, narrow and dark screens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from server import ids
from watching import Watched, chromium, counted

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

playwright = pytest.importorskip("playwright.sync_api")

pytestmark = pytest.mark.browser

FRONT = "3rd Ukrainian Front"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def watched(browser: Browser, founding_server: httpx.Client) -> Iterator[Watched]:
    found = Watched(browser, founding_server)
    yield found
    found.end()


def test_a_filter_changes_map_timeline_list_and_address(watched: Watched) -> None:
    page = watched.open()
    everything = counted(page)
    expected = len(ids(watched.server, f"_front={FRONT}"))
    page.select_option("select[name=_front]", FRONT)
    watched.wait_for_total(expected)
    on_map, in_lanes, listed = counted(page)
    assert on_map == listed == expected < everything[0]
    assert expected <= in_lanes < everything[1]
    assert watched.query() == {"_front": [FRONT]}
    exports = page.locator(".status .exports a").evaluate_all("links => links.map(a => a.search)")
    assert {parse_qs(search[1:])["_front"][0] for search in exports} == {FRONT}


def test_back_and_forward_go_through_the_filters(watched: Watched) -> None:
    page = watched.open()
    total = len(ids(watched.server))
    fewer = len(ids(watched.server, "kind=capture"))
    page.select_option("select[name=kind]", "capture")
    watched.wait_for_total(fewer)
    page.go_back()
    watched.wait_for_total(total)
    assert page.input_value("select[name=kind]") == ""
    page.go_forward()
    watched.wait_for_total(fewer)
    assert page.input_value("select[name=kind]") == "capture"
    assert counted(page)[0] == fewer


def test_a_filter_is_taken_away_by_its_chip(watched: Watched) -> None:
    page = watched.open("kind=capture")
    page.click(".chip")
    watched.wait_for_total(len(ids(watched.server)))
    assert watched.query() == {}


@pytest.mark.slow
@pytest.mark.parametrize("late", ["/-/chronology/points.json", "/"])
def test_a_wrong_date_is_reported_and_changes_nothing(
    browser: Browser, founding_server: httpx.Client, late: str
) -> None:
    """Whether the page or its data is what the server refuses first."""
    watched = Watched(browser, founding_server)
    page = watched.open()
    waiting: list[Route] = []
    page.route(lambda url: urlsplit(url).path == late, lambda route: waiting.append(route))
    page.fill("input[name=_within]", "14.10.1944")
    page.press("input[name=_within]", "Enter")
    playwright.expect(page.locator(".alert")).to_contain_text("_within")
    assert waiting
    watched.wait_for_total(len(ids(founding_server)))
    assert watched.query() == {}
    watched.context.close()


@pytest.mark.slow
def test_a_day_is_read_and_turned_like_a_page(watched: Watched) -> None:
    page = watched.open()
    page.click("[data-day='1944-10-14']")
    playwright.expect(page.locator(".reading h2")).to_have_text("Saturday, 14 October 1944")
    page.click("[rel=next]")
    playwright.expect(page.locator(".reading h2")).to_have_text("Sunday, 15 October 1944")
    assert watched.query() == {"_within": ["1944-10-15"]}
    watched.wait_for_total(len(ids(watched.server, "_within=1944-10-15")))


@pytest.mark.slow
def test_the_timeline_works_by_keys_alone(watched: Watched) -> None:
    page = watched.open()
    page.focus(".lanes")
    said = page.locator("#announced")
    page.keyboard.press("ArrowRight")
    playwright.expect(said).to_contain_text("1 of 170")
    page.keyboard.press("ArrowRight")
    playwright.expect(said).to_contain_text("2 of 170")
    page.keyboard.press("ArrowLeft")
    playwright.expect(said).to_contain_text("1 of 170")
    first = said.inner_text()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert said.inner_text() != first
    page.keyboard.press("Enter")
    playwright.expect(page.locator(".card h3")).to_be_visible()
    assert page.evaluate("document.activeElement.closest('.card') !== null")
    page.keyboard.press("Escape")
    playwright.expect(page.locator(".card")).to_be_hidden()
    assert page.evaluate("document.activeElement.classList.contains('lanes')")


@pytest.mark.slow
def test_the_timeline_is_zoomed_by_keys_and_the_days_in_sight_become_a_filter(
    watched: Watched,
) -> None:
    page = watched.open()
    page.focus(".lanes")
    for _ in range(3):
        page.keyboard.press("+")
    page.click("[data-zoom=filter]")
    page.wait_for_url("**_within=**")
    (within,) = watched.query()["_within"]
    assert "1944-10" in within
    watched.wait_for_total(len(ids(watched.server, f"_within={within}")))


def test_each_event_is_in_the_timeline_or_in_a_count_that_opens(watched: Watched) -> None:
    page = watched.open()
    shown = page.evaluate(
        """() => {
            const all = (query) => [...document.querySelectorAll(query)];
            const many = all('.pill').flatMap(pill => pill.dataset.ids.split(','));
            return new Set([...all('.item').map(item => item.dataset.id), ...many]).size;
        }"""
    )
    assert shown == len(ids(watched.server))
    page.locator(".pill").first.click()
    playwright.expect(page.locator(".card h3")).to_contain_text("more events here")


@pytest.mark.slow
def test_lanes_are_chosen_and_kept_in_the_address(watched: Watched) -> None:
    page = watched.open()
    page.select_option("select[name=lane]", "kind")
    playwright.expect(page.locator(".lane-name").first).to_contain_text("advance")
    assert watched.query() == {"_lane": ["kind"]}
    page.select_option("select[name=kind]", "capture")
    watched.wait_for_total(len(ids(watched.server, "kind=capture")))
    assert watched.query() == {"_lane": ["kind"], "kind": ["capture"]}


@pytest.mark.slow
@pytest.mark.parametrize(("lane", "first"), [("place", "Belgrade"), ("army", "57th Army")])
def test_the_fullest_lane_is_the_first(watched: Watched, lane: str, first: str) -> None:
    page = watched.open(f"_lane={lane}&_army=57th+Army&_place=Belgrade")
    playwright.expect(page.locator(".lane-name").first).to_contain_text(first)


@pytest.mark.slow
def test_the_map_plays_day_by_day(watched: Watched) -> None:
    page = watched.open()
    page.focus("#day-slider")
    page.keyboard.press("ArrowRight")
    playwright.expect(page.locator(".slider output")).to_have_text("1 September 1944")
    possible = len(ids(watched.server, "_within=1944-09-01"))
    assert counted(page)[0] == possible
    page.click("[data-play]")
    watched.wait_for_day(3)
    page.click("[data-play]")


@pytest.mark.slow
def test_events_off_the_map_open_beside_it(watched: Watched) -> None:
    page = watched.open()
    page.click("text=not mapped")
    playwright.expect(page.locator(".card li").first).to_be_visible()


@pytest.mark.slow
def test_symbols_of_units_are_loaded_on_demand(watched: Watched) -> None:
    page = watched.open()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.check("input[name=symbols]")
    playwright.expect(page.locator(".spot-units svg").first).to_be_visible()
    assert any("milsymbol" in url for url in requests)


@pytest.mark.parametrize("width", [360, 768])
def test_a_narrow_screen_needs_no_scrolling_sideways(
    browser: Browser, founding_server: httpx.Client, width: int
) -> None:
    watched = Watched(browser, founding_server, viewport={"width": width, "height": 780})
    for query in ("", "_within=1944-10-14"):
        page = watched.open(query)
        assert page.evaluate("document.documentElement.scrollWidth") == width
    watched.end()


def test_a_dark_screen_is_dark(browser: Browser, founding_server: httpx.Client) -> None:
    watched = Watched(browser, founding_server, color_scheme="dark")
    page = watched.open()
    playwright.expect(page.locator(".ground-land").first).to_have_css("fill", "rgb(44, 43, 38)")
    for element in ("body", ".lanes", ".card", ".leaflet-container"):
        colour = page.locator(element).evaluate("e => getComputedStyle(e).backgroundColor")
        red = int(colour.removeprefix("rgb(").split(",")[0])
        assert red < 80, (element, colour)
    watched.end()


@pytest.mark.slow
def test_less_motion_is_honoured(browser: Browser, founding_server: httpx.Client) -> None:
    watched = Watched(browser, founding_server, reduced_motion="reduce")
    page = watched.open()
    assert page.locator(".leaflet-fade-anim, .leaflet-zoom-anim").count() == 0
    watched.end()


def test_without_scripts_the_form_and_the_list_work(
    browser: Browser, founding_server: httpx.Client
) -> None:
    watched = Watched(browser, founding_server, java_script_enabled=False)
    page = watched.page
    page.goto(f"{founding_server.base_url}/")
    assert not page.locator(".views").is_visible()
    page.select_option("select[name=_front]", FRONT)
    page.click(".explore-filters input[type=submit]")
    expected = len(ids(founding_server, f"_front={FRONT}"))
    playwright.expect(page.locator(".status .total")).to_have_text(str(expected))
    assert page.locator(".events-list li").count() == expected
    watched.end()


@pytest.mark.slow
def test_filters_add_up_and_each_view_counts_the_same(watched: Watched) -> None:
    page = watched.open()
    query = ""
    for name, value in (("_front", FRONT), ("_army", "57th Army"), ("_place", "Serbia")):
        page.select_option(f"select[name={name}]", value)
        query += f"&{name}={value}"
        total = len(ids(watched.server, query))
        watched.wait_for_total(total)
        assert counted(page)[0] == counted(page)[2] == total
    page.fill("input[name=_within]", "1944-10-10/1944-10-20")
    page.press("input[name=_within]", "Enter")
    total = len(ids(watched.server, f"{query}&_within=1944-10-10/1944-10-20"))
    watched.wait_for_total(total)
    on_map, in_lanes, listed = counted(page)
    assert on_map == listed == total > 0
    assert in_lanes >= total
    assert page.locator(".chip").count() == 4


@pytest.mark.slow
def test_an_address_shows_the_same_to_whoever_opens_it(
    browser: Browser, founding_server: httpx.Client, watched: Watched
) -> None:
    page = watched.open()
    page.select_option("select[name=_front]", FRONT)
    watched.wait_for_total(len(ids(founding_server, f"_front={FRONT}")))
    page.select_option("select[name=lane]", "army")
    page.click("[data-day='1944-10-14']")
    playwright.expect(page.locator(".reading h2")).to_have_text("Saturday, 14 October 1944")
    page.locator("body:not(.loading)").wait_for()
    other = Watched(browser, founding_server)
    fresh = other.open(urlsplit(page.url).query)
    for part in (".status", ".reading", ".mapped", "select[name=lane] option:checked"):
        assert fresh.locator(part).inner_text() == page.locator(part).inner_text()
    assert counted(fresh) == counted(page)
    other.end()


def test_the_page_is_used_by_keys_alone(watched: Watched) -> None:
    page = watched.open()
    page.focus("input[name=_search]")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "_front"
    page.keyboard.type(FRONT[:3])
    watched.wait_for_total(len(ids(watched.server, f"_front={FRONT}")))
    page.focus("[data-day='1944-09-01']")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    playwright.expect(page.locator(".reading h2")).to_have_text("Wednesday, 6 September 1944")
    assert watched.query()["_within"] == ["1944-09-06"]
    page.focus(".chip")
    page.keyboard.press("Enter")
    playwright.expect(page.locator(".chip")).to_have_count(1)


@pytest.mark.slow
def test_an_earlier_state_is_explored_and_left_again(
    browser: Browser, founding_server: httpx.Client
) -> None:
    watched = Watched(browser, founding_server)
    head = founding_server.get("/-/chronology/points.json").json()["head"]["position"]
    page = watched.open(f"_as_of={head}")
    playwright.expect(page.locator(".as-of")).to_contain_text(f"up to position {head}")
    page.select_option("select[name=kind]", "capture")
    watched.wait_for_total(len(ids(founding_server, "kind=capture")))
    assert watched.query() == {"_as_of": [str(head)], "kind": ["capture"]}
    page.focus(".lanes")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert f"?_as_of={head}" in (page.locator(".card a").first.get_attribute("href") or "")
    page.goto(f"{founding_server.base_url}/?_as_of={head}")
    page.click(".as-of a")
    playwright.expect(page.locator(".as-of")).to_have_count(0)
    assert watched.query() == {}
    watched.end()


@pytest.mark.slow
def test_on_paper_there_are_the_calendar_and_the_list(watched: Watched) -> None:
    page = watched.open("_within=1944-10-14")
    page.emulate_media(media="print")
    for shown in ("h1", ".status .total", ".days svg", ".reading h2", ".events-list li"):
        assert page.locator(shown).first.is_visible(), shown
    for left_out in (".explore-filters", ".views", ".exports", ".reading .turn a"):
        assert not page.locator(left_out).first.is_visible(), left_out
    assert page.pdf().startswith(b"%PDF")


@pytest.mark.slow
def test_a_time_of_day_is_placed_within_its_day(watched: Watched) -> None:
    page = watched.open("_within=1944-10-14")
    for _ in range(3):
        page.click("[data-zoom=in]")
    hours = page.locator(".axis text", has_text=":00")
    playwright.expect(hours.first).to_be_visible()
