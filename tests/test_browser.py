"""The chronicle in a real browser: no script fails, all comes from the server, phones can read."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import pytest
from watching import Watched, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ViewportSize

pytest.importorskip("playwright.sync_api")

pytestmark = pytest.mark.browser

PAGES = {
    "home": "/",
    "day": "/?_within=1944-10-14",
    "list": "/timeline/events?_place=Belgrade",
    "event": "/timeline/events/schneckenburger-killed",
}
PHONE: ViewportSize = {"width": 360, "height": 800}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def colours(png: bytes) -> int:
    """Count the different bytes of the pixels of a PNG: an empty page has a few."""
    pixels, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        if png[at + 4 : at + 8] == b"IDAT":
            pixels += png[at + 8 : at + 8 + length]
        at += length + 12
    return len({*zlib.decompress(pixels)})


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_drawn_without_an_error_and_fits_a_phone(
    browser: Browser, chronicle_server: httpx.Client, name: str
) -> None:
    watched = Watched(browser, chronicle_server)
    watched.page.goto(f"{chronicle_server.base_url}{PAGES[name]}")
    watched.page.wait_for_load_state("networkidle")
    assert colours(watched.page.screenshot()) > 50
    watched.page.set_viewport_size(PHONE)
    assert watched.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    watched.end()


def test_the_scripts_of_the_home_page_draw_the_timeline_and_the_map(
    browser: Browser, chronicle_server: httpx.Client
) -> None:
    watched = Watched(browser, chronicle_server)
    page = watched.open()
    assert page.locator(".views").is_visible()
    assert page.locator(".leaflet-container").count() == 1
    assert page.locator(".lanes > *").count()
    watched.end()
