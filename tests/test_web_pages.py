"""What the pages show, that they show it as text, and that they load nothing from elsewhere."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import hostile
import httpx
import pytest
from conftest import ROOT
from datasette.utils import tilde_encode
from html_page import elements, links, loaded
from in_process import in_process
from server import ids, publish, rows
from small_chronology import START

from chronology.model.days import Day
from chronology.model.days import number as number_of
from chronology.model.edtf import parse

EVIL_ID = tilde_encode(hostile.TEXT)
TABLES = (
    *("events", "accounts", "claims", "sources", "places", "people", "formations"),
    *("attachments", "commanders", "history", "batches", "log"),
)
PAGES = (
    "/",
    "/timeline",
    "/timeline/events?_search=Nis",
    "/timeline/events/schneckenburger-killed",
    "/timeline/places/belgrade",
    "/-/chronology/order-of-battle",
    "/-/chronology/disagreements",
)


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Datasette over the chronology with markup in every text."""
    with in_process(
        publish(tmp_path_factory.mktemp("attacked") / "it", hostile.batches())
    ) as client:
        yield client


def hostile_pages() -> list[str]:
    search = "/timeline/events?_search=%3Cscript%3Ealert(1)%3C/script%3E"
    given = "/timeline/events?places__arraycontains=%22%3E%3Cimg+src=x+onerror=alert(2)%3E"
    tables = [f"/timeline/{table}" for table in TABLES]
    placed = "/timeline/events?_place=q&_front=f"
    own = ["/-/chronology/order-of-battle", "/-/chronology/disagreements"]
    return ["/", "/timeline", search, given, placed, "/timeline/events/e", *own, *tables]


def assert_harmless(answer: httpx.Response, status: int = 200) -> None:
    assert "<script>alert" not in answer.text
    for tag, attributes in elements(answer, status):
        assert (tag, attributes.get("src")) != ("img", "x")
        assert not {"onerror", "onmouseover"} & {*attributes}


@pytest.mark.parametrize("path", hostile_pages())
def test_markup_in_the_data_is_text_on_every_page(attacked: httpx.Client, path: str) -> None:
    assert_harmless(attacked.get(path))


@pytest.mark.parametrize("table", TABLES)
def test_markup_in_the_data_is_text_on_the_page_of_every_row(
    attacked: httpx.Client, table: str
) -> None:
    keys = {"claims": ("account", "key"), "history": ("id", "from_position"), "log": ("position",)}
    found = rows(attacked, table=table)

    assert found
    for number, row in enumerate(found, 1):
        values = [str(row.get(key, number)) for key in keys.get(table, ("id",))]
        path = ",".join(tilde_encode(value) for value in values)
        assert_harmless(attacked.get(f"/timeline/{table}/{path}"))


def test_markup_is_text_on_the_page_of_what_is_not_there(attacked: httpx.Client) -> None:
    for path in ("/timeline/events/e-e", "/timeline/places/pp", f"/timeline/events/{EVIL_ID}"):
        assert_harmless(attacked.get(path), 404)


@pytest.mark.parametrize("query", ["_front", "_place", "_within", "_sort", "_facet", "_through"])
def test_markup_in_the_address_is_text_in_the_answer(attacked: httpx.Client, query: str) -> None:
    answer = attacked.get("/timeline/events", params={query: f"x{hostile.TEXT}"})

    # Datasette 1.0 takes a facet of that name for a text, and counts it.
    assert answer.status_code == 400 or query == "_facet"
    assert hostile.ALERT not in answer.text
    assert "<img src=x" not in answer.text


def test_the_home_page_counts_what_the_tables_hold(chronicle: httpx.Client) -> None:
    text = " ".join(chronicle.get("/").text.split())

    for table in ("events", "accounts", "sources", "places", "formations", "people"):
        count = len(rows(chronicle, table=table))
        assert f'<a href="/timeline/{table}"><b>{count:,}</b> {table}</a>' in text


def test_the_home_page_has_each_day_of_the_window(chronicle: httpx.Client) -> None:
    bar = r'data-day="([\d-]+)" aria-label="[^"]*: ([\d.]+) certain'
    found = re.findall(bar, chronicle.get("/").text)
    cores = [parse(str(row["date"])).core for row in rows(chronicle)]

    days = [Day(number_of(date.fromisoformat(day))) for day, _ in found]
    assert (str(days[0]), str(days[-1]), len(days)) == ("1944-09-01", "1944-11-30", 91)
    for day, (_, certain) in zip(days, found, strict=True):
        assert float(certain) == sum(1 for core in cores if core and core[0] <= day <= core[1])


def test_what_is_expected_on_no_certain_day_is_spread_over_all(chronicle: httpx.Client) -> None:
    labels = re.findall(r"certain, probably ([^\"]*) more", chronicle.get("/").text)
    bounds = [[int(bound) for bound in label.split(" or ")] for label in labels]
    moments = [date for row in rows(chronicle) if not (date := parse(str(row["date"]))).lasts]

    # One event is one in all, save for days beyond the window and rounding.
    spread = sum(1 for moment in moments if not moment.core)
    assert sum(bound[0] for bound in bounds) < spread < sum(bound[-1] for bound in bounds)
    assert sum(sum(bound) / len(bound) for bound in bounds) == pytest.approx(spread, abs=12)


