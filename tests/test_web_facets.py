"""Facets over HTTP: counts by front, army, place, month and kind, exact on every page."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from conftest import Timeline
from datasette.app import Datasette
from datasette.database import QueryInterrupted
from in_process import CONFIGURATION
from server import ids, rows

from chronology.index.selection import SqlSelection
from chronology.web.datasette_compat import PLUGIN
from chronology.web.query import facets as facets_of_events
from chronology.web.query import sql_rewrite

ARRAYS = ("fronts", "armies", "places", "months", "sources")
ASKED = "&".join([*(f"_facet_array={column}" for column in ARRAYS), "_facet=kind"])
QUERIES = (
    "",
    "_front=f3",
    "_front=f2&_front=f3",
    "_army=57th+Army&kind=capture",
    "_place=Serbia",
    "_place=serbia&_within=1944-10-14/1944-10-20",
    "_certain=1944-10",
    "_search=Nis",
    "_search=Nis&_front=f3&_within=[1944-10-03,1944-11-03]",
    "fronts__arraycontains=3rd+Ukrainian+Front&earliest__gte=1944-10-10",
    "places__arraynotcontains=Belgrade",
    "id=event-3",
    "id=nothing",
)


def facets(client: httpx.Client, query: str, table: str = "events") -> dict[str, dict[str, Any]]:
    """The facets of an answer by name, on either line of Datasette."""
    answer = client.get(f"/timeline/{table}.json?_extra=facet_results&{query}")
    assert answer.status_code == 200, answer.text
    found = answer.json()["facet_results"]
    return dict(found.get("results", found))


def counts(facet: dict[str, Any]) -> dict[str, int]:
    return {item["value"]: item["count"] for item in facet["results"]}


def counted(events: list[dict[str, Any]], column: str) -> Counter[str]:
    """The same by hand, over all rows."""
    if column == "kind":
        return Counter(event["kind"] for event in events)
    return Counter(value for event in events for value in json.loads(event[column]))


@pytest.mark.parametrize("query", QUERIES)
def test_counts_are_exact_under_any_filter(server: httpx.Client, query: str) -> None:
    events = rows(server, query)

    found = facets(server, f"{ASKED}&{query}")

    for column in (*ARRAYS, "kind"):
        assert counts(found[column]) == counted(events, column), column


@pytest.mark.parametrize("query", ["", "_front=f3", "_search=event&_sort_desc=title"])
def test_counts_are_the_same_on_every_page(server: httpx.Client, query: str) -> None:
    first = server.get(f"/timeline/events.json?_shape=objects&_size=50&{query}").json()
    cursor = dict(parse_qsl(urlsplit(first["next_url"]).query))["_next"]

    one, two = (facets(server, f"{ASKED}&{query}{more}") for more in ("", f"&_next={cursor}"))

    assert {c: counts(one[c]) for c in ARRAYS} == {c: counts(two[c]) for c in ARRAYS}
    assert counts(one["kind"]) == counts(two["kind"])


@pytest.mark.parametrize("column", [*ARRAYS, "kind"])
def test_a_toggle_address_selects_what_it_counts_from_page_one(
    server: httpx.Client, column: str
) -> None:
    query = f"{ASKED}&_army=57th+Army&_size=max&_next=1944-10-01%2Cevent-1"
    for item in facets(server, query)[column]["results"][:4]:
        given = urlsplit(item["toggle_url"]).query

        assert "_next" not in dict(parse_qsl(given))
        assert "_army=57th+Army" in given
        assert not item["selected"]
        assert len(rows(server, given)) == item["count"]


@pytest.mark.parametrize(
    "chosen",
    ["fronts__arraycontains=3rd+Ukrainian+Front", "places__arraycontains=Ni%C5%A1", "kind=death"],
)
def test_a_chosen_value_is_selected_and_its_toggle_takes_it_away(
    server: httpx.Client, chosen: str
) -> None:
    column = chosen.partition("=")[0].partition("__")[0]
    found = facets(server, f"{ASKED}&{chosen}&_army=a57")[column]["results"]

    (selected,) = (item for item in found if item["selected"])
    kept = parse_qsl(urlsplit(selected["toggle_url"]).query)
    assert selected["value"] == parse_qsl(chosen)[0][1]
    assert kept == parse_qsl(f"_extra=facet_results&{ASKED}&_army=a57")


def test_months_stand_in_order_of_time_and_the_others_by_count(server: httpx.Client) -> None:
    found = facets(server, ASKED)

    assert list(counts(found["months"])) == ["1944-09", "1944-10", "1944-11"]
    assert [*counts(found["places"]).values()] == sorted(counts(found["places"]).values())[::-1]


def test_a_facet_of_the_metadata_and_of_the_address_is_one_facet(server: httpx.Client) -> None:
    assert [name for name in facets(server, ASKED) if name.endswith("_2")] == []


def test_the_size_of_a_facet_is_kept_and_said(server: httpx.Client) -> None:
    found = facets(server, "_facet_array=places&_facet_size=2")["places"]

    assert len(found["results"]) == 2
    assert found["truncated"]


def test_facets_of_other_columns_and_tables_are_those_of_datasette(server: httpx.Client) -> None:
    precisions = Counter(event["precision"] for event in rows(server))
    accounts = Counter(account["source"] for account in rows(server, table="accounts"))

    assert counts(facets(server, "_facet=precision")["precision"]) == precisions
    assert counts(facets(server, "_facet=source", "accounts")["source"]) == accounts
    assert facets(server, "_facet_array=names", "places")["names"]["type"] == "array"


def test_a_plain_facet_of_an_array_column_counts_whole_cells(server: httpx.Client) -> None:
    whole = Counter(event["fronts"] for event in rows(server, "_army=a57"))

    found = facets(server, "_facet=fronts&_army=a57")

    assert (
        counts(next(f for f in found.values() if f["type"] == "column" and f["name"] == "fronts"))
        == whole
    )


def test_the_page_shows_the_facets_with_their_counts(server: httpx.Client) -> None:
    page = server.get("/timeline/events?_place=serbia").text

    assert "By front" in page
    assert "By month" in page
    assert f">3rd Ukrainian Front</a> <span>{len(ids(server, '_place=serbia&_front=f3'))}<" in page


FILTERED = (
    "fronts__arraycontains=3rd+Ukrainian+Front&kind=capture",
    "_place=serbia&_within=1944-10",
    "_certain=1944-10&latest__gte=1944-10-01",
    "_search=taken",
    "title__contains=taken",
)


@pytest.mark.parametrize("query", FILTERED)
def test_filtered_pages_are_answered_from_the_index(
    timeline: Timeline, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    def refused(*_: Any) -> Any:
        raise AssertionError("asked of the tables")

    for name in ("count", "counts", "page"):
        monkeypatch.setattr(SqlSelection, name, refused)

    answer = asked(timeline.path, f"_facet_array=fronts&_sort=sort_key&{query}")
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("query", FILTERED)
def test_many_are_sorted_as_few_are_that_are_sorted_by_number(
    timeline: Timeline, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    few = asked(timeline.path, f"_sort=title&{query}").json()["rows"]
    monkeypatch.setattr(sql_rewrite, "MANY", -1)

    assert asked(timeline.path, f"_sort=title&{query}").json()["rows"] == few != []


def asked(
    path: Path, query: str, table: str = "events", limits: dict[str, int] | None = None
) -> Any:
    """The response of a Datasette in this process to a request for rows of a table."""

    async def ask() -> Any:
        metadata = {**searched(path), "plugins": {PLUGIN: {"limits": limits or {}}}}
        served = Datasette([str(path)], metadata=metadata)
        await served.invoke_startup()
        return await served.client.get(f"/{path.stem}/{table}.json?{query}")

    return asyncio.run(ask())


def searched(path: Path) -> dict[str, Any]:
    tables = {"events": {"fts_table": "events_fts", "fts_pk": "number"}}
    return {"databases": {path.stem: {"tables": tables}}}


def facet(timeline: Timeline, query: str, table: str = "events") -> Any:
    """The facet of kinds in the answer to a request."""
    answer = asked(timeline.path, f"_facet=kind&_extra=facet_results&{query}", table)
    assert answer.status_code == 200, answer.text
    found = answer.json()["facet_results"]
    return found.get("results", found)["kind"]


def test_a_facet_with_all_values_is_not_truncated(timeline: Timeline) -> None:
    assert len(facet(timeline, "")["results"]) == 1
    assert not facet(timeline, "")["truncated"]


def test_the_address_of_a_chosen_value_keeps_the_other_filters(timeline: Timeline) -> None:
    (chosen,) = facet(timeline, "kind=capture&_front=f3")["results"]
    query = dict(parse_qsl(urlsplit(chosen["toggle_url"]).query))
    assert query == {"_facet": "kind", "_extra": "facet_results", "_front": "f3"}


def test_the_facets_of_all_versions_count_versions(timeline: Timeline) -> None:
    timeline.batch("title", "- {correct: event/nis-taken, set: {title: Niš}, because: Short.}")
    (row,) = timeline.rows("SELECT count(*) AS n FROM history")
    assert row["n"] == 3
    assert counts(facet(timeline, "", "history")) == {"capture": 3}
    answer = asked(timeline.path, "_shape=objects&_size=max", "history")
    assert len(answer.json()["rows"]) == 3


def test_the_addresses_of_the_values_of_all_facets_have_a_limit_of_bytes(
    timeline: Timeline,
) -> None:
    """An address has 100 bytes and those of the query, which has the cursor of the first page."""
    titles = "".join(
        f"- {{event: e{n}, date: 1944-10-14, title: T{n}, kind: battle, places: [nis]}}\n"
        for n in range(30)
    )
    timeline.batch("titles", titles)
    query = "_facet=title&_extra=facet_results"

    def shown(**limits: int) -> Any:
        found = asked(timeline.path, query, limits=limits).json()["facet_results"]
        return found.get("results", found)

    address = 100 + len(f"{query}&_next=%24null%2C")
    bound = 20 * address * len(shown()) - 1

    assert len(shown()["title"]["results"]) == 30
    assert len(shown(facet_links_bytes=bound)["title"]["results"]) == 19
    assert len(shown(facet_links_bytes=1)["title"]["results"]) == 10


@pytest.mark.parametrize(
    ("query", "count"),
    [("date=1944-10-14", 1), ("title__contains=1944-10-14", 0), ("date__startswith=1944-10", 2)],
)
def test_a_date_is_a_text_in_columns_that_are_not_days(
    timeline: Timeline, query: str, count: int
) -> None:
    answer = asked(timeline.path, f"_shape=objects&{query}")
    assert len(answer.json()["rows"]) == count


def test_all_versions_are_counted(timeline: Timeline) -> None:
    timeline.batch("title", "- {correct: event/nis-taken, set: {title: Niš}, because: Short.}")
    answer = asked(timeline.path, "_extra=count", "history").json()
    assert answer.get("count", answer.get("filtered_table_rows_count")) == 3


def test_only_columns_with_arrays_are_filtered_as_arrays(timeline: Timeline) -> None:
    assert asked(timeline.path, "places__arraycontains=Belgrade").status_code == 200
    assert asked(timeline.path, "title__arraycontains=Belgrade").status_code == 400


def test_a_facet_that_takes_too_long_is_named(
    timeline: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def interrupted(*_: Any) -> Any:
        raise QueryInterrupted("interrupted", "select", {})

    monkeypatch.setattr(facets_of_events, "run", interrupted)

    async def page() -> str:
        served = Datasette([str(timeline.path)])
        await served.invoke_startup()
        return str((await served.client.get(f"/{timeline.path.stem}/events?_facet=kind")).text)

    (columns,) = re.findall("Not counted because of the time limit: (.*)</p>", asyncio.run(page()))
    assert "kind" in columns


def test_a_filter_by_open_tables_is_allowed_beside_a_closed_one(timeline: Timeline) -> None:
    tables = {"places": {"allow": False}}
    given = {"databases": {timeline.path.stem: {"tables": tables}}}

    async def statuses() -> list[int]:
        served = Datasette([str(timeline.path)], **{CONFIGURATION: given})
        await served.invoke_startup()
        address = f"/{timeline.path.stem}/events.json?"
        return [
            (await served.client.get(address + query)).status_code
            for query in ("_within=1944", "_place=nis")
        ]

    assert asyncio.run(statuses()) == [200, 403]
