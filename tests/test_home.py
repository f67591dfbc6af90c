"""The exploring page without its scripts, and the data that they are given."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from datetime import date, timedelta
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from conftest import EVENTS, START, Timeline
from datasette.app import Datasette
from in_process import in_process
from server import ids, publish, rows

from chronology.export.formats import FORMATS
from chronology.model.edtf import parse
from chronology.web.pages import home
from chronology.web.query import as_of

POINTS = "/-/chronology/points.json"
WEIGHT_LIMIT = 250_000
SHAPES_LIMIT = 80_000
FIRST, DAYS = date(1944, 9, 1), 91
QUERIES = (
    "",
    "_front=3rd+Ukrainian+Front",
    "_army=46th+Army&kind=battle",
    "_place=Serbia",
    "_place=Serbia&_front=2nd+Ukrainian+Front",
    "sources__arraycontains=First+source&sources__arraycontains=Second+source",
    "_within=1944-10-14/1944-10-20",
    "_certain=1944-10",
    "_search=event+12",
    "kind=capture&_within=1944-11-03&_place=Belgrade",
    "_search=nothingatall",
)


class Page(HTMLParser):
    """The elements of a page: tag, attributes and the text up to the next tag."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], str]] = []
        self.open = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), ""))
        self.open = True

    def handle_endtag(self, tag: str) -> None:
        self.open = False

    def handle_data(self, data: str) -> None:
        if self.open:
            tag, attrs, text = self.elements[-1]
            self.elements[-1] = (tag, attrs, text + data)

    def having(self, name: str, value: str | None = None) -> list[dict[str, str | None]]:
        return [a for _, a, _ in self.elements if name in a and value in (None, a[name])]

    def text(self, css_class: str) -> str:
        return next(t for _, a, t in self.elements if a.get("class") == css_class).strip()


def page(client: httpx.Client, query: str = "") -> Page:
    answer = client.get(f"/?{query}")
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def points(client: httpx.Client, query: str = "") -> list[dict[str, Any]]:
    """The rows of the data with their numbers resolved."""
    answer = client.get(f"{POINTS}?{query}")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    events = []
    for row in found["rows"]:
        event: dict[str, Any] = dict(zip(found["columns"], row, strict=True))
        for column, value in event.items():
            names = found["dates"] if column == "date" else found["names"].get(column)
            if names is not None:
                many = isinstance(value, list)
                event[column] = [names[n] for n in value] if many else names[value]
        events.append(event)
    return events


@pytest.mark.parametrize("query", QUERIES)
def test_the_page_and_its_data_select_what_the_list_of_events_selects(
    server: httpx.Client, query: str
) -> None:
    wanted = ids(server, query)
    assert int(page(server, query).text("total").replace(",", "")) == len(wanted)
    assert {event["id"] for event in points(server, query)} == wanted


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


def test_the_data_tells_the_level_and_side_of_formations(server: httpx.Client) -> None:
    found = server.get(POINTS).json()["names"]["formations"]
    assert ["68th Rifle Corps", "corps", "soviet"] in found


def test_the_data_has_the_other_names_of_places(chronicle: httpx.Client) -> None:
    places = {p["name"]: p["names"] for p in chronicle.get(POINTS).json()["names"]["places"]}
    assert ["Stari Bečej", "period"] in places["Bečej"]


def test_the_data_is_asked_for_once_for_each_state_of_the_log(server: httpx.Client) -> None:
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
    ("query", "told"),
    [
        ("_front=Nobody", "Nobody"),
        ("_within=14.10.1944", "_within"),
        ("_day=14.10.1944", "_within"),
        ("_as_of=99999999", "_as_of"),
        ("_as_of=", "_as_of"),
    ],
)
@pytest.mark.parametrize("path", ["/", POINTS])
def test_a_wrong_filter_is_told(server: httpx.Client, path: str, query: str, told: str) -> None:
    answer = server.get(f"{path}?{query}")
    assert answer.status_code == 400
    assert told in answer.text


