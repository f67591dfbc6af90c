"""CSV of all events, and one event as JSON and CSV."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import many_events
import pytest
from conftest import Timeline
from datasette.app import Datasette
from in_process import CONFIGURATION
from server import ids, rows

from chronology.export import csv_stream


def read(client: httpx.Client, query: str = "") -> list[dict[str, str]]:
    """The export as Python's own reader of CSV sees it."""
    answer = client.get(f"/timeline/events.csv?{query}")
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def test_every_event_is_in_it_however_many(server: httpx.Client) -> None:
    exported = read(server)

    assert len(exported) == many_events.COUNT > 1_000
    assert {row["id"] for row in exported} == ids(server)


def test_its_pieces_come_in_order(timeline: Timeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_stream, "PIECE", 7)
    names = [f"event-{number:02}" for number in range(60)]
    events = [f"- {{event: {name}, date: 1944-11-30, title: T, kind: battle}}" for name in names]
    timeline.batch("many", "\n".join(events))

    async def ask() -> Any:
        served = Datasette([str(timeline.path)])
        await served.invoke_startup()
        return await served.client.get(f"/{timeline.path.stem}/events.csv?_col=id")

    found = [line.strip('"') for line in asyncio.run(ask()).text.split()]
    assert [name for name in found if name in names] == names


def test_it_gives_back_every_value_of_every_column(server: httpx.Client) -> None:
    expected = [
        {column: "" if value is None else str(value) for column, value in row.items()}
        for row in rows(server)
    ]

    # What would run in a spreadsheet has an apostrophe before it, checked below.
    exported = [{**row, "summary": row["summary"].removeprefix("'")} for row in read(server)]
    assert sorted(exported, key=lambda r: r["id"]) == sorted(expected, key=lambda r: r["id"])
    assert list(exported[0]) == list(expected[0])


@pytest.mark.parametrize(
    "query",
    ["_front=f3&_search=Nis", "_within=1944-10-14&kind__in=capture,death", "_place=serbia&_size=5"],
)
def test_it_holds_what_the_filters_select(server: httpx.Client, query: str) -> None:
    expected = ids(server, query.replace("&_size=5", ""))

    assert expected
    assert {row["id"] for row in read(server, query)} == expected


def test_it_ignores_the_cursor_of_the_page_it_is_linked_from(server: httpx.Client) -> None:
    assert len(read(server, "_next=1944-10-01%2Cevent-1")) == many_events.COUNT


@pytest.mark.parametrize("query", ["", "_sort=title", "_sort_desc=position", "_sort_desc=sort_key"])
def test_it_is_sorted_as_the_list_is(server: httpx.Client, query: str) -> None:
    column = query.partition("=")[2] or "sort_key"
    values = [row[column] for row in rows(server, query)]

    assert [row[column] for row in read(server, query)] == [str(value) for value in values]


def test_columns_are_chosen_and_left_out(server: httpx.Client) -> None:
    assert list(read(server, "_col=title&_col=id")[0]) == ["id", "title"]
    assert {*rows(server)[0]} - {*read(server, "_nocol=basis&_nocol=date")[0]} == {"basis", "date"}


def test_without_any_column_it_is_refused(server: httpx.Client) -> None:
    response = server.get("/timeline/events.csv?_col=id&_nocol=id")
    assert response.status_code == 400
    assert "`_col` and `_nocol` leave no column." in response.text


def test_it_is_what_spreadsheets_read(server: httpx.Client) -> None:
    answer = server.get("/timeline/events.csv?id__in=event-0,event-9&_col=title&_col=latitude")

    head, *lines = answer.content.removeprefix(b"\xef\xbb\xbf").split(b"\r\n")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "timeline-events.csv" in answer.headers["content-disposition"]
    assert head == b'"title","latitude"'
    assert lines[-1] == b""
    assert all(line.startswith('"Đorđe, event “'.encode()) for line in lines[:-1])


def test_what_a_spreadsheet_would_run_is_led_by_an_apostrophe(server: httpx.Client) -> None:
    exported = {row["id"]: row["summary"] for row in read(server)}

    for number, formula in enumerate(many_events.FORMULAS):
        assert exported[f"event-{number}"] == "'" + formula
    assert csv_stream.escape_formula("\t=1") == "'\t=1"
    assert csv_stream.escape_formula("\r=1") == "'\r=1"


def test_numbers_are_untouched_even_if_negative(server: httpx.Client) -> None:
    longitudes = {row["longitude"] for row in read(server, "places__arraycontains=Lisbon")}

    assert "-9.1393" in longitudes


def test_every_cell_of_a_column_is_of_its_type(server: httpx.Client) -> None:
    types: dict[str, Callable[[str], object]] = {
        **dict.fromkeys(("accounts", "version", "position"), int),
        **dict.fromkeys(("latitude", "longitude"), float),
        **dict.fromkeys(("earliest", "latest"), date.fromisoformat),
    }
    exported = read(server)

    for column, parse in types.items():
        assert [parse(row[column]) for row in exported if row[column]]
    assert sum(len(json.loads(row["places"])) for row in exported) > many_events.COUNT // 2


def test_one_event_has_all_its_fields(chronicle: httpx.Client) -> None:
    found: dict[str, Any] = chronicle.get("/timeline/events/schneckenburger-killed.json").json()

    assert found["event"]["date"] == "[1944-10-13,1944-10-14]"
    assert found["event"]["disputed"] == ["date"]
    assert {"1944-10-13", "1944-10-14"} <= {account["date"] for account in found["accounts"]}
    assert all(account["at"] and account["source_name"] for account in found["accounts"])
    assert "Belgrade" in [place["name"] for place in found["places"]]
    assert found["formations"][0]["superiors"]
    assert found["people"]
    assert found["history"][0]["action"] == "recorded"


