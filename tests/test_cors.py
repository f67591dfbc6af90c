"""CORS headers: one of each, on every kind of response, and only with `--cors`."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from conftest import Timeline
from datasette.app import Datasette

NO_HEADERS: dict[str, str] = {}
PREFLIGHT = {"origin": "https://example.org", "access-control-request-method": "GET"}
RESPONSES = (
    ("GET", "/{}/events.json", 200),
    ("GET", "/{}/events", 200),
    ("GET", "/", 200),
    ("GET", "/{}/events.csv", 200),
    ("GET", "/{}/log.csv", 200),
    ("GET", "/{}/events.geojson", 200),
    ("GET", "/-/chronology/points.json", 200),
    ("GET", "/-/static-plugins/datasette-chronology/chronology.css", 200),
    ("GET", "/-/static/app.css", 200),
    ("GET", "/{}/events?_as_of=1", 302),
    ("GET", "/{}/events/", 302),
    ("GET", "/{}/events.json?_place=nowhere", 400),
    ("GET", "/{}/events/nothing.json", 404),
    ("GET", "/-/chronology/checkpoint", 404),
    ("GET", "/nothing", 404),
    ("GET", "/{}/events.json?_where=1=1", 403),
)
NAMES = (
    *("access-control-allow-origin", "access-control-allow-headers"),
    *("access-control-allow-methods", "access-control-expose-headers"),
)


def answers(
    timeline: Timeline, cors: bool, *requests: tuple[str, str, dict[str, str]]
) -> list[httpx.Response]:
    async def ask() -> list[httpx.Response]:
        settings = {"default_allow_sql": False}
        served = Datasette([str(timeline.path)], cors=cors, settings=settings)
        await served.invoke_startup()
        transport = httpx.ASGITransport(app=served.app())
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return [
                await client.request(method, path.format(timeline.path.stem), headers=headers)
                for method, path, headers in requests
            ]

    return asyncio.run(ask())


@pytest.mark.parametrize("cors", [True, False])
def test_every_response_has_each_header_once_if_other_sites_may_read(
    timeline: Timeline, cors: bool
) -> None:
    requests: list[tuple[str, str, dict[str, str]]] = [
        (method, path, {}) for method, path, _ in RESPONSES
    ]
    for (_, path, status), answer in zip(
        RESPONSES, answers(timeline, cors, *requests), strict=True
    ):
        assert answer.status_code == status, path
        for name in NAMES:
            assert len(answer.headers.get_list(name)) == int(cors), (path, name)


def test_a_preflight_is_answered_without_the_page(timeline: Timeline) -> None:
    for path in ("/", "/{}/events.json", "/-/chronology/points.json", "/nothing"):
        (answer,) = answers(timeline, True, ("OPTIONS", path, PREFLIGHT))
        assert (answer.status_code, answer.content) == (204, b"")
        assert "GET" in answer.headers["access-control-allow-methods"]
        (answer,) = answers(timeline, False, ("OPTIONS", path, PREFLIGHT))
        assert "access-control-allow-origin" not in answer.headers


def test_an_unchanged_response_has_the_headers_too(timeline: Timeline) -> None:
    for path in ("/{}/events.json", "/-/chronology/points.json", "/{}/events.csv"):
        (first,) = answers(timeline, True, ("GET", path, {}))
        tag = {"if-none-match": first.headers["etag"]}
        (answer,) = answers(timeline, True, ("GET", path, tag))
        assert answer.status_code == 304
        assert answer.headers.get_list("access-control-allow-origin") == ["*"]
