"""Error pages, and the navigation at the head of every page."""

from __future__ import annotations

import re

import httpx
import pytest
from html_page import elements, links
from in_process import in_process
from server import publish
from small_chronology import DISAGREEMENTS, ORDER, START, SUBJECTS, words


def test_a_wrong_id_leads_to_near_ones_and_to_a_search(small: httpx.Client) -> None:
    page = small.get("/timeline/events/belgrade-take")

    assert "/timeline/events/belgrade-taken" in links(page, 404)
    assert 'value="belgrade take"' in page.text
    assert small.get("/timeline/events/belgrade-take.json").json()["error"]


def test_a_retracted_event_shows_the_reason_and_its_last_state(small: httpx.Client) -> None:
    page = small.get("/timeline/events/mistaken")

    assert "“It is mistaken” was retracted: No source says so." in words(page)
    (address,) = (a for a in links(page, 404) if "_as_of=" in a)
    assert "It is mistaken" in small.get(address, follow_redirects=True).text


def test_a_wrong_filter_names_the_remedy_and_links_to_the_rest(
    small: httpx.Client,
) -> None:
    page = small.get("/timeline/events?_front=Nobody&kind=battle")

    assert "is not a front. Fronts: 3rd Ukrainian Front" in words(page)
    assert "/timeline/events?kind=battle" in links(page, 400)


def test_an_empty_list_suggests_filters_to_leave_out(small: httpx.Client) -> None:
    page = small.get("/timeline/events?kind=death&_certain=1944-10-14")

    assert "Nothing matches these filters" in words(page)
    assert {"/timeline/events?kind=death", "/timeline/events?_certain=1944-10-14"} <= links(page)


@pytest.mark.parametrize("path", ["/nope", "/timeline/nope", "/timeline/places/nope/nope"])
def test_what_is_not_there_has_the_ways_on(small: httpx.Client, path: str) -> None:
    page = small.get(path)

    assert {"/timeline/events", DISAGREEMENTS, ORDER} <= links(page, 404)


# The head of every page -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/", "/"),
        ("/timeline/events", "/timeline/events"),
        ("/timeline/events/nis-taken?_as_of=25", "/timeline/events"),
        ("/timeline/places/nis", "/timeline/places"),
        (f"{ORDER}?_day=1944-10-14", ORDER),
        (DISAGREEMENTS, DISAGREEMENTS),
        ("/timeline/history", "/timeline/history"),
        ("/timeline/log", None),
    ],
)
def test_every_page_has_the_ways_and_marks_its_own(
    small: httpx.Client, path: str, current: str | None
) -> None:
    found = elements(small.get(path, follow_redirects=True))
    marked = [a["href"] for tag, a in found if a.get("aria-current") == "page"]

    assert marked == ([current] if current else [])
    ways = {a.get("href") for tag, a in found if tag == "a"}
    assert {"/", ORDER, DISAGREEMENTS, *(f"/timeline/{t}" for t in SUBJECTS)} <= ways


def test_a_page_is_cited_without_the_cursor_of_its_first_page(small: httpx.Client) -> None:
    page = small.get("/timeline/sources")

    addresses = [a["href"] for tag, a in elements(page) if tag == "a"]
    assert str(small.base_url.join("/timeline/sources")) in addresses
    assert not [address for address in addresses if "_next" in address]


def test_a_chronology_without_levels_has_no_order_of_battle(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    start = re.sub(r"  (sides|levels|dimensions):.*\n", "", START.partition("- {source")[0])
    folder = publish(tmp_path_factory.mktemp("plain") / "it", {"0001-start.yml": start})
    with in_process(folder) as client:
        assert ORDER not in links(client.get("/"))
        assert "No formations are recorded" in client.get(ORDER).text
        assert "No disagreements match these filters" in client.get(DISAGREEMENTS).text