def test_one_event_in_the_shape_of_a_list_is_its_row(server: httpx.Client) -> None:
    (row,) = server.get("/timeline/events/event-7.json?_shape=array").json()
    (listed,) = rows(server, "id=event-7")

    assert row["title"] == listed["title"]
    assert row["places"] == json.loads(str(listed["places"]))


def test_the_csv_of_one_event_holds_its_accounts(server: httpx.Client) -> None:
    accounts = server.get("/timeline/events/event-7.json").json()["accounts"]

    body = server.get("/timeline/events/event-7.csv").content.decode("utf-8-sig")
    exported = list(csv.DictReader(io.StringIO(body, newline="")))

    assert [row["says"] for row in exported] == ["Passage 7."] * len(accounts)
    assert [row["id"] for row in exported] == [account["id"] for account in accounts]
    assert {row["at"] for row in exported} == {"¶7"}


def test_the_log_is_a_feed(server: httpx.Client) -> None:
    tail = server.get("/timeline/log.json?_shape=array&position__gt=2000&_size=max").json()

    positions = [record["position"] for record in tail]
    assert positions == list(range(2001, positions[-1] + 1))
    assert positions[-1] == max(int(str(row["position"])) for row in rows(server, table="log"))


# The guard against formulas ---------------------------------------------------------------------

HOSTILE = """\
- {source: bad, name: "=1+1", author: "@A1"}
- {place: west, name: "+west", latitude: "-9.5", longitude: "-38.25"}
- {person: nobody, name: "-nobody"}
- {formation: none, name: "=none", level: army, side: soviet,
   attached: [{to: f3, source: bad, at: "@1"}],
   commanders: [{person: nobody, source: bad, at: "@1"}]}
- event: bad-event
  date: 1944-10-14
  title: "=cmd()"
  summary: "\\t=1"
  basis: "-1"
  kind: battle
  places: [west]
  accounts: [{source: bad, at: "@1", says: "\\r+1", claims: {tanks: "-5"}}]
- correct: event/bad-event
  set: {summary: "+2"}
  because: "=because"
"""
SQL = quote("select title, title as '=head', -5 as n, '-5' as t, latitude from events")
CSV = (
    *(f"/{{}}/{table}.csv" for table in ("accounts", "sources", "places", "people", "formations")),
    *(f"/{{}}/{table}.csv" for table in ("claims", "commanders", "batches", "history", "log")),
    *("/{}/events.csv", "/{}/events/bad-event.csv", "/{}/places/west.csv", "/{}/sources/bad.csv"),
    *("/{}/accounts.csv?_stream=on&_size=max", "/{}/accounts.csv?_labels=on", "/{}/log.csv?_dl=1"),
    *(
        "/{}/events.csv?_as_of=2026-02-01T00:00:00Z",
        "/{}/history.csv?_trace=1",
        "/{}/batches.csv?_header=off",
    ),
    *(f"/{{}}.csv?sql={SQL}", f"/{{}}/-/query.csv?sql={SQL}"),
)


def formulas(text: str) -> list[str]:
    """The cells of a CSV that a spreadsheet would run: texts, and no numbers."""
    found = []
    for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")):
        for cell in row:
            number = cell.removeprefix("-").replace(".", "").isdigit()
            if cell.startswith(("=", "+", "-", "@", "\t", "\r")) and not number:
                found.append(cell)
    return found


def asked_of(path: Path, *addresses: str) -> list[httpx.Response]:
    async def ask() -> list[httpx.Response]:
        allowed = {"databases": {path.stem: {"allow_sql": True}}}
        served = Datasette([str(path)], **{CONFIGURATION: allowed})
        await served.invoke_startup()
        return [
            await served.client.get(address.format(path.stem), follow_redirects=True)
            for address in addresses
        ]

    return asyncio.run(ask())


def test_no_csv_of_a_chronology_holds_a_formula(timeline: Timeline) -> None:
    timeline.ingest(
        f"format: 1\nbatch: bad\nrecorded: 2026-02-01T00:00:00Z\nnote: '=note'\nrecords:\n{HOSTILE}"
    )
    guarded = 0
    for address, answer in zip(CSV, asked_of(timeline.path, *CSV), strict=True):
        # One line of Datasette has one address for queries, the other has the other.
        assert answer.status_code == 200 or "sql=" in address, address
        assert formulas(answer.text) == [], address
        guarded += any(f"'{sign}" in answer.text for sign in "=+-@")
    assert guarded > len(CSV) - 5


def test_numbers_of_a_query_stay_numbers_and_its_texts_and_names_do_not(
    timeline: Timeline,
) -> None:
    timeline.batch("bad", HOSTILE)
    answers = asked_of(timeline.path, *CSV[-2:])
    first = next(answer for answer in answers if answer.status_code == 200)

    header, *rows = csv.reader(io.StringIO(first.text, newline=""))
    assert header == ["title", "'=head", "n", "t", "latitude"]
    assert ["'=cmd()", "'=cmd()", "-5", "'-5", "-9.5"] in rows


def test_the_csv_of_another_database_is_left_to_datasette(tmp_path: Path) -> None:
    path = tmp_path / "club.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript("CREATE TABLE members (name TEXT); INSERT INTO members VALUES ('=1+1')")
    (answer,) = asked_of(path, "/{}/members.csv")

    assert answer.text == "rowid,name\r\n1,=1+1\r\n"
