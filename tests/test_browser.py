"""The pages in a real browser: no script fails, nothing is fetched elsewhere, phones can read."""

from __future__ import annotations

import re
import struct
import subprocess
import threading
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.browser

PAGES = {
    "home": "/",
    "day": "/?_within=1944-10-14",
    "list": "/timeline/events?_place=Belgrade",
    "event": "/timeline/events/schneckenburger-killed",
}
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-sync"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
    *("--disable-dev-shm-usage", "--disable-default-apps", "--hide-scrollbars"),
    # A name that has to be resolved is one of somebody else.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    *("--enable-logging=stderr", "--v=0", "--virtual-time-budget=6000"),
)
PHONE_PX = 360
# A page of the same origin can look into the frame.
MEASURE = """<!DOCTYPE html>
<iframe id="page" style="border: 0" width="{width}" height="800"></iframe>
<script>
const page = document.getElementById("page");
page.onload = () => setTimeout(() => {{
    document.body.dataset.width = page.contentDocument.documentElement.scrollWidth;
}}, 1000);
page.src = decodeURIComponent(location.search.slice(1));
</script>"""


def browse(folder: Path, url: str, *options: str) -> subprocess.CompletedProcess[str]:
    """What Chromium writes after it has loaded a page, and its log."""
    command = ["chromium", *OPTIONS, f"--user-data-dir={folder / 'profile'}", *options, url]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, check=True)


@pytest.fixture
def framed(chronicle_server: httpx.Client) -> Iterator[str]:
    """The address of a server that forwards to the chronicle's, and frames a page of it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/measure?"):
                status, body, kind = 200, MEASURE.format(width=PHONE_PX).encode(), "text/html"
            else:
                answer = httpx.get(chronicle_server.base_url.join(self.path))
                status, body = answer.status_code, answer.content
                kind = answer.headers.get("content-type", "text/plain")
            self.send_response(status)
            self.send_header("content-type", kind)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def colours(png: bytes) -> int:
    """How many different bytes the pixels of a PNG have: an empty page has a few."""
    pixels, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        if png[at + 4 : at + 8] == b"IDAT":
            pixels += png[at + 8 : at + 8 + length]
        at += length + 12
    return len({*zlib.decompress(pixels)})


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_drawn_without_an_error(
    chronicle_server: httpx.Client, tmp_path: Path, page: str
) -> None:
    picture = tmp_path / "page.png"

    url = str(chronicle_server.base_url.join(PAGES[page]))
    done = browse(tmp_path, url, f"--screenshot={picture}", "--window-size=1280,1000")

    assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []
    assert "ERR_NAME_NOT_RESOLVED" not in done.stderr
    assert colours(picture.read_bytes()) > 50


@pytest.mark.parametrize("page", ["home", "list", "event"])
def test_a_page_fits_a_phone(framed: str, tmp_path: Path, page: str) -> None:
    done = browse(tmp_path, f"{framed}/measure?{PAGES[page]}", "--dump-dom")

    width = re.search(r'data-width="(\d+)"', done.stdout)
    assert width
    assert int(width[1]) <= PHONE_PX


def test_the_scripts_of_the_home_page_draw_the_timeline_and_the_map(
    chronicle_server: httpx.Client, tmp_path: Path
) -> None:
    drawn = browse(tmp_path, str(chronicle_server.base_url), "--dump-dom").stdout

    assert re.search(r'<div class="views"(?! hidden)', drawn)
    assert "leaflet-container" in drawn
    assert re.search(r'<div class="lanes"[^>]*>\s*<', drawn)
