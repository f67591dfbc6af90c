"""Pages of their own: single subjects, the order of battle, disagreements, what is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import naval
import pytest
from conftest import EVENTS, START
from html_page import elements, links
from in_process import in_process
from server import publish, rows

from chronology.export.formats import FORMATS

ORDER = "/-/chronology/order-of-battle"
DISAGREEMENTS = "/-/chronology/disagreements"
SUBJECTS = ("sources", "places", "formations", "people")
MORE = """\
format: 1
batch: more
recorded: 2026-01-03T00:00:00Z
records:
- event: bridge-blown
  date: "[1944-10-18,1944-10-19]"
  basis: The evidence does not settle it.
  title: The bridge is blown
  kind: battle
  places: [belgrade]
  accounts:
  - {source: one, at: "¶10", date: 1944-10-19, by: tolbukhin, claims: {tanks: 5}}
  - {source: two, at: "¶2", date: 1944-10-18, claims: {tanks: 9}}
- event: bridge-blown-again
  date: 1944-10-21
  title: The bridge is blown again
  kind: battle
  distinct: [{event: bridge-blown, because: It was rebuilt in between.}]
  accounts:
  - {source: two, at: "¶9", date: 1944-10-21}
- event: mistaken
  date: 1944-10-22
  title: It is mistaken
  kind: battle
"""
TAKEN_BACK = """\
format: 1
batch: taken-back
recorded: 2026-01-04T00:00:00Z
records:
- retract: event/mistaken
  because: No source says so.
- correct: event/bridge-blown-again
  set: {places: [nis]}
  because: It was at Niš.
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    batches = {
        "0001-a.yml": START,
        "0002-b.yml": EVENTS,
        "0003-c.yml": MORE,
        "0004-d.yml": TAKEN_BACK,
    }
    with in_process(publish(tmp_path_factory.mktemp("small") / "it", batches)) as client:
        yield client


@pytest.fixture(scope="module")
def fleets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with in_process(publish(tmp_path_factory.mktemp("fleets") / "it", naval.BATCHES)) as client:
        yield client


def words(answer: httpx.Response) -> str:
    """A page without its markup, on one line."""
    body = answer.text.partition("<body")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


# One subject ----------------------------------------------------------------------------------


def test_an_event_tells_where_its_accounts_differ(small: httpx.Client) -> None:
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


def test_an_event_tells_what_it_is_not(small: httpx.Client) -> None:
    page = small.get("/timeline/events/bridge-blown-again")

    assert "Not to be confused with The bridge is blown It was rebuilt in between." in words(page)


def test_a_past_event_has_no_neighbours_of_now(small: httpx.Client) -> None:
    head = rows(small, table="batches")[1]["last_position"]
    page = small.get(f"/timeline/events/nis-taken?_as_of={head}", follow_redirects=True)

    assert page.status_code == 200
    assert 'rel="next"' not in page.text


def test_an_event_tells_what_was_changed_in_names(small: httpx.Client) -> None:
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
        assert row["name"] in page.text
        for address in links(page):
            assert small.get(address, follow_redirects=True).status_code == 200, address


def test_the_json_of_a_subject_stays_that_of_datasette(small: httpx.Client) -> None:
    (row,) = small.get("/timeline/places/nis.json?_shape=array").json()

    assert (row["name"], row["within"]) == ("Niš", "serbia")


def test_a_place_tells_what_lies_within_and_its_events(small: httpx.Client) -> None:
    text = words(small.get("/timeline/places/serbia"))

    assert "4 events here and in places within it" in text
    assert "Within it Belgrade 2 Niš 2" in text


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
    assert f"1 {table}" in words(only)


# Order of battle ------------------------------------------------------------------------------


def test_the_order_of_battle_stands_on_a_day_and_leads_to_the_next(small: httpx.Client) -> None:
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
    told = small.get(f"{ORDER}.json?_day=1944-09-30").json()

    (side,) = told["sides"]
    front, corps = side["formations"]
    assert (told["day"], side["name"], front["id"]) == ("1944-09-30", "Soviet", "f3")
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
        told = chronicle.get(f"{DISAGREEMENTS}.json?{chosen}{query}").json()["total"]
        assert f"{told:,}" == number
        assert counted(chosen) == every


def test_disagreements_follow_page_after_page(chronicle: httpx.Client) -> None:
    found: list[str] = []
    query: str | None = "disputed__arraycontains=date"
    while query is not None:
        told = chronicle.get(f"{DISAGREEMENTS}.json?{query}").json()
        found += [event["id"] for event in told["events"]]
        query = told["next"]

    assert len(found) == told["total"] > 25
    assert {*found} == {row["id"] for row in rows(chronicle, "disputed__arraycontains=date")}


@pytest.mark.parametrize("query", ["_as_of=3", "_front=Nobody", "_within=x"])
def test_a_filter_that_cannot_be_applied_to_disagreements_is_refused(
    small: httpx.Client, query: str
) -> None:
    assert small.get(f"{DISAGREEMENTS}?{query}").status_code == 400
    assert small.get(f"{DISAGREEMENTS}.json?{query}").json()["error"]


# What is refused ------------------------------------------------------------------------------


def test_a_wrong_id_leads_to_near_ones_and_to_a_search(small: httpx.Client) -> None:
    page = small.get("/timeline/events/belgrade-take")

    assert "/timeline/events/belgrade-taken" in links(page, 404)
    assert 'value="belgrade take"' in page.text
    assert small.get("/timeline/events/belgrade-take.json").json()["error"]


def test_a_retracted_event_tells_why_and_what_it_was(small: httpx.Client) -> None:
    page = small.get("/timeline/events/mistaken")

    assert "“It is mistaken” was retracted: No source says so." in words(page)
    (address,) = (a for a in links(page, 404) if "_as_of=" in a)
    assert "It is mistaken" in small.get(address, follow_redirects=True).text


def test_a_wrong_filter_tells_the_remedy_and_leads_on_without_it(small: httpx.Client) -> None:
    page = small.get("/timeline/events?_front=Nobody&kind=battle")

    assert "known are 3rd Ukrainian Front" in words(page)
    assert "/timeline/events?kind=battle" in links(page, 400)


def test_an_empty_list_tells_which_filters_to_leave_out(small: httpx.Client) -> None:
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
        assert "The sources agree" in client.get(DISAGREEMENTS).text
