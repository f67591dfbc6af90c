"""Addresses: below which path they are, what they are made of, and the empty fields of forms."""

from __future__ import annotations

import asyncio
import html
import re
from typing import Any

import httpx
import pytest
from conftest import Timeline
from datasette.app import Datasette

BASE, HERE = "/library/", "http://localhost"
OWN_PAGES = (
    "",
    "-/chronology/order-of-battle",
    "-/chronology/disagreements",
    "{}/events/nis-taken",
    "{}/places",
    "{}/events/nothing",
)
# A page that says that nothing is there is among them: programs ask for rows too.
FOR_PROGRAMS = (
    *("/-/chronology/points.json", "/-/chronology/order-of-battle.json"),
    *("/-/chronology/disagreements.json", "/{}/events/nis-taken.json", "/{}/history.atom"),
    *("/{}/events.csv", "/{}/events/nis-taken.csv", "/{}/events.geojson", "/{}/events.json"),
    "/{}/events/nothing",
)
DATA = (
    "/-/chronology/points.json",
    "/-/chronology/disagreements.json",
    "/{}/events.json?_shape=array",
    "/{}/events.csv",
    "/{}/events.geojson",
    "/{}/events.ics",
)
EMPTY = "_front=&_army&_place=&_within=&_certain=&_search=&_lane=&%5Fday="


def answers(
    timeline: Timeline, *paths: str, cors: bool = False, **settings: Any
) -> list[httpx.Response]:
    async def ask() -> list[httpx.Response]:
        served = Datasette([str(timeline.path)], settings=settings, cors=cors)
        await served.invoke_startup()
        transport = httpx.ASGITransport(app=served.app())
        async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
            return [await client.get(path.format(timeline.path.stem)) for path in paths]

    return asyncio.run(ask())


def links(text: str) -> list[str]:
    return [html.unescape(link) for link in re.findall(r'(?:href|action)="(/[^"]*)"', text)]


@pytest.mark.parametrize("path", OWN_PAGES)
def test_a_page_is_the_same_whether_or_not_a_proxy_strips_the_base(
    timeline: Timeline, path: str
) -> None:
    full, stripped = answers(timeline, BASE + path, "/" + path, base_url=BASE)

    assert full.status_code == stripped.status_code == (404 if "nothing" in path else 200)
    assert full.headers.get("etag") == stripped.headers.get("etag")
    assert {link for link in links(full.text) if not link.startswith(BASE)} == set()
    # The addresses of data and of orders are Datasette's.
    own = [link for link in links(stripped.text) if not re.search(r"_sort|_facet|\.\w+\b", link)]
    assert set(own) <= set(links(full.text))
    assert re.findall('aria-current="page"', full.text) == re.findall(
        'aria-current="page"', stripped.text
    )


def test_a_past_list_is_found_below_the_base(timeline: Timeline) -> None:
    path = "{}/events?_as_of=2026-01-02T00:00:00Z"
    for answer in answers(timeline, BASE + path, "/" + path, base_url=BASE):
        assert answer.status_code == 302
        assert answer.headers["location"].startswith(f"{BASE}{timeline.path.stem}/history?")


@pytest.mark.parametrize("path", DATA)
def test_empty_fields_of_own_parameters_count_as_not_sent(timeline: Timeline, path: str) -> None:
    joint = "&" if "?" in path else "?"
    plain, empty, filtered = answers(
        timeline, path, f"{path}{joint}{EMPTY}", f"{path}{joint}{EMPTY}&_place=nis"
    )

    assert (plain.status_code, empty.status_code, filtered.status_code) == (200, 200, 200)
    assert empty.content == plain.content
    assert filtered.content != plain.content or "disagreements" in path


@pytest.mark.parametrize("path", [*DATA, "/", "/-/chronology/order-of-battle"])
def test_an_empty_moment_is_an_error_everywhere(timeline: Timeline, path: str) -> None:
    joint = "&" if "?" in path else "?"
    for given in ("_as_of=", "_as_of"):
        (answer,) = answers(timeline, f"{path}{joint}{given}")
        if answer.status_code == 302:
            (answer,) = answers(timeline, answer.headers["location"])
        assert answer.status_code == 400, given


def test_an_empty_column_filter_of_datasette_stays_one(timeline: Timeline) -> None:
    (empty, page) = answers(timeline, "/{}/events.json?_shape=array&kind=", "/{}/events?kind=")

    assert empty.json() == []
    assert "kind=&_as_of=" in html.unescape(page.text)


@pytest.mark.parametrize("cors", [True, False])
def test_every_address_for_programs_can_be_read_from_other_sites_if_that_is_allowed(
    timeline: Timeline, cors: bool
) -> None:
    paths = [*FOR_PROGRAMS, "/-/chronology/points.json"]
    for path, answer in zip(paths, answers(timeline, *paths, cors=cors), strict=True):
        allowed = answer.headers.get("access-control-allow-origin")
        assert allowed == ("*" if cors else None), path
        exposed = answer.headers.get("access-control-expose-headers")
        assert (exposed == "Link") is cors, path


@pytest.mark.parametrize(
    "path",
    [
        *("/timeline.xyz", "/timeline/places.geojson", "/timeline/log.jsonl"),
        *("/timeline/sources/savich.bib", "/timeline/places/belgrade.geojson"),
        *("/timeline/events.xyz", "/timeline/events/belgrade-taken.xml", "/timeline/history.ics"),
        *("/timeline/events.JSON", "/timeline/accounts.xyz?_size=1"),
    ],
)
def test_an_unknown_ending_is_not_found(founding: httpx.Client, path: str) -> None:
    answer = founding.get(path)

    assert answer.status_code == 404
    assert "is not a format of this address" in answer.text
