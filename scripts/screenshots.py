"""Take the screenshots in docs/: `make screenshots`; needs Chromium."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
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
CHROMIUM = shutil.which("chromium") or "chromium"
DEADLINE_S = 30


def main() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-P", "-m", "datasette", "serve", str(ROOT), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_up(address)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            for name, (path, height) in PAGES.items():
                for scheme in ("", "-dark"):
                    take_screenshot(browser, address + path, name, height, scheme)
            browser.close()
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
    page.screenshot(path=target)
    page.close()
    print(target.relative_to(ROOT))


if __name__ == "__main__":
    main()
