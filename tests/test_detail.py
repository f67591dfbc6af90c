"""The pages of events, sources, places, formations and people."""

from __future__ import annotations

import re

import httpx
import pytest
from html_page import elements, links
from server import rows
from small_chronology import SUBJECTS, words

from chronology.export.formats import FORMATS


def test_an_event_shows_differences_of_its_accounts(small: httpx.Client) -> None:
    text = words(small.get("/timeline/events/bridge-blown"))

    assert "date 19 October 1944 First source , ¶10 18 October 1944 Second source , ¶2" in text
    assert "tanks 5 First source , ¶10 9 Second source , ¶2" in text
    assert "Why this date. The evidence does not settle it." in text


def test_an_event_leads_to_its_neighbours_in_time_and_place(small: httpx.Client) -> None:
    page = small.get("/timeline/events/bridge-blown")

    turns = [attributes for tag, attributes in elements(page) if "rel" in attributes]
    found = {a["rel"]: a["href"] for a in turns if a["rel"] in ("prev", "next")}
    assert found == {
        "prev": "/timeline/events/nis-taken",
        "next": "/timeline/events/belgrade-taken",
    }
    assert "At the same place: Belgrade Belgrade is taken" in words(page)


def test_an_event_names_those_that_it_is_not(small: httpx.Client) -> None:
    page = small.get("/timeline/events/bridge-blown-again")

    assert "Not to be confused with The bridge is blown It was rebuilt in between." in words(page)


def test_a_past_event_has_no_neighbours_of_now(small: httpx.Client) -> None:
    head = rows(small, table="batches")[1]["last_position"]
    page = small.get(f"/timeline/events/nis-taken?_as_of={head}", follow_redirects=True)

    assert page.status_code == 200
    assert 'rel="next"' not in page.text


def test_an_event_shows_changed_names(small: httpx.Client) -> None:
    assert "places: none → Niš" in words(small.get("/timeline/events/bridge-blown-again"))


def test_an_event_can_be_had_by_itself_in_every_format(small: httpx.Client) -> None:
    page = small.get("/timeline/events/bridge-blown")

    for extension in FORMATS:
        address = f"/timeline/events.{extension}?id=bridge-blown"
        assert address in links(page)
        assert "The bridge is blown" in small.get(address).text
        assert "The bridge is blown again" not in small.get(address).text


def test_the_dates_of_an_event_are_drawn_by_account(small: httpx.Client) -> None:
    page = small.get("/timeline/events/bridge-blown")
    drawn = [a for tag, a in elements(page) if tag == "svg" and a.get("class") == "spans"]
    kinds = [a["class"] for tag, a in elements(page) if tag == "rect" and "x" in a]

    assert len(drawn) == 3  # the editor's reading and two accounts
    assert kinds == ["possible", "possible", "certain", "possible", "certain"]


@pytest.mark.parametrize("table", SUBJECTS)
def test_every_subject_has_a_page_that_leads_to_pages(small: httpx.Client, table: str) -> None:
    for row in rows(small, table=table):
        page = small.get(f"/timeline/{table}/{row['id']}")
        assert str(row["name"]) in page.text
        for address in links(page):
            assert small.get(address, follow_redirects=True).status_code == 200, address


def test_the_json_of_a_subject_stays_that_of_datasette(small: httpx.Client) -> None:
    (row,) = small.get("/timeline/places/nis.json?_shape=array").json()

    assert (row["name"], row["within"]) == ("Niš", "serbia")


def test_a_place_lists_the_places_within_it_and_its_events(small: httpx.Client) -> None:
    text = words(small.get("/timeline/places/serbia"))

    assert "4 events here and in places within it" in text
    assert "Places in Serbia Belgrade 2 Niš 2" in text


def test_a_person_is_quoted_with_the_passage(small: httpx.Client) -> None:
    text = words(small.get("/timeline/people/tolbukhin"))

    assert "Quotations undated The bridge is blown First source , ¶10" in text


def test_a_source_can_be_read_in_the_order_of_its_passages(small: httpx.Client) -> None:
    def told(query: str) -> list[str]:
        return re.findall(
            r'<p class="at">([^<]+)</p>', small.get(f"/timeline/sources/one{query}").text
        )

    assert told("") == ["¶1", "¶10", "¶2"]
    assert told("?_by=passage") == ["¶1", "¶2", "¶10"]
    assert "1 disputed" in words(small.get("/timeline/sources/one"))


@pytest.mark.parametrize("table", SUBJECTS)
def test_a_list_names_every_subject_and_finds_by_name(small: httpx.Client, table: str) -> None:
    page = small.get(f"/timeline/{table}")
    found = rows(small, table=table)

    for row in found:
        assert f'href="/timeline/{table}/{row["id"]}"' in page.text
    one = str(found[0]["name"])
    only = small.get(f"/timeline/{table}", params={"name__contains": one})
    assert f"1 {'person' if table == 'people' else table[:-1]} " in words(only)
