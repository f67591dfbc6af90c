"""Addresses below a prefix, behind a proxy that keeps it and behind one that strips it."""

from __future__ import annotations

import asyncio
import html
import re
import shutil
import socket
import subprocess
import time
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from conftest import ROOT, Timeline
from datasette.app import Datasette
from in_process import CONFIGURATION
from proxy import documented, proxying
from server import serving

PREFIX = "/chron/"
STARTS = (
    *("", "timeline/events", "timeline/events.json?_shape=objects&_size=2&_facet_array=places"),
    *("timeline/events?_facet=precision&_size=3", "timeline/events.geojson?_front=nobody"),
    *("timeline/events.geojson?kind=death", "timeline/events.jsonld?kind=death", "nothing/at-all"),
    *("timeline/events.atom?kind=death", "timeline/events.ics?kind=death", "timeline/events/"),
    *("timeline/events/nothing", "timeline/events?_place=nowhere", "timeline/history.atom"),
    *("timeline/events?_as_of=100", "timeline/log?_size=2", "timeline/log.json?_size=2"),
    *("timeline?_tables=1", "timeline/accounts?_facet=source&_facet_size=3&_size=2"),
    *("timeline/accounts.json?_size=2&_facet=source&_labels=on", "-/chronology/points.json"),
    *("timeline/events%2Fx", "timeline/history?_size=2", "-/versions", "timeline/batches"),
    *("timeline/events?_filter_column_1=kind&_filter_op_1=exact&_filter_value_1=death",),
    *("timeline/events.timelinejs?kind=death", "timeline/attachments?_size=2", ".json"),
)
ENOUGH = 500
OF_ONE_SHAPE = 40


