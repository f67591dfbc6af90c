"""A page in a real browser, with what went wrong on it and where it asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

CHROMIUM = "/usr/bin/chromium"
OPTIONS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
# What a policy forbids is told in the page; the console has it too, but not in every case.
VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`violated: ${event.violatedDirective} ${event.blockedURI}`);
});
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, until the end of the context."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=list(OPTIONS))
        yield browser
        browser.close()


class Watched:
    """A page of a server; `end` asserts that nothing went wrong and all came from there."""

    def __init__(self, browser: Browser, server: httpx.Client, **options: Any) -> None:
        size: Any = {"width": 1280, "height": 900}
        self.context = browser.new_context(**{"viewport": size, **options})
        self.page = self.context.new_page()
        self.page.add_init_script(VIOLATIONS)
        self.server = server
        self.faults: list[str] = []
        self.asked: set[str] = set()
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._console)
        self.page.on("request", lambda request: self.asked.add(urlsplit(request.url).netloc))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(message.text)

    def open(self, query: str = "") -> Page:
        self.page.goto(f"{self.server.base_url}/?{query}")
        self.page.locator("body.ready .spot").first.wait_for()
        return self.page

    def wait_for_total(self, number: int) -> None:
        from playwright.sync_api import expect

        expect(self.page.locator(".status .total")).to_have_text(f"{number:,}")
        self.page.locator("body:not(.loading)").wait_for()
        # The lanes are drawn in the next frame.
        self.page.evaluate("new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")

    def wait_for_day(self, number: int) -> None:
        """Until the map shows this day of September, or has gone beyond it."""
        self.page.wait_for_function(
            "day => parseInt(document.querySelector('.slider output').textContent) >= day",
            arg=number,
        )

    def end(self) -> None:
        self.context.close()
        assert self.faults == []
        assert self.asked <= {urlsplit(str(self.server.base_url)).netloc}

    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.page.url).query)


def counted(page: Page) -> tuple[int, int, int]:
    """The events that the map counts, on it and beside it; those in the lanes; those listed."""
    mapped = page.locator(".mapped").inner_text()
    on_map = sum(int(part.split()[0].replace(",", "")) for part in mapped.split("·"))
    lanes = page.locator(".lane-count").all_text_contents()
    listed = page.locator(".events-list li").count()
    return on_map, sum(int(each.split()[-1].replace(",", "")) for each in lanes), listed
