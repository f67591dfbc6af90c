"""The home page without scripts, and the data for its scripts."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from conftest import Timeline
from datasette.app import Datasette
from home_page import POINTS, QUERIES, Page, page, points
from in_process import CONFIGURATION
from server import ids, rows

from chronology.model.edtf import parse
from chronology.web.pages import period
from chronology.web.query import as_of


@pytest.mark.parametrize("query", QUERIES)
def test_the_page_and_its_data_select_what_the_list_of_events_selects(
    server: httpx.Client, query: str
) -> None:
    expected = ids(server, query)
    assert int(page(server, query).text("total").replace(",", "")) == len(expected)
    assert {event["id"] for event in points(server, query)} == expected


def test_the_data_of_an_event_is_that_of_its_row(server: httpx.Client) -> None:
    found = {event["id"]: event for event in points(server)}
    for row in rows(server):
        event, day = found[str(row["id"])], parse(str(row["date"]))
        for column in ("title", "kind", "status", "latitude", "longitude"):
            assert event[column] == row[column]
        for column in ("fronts", "armies", "disputed"):
            assert event[column] == json.loads(str(row[column]))
        for column in ("places", "formations"):
            names = [n[0] if column == "formations" else n["name"] for n in event[column]]
            assert names == json.loads(str(row[column]))
        drawn = event["date"]
        assert (drawn["edtf"], drawn["words"]) == (row["date"], day.in_words())
        assert (drawn["earliest"], drawn["latest"]) == (row["earliest"], row["latest"])
        assert drawn["core"] == ([str(d) for d in day.core] if day.core else None)


def test_the_data_has_the_level_and_side_of_formations(server: httpx.Client) -> None:
    found = server.get(POINTS).json()["names"]["formations"]
    assert ["68th Rifle Corps", "corps", "soviet"] in found


def test_the_data_has_the_other_names_of_places(chronicle: httpx.Client) -> None:
    places = {p["name"]: p["names"] for p in chronicle.get(POINTS).json()["names"]["places"]}
    assert ["Stari Bečej", "period"] in places["Bečej"]


def test_the_data_is_requested_once_for_each_state_of_the_log(server: httpx.Client) -> None:
    answer = server.get(POINTS)
    head = answer.json()["head"]
    assert f"{head['position']}:{head['digest']}" in answer.headers["etag"]
    again = server.get(POINTS, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = server.get(POINTS, headers={"if-none-match": '"other"'})
    assert other.status_code == 200


@pytest.mark.parametrize("refusing", ["identity", "gzip;q=0"])
def test_the_data_is_compressed_for_those_who_can_read_it(
    server: httpx.Client, refusing: str
) -> None:
    assert server.get(POINTS).headers["content-encoding"] == "gzip"
    plain = server.get(POINTS, headers={"accept-encoding": refusing})
    assert "content-encoding" not in plain.headers
    assert plain.json() == server.get(POINTS).json()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("_front=Nobody", "Nobody"),
        ("_within=14.10.1944", "_within"),
        ("_day=14.10.1944", "_within"),
        ("_as_of=99999999", "_as_of"),
        ("_as_of=", "_as_of"),
    ],
)
@pytest.mark.parametrize("path", ["/", POINTS])
def test_a_wrong_filter_is_reported(
    server: httpx.Client, path: str, query: str, message: str
) -> None:
    answer = server.get(f"{path}?{query}")
    assert answer.status_code == 400
    assert message in answer.text


def test_a_wrong_choice_of_lanes_is_reported(server: httpx.Client) -> None:
    assert server.get("/?_lane=nothing").status_code == 400
    chosen = page(server, "_lane=army").having("data-column", "armies")
    assert "selected" in chosen[0]


def test_empty_fields_of_the_form_filter_nothing(server: httpx.Client) -> None:
    empty = "kind=&_front=&_place=&_within=&_search=&sources__arraycontains=&_lane="
    assert page(server, empty).text("total") == page(server).text("total")
    assert len(points(server, empty)) == len(points(server))


MOMENT = "_as_of=674"


def states(client: httpx.Client, query: str = "") -> list[dict[str, Any]]:
    """The events of then, as their own list has them."""
    return rows(client, f"{query}&{MOMENT}&_sort=sort_key", "history")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "_front=3rd+Ukrainian+Front",
        "_army=57th+Army&kind=capture",
        "_place=Serbia",
        "_within=1944-10-14/1944-10-20",
        "_search=Belgrade",
    ],
)
def test_an_earlier_state_is_explored_like_the_newest(chronicle: httpx.Client, query: str) -> None:
    then = f"{query}&{MOMENT}"
    expected = {row["id"] for row in states(chronicle, query)}
    found = page(chronicle, then)
    assert expected
    assert int(found.text("total").replace(",", "")) == len(expected)
    assert {event["id"] for event in points(chronicle, then)} == expected
    assert expected != ids(chronicle, query)
    links = [a["href"] or "" for a in found.having("data-day")]
    assert all("_as_of=674" in link for link in links)


def test_an_earlier_state_has_the_figures_names_and_citation_of_then(
    chronicle: httpx.Client,
) -> None:
    answer = chronicle.get(f"/?{MOMENT}")
    found = Page(answer.text)
    events = states(chronicle)
    figures = [int(t.replace(",", "")) for tag, _, t in found.elements if tag == "b" and t][:2]
    assert figures == [len(events), sum(int(str(row["accounts"])) for row in events)]
    fronts = {name for row in events for name in json.loads(str(row["fronts"]))}
    options = re.search(r'<select name="_front">(.*?)</select>', answer.text, re.DOTALL)
    assert options
    counted = dict(re.findall(r'<option value="([^"]+)">[^<]*\((\d+)\)', options[1]))
    assert set(counted) == fronts
    assert "up to position 674" in answer.text
    assert 'href="/">Show the current version' in answer.text
    assert "_as_of=674" in answer.text.partition('class="cite"')[2]


def test_an_earlier_state_does_not_change(chronicle: httpx.Client) -> None:
    head = chronicle.get(POINTS).json()["head"]["position"]
    now, then = points(chronicle), points(chronicle, f"_as_of={head}")
    assert {event["id"] for event in now} == {event["id"] for event in then}
    assert page(chronicle, f"_as_of={head}").text("total") == page(chronicle).text("total")


def test_a_day_with_many_events_counts_those_that_it_leaves_out(server: httpx.Client) -> None:
    text = server.get("/?_within=1944-10-14").text
    expected = len(ids(server, "_within=1944-10-14"))
    article = text.partition('<article class="reading">')[2].partition("</article>")[0]
    shown = article.count("<li data-event=")
    assert shown == period.READ < expected
    assert f"{expected - shown} more in the list of events" in article
    numbers = re.findall(r'<h3>[^<]*<span class="note">([\d,]+)', article)
    assert sum(int(number.replace(",", "")) for number in numbers) == expected


# One state -----------------------------------------------------------------------------------


def twice(timeline: Timeline, path: str, between: Callable[[], Any]) -> list[Any]:
    """Two answers in one process, with something done between them."""

    async def ask() -> list[Any]:
        # Visitors' own SQL needs the permission of the operator.
        allowed = {"databases": {timeline.path.stem: {"allow_sql": True}}}
        served = Datasette(
            [str(timeline.path)],
            settings={"sql_time_limit_ms": 200},
            **{CONFIGURATION: allowed},
        )
        await served.invoke_startup()
        first = await served.client.get(path)
        between()
        return [first, await served.client.get(path)]

    return asyncio.run(ask())


def battle(name: str) -> str:
    return f"""- event: {name}
  date: 1944-10-14
  title: A battle
  kind: battle
  accounts: [{{source: one, at: {name}}}]
