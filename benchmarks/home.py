"""The exploring page in a real browser: first content, and the longest frame while it is used.

A frame is what lies between two calls of `requestAnimationFrame`; a task is one of the page's own,
as the browser reports those over 50 ms. What else runs on the machine makes frames long, too.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Page, ViewportSize, sync_playwright

from benchmarks import files, servers
from benchmarks.lines import Floor, Line, Measured

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from benchmarks.run import Run

VIEWPORT: ViewportSize = {"width": 1280, "height": 900}
SAMPLES = 3
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
READY_LIMIT_MS = 60_000
REST_MS = 300
FILTERED = "/?kind=battle&_within=1944-10-01/1944-10-31"
# Kept in the page from before its first script: the gaps between frames, and the long tasks.
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
class Use:
    """What was measured of one use of the page, in milliseconds."""

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
    """One visit of the page: when it answered, showed something and was ready; how it was used."""

    answered: float
    first_content: float
    ready: float
    uses: dict[str, Use] = field(default_factory=dict)


def use(page: Page, act: Callable[[Page], None]) -> Use:
    """What was measured while something was done, until the page is at rest."""
    page.evaluate("() => { watched.frames.length = 0; watched.tasks.length = 0; }")
    act(page)
    page.locator("body:not(.loading)").wait_for()
    page.wait_for_timeout(REST_MS)
    found = page.evaluate("() => watched")
    return Use(found["frames"], found["tasks"])


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
    """From the whole window down to hours, and back."""
    for _ in range(8):
        page.click("[data-zoom=in]")
        page.wait_for_timeout(200)
    page.click("[data-zoom=all]")


def narrow(page: Page) -> None:
    page.select_option("select[name=kind]", "battle")
    page.wait_for_url("**kind=battle**")


def widen(page: Page) -> None:
    page.go_back()
    page.locator("select[name=kind]:not(:has(option:checked[value=battle]))").wait_for()


def search(page: Page) -> None:
    page.locator("input[name=_search]").press_sequentially("bridge", delay=60)
    page.wait_for_url("**_search=bridge**")


def clear(page: Page) -> None:
    page.click(".clear")
    page.locator(".chip").wait_for(state="detached")


def play(page: Page) -> None:
    page.click("[data-play]")
    page.locator("output:has-text('5 September')").wait_for()
    page.click("[data-play]")
    page.click("[data-all]")


def look(page: Page) -> None:
    """Zooms the map in and out, and opens a spot."""
    for name in ("in", "in", "out", "out"):
        page.click(f".leaflet-control-zoom-{name}")
        page.wait_for_timeout(350)
    page.locator(".lanes").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator(".card h3").wait_for()
    page.keyboard.press("Escape")


USES: dict[str, Callable[[Page], None]] = {
    "pan the timeline": pan,
    "zoom to hours and back": zoom,
    "play the days": play,
    "zoom the map, open a day": look,
    "filter by kind": narrow,
    "back": widen,
    "type in the search": search,
    "show all again": clear,
}


@contextmanager
def browsing() -> Iterator[Browser]:
    """Chromium, until the end of the context."""
    with sync_playwright() as started:
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = started.chromium.launch(executable_path=program, args=list(OPTIONS))
        yield browser
        browser.close()


def visit(browser: Browser, address: str, uses: dict[str, Callable[[Page], None]]) -> Visit:
    """Opens an address in a fresh profile, and uses the page once it is ready."""
    context = browser.new_context(viewport=VIEWPORT)
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(address)
    page.locator("body.ready .spot").first.wait_for(timeout=READY_LIMIT_MS)
    times: dict[str, Any] = page.evaluate(
        """() => ({
            answered: performance.getEntriesByType("navigation")[0].responseStart,
            content: performance.getEntriesByName("first-contentful-paint")[0].startTime,
            ready: performance.now(),
        })"""
    )
    found = Visit(times["answered"], times["content"], times["ready"])
    page.wait_for_timeout(REST_MS)
    arrival = page.evaluate("() => watched")
    found.uses["arrive"] = Use(arrival["frames"], arrival["tasks"])
    for name, act in uses.items():
        found.uses[name] = use(page, act)
    context.close()
    return found


# Lines ----------------------------------------------------------------------------------------


def first_visit(run: Run, size: int) -> Measured:
    """First content on a server that was just started, and so has nothing ready."""
    folder = files.timeline(size, run.say)
    found = []
    for _ in range(SAMPLES):
        with servers.serving(folder) as server, browsing() as browser:
            found.append(visit(browser, f"{server.address}/", {}))
    return _content(found)


def later_visit(run: Run, size: int) -> Measured:
    return _content(_visits(run, size, "/", {}))


def filtered_visit(run: Run, size: int) -> Measured:
    return _content(_visits(run, size, FILTERED, {}))


def longest_frame(run: Run, size: int) -> Measured:
    """The longest of all uses, once for each visit; the note tells which it was."""
    longest, names = [], []
    for each in _visits(run, size, "/", USES):
        uses = {name: use for name, use in each.uses.items() if name in USES}
        name = max(uses, key=lambda name: uses[name].longest_frame)
        longest.append(uses[name].longest_frame)
        names.append(f"{name} (longest task {uses[name].longest_task:.0f} ms)")
    return Measured(longest, note="; ".join(dict.fromkeys(names)))


def _visits(run: Run, size: int, path: str, uses: dict[str, Callable[[Page], None]]) -> list[Visit]:
    address = run.server(size).address
    with browsing() as browser:
        return [visit(browser, address + path, uses) for _ in range(SAMPLES)]


def _content(visits: list[Visit]) -> Measured:
    ready = ", ".join(f"{each.ready:,.0f}" for each in visits)
    return Measured([each.first_content for each in visits], note=f"all drawn after {ready} ms")


_SIZES = (100_000,)
LINES = (
    Line(
        *("home-first", "The exploring page, first content after a start", "ms", first_visit),
        floor=Floor(most=1_000),
        sizes=_SIZES,
    ),
    Line(
        *("home-content", "The exploring page, first content", "ms", later_visit),
        floor=Floor(most=1_000),
        sizes=_SIZES,
    ),
    Line(
        *("home-filtered", "The exploring page filtered, first content", "ms", filtered_visit),
        floor=Floor(most=1_000),
        sizes=_SIZES,
    ),
    Line(
        *("home-frame", "Its longest frame: pan, zoom, play, filter, type", "ms", longest_frame),
        floor=Floor(most=200),
        sizes=_SIZES,
    ),
)
