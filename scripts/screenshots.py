"""Pictures of the pages for the documentation: `make screenshots`, with Chromium installed."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    "home": ("/", 1000),
    "events": ("/timeline/events?_front=3rd+Ukrainian+Front", 1000),
    "event": ("/timeline/events/schneckenburger-killed", 900),
}
CHROMIUM = (
    *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
DEADLINE_S = 30


def main() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "datasette", "serve", str(ROOT), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait(address)
        for name, (path, height) in PAGES.items():
            with TemporaryDirectory() as profile:
                shoot(address + path, ROOT / "docs" / f"{name}.png", height, profile)
    finally:
        server.terminate()
        server.wait()


def wait(address: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        try:
            httpx.get(address)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{address} did not answer in {DEADLINE_S} seconds")


def shoot(address: str, target: Path, height: int, profile: str) -> None:
    size = f"--window-size=1200,{height}"
    where = f"--screenshot={target}"
    command = [*CHROMIUM, size, where, f"--user-data-dir={profile}", address]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    print(target.relative_to(ROOT))


if __name__ == "__main__":
    main()
