"""Take the screenshots in docs/: `make screenshots`; needs Chromium.

The names of examples as arguments take those alone.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Browser, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    "home": ("/", 1120),
    "events": ("/timeline/events?_front=3rd+Ukrainian+Front", 1000),
    "event": ("/timeline/events/schneckenburger-killed", 900),
    "place": ("/timeline/places/belgrade", 1000),
    "order-of-battle": ("/-/chronology/order-of-battle?_day=1944-10-14", 1000),
    "disagreements": ("/-/chronology/disagreements", 1000),
}
EXAMPLES = {
    "outage": {
        "home": ("/", 1000),
        "event": ("/timeline/events/outage", 900),
    },
    "reigns": {
        "home": ("/", 1000),
        "list": ("/timeline/events?_sort_desc=years_reigned", 900),
    },
    "family": {
        "home": ("/", 1000),
        "event": ("/timeline/events/william-drowns", 900),
    },
    "world": {
        "home": ("/", 1000),
        "list": ("/timeline/events?_sort_desc=deaths", 900),
        "event": ("/timeline/events/krakatau-erupts", 900),
    },
}
"""The pages of each of `examples/` in docs/examples.md."""
CHROMIUM = shutil.which("chromium") or "chromium"
DEADLINE_S = 30


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        if len(sys.argv) < 2:
            take_all(browser, ROOT, PAGES)
        for example in sys.argv[1:] or EXAMPLES:
            pages = {f"examples/{example}-{name}": p for name, p in EXAMPLES[example].items()}
            with tempfile.TemporaryDirectory() as folder:
                take_all(browser, build(example, Path(folder) / example), pages)
        browser.close()


def take_all(browser: Browser, folder: Path, pages: dict[str, tuple[str, int]]) -> None:
    with serving(folder) as address:
        for name, (path, height) in pages.items():
            for scheme in ("", "-dark"):
                take_screenshot(browser, address + path, name, height, scheme)


def build(example: str, folder: Path) -> Path:
    """A copy of an example with its tables."""
    shutil.copytree(ROOT / "examples" / example, folder, ignore=shutil.ignore_patterns("*.db*"))
    command = [sys.executable, "-P", "-m", "chronology.cli", "ingest"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a server of a folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-P", "-m", "datasette", "serve", str(folder), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_up(address)
        yield address
    finally:
        server.terminate()
        server.wait()


def wait_until_up(address: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        try:
            httpx.get(address)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{address} did not answer in {DEADLINE_S} seconds")


def take_screenshot(browser: Browser, address: str, name: str, height: int, scheme: str) -> None:
    size: ViewportSize = {"width": 1300, "height": height}
    page = browser.new_page(viewport=size, color_scheme="dark" if scheme else None)
    page.goto(address)
    page.wait_for_load_state("networkidle")
    target = ROOT / "docs" / f"{name}{scheme}.png"
    target.parent.mkdir(exist_ok=True)
    page.screenshot(path=target)
    page.close()
    print(target.relative_to(ROOT))


if __name__ == "__main__":
    main()