def test_the_home_page_leads_to_pages_that_are_there(chronicle: httpx.Client) -> None:
    addresses = sorted(links(chronicle.get("/")))
    days = [address for address in addresses if "_within" in address]
    kinds: dict[str, list[str]] = {}
    for address in addresses:
        kinds.setdefault(re.sub(r"[^/]*$|=.*", "", address), []).append(address)
    # Two of each kind: the others have the same form.
    for kind in kinds.values():
        for address in kind[:2]:
            assert chronicle.get(address).status_code == 200, address
    assert len(addresses) > len(days) == 91


def test_a_list_leads_to_its_events_and_exports(chronicle: httpx.Client) -> None:
    page = chronicle.get("/timeline/events?_place=Belgrade&_size=20")

    events = {a for a in links(page) if re.fullmatch(r"/timeline/events/[a-z0-9-]+", a)}
    assert len(events) == 20
    assert "/timeline/events.csv?_place=Belgrade&amp;_size=20" in page.text
    for address in {*sorted(events)[:3]} | {a for a in links(page) if ".csv" in a or ".json" in a}:
        assert chronicle.get(address).status_code == 200


def test_a_list_pages_through_all_its_events(chronicle: httpx.Client) -> None:
    found: list[str] = []
    address: str | None = "/timeline/events?_size=100"
    while address:
        page = chronicle.get(address)
        found += re.findall(r'class="title"><a href="/timeline/events/([a-z0-9-]+)"', page.text)
        after = re.search(r'class="next"><a href="([^"]+)"', page.text)
        address = unescape(after[1]) if after else None

    assert len(found) == len({*found})
    assert {*found} == ids(chronicle)


@pytest.mark.parametrize("query", ["", "_search=Nis", "_place=Belgrade&kind=battle"])
def test_the_form_of_a_list_can_be_sent_with_empty_fields(
    chronicle: httpx.Client, query: str
) -> None:
    page = chronicle.get(f"/timeline/events?{query}")
    fields = [a for tag, a in elements(page) if tag == "input" and "name" in a]

    answer = chronicle.get(
        "/timeline/events", params=[(field["name"], field.get("value", "")) for field in fields]
    )

    assert {"_search", "_within", "_certain"} <= {field["name"] for field in fields}
    assert answer.status_code == 200
    assert re.findall("<h1>.*</h1>", answer.text) == re.findall("<h1>.*</h1>", page.text)


def test_cells_show_names_as_links_and_never_raw_json(chronicle: httpx.Client) -> None:
    for address in ("events", "places", "sources", "people", "formations", "accounts"):
        page = chronicle.get(f"/timeline/{address}?_size=max").text
        assert "[&#34;" not in page
        assert "{&#34;" not in page
    listed = links(chronicle.get("/timeline/events?_place=belgrade"))
    assert "/timeline/events?_place=Belgrade" in listed
    assert any("formations__arraycontains=" in address for address in listed)


def test_an_event_page_shows_its_accounts_locators_and_dispute(chronicle: httpx.Client) -> None:
    text = chronicle.get("/timeline/events/schneckenburger-killed").text
    event = chronicle.get("/timeline/events/schneckenburger-killed.json").json()

    assert text.count('<section class="account') == len(event["accounts"]) >= 2
    assert "The sources disagree about the date." in text
    for shown in ("¶43", "¶55", "13 or 14 October 1944", "Belgrade", "Revisions", "Cite this"):
        assert shown in text


def test_every_event_has_a_page_that_works(chronicle: httpx.Client) -> None:
    for name in sorted(map(str, ids(chronicle)))[::12]:
        assert "What the sources say" in chronicle.get(f"/timeline/events/{name}").text


@pytest.mark.parametrize("path", [*PAGES, *(f"/timeline/{table}" for table in TABLES)])
def test_a_page_loads_nothing_from_elsewhere(chronicle: httpx.Client, path: str) -> None:
    addresses = loaded(chronicle.get(path))

    assert addresses
    for address in addresses:
        assert urlsplit(address).netloc in ("", chronicle.base_url.netloc.decode())
        fetched = chronicle.get(address)
        assert fetched.status_code == 200
        assert not re.search(r"url\(['\"]?(https?:)?//|@import", fetched.text), address


def test_a_chronology_without_events_has_its_pages_too(tmp_path: Path) -> None:
    start = "".join(START.partition("- {place: serbia")[:1])
    with in_process(publish(tmp_path / "empty", {"0001-start.yml": start})) as client:
        for path in ("/", "/timeline/events", "/timeline/events?_within=1944-10"):
            assert client.get(path).status_code == 200
        assert rows(client) == []
        assert len(client.get("/timeline/events.csv").content.splitlines()) == 1


def test_a_stream_of_a_table_has_every_row_once(chronicle: httpx.Client) -> None:
    text = chronicle.get("/timeline/accounts.csv?_stream=on").text
    ids = [row["id"] for row in csv.DictReader(io.StringIO(text, newline=""))]
    with closing(sqlite3.connect(ROOT / "timeline.db")) as db:
        (count,) = db.execute("SELECT count(*) FROM accounts").fetchone()

    assert len(ids) == len(set(ids)) == count