"""


@pytest.mark.parametrize("path", ["/", POINTS])
def test_an_answer_to_the_visitors_own_sql_is_not_kept(timeline: Timeline, path: str) -> None:
    timeline.batch("many", "".join(battle(f"battle-{number}") for number in range(40)))
    address = f"{path}?_where=abs(random())+%25+2"
    first, second = twice(timeline, address, lambda: None)

    assert first.status_code == second.status_code == 200
    assert first.text != second.text
    assert "etag" not in first.headers


@pytest.mark.parametrize("path", ["/", POINTS, "/-/chronology/disagreements"])
def test_a_filter_that_takes_too_long_is_refused(timeline: Timeline, path: str) -> None:
    count = "with recursive n(i) as (select 1 union all select i + 1 from n limit 20000000)"
    claims = "claims: {tanks: 5}}, {source: two, at: x, claims: {tanks: 9}}"
    timeline.batch("disputed", battle("disputed").replace("}]", f", {claims}]"))
    slow = quote(f"({count} select count(*) from n) > 0")
    answer, _ = twice(timeline, f"{path}?_where={slow}", lambda: None)

    assert answer.status_code == 400
    assert "they take too long" in answer.text


@pytest.mark.parametrize(
    ("path", "message"),
    [("/", r'class="total">(\d+)<.*_as_of=(\d+)'), (POINTS, r'"position":(\d+).*"total":(\d+)')],
)
def test_an_answer_is_of_one_state_whatever_is_written_meanwhile(
    timeline: Timeline, monkeypatch: pytest.MonkeyPatch, path: str, message: str
) -> None:
    """The head that it names has as many events as it counts."""
    (before,) = timeline.db.execute("SELECT max(position) FROM log").fetchone()

    timeline_at = as_of.timeline_at

    def then_another(request: Any, db: sqlite3.Connection) -> Any:
        found = timeline_at(request, db)
        writer = Timeline(timeline.path)
        writer.db.execute("PRAGMA busy_timeout = 0")
        with closing(writer.db), suppress(sqlite3.OperationalError):
            writer.batch("meanwhile", battle("meanwhile"))
        return found

    monkeypatch.setattr(as_of, "timeline_at", then_another)
    answer, _ = twice(timeline, path, monkeypatch.undo)

    found = re.search(message, answer.text, re.DOTALL)
    assert found
    assert {int(number) for number in found.groups()} == {before, 2}


@pytest.mark.parametrize("path", ["/", POINTS])
def test_a_past_state_has_the_lanes_of_now(timeline: Timeline, path: str) -> None:
    (head,) = timeline.db.execute("SELECT max(position) FROM log").fetchone()
    fewer = """- correct: chronology/test
  because: Armies are left out.
  set: {dimensions: {fronts: front}}
"""
    first, second = twice(timeline, f"{path}?_as_of={head}", lambda: timeline.batch("fewer", fewer))

    assert "armies" in first.text
    assert second.status_code == 200
    assert "armies" not in second.text
    assert first.headers["etag"] != second.headers["etag"]
