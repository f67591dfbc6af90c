"""Markup in the data stays text in a real browser, and breaks no rule of the policy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import pytest
from attacked import Attacked, assert_harmless
from watching import Watched, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("playwright.sync_api")

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


QUICK = ("/", "/timeline/events", "/timeline/events/e")
PATHS = (
    *("/?_within=1944-10-13", "/timeline", "/timeline/history", "/timeline/places"),
    *("/timeline/places/p", "/nope", "/timeline/events?_as_of=17"),
)


@pytest.mark.parametrize(
    "path", [*QUICK, *(pytest.param(path, marks=pytest.mark.slow) for path in PATHS)]
)
def test_markup_becomes_no_element_and_violates_no_policy(
    browser: Browser, attacked_server: Attacked, path: str
) -> None:
    watched = Watched(browser, attacked_server.client)
    watched.page.goto(f"{attacked_server.client.base_url}{path}")
    watched.page.wait_for_load_state("networkidle")
    assert_harmless(httpx.Response(200, text=watched.page.content()))
    # The console also lists an answer of 404, and of 410 for a picture that is not there.
    watched.faults = [
        fault
        for fault in watched.faults
        if not any(f"status of {status}" in fault for status in (404, 410))
    ]
    watched.end()
