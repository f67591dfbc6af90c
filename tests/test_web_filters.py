"""The own parameters and Datasette's own, over HTTP: which events they select."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from server import ids, rows

from chronology.model.days import Day
from chronology.model.edtf import Span, parse


@pytest.fixture(scope="module")
def every(server: httpx.Client) -> list[dict[str, Any]]:
    """All events, their arrays parsed."""
    arrays = ("fronts", "armies", "places", "formations", "months")
    return [{**row, **{a: json.loads(str(row[a])) for a in arrays}} for row in rows(server)]


SERBIA = {"Serbia", "Niš", "Belgrade", "New Belgrade"}


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("_front=3rd+Ukrainian+Front", lambda e: "3rd Ukrainian Front" in e["fronts"]),
        ("_front=f3", lambda e: "3rd Ukrainian Front" in e["fronts"]),
        ("_army=57th+Army", lambda e: "57th Army" in e["armies"]),
        ("_army=a46", lambda e: "46th Army" in e["armies"]),
        ("_place=Ni%C5%A1", lambda e: "Niš" in e["places"]),
        ("_place=nis", lambda e: "Niš" in e["places"]),
        ("_place=belgrade", lambda e: {"Belgrade", "New Belgrade"} & {*e["places"]}),
        ("_place=Serbia", lambda e: SERBIA & {*e["places"]}),
        ("_front=f2&_front=f3", lambda e: len(e["fronts"]) == 2),
        ("_place=nis&_place=skopje", lambda e: {*e["places"]} == {"Niš", "Skopje"}),
        ("_army=a57&kind=battle", lambda e: "57th Army" in e["armies"] and e["kind"] == "battle"),
        ("_army=&_within=&_search=", bool),
        ("places__arraycontains=Belgrade", lambda e: "Belgrade" in e["places"]),
        ("earliest__gte=1944-10-14", lambda e: (e["earliest"] or "") >= "1944-10-14"),
        ("latest__isnull=1", lambda e: e["latest"] is None),
        ("kind__in=capture,death", lambda e: e["kind"] in ("capture", "death")),
    ],
)
def test_a_filter_selects_exactly_the_events_that_hold_it(
    server: httpx.Client, every: list[dict[str, Any]], query: str, holds: Any
) -> None:
    expected = {event["id"] for event in every if holds(event)}

    assert expected
    assert ids(server, query) == expected


RANGES = (
    "1944-10-14/1944-10-20",
    "1944-10",
    "1944-10-14",
    "[1944-10-03,1944-11-03]",
    "../1944-10-05",
    "[1944-11-20..]",
    "1944-10-1X",
    "1944-10~",
)


@pytest.mark.parametrize("text", RANGES)
def test_within_selects_what_possibly_falls_on_one_of_the_days(
    server: httpx.Client, every: list[dict[str, Any]], text: str
) -> None:
    wanted = parse(text)
    expected = {e["id"] for e in every if parse(e["date"]).overlaps(wanted)}

    assert 0 < len(expected) < len(every)
    assert ids(server, urlencode({"_within": text})) == expected


@pytest.mark.parametrize("text", RANGES)
def test_certain_selects_what_falls_within_whatever_its_day(
    server: httpx.Client, every: list[dict[str, Any]], text: str
) -> None:
    def holds(span: Span, low: Day, high: Day) -> bool:
        return (span[0] or low) <= low and high <= (span[1] or high)

    def contained(event: dict[str, Any]) -> bool:
        return all(
            low and high and any(holds(span, low, high) for span in spans)
            for low, high in parse(event["date"]).spans
        )

    spans = parse(text).spans
    expected = {event["id"] for event in every if contained(event)}

    assert 0 < len(expected) < len(every)
    assert ids(server, urlencode({"_certain": text})) == expected


@pytest.mark.parametrize("parameter", ["_within", "_certain"])
def test_the_slash_of_a_range_may_be_raw_or_encoded(server: httpx.Client, parameter: str) -> None:
    raw = ids(server, f"{parameter}=1944-10-14/1944-10-20")

    assert raw
    assert raw == ids(server, f"{parameter}=1944-10-14%2F1944-10-20")


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("_within=14.10.1944", "'14.10.1944' is not a date"),
        ("_certain=1944-10-14/x", "_certain: '1944-10-14/x' is not a date"),
        ("_within=1944-13-01", "month 13 does not exist"),
        ("_within=1944-10&_within=x", "'x' is not a date"),
        ("_front=Nobody", "is not a front. Fronts: 2nd Ukrainian Front, 3rd Ukrainian Front"),
        ("_army=f3", "is not an army. Armies: 46th Army, 57th Army"),
        ("_place=Nowhere", "'Nowhere' is not a place"),
        ("_front=<b>x</b>", "is not a front. Fronts: 2nd"),
    ],
)
@pytest.mark.parametrize("page", ["events", "events.json", "events.csv"])
def test_an_unknown_name_or_a_malformed_value_is_a_400_that_says_why(
    server: httpx.Client, page: str, query: str, why: str
) -> None:
    answer = server.get(f"/timeline/{page}?{query}")

    assert answer.status_code == 400
    said = answer.json()["error"] if page == "events.json" else answer.text
    assert why in said.replace("&#39;", "'")
    assert "<b>x</b>" not in answer.text or "html" not in answer.headers["content-type"]


@pytest.mark.parametrize("search", ["Nis", "niš", "NIS", "Dorde", "Đorđe", "Beograd", "Passage+7"])
def test_search_finds_whatever_the_diacritics(server: httpx.Client, search: str) -> None:
    assert ids(server, f"_search={search}")


def test_search_ignores_diacritics_both_ways(server: httpx.Client) -> None:
    assert ids(server, "_search=Nis") == ids(server, "places__arraycontains=Niš")
    assert ids(server, "_search=Niš") == ids(server, "_search=nis")


@pytest.mark.parametrize("search", ["%22", "AND", "*", "NEAR(", "=1", "a-b", "(", "%00"])
def test_no_search_is_a_failure_of_the_server(server: httpx.Client, search: str) -> None:
    for page in ("events", "events.json", "events.csv"):
        assert server.get(f"/timeline/{page}?_search={search}").status_code in (200, 400)


def test_what_the_page_says_names_the_filters(server: httpx.Client) -> None:
    page = server.get("/timeline/events?_front=f3&_place=belgrade&_within=1944-10").text

    for said in (
        "front is 3rd Ukrainian Front",
        "place is in Belgrade",
        "date could be in October 1944",
    ):
        assert said in page


BAD = (
    "/timeline/events{}?_through=x",
    "/timeline/events{}?_through=[]",
    "/timeline/events{}?_timelimit=x",
    "/timeline/events{}?id__in=[",
    "/timeline/events{}?id__in=[[1]]",
    "/timeline/events{}?%00=1",
    "/timeline/events{}?_sort=nope",
    "/timeline/events{}?_sort=id&_sort_desc=id",
    "/timeline/events{}?_facet=nope",
    "/timeline/events{}?_facet_array=title",
    "/timeline/events{}?_facet_array={{",
    "/timeline/events{}?_facet={{}}",
    "/timeline/places{}?_sort=nope",
    "/timeline/places{}?_facet=nope",
    "/timeline/events.csv?_sort=nope",
    "/timeline/events.csv?_sort=id&_sort_desc=id",
    "/timeline/events.csv?_col=nope",
    "/timeline/events.csv?_nocol=nope",
    "/timeline/events.csv?id__in=[",
    "/timeline/events.csv?%00=1",
)


@pytest.mark.parametrize(
    "path", dict.fromkeys(p.format(form) for p in BAD for form in ("", ".json"))
)
def test_a_wrong_standard_parameter_is_a_400_that_says_why(server: httpx.Client, path: str) -> None:
    answer = server.get(path)

    assert answer.status_code == 400
    if ".json" in path:
        assert len(answer.json()["error"]) > 10


@pytest.mark.parametrize(
    "path",
    [
        "/timeline.csv",
        "/timeline/nope",
        "/timeline/nope.json",
        "/nope",
        "/nope/events.csv",
        "/nope/events/x.json",
        "/_memory/events.csv",
        "/timeline/events/nope",
        "/timeline/events/nope.json",
        "/timeline/events/nope.csv",
        "/timeline/events/event~2D99999",
    ],
)
def test_what_is_not_there_is_a_404(server: httpx.Client, path: str) -> None:
    answer = server.get(path)

    assert answer.status_code == 404
    if path.endswith(".json"):
        assert answer.json()["error"]


def test_sql_of_the_visitor_is_refused(server: httpx.Client) -> None:
    assert server.get("/timeline/events.json?_where=1=1").status_code == 403
    assert server.get("/timeline/events.csv?_where=1=1").status_code == 403
    response = server.get("/timeline.json?sql=select+1", follow_redirects=True)
    assert response.status_code == 403


@pytest.mark.parametrize(
    ("table", "query"),
    [
        ("events", ""),
        ("events", "_search=Nis"),
        ("events", "_sort=kind"),
        ("events", "_sort=latest"),
        ("events", "_sort_desc=latest"),
        ("events", "_sort_desc=position&_front=f3"),
        ("accounts", "_sort=source"),
        ("accounts", "_sort_desc=source"),
        ("history", ""),
        ("log", "_sort=batch"),
    ],
)
def test_page_after_page_gives_every_row_once(server: httpx.Client, table: str, query: str) -> None:
    expected = {repr(row) for row in rows(server, query.replace("_sort", "_x"), table)}

    found = [repr(row) for row in rows(server, f"{query}&_size=90", table)]

    assert len(found) == len({*found})
    assert {*found} == expected


def _in_order(events: list[dict[str, Any]], column: str, descending: bool) -> list[str]:
    """The ids as SQLite orders them: without a value first, and last when descending; by id."""

    def value(event: dict[str, Any]) -> Any:
        return (event[column] is not None, event[column] if event[column] is not None else "")

    by_id = sorted(events, key=lambda event: event["id"])
    return [event["id"] for event in sorted(by_id, key=value, reverse=descending)]


@pytest.mark.parametrize(
    "order", ["_sort=title", "_sort_desc=title", "_sort=time", "_sort_desc=accounts"]
)
@pytest.mark.parametrize(
    "query",
    [
        "fronts__arraycontains=3rd+Ukrainian+Front",
        "places__arraynotcontains=Belgrade&kind=battle",
        "_within=1944-10&_search=Nis",
        "latest__isnull=1",
        "id__not=nope&accounts__gt=0",
    ],
)
def test_what_is_chosen_comes_in_any_order(server: httpx.Client, query: str, order: str) -> None:
    chosen = ids(server, query)
    direction, _, column = order.partition("=")
    events = [event for event in rows(server) if event["id"] in chosen]

    found = [row["id"] for row in rows(server, f"{query}&{order}&_size=37")]

    assert found
    assert found == _in_order(events, column, descending=direction == "_sort_desc")


def test_a_page_has_its_size_and_order(server: httpx.Client) -> None:
    first = server.get("/timeline/events.json?_shape=objects&_size=7&_sort_desc=title").json()
    second = server.get(first["next_url"]).json()

    titles = [row["title"] for row in first["rows"] + second["rows"]]
    assert titles == sorted((str(r["title"]) for r in rows(server)), reverse=True)[:14]


def test_the_default_order_is_by_time(every: list[dict[str, Any]]) -> None:
    keys = [(event["sort_key"], event["id"]) for event in every]

    assert keys == sorted(keys)


def test_json_parses_an_array_column(server: httpx.Client) -> None:
    row = server.get("/timeline/events.json?_shape=array&_front=f3&_json=fronts").json()[0]

    assert "3rd Ukrainian Front" in row["fronts"]
    assert isinstance(row["armies"], str)


def test_columns_can_be_left_out(server: httpx.Client) -> None:
    (row,) = server.get("/timeline/events.json?_shape=array&_col=title&id=event-3").json()

    assert row == {"id": "event-3", "title": "Đorđe, event “3”, comes to pass"}