def test_a_wrong_choice_of_lanes_is_told(server: httpx.Client) -> None:
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
    return rows(client, f"{query}&{MOMENT}&_sort=sort_day", "history")


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
    wanted = {row["id"] for row in states(chronicle, query)}
    found = page(chronicle, then)
    assert wanted
    assert int(found.text("total").replace(",", "")) == len(wanted)
    assert {event["id"] for event in points(chronicle, then)} == wanted
    assert wanted != ids(chronicle, query)
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


def test_a_day_with_many_events_tells_how_many_it_does_not_show(server: httpx.Client) -> None:
    text = server.get("/?_within=1944-10-14").text
    wanted = len(ids(server, "_within=1944-10-14"))
    article = text.partition('<article class="reading">')[2].partition("</article>")[0]
    shown = article.count("<li data-event=")
    assert shown == home.READ < wanted
    assert f"{wanted - shown} more in the list of events" in article
    numbers = re.findall(r'<h3>[^<]*<span class="note">([\d,]+)', article)
    assert sum(int(number.replace(",", "")) for number in numbers) == wanted


# One state -----------------------------------------------------------------------------------


def twice(timeline: Timeline, path: str, between: Callable[[], Any]) -> list[Any]:
    """Two answers in one process, with something done between them."""

    async def ask() -> list[Any]:
        served = Datasette([str(timeline.path)], settings={"sql_time_limit_ms": 200})
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
    asked = f"{path}?_where=abs(random())+%25+2"
    first, second = twice(timeline, asked, lambda: None)

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
    ("path", "told"),
    [("/", r'class="total">(\d+)<.*_as_of=(\d+)'), (POINTS, r'"position":(\d+).*"total":(\d+)')],
)
def test_an_answer_is_of_one_state_whatever_is_written_meanwhile(
    timeline: Timeline, monkeypatch: pytest.MonkeyPatch, path: str, told: str
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

    found = re.search(told, answer.text, re.DOTALL)
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


# The days -------------------------------------------------------------------------------------


def expected_days(dates: list[str]) -> tuple[list[int], list[Fraction]]:
    """By brute force: for each day, the events certainly on it, and the expected number besides."""
    window = [FIRST + timedelta(days=n) for n in range(DAYS)]
    certain, possible = [0] * DAYS, [Fraction()] * DAYS
    for text in dates:
        event = parse(text)
        if event.core:
            for number, day in enumerate(window):
                certain[number] += event.core[0] <= day <= event.core[1]
        elif not event.lasts:
            on = [n for n, day in enumerate(window) if event.overlaps(parse(day.isoformat()))]
            for number in on:
                possible[number] += Fraction(1, len(on))
    return certain, possible


@pytest.mark.parametrize("query", ["", "_front=3rd+Ukrainian+Front", "_place=Serbia&kind=battle"])
def test_the_days_add_up_to_the_events(server: httpx.Client, query: str) -> None:
    certain, possible = expected_days([str(row["date"]) for row in rows(server, query)])
    bars = [bar["aria-label"] or "" for bar in page(server, query).having("data-day")]
    counts = [re.findall(r"[\d.]+", bar.partition(":")[2]) for bar in bars]
    assert [float(numbers[0]) for numbers in counts] == certain
    for numbers, expected in zip(counts, possible, strict=True):
        low, high = float((numbers[1:] or "0")[0]), float((numbers[1:] or "0")[-1])
        assert low - 0.01 <= expected <= high + 0.01 < low + 1.5


def test_the_bars_are_as_high_as_the_days_have_events(server: httpx.Client) -> None:
    certain, possible = expected_days([str(row["date"]) for row in rows(server)])
    most = max(float(c + p) for c, p in zip(certain, possible, strict=True))
    heights = dict.fromkeys(range(-1, DAYS), 0.0)
    number = -1
    for tag, attributes, _ in page(server).elements:
        number += "data-day" in attributes
        if tag == "rect" and number >= 0 and "x" in attributes and attributes.get("y") != "3.5":
            heights[number] += float(attributes["height"] or 0)
        if attributes.get("class") == "key":
            break
    shown = [heights[number] for number in range(DAYS)]
    wanted = [100 * float(c + p) / most for c, p in zip(certain, possible, strict=True)]
    assert shown == pytest.approx(wanted, abs=0.1)


def test_a_chosen_day_leaves_the_calendar_as_it_is(server: httpx.Client) -> None:
    def bars(query: str) -> list[str | None]:
        return [bar["aria-label"] for bar in page(server, query).having("data-day")]

    assert bars("_within=1944-10-14") == bars("_certain=1944-10") == bars("")


def test_a_day_is_read_with_the_days_beside_it(chronicle: httpx.Client) -> None:
    for parameter in ("_day", "_within"):
        found = chronicle.get(f"/?{parameter}=1944-10-14&_front=3rd+Ukrainian+Front")
        assert "Saturday, 14 October 1944" in found.text
        assert "The assault on Belgrade begins" in found.text
        links = {a["rel"]: a["href"] or "" for a in Page(found.text).having("rel") if "href" in a}
        assert "_within=1944-10-13" in links["prev"]
        assert "_within=1944-10-15" in links["next"]
        assert "_front=3rd+Ukrainian+Front" in links["next"]


def test_the_window_has_a_first_and_a_last_day(chronicle: httpx.Client) -> None:
    assert not page(chronicle, "_day=1944-09-01").having("rel", "prev")
    assert not page(chronicle, "_day=1944-11-30").having("rel", "next")


def test_a_day_tells_the_sure_from_the_possible(tmp_path: Path) -> None:
    events = """\
format: 1
batch: three
recorded: 2026-01-02T00:00:00Z
records:
- {event: a, date: 1944-10-14T17:00, title: Surely, kind: battle,
   accounts: [{source: one, at: "1"}]}
- {event: b, date: 1944-10-10/1944-10-20, title: Lastingly, kind: battle,
   accounts: [{source: one, at: "2"}]}
- {event: c, date: "[1944-10-14,1944-10-15]", title: Perhaps, kind: battle,
   accounts: [{source: one, at: "3"}]}
"""
    folder = publish(tmp_path / "three", {"0001-start.yml": START, "0002-three.yml": events})
    with in_process(folder) as client:
        text = client.get("/?_day=1944-10-14").text.partition('data-part="list"')[0]
    order = [
        "On this day",
        ">Surely<",
        "Under way",
        ">Lastingly<",
        "Could have happened on this day",
        ">Perhaps<",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)


# Without scripts, and within the limits ---------------------------------------------------------


def test_the_list_exports_and_facets_stand_in_the_page(chronicle: httpx.Client) -> None:
    text = chronicle.get("/?_front=Army+Group+E").text
    query = "?_front=Army+Group+E"
    for row in rows(chronicle, query[1:])[: home.ROWS]:
        assert f'/timeline/events/{row["id"]}"' in text
    for address in ("events", "events.csv", "events.json", *(f"events.{name}" for name in FORMATS)):
        assert f'href="/timeline/{address}{query}"' in text
    assert "By place" in text


def test_every_filter_can_be_taken_away(server: httpx.Client) -> None:
    query = "kind=battle&_front=3rd+Ukrainian+Front&_front=2nd+Ukrainian+Front"
    chips = [a["href"] or "" for a in page(server, query).having("class", "chip")]
    assert len(chips) == 3
    for chip in chips:
        assert len(points(server, chip.partition("?")[2])) >= len(points(server, query))
    hidden = [a for a in page(server, query).having("type", "hidden") if a["name"] != "_lane"]
    assert [(a["name"], a["value"]) for a in hidden] == [("_front", "2nd Ukrainian Front")]


def test_nothing_in_the_page_runs_inline_or_comes_from_elsewhere(chronicle: httpx.Client) -> None:
    text = chronicle.get("/").text
    for tag, attributes, _ in Page(text).elements:
        assert tag != "script" or "src" in attributes or attributes["type"] == "application/json"
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        if "src" in attributes:
            assert (attributes["src"] or "").startswith("/")
    sheets = [a["href"] or "" for a in Page(text).having("rel", "stylesheet")]
    assert all(sheet.startswith("/") for sheet in sheets)


def loaded(client: httpx.Client) -> Iterator[bytes]:
    """Scripts and styles of the page with the modules that they import."""
    found = Page(client.get("/").text)
    waiting = [a["href"] or "" for a in found.having("rel", "stylesheet")]
    waiting += [a["src"] or "" for a in found.having("src")]
    yield from with_imports(client, waiting)


def with_imports(client: httpx.Client, waiting: list[str]) -> Iterator[bytes]:
    """Files with the modules that they import."""
    seen: set[str] = set()
    while waiting:
        url = waiting.pop()
        if url in seen:
            continue
        seen.add(url)
        answer = client.get(url)
        assert answer.status_code == 200, url
        yield answer.content
        imports = re.findall(r'^(?:import|export) .*?from "(\.[^"]+)"', answer.text, re.MULTILINE)
        waiting += [str(httpx.URL(url).join(name)) for name in imports]


def weight(contents: Iterable[bytes]) -> int:
    """Bytes compressed, each file by itself."""
    return sum(len(gzip.compress(content)) for content in contents)


def test_the_page_is_light(chronicle: httpx.Client) -> None:
    """Scripts and styles, also with the library of unit symbols, which is loaded when asked for."""
    text = chronicle.get("/").text
    config = json.loads(text.partition('id="explore">')[2].partition("</script>")[0])
    parts = ("milsymbol.js", "numbersidc/metadata.js", "numbersidc/geticons.js")
    at_once = list(loaded(chronicle))
    later = list(with_imports(chronicle, [config["symbols"] + part for part in parts]))
    assert len(at_once) > 20
    assert len(later) > 20
    assert weight(at_once) > 60_000
    assert weight(at_once) + weight(later) <= WEIGHT_LIMIT


def test_the_shapes_of_the_map_are_light(chronicle: httpx.Client) -> None:
    names = ("land", "rivers", "lakes")
    path = "/-/static-plugins/datasette-chronology/map"
    answers = [chronicle.get(f"{path}/{name}.json") for name in names]
    assert all(answer.status_code == 200 for answer in answers)
    assert weight(answer.content for answer in answers) <= SHAPES_LIMIT


def test_the_page_works_below_a_prefix(tmp_path: Path) -> None:
    folder = publish(tmp_path / "below", {"0001-start.yml": START, "0002-events.yml": EVENTS})
    settings = json.loads((folder / "settings.json").read_text("utf-8"))
    (folder / "settings.json").write_text(json.dumps({**settings, "base_url": "/x/"}), "utf-8")
    newer = (folder / "datasette.yaml").read_text("utf-8")
    newer = newer.replace("settings:\n", "settings:\n  base_url: /x/\n", 1)
    (folder / "datasette.yaml").write_text(newer, "utf-8")
    with in_process(folder) as client:
        text = client.get("/x/").text
        config = json.loads(text.partition('id="explore">')[2].partition("</script>")[0])
        assert client.get(config["points"]).status_code == 200
        assert client.get(f"{config['shapes']}land.json").status_code == 200
        found = Page(text)
        for url in [a["src"] or "" for a in found.having("src")]:
            assert url.startswith("/x/")
            assert client.get(url).status_code == 200
        assert all((a["href"] or "").startswith("/x/") for a in found.having("data-day"))
