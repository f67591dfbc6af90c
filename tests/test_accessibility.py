"""axe-core finds nothing serious on any kind of page, in light and in dark."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

pytestmark = pytest.mark.browser

OPTIONS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
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
def browser() -> Iterator[playwright.Browser]:
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path="/usr/bin/chromium", args=[*OPTIONS])
        yield chromium
        chromium.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_serious_barrier(
    browser: playwright.Browser, founding_server: httpx.Client, name: str, scheme: str
) -> None:
    context = browser.new_context(color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{founding_server.base_url}{PAGES[name]}")
    page.wait_for_load_state("networkidle")
    # What is out of sight has no layout yet, and axe would see other things behind it.
    page.add_style_tag(content="* { content-visibility: visible !important }")

    only = {"runOnly": {"type": "rule", "values": OF_COLOURS}} if scheme == "dark" else None
    found = axe.Axe().run(page, options=only).response["violations"]
    context.close()

    assert [
        f"{fault['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for fault in found
        if fault["impact"] in WORST
        for node in fault["nodes"][:5]
    ] == []
