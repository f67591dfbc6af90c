"""axe-core finds nothing serious on any kind of page, in light and in dark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from watching import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

pytestmark = pytest.mark.browser

PAGES = {
    "home": "/",
    "day": "/?_within=1944-10-14",
    "list": "/timeline/events?_place=Belgrade",
    "nothing": "/timeline/events?_search=zzzz&kind=capture",
    "event": "/timeline/events/schneckenburger-killed",
    "past": "/timeline/events/schneckenburger-killed?_as_of=600",
    "sources": "/timeline/sources",
    "source": "/timeline/sources/savich",
    "places": "/timeline/places",
    "place": "/timeline/places/belgrade",
    "formations": "/timeline/formations",
    "formation": "/timeline/formations/57th-army",
    "people": "/timeline/people",
    "person": "/timeline/people/tolbukhin",
    "changes": "/timeline/history",
    "order-of-battle": "/-/chronology/order-of-battle?_day=1944-10-14",
    "disagreements": "/-/chronology/disagreements",
    "not found": "/timeline/events/belgrade-libreated",
    "refused": "/timeline/events?_front=Nobody",
}
# What the colours can change; all else is the same in the dark.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
WORST = ("serious", "critical")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


QUICK = ("list", "event", "place", "order-of-battle", "refused")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in PAGES],
)
def test_a_page_has_no_serious_barrier_in_light_or_dark(
    browser: Browser, founding_server: httpx.Client, name: str
) -> None:
    context = browser.new_context(color_scheme="light", reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{founding_server.base_url}{PAGES[name]}")
    page.wait_for_load_state("networkidle")
    # What is out of sight has no layout yet, and axe would see other things behind it.
    page.add_style_tag(content="* { content-visibility: visible !important }")
    assert barriers(page) == []
    page.emulate_media(color_scheme="dark")
    assert barriers(page, {"runOnly": {"type": "rule", "values": OF_COLOURS}}) == []
    context.close()


def barriers(page: Page, options: dict[str, Any] | None = None) -> list[str]:
    """List the serious faults that axe finds."""
    options = {"resultTypes": ["violations"], **(options or {})}
    violations = axe.Axe().run(page, options=options).response["violations"]
    return [
        f"{fault['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for fault in violations
        if fault["impact"] in WORST
        for node in fault["nodes"][:5]
    ]
