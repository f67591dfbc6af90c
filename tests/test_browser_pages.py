"""The pages of single subjects and of the whole in a real browser, with and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest
from watching import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

playwright = pytest.importorskip("playwright.sync_api")

pytestmark = pytest.mark.browser

PAGES = {
    "event": "/timeline/events/schneckenburger-killed",
    "source": "/timeline/sources/savich",
    "place": "/timeline/places/belgrade",
    "formation": "/timeline/formations/57th-army",
    "person": "/timeline/people/tito",
    "list": "/timeline/formations",
    "order-of-battle": "/-/chronology/order-of-battle?_day=1944-10-14",
    "disagreements": "/-/chronology/disagreements",
    "changes": "/timeline/history",
}
PHONE_PX = 360


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone_and_loads_nothing_from_elsewhere(
    browser: Browser, founding_server: httpx.Client, name: str
) -> None:
    page = browser.new_page(viewport={"width": PHONE_PX, "height": 800})
    faults: list[str] = []
    hosts: set[str] = set()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))

    page.goto(f"{founding_server.base_url}{PAGES[name]}")
    page.wait_for_load_state("networkidle")
    width = page.evaluate("document.documentElement.scrollWidth")
    page.close()

    assert (faults, hosts) == ([], {urlsplit(str(founding_server.base_url)).netloc})
    assert width <= PHONE_PX


def test_a_small_map_shows_the_place_and_leads_to_it(
    browser: Browser, founding_server: httpx.Client
) -> None:
    page = browser.new_page()
    page.goto(f"{founding_server.base_url}{PAGES['event']}")

    page.locator(".small-map[data-ready]").wait_for()
    assert page.locator(".place-tip").inner_text() == "Belgrade"
    assert page.locator(".ground-land").count() == 1
    page.locator(".place-spot").click()
    page.wait_for_url("**/timeline/places/belgrade")
    page.close()


def test_without_scripts_the_coordinates_remain_and_no_empty_map(
    browser: Browser, founding_server: httpx.Client
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{founding_server.base_url}{PAGES['event']}")

    assert page.get_by_text("44.8040° N, 20.4651° E").is_visible()
    assert not page.locator(".small-map").is_visible()
    assert not page.get_by_role("button", name="Copy the citation").is_visible()
    assert page.locator(".spans rect").first.is_visible()
    context.close()


def test_the_citation_can_be_copied(browser: Browser, founding_server: httpx.Client) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{founding_server.base_url}{PAGES['event']}")

    page.get_by_role("button", name="Copy the citation").click()
    playwright.expect(page.locator(".copy [role=status]")).to_have_text("Copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    context.close()

    assert "“General Schneckenburger is killed in the battle for Belgrade”, state " in copied
    assert "/timeline/events/schneckenburger-killed?_as_of=" in copied


def test_the_keyboard_skips_to_the_content(browser: Browser, founding_server: httpx.Client) -> None:
    page = browser.new_page()
    page.goto(f"{founding_server.base_url}{PAGES['order-of-battle']}")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.getAttribute('rel')")
    page.close()

    assert focused == "prev"


def test_on_paper_the_ways_are_left_out_and_the_citation_stays(
    browser: Browser, founding_server: httpx.Client
) -> None:
    page = browser.new_page()
    page.emulate_media(media="print")
    page.goto(f"{founding_server.base_url}{PAGES['disagreements']}")

    assert not page.locator(".ways").is_visible()
    assert not page.locator(".kinds").is_visible()
    assert page.locator(".cite").is_visible()
    assert page.locator(".compared").first.is_visible()
    page.close()