@pytest.fixture(scope="module")
def below(founding_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server whose setting `base_url` is the prefix."""
    folder = tmp_path_factory.mktemp("below") / "it"
    shutil.copytree(founding_folder, folder)
    with serving(folder, more=("--setting", "base_url", PREFIX)) as client:
        yield str(client.base_url)


def addresses(answer: httpx.Response) -> set[str]:
    """The addresses on this server that a response contains."""
    host, text = answer.url.netloc.decode(), answer.text
    found = set(re.findall(rf"https?://{re.escape(host)}[^\s\"'<>\\)]*", html.unescape(text)))
    kind = answer.headers.get("content-type", "")
    if kind.startswith("text/html"):
        found |= {
            html.unescape(link) for link in re.findall(r'\s(?:href|src|action)="(/[^"]*)"', text)
        }
    if "json" in kind or kind.startswith("text/html"):
        found |= set(re.findall(r'"(/[\w/~.-][^"\s\\<>]*)"', html.unescape(text)))
    for link in re.findall(r"<([^>]*)>", answer.headers.get("link", "")):
        found.add(link)
    if "location" in answer.headers:
        found.add(answer.headers["location"])
    return {link for link in found if not link.startswith("//")}


def shape_of(address: str) -> str:
    """An address without ids and values, so that the crawl sees every kind of page."""
    parts = urlsplit(address)
    path = re.sub(r"(events|history|places|people|sources|log)/[^/]+", r"\1/x", parts.path)
    return f"{path}?{re.sub(r'=[^&]*', '', parts.query)}"


def crawl(client: httpx.Client) -> Iterator[tuple[str, httpx.Response]]:
    """The answers to the first addresses and to those in the answers, some of every shape."""
    starts = [PREFIX + start for start in STARTS]
    waiting, seen = deque(starts), set(starts)
    shapes: Counter[str] = Counter()
    for _ in range(ENOUGH):
        assert waiting, "there are too few addresses"
        address = waiting.popleft()
        answer = client.get(address)
        assert answer.status_code in (200, 302, 403) or address in starts, address
        yield address, answer
        for link in sorted(addresses(answer)):
            parts = urlsplit(link)
            target = f"{parts.path}?{parts.query}" if parts.query else parts.path
            shapes[shape_of(target)] += target not in seen
            if target not in seen and shapes[shape_of(target)] <= OF_ONE_SHAPE:
                waiting.append(target)
                seen.add(target)


@pytest.mark.slow
@pytest.mark.parametrize("strips", [False, True], ids=["kept", "stripped"])
def test_every_address_has_the_prefix_once_and_leads_somewhere(
    below: str, strips: bool, tmp_path: Path
) -> None:
    with (
        proxying(below, PREFIX, strips, tmp_path / "proxy") as origin,
        httpx.Client(base_url=origin, timeout=60) as client,
    ):
        for address, answer in crawl(client):
            assert answer.status_code < 500, address
            for link in addresses(answer):
                target = urlsplit(link)
                assert target.scheme in ("", "https"), (address, link)
                assert target.path.startswith(PREFIX), (address, link)
                assert not target.path.startswith(f"{PREFIX}chron"), (address, link)


def answers(timeline: Timeline, settings: dict[str, str], *paths: str) -> list[httpx.Response]:
    """The answers of a server whose `base_url` and `public_url` are set."""

    async def ask() -> list[httpx.Response]:
        plugin = {"datasette-chronology": {"public_url": settings.get("public_url")}}
        served = Datasette(
            [str(timeline.path)],
            settings={"base_url": settings["base_url"]},
            **{CONFIGURATION: {"plugins": plugin}},
        )
        await served.invoke_startup()
        transport = httpx.ASGITransport(app=served.app())
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return [await client.get(path) for path in paths]

    return asyncio.run(ask())


@pytest.mark.parametrize("strips", [False, True], ids=["kept", "stripped"])
@pytest.mark.parametrize(
    "public_url", ["https://example.org", "https://example.org/chron", "https://example.org/chron/"]
)
def test_citations_have_the_prefix_once_wherever_it_is_configured(
    timeline: Timeline, public_url: str, strips: bool
) -> None:
    name = timeline.path.stem
    event, feed, collection = answers(
        timeline,
        {"base_url": PREFIX, "public_url": public_url},
        *(
            f"{'/' if strips else PREFIX}{name}/{path}"
            for path in ("events/nis-taken", "history.atom", "events.jsonld")
        ),
    )

    for answer in (event, feed, collection):
        found = re.findall(r"https://example\.org[^\s\"<]*", html.unescape(answer.text))
        assert found, answer.url
        assert {link[: len(f"https://example.org{PREFIX}{name}")] for link in found} == {
            f"https://example.org{PREFIX}{name}"
        }


@pytest.mark.nginx
def test_nginx_accepts_the_documented_configuration(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    (example,) = re.findall(r"```nginx\n(.*?)```", text, re.DOTALL)
    plain = re.sub(r" ssl;", ";", re.sub(r"\n *ssl_.*", "", example))
    settings = tmp_path / "nginx.conf"
    settings.write_text(f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\n{plain}\n}}\n")

    command = ["nginx", "-t", "-c", str(settings), "-e", str(tmp_path / "error.log")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_a_database_may_have_the_name_of_the_prefix(timeline: Timeline) -> None:
    name = timeline.path.stem
    for prefix in (f"/{name}/", "/"):
        home, *pages = answers(
            timeline,
            {"base_url": f"/{name}/"},
            prefix,
            *(f"{prefix}{name}{rest}" for rest in ("", "/events", "/events/nis-taken.json")),
            *(f"{prefix}{name}/{rest}" for rest in ("history.atom", "places", "log.json")),
            f"{prefix}-/chronology/points.json",
        )
        assert "A test" in home.text
        for answer in pages:
            assert answer.status_code == 200, answer.url
            for link in re.findall(r'(?:href|action)="(/[^"]*)"', answer.text):
                assert link.startswith(f"/{name}/"), link


SLOW = {
    "an idle connection": (b"", b""),
    "a header byte by byte": (b"GET / HTTP/1.1\r\n", b"a"),
    "headers one by one": (b"GET / HTTP/1.1\r\nHost: x\r\n", b"a: b\r\n"),
}


@pytest.mark.nginx
@pytest.mark.parametrize("name", SLOW)
def test_the_documented_proxy_ends_slow_connections(tmp_path: Path, name: str) -> None:
    operations = (ROOT / "docs" / "operations.md").read_text("utf-8")
    (settings,) = re.findall(r"```nginx\n(.*?)```", operations, re.DOTALL)
    first, rest = SLOW[name]
    with (
        documented(settings, 1, tmp_path / "nginx") as port,
        socket.create_connection(("127.0.0.1", port), timeout=0.2) as connection,
    ):
        started = time.monotonic()
        connection.sendall(first)
        while time.monotonic() - started < 20:
            try:
                connection.sendall(rest)
                if not connection.recv(4_096):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        assert time.monotonic() - started < 20
