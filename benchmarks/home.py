"""The home page in a real browser: first content, and the longest frame while it is used.

A frame is the time between two calls of `requestAnimationFrame`. A task is one of the page's own
that takes more than 50 ms, as the browser reports it. Other load on the machine also makes frames
longer.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Page, ViewportSize, sync_playwright

from benchmarks import files, servers
from benchmarks.benchmark import Benchmark, Floor, Measurement

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from benchmarks.run import Run

VIEWPORT: ViewportSize = {"width": 1280, "height": 900}
SAMPLES = 3
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
READY_LIMIT_MS = 60_000
REST_MS = 300
FILTERED = "/?kind=battle&_within=1944-10-01/1944-10-31"
# Runs in the page before its first script: collects the times between frames, and long tasks.
WATCH = """
window.watched = { frames: [], tasks: [] };
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) window.watched.tasks.push(duration);
}).observe({ type: "longtask", buffered: true });
let before = null;
requestAnimationFrame(function frame(now) {
  if (before !== null) window.watched.frames.push(now - before);
  before = now;
  requestAnimationFrame(frame);
});
"""


@dataclass
class Interaction:
    """The frames and long tasks during one interaction, in milliseconds."""

    frames: list[float] = field(default_factory=list)
    tasks: list[float] = field(default_factory=list)

    @property
    def longest_frame(self) -> float:
        return max(self.frames, default=0.0)

    @property
    def longest_task(self) -> float:
        return max(self.tasks, default=0.0)


@dataclass
class Visit:
    """One visit of the page: its times in milliseconds, and its interactions."""

    first_content: float
    ready: float
    interactions: dict[str, Interaction] = field(default_factory=dict)


def interact(page: Page, action: Callable[[Page], None]) -> Interaction:
    """Runs an action and waits until the page is idle."""
    page.evaluate("() => { watched.frames.length = 0; watched.tasks.length = 0; }")
    action(page)
    page.locator("body:not(.loading)").wait_for()
    page.wait_for_timeout(REST_MS)
    watched = page.evaluate("() => watched")
    return Interaction(watched["frames"], watched["tasks"])


def pan(page: Page) -> None:
    for _ in range(3):
        page.click("[data-zoom=in]")
    box = page.locator(".lanes").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + 60
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(40):
        page.mouse.move(x - 6 * step, y)
    page.mouse.up()


def zoom(page: Page) -> None:
    """From the whole period down to hours, and back."""
    for _ in range(8):
        page.click("[data-zoom=in]")
        page.wait_for_timeout(200)
    page.click("[data-zoom=all]")


def add_filter(page: Page) -> None:
    page.select_option("select[name=kind]", "battle")
    page.wait_for_url("**kind=battle**")


def go_back(page: Page) -> None:
    page.go_back()
    page.locator("select[name=kind]:not(:has(option:checked[value=battle]))").wait_for()


def search(page: Page) -> None:
    page.locator("input[name=_search]").press_sequentially("bridge", delay=60)
    page.wait_for_url("**_search=bridge**")


def clear_filters(page: Page) -> None:
    page.click(".clear")
    page.locator(".chip").wait_for(state="detached")


def play(page: Page) -> None:
    page.click("[data-play]")
    page.locator("output:has-text('5 September')").wait_for()
    page.click("[data-play]")
    page.click("[data-all]")


def open_spot(page: Page) -> None:
    """Zooms the map in and out, and opens a day."""
    for name in ("in", "in", "out", "out"):
        page.click(f".leaflet-control-zoom-{name}")
        page.wait_for_timeout(350)
    page.locator(".lanes").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator(".card h3").wait_for()
    page.keyboard.press("Escape")


INTERACTIONS: dict[str, Callable[[Page], None]] = {
    "pan the timeline": pan,
    "zoom to hours and back": zoom,
    "play the days": play,
    "zoom the map, open a day": open_spot,
    "filter by kind": add_filter,
    "back": go_back,
    "type in the search": search,
    "show all again": clear_filters,
}


@contextmanager
def browsing() -> Iterator[Browser]:
    """Chromium, closed at the end of the context."""
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=program, args=list(OPTIONS))
        yield browser
        browser.close()


def visit(browser: Browser, address: str, actions: Mapping[str, Callable[[Page], None]]) -> Visit:
    """Opens an address in a new profile, and runs the actions once the page is ready."""
    context = browser.new_context(viewport=VIEWPORT)
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(address)
    page.locator("body.ready .spot").first.wait_for(timeout=READY_LIMIT_MS)
    times: dict[str, Any] = page.evaluate(
        """() => ({
            content: performance.getEntriesByName("first-contentful-paint")[0].startTime,
            ready: performance.now(),
        })"""
    )
    result = Visit(times["content"], times["ready"])
    page.wait_for_timeout(REST_MS)
    for name, action in actions.items():
        result.interactions[name] = interact(page, action)
    context.close()
    return result


# Benchmarks -----------------------------------------------------------------------------------


def first_visit(run: Run, size: int) -> Measurement:
    """First content from a server that has just started, with nothing in memory."""
    folder = files.timeline(size, run.report_progress)
    visits = []
    for _ in range(SAMPLES):
        with servers.serving(folder) as server, browsing() as browser:
            visits.append(visit(browser, f"{server.address}/", {}))
    return _first_content(visits)


def later_visit(run: Run, size: int) -> Measurement:
    return _first_content(_visits(run, size, "/", {}))


def filtered_visit(run: Run, size: int) -> Measurement:
    return _first_content(_visits(run, size, FILTERED, {}))


def longest_frame(run: Run, size: int) -> Measurement:
    """The longest frame of each visit; the note names its interaction."""
    longest, names = [], []
    for result in _visits(run, size, "/", INTERACTIONS):
        name, slowest = max(result.interactions.items(), key=lambda item: item[1].longest_frame)
        longest.append(slowest.longest_frame)
        names.append(f"{name} (longest task {slowest.longest_task:.0f} ms)")
    return Measurement(longest, note="; ".join(dict.fromkeys(names)))


def _visits(
    run: Run, size: int, path: str, actions: Mapping[str, Callable[[Page], None]]
) -> list[Visit]:
    address = run.server(size).address
    with browsing() as browser:
        return [visit(browser, address + path, actions) for _ in range(SAMPLES)]


def _first_content(visits: list[Visit]) -> Measurement:
    ready = ", ".join(f"{result.ready:,.0f}" for result in visits)
    first = [result.first_content for result in visits]
    return Measurement(first, note=f"all drawn after {ready} ms")


_SIZES = (100_000,)
BENCHMARKS = (
    Benchmark(
        *("home-first", "The home page, first content after a start", "ms", first_visit),
        floor=Floor(most=1_000),
        sizes=_SIZES,
    ),
    Benchmark(
        *("home-content", "The home page, first content", "ms", later_visit),
        floor=Floor(most=1_000),
        sizes=_SIZES,
    ),
    Benchmark(
        *("home-filtered", "The home page filtered, first content", "ms", filtered_visit),
        floor=Floor(most=1_000),
        sizes=_SIZES,
    ),
    Benchmark(
        *("home-frame", "Its longest frame: pan, zoom, play, filter, type", "ms", longest_frame),
        floor=Floor(most=200),
        sizes=_SIZES,
    ),
)
