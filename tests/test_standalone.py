"""The order of battle on a day, and the disagreements of the sources."""

from __future__ import annotations

import re

import httpx
import pytest
from html_page import elements, links
from in_process import in_process
from server import publish, rows
from small_chronology import DISAGREEMENTS, EVENTS, ORDER, START, words


def test_the_order_of_battle_of_a_day_links_to_the_next_day(small: httpx.Client) -> None:
    page = small.get(f"{ORDER}?_day=1944-10-14")

    assert "3rd Ukrainian Front front 57th Army army source" in words(page)
    assert {f"{ORDER}?_day=1944-10-13", f"{ORDER}?_day=1944-10-15"} <= links(page)


def test_each_formation_is_one_anchor_of_the_order_of_battle(chronicle: httpx.Client) -> None:
    found = [a["id"] for tag, a in elements(chronicle.get(ORDER)) if tag == "li" and "id" in a]

    assert len(found) == len({*found})
    assert {*found} == {row["id"] for row in rows(chronicle, table="formations")}


def test_the_order_of_battle_ends_with_the_window(small: httpx.Client) -> None:
    first, last = (small.get(f"{ORDER}?_day={day}") for day in ("1944-09-01", "1944-11-30"))

    assert 'rel="prev"' not in first.text
    assert 'rel="next"' not in last.text
    assert words(small.get(ORDER)).count("Order of battle on 1 September 1944") == 1


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_days_like_others(
    tmp_path_factory: pytest.TempPathFactory, day: str
) -> None:
    start = START.replace("1944-09-01/1944-11-30", "0001-01-01/9999-12-31")
    event = f"""- event: far
  date: {day}
  title: Far away
  kind: battle
  formations: [c68]
  accounts: [{{source: one, at: "1"}}]
"""
    batch = EVENTS.partition("- event")[0] + event
    folder = publish(
        tmp_path_factory.mktemp("ends") / "it", {"0001-a.yml": start, "0002-b.yml": batch}
    )
    with in_process(folder) as client:
        for path in ("/timeline/events/far", "/timeline/formations/c68", f"{ORDER}?_day={day}"):
            assert client.get(path).status_code == 200, path


def test_the_order_of_battle_is_json_too(small: httpx.Client) -> None:
    answer = small.get(f"{ORDER}.json?_day=1944-09-30").json()

    (side,) = answer["sides"]
    front, corps = side["formations"]
    assert (answer["day"], side["name"], front["id"]) == ("1944-09-30", "Soviet", "f3")
    assert [(army["id"], army["below"]) for army in front["below"]] == [("a57", [])]
    assert corps["id"] == "c68"  # It came under the army in October.


def test_the_order_of_battle_can_be_read_as_of_then(small: httpx.Client) -> None:
    page = small.get(f"{ORDER}?_day=1944-10-14&_as_of=3")

    assert page.status_code == 400  # within the first batch nothing stands yet
    assert "_as_of" in words(page)

    first = rows(small, table="batches")[0]["last_position"]
    page = small.get(f"{ORDER}?_day=1944-10-14&_as_of={first}")
    assert f"up to position {first}" in words(page)
    assert f"_day=1944-10-14&amp;_as_of={first}" in page.text


@pytest.mark.parametrize("day", ["x", "1944-10", "1944-12-01", "[1944-10-13,1944-10-14]"])
def test_what_is_no_day_of_the_window_is_refused(small: httpx.Client, day: str) -> None:
    assert small.get(ORDER, params={"_day": day}).status_code == 400
    answer = small.get(f"{ORDER}.json", params={"_day": day})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("_day: ")


def test_another_century_has_its_own_order_of_battle(fleets: httpx.Client) -> None:
    def of_fleet(day: str) -> list[str]:
        (side,) = fleets.get(f"{ORDER}.json?_day={day}").json()["sides"]
        return [unit["id"] for unit in side["formations"][0]["below"]]

    assert (of_fleet("1780-05-01"), of_fleet("1782-04-12")) == ([], ["van"])
    text = words(fleets.get(f"{ORDER}?_day=1782-04-12"))
    assert "Leeward Fleet fleet Van Squadron squadron began March 1782" in text


# Disagreements --------------------------------------------------------------------------------


def test_the_page_of_disagreements_has_each_value_with_who_gives_it(small: httpx.Client) -> None:
    text = words(small.get(DISAGREEMENTS))

    assert "Sources conflict on 1 event" in text
    assert "About figures 1" in text
    assert "tanks 5 First source , ¶10 9 Second source , ¶2" in text
    assert "The evidence does not settle it." in text


def test_all_filters_of_events_select_disagreements(small: httpx.Client) -> None:
    def total(query: str) -> int:
        found: int = small.get(f"{DISAGREEMENTS}.json?{query}").json()["total"]
        return found

    assert total("disputed__arraycontains=figures") == 1
    assert total("disputed__arraycontains=claim") == 0
    assert total("_place=serbia&_within=1944-10-18") == 1
    assert total("kind=capture") == 0


@pytest.mark.parametrize("query", ["", "&kind=capture", "&_place=Serbia"])
def test_a_kind_of_dispute_leads_to_as_many_events_as_it_says(
    chronicle: httpx.Client, query: str
) -> None:
    def counted(chosen: str) -> dict[str, str]:
        page = chronicle.get(f"{DISAGREEMENTS}?{chosen}{query}").text
        found = r'arraycontains=(\w+)[^"]*"[^>]*>About [^<]*<span>([\d,]+)<'
        return dict(re.findall(found, page))

    every = counted("")
    assert len(every) > 1
    for kind, number in every.items():
        chosen = f"disputed__arraycontains={kind}"
        total = chronicle.get(f"{DISAGREEMENTS}.json?{chosen}{query}").json()["total"]
        assert f"{total:,}" == number
        assert counted(chosen) == every


def test_disagreements_follow_page_after_page(chronicle: httpx.Client) -> None:
    found: list[str] = []
    query: str | None = ""
    while query is not None:
        answer = chronicle.get(f"{DISAGREEMENTS}.json?{query}").json()
        found += [event["id"] for event in answer["events"]]
        query = answer["next"]

    assert len(found) == answer["total"] > 25
    assert {*found} == {row["id"] for row in rows(chronicle, "disputed__not=[]")}


@pytest.mark.parametrize("query", ["_as_of=3", "_front=Nobody", "_within=x"])
def test_a_filter_that_cannot_be_applied_to_disagreements_is_refused(
    small: httpx.Client, query: str
) -> None:
    assert small.get(f"{DISAGREEMENTS}?{query}").status_code == 400
    assert small.get(f"{DISAGREEMENTS}.json?{query}").json()["error"]
