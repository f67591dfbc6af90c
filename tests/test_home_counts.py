"""Many events as the home page's data: counted in lanes and spots, none of them left out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import httpx
import many_events
import pytest
from home_page import POINTS
from hypothesis import given
from hypothesis import strategies as st
from in_process import in_process
from server import ids, publish, rows
from small_chronology import START
from test_day_histogram import expected_days

from chronology.model import days
from chronology.model.edtf import Date, parse
from chronology.web.api import timeline_bins, timeline_data
from chronology.web.pages import day_histogram

COUNT = 2_600
FIRST, DAYS = date(1944, 9, 1), 91
QUERIES = ("", "_certain=1944-09/1944-11", "_within=1944-09-20/1944-11-20")
COLUMNS = {"front": "fronts", "army": "armies", "place": "places", "kind": "kind"}


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Datasette over more events than are told one by one."""
    folder = tmp_path_factory.mktemp("crowd") / "many"
    with in_process(publish(folder, many_events.batches(START, COUNT))) as client:
        yield client


def answer(client: httpx.Client, query: str = "") -> dict[str, Any]:
    found = client.get(f"{POINTS}?{query}")
    assert found.status_code == 200, found.text
    body: dict[str, Any] = found.json()
    return body


def values(row: dict[str, object], column: str) -> list[str]:
    text = str(row[column])
    return list(json.loads(text)) if text.startswith("[") else [text]


def test_few_events_are_listed_whole_and_of_many_the_first(crowd: httpx.Client) -> None:
    many, few = answer(crowd), answer(crowd, "kind=battle")
    assert many["total"] == COUNT > timeline_data.MAX_LISTED
    assert len(many["rows"]) == timeline_data.SAMPLE
    assert [row[0] for row in many["rows"]] == [
        row["id"] for row in rows(crowd, "_sort=sort_key&_size=60")[: timeline_data.SAMPLE]
    ]
    assert "lanes" in many
    assert few["total"] == len(few["rows"]) == len(ids(crowd, "kind=battle"))
    assert "lanes" not in few


@pytest.mark.parametrize("lane", COLUMNS)
@pytest.mark.parametrize("query", QUERIES)
def test_each_lane_has_the_events_of_its_value(crowd: httpx.Client, query: str, lane: str) -> None:
    events = rows(crowd, query)
    if len(events) <= timeline_data.MAX_LISTED:
        assert "lanes" not in answer(crowd, query)
        return
    expected: Counter[str] = Counter()
    for row in events:
        expected.update(values(row, COLUMNS[lane]) or [""])
    found = answer(crowd, f"{query}&_lane={lane}")["lanes"]
    assert {row["value"]: row["events"] for row in found["rows"]} == dict(expected)


@pytest.mark.parametrize("lane", ["front", "kind"])
def test_each_day_of_a_lane_has_the_events_that_fall_on_it(crowd: httpx.Client, lane: str) -> None:
    events = rows(crowd)
    found = answer(crowd, f"_lane={lane}")["lanes"]
    assert (found["first"], found["step_days"]) == (FIRST.isoformat(), 1)
    for row in found["rows"]:
        value = row["value"] or ""
        held = [e for e in events if value in (values(e, COLUMNS[lane]) or [""])]
        certain, possible = expected_days([str(event["date"]) for event in held])
        assert row["certain"] == certain
        assert row["possible"] == pytest.approx([float(p) for p in possible], abs=1e-5)


def test_each_event_is_in_a_spot_or_counted_without_one(crowd: httpx.Client) -> None:
    found = answer(crowd)
    events = rows(crowd)
    placed = Counter((e["latitude"], e["longitude"]) for e in events if e["latitude"] is not None)
    spots = {tuple(spot["at"]): sum(spot["colours"]) for spot in found["spots"]}
    assert spots == dict(placed)
    assert found["placeless"] == len(events) - placed.total()
    names = {spot["name"] for spot in found["spots"]}
    assert {"Niš", "Belgrade", "Skopje", "Lisbon"} <= names


def test_the_box_of_a_spot_selects_its_events(crowd: httpx.Client) -> None:
    for spot in answer(crowd)["spots"]:
        south, west, north, east = spot["box"]
        box = f"latitude__gte={south}&latitude__lte={north}&longitude__gte={west}"
        assert len(ids(crowd, f"{box}&longitude__lte={east}")) == sum(spot["colours"])
    assert len(ids(crowd, "latitude__isnull=1")) == answer(crowd)["placeless"]


def test_a_wrong_choice_of_lanes_is_reported(crowd: httpx.Client) -> None:
    assert crowd.get(f"{POINTS}?_lane=nothing").status_code == 400


# Laws -----------------------------------------------------------------------------------------


@given(
    st.dictionaries(
        st.tuples(st.floats(-90, 90), st.floats(-180, 180), st.just('["One"]')),
        st.integers(1, 50),
        max_size=60,
    )
)
def test_points_drawn_together_lose_no_event(located: dict[tuple[Any, ...], int]) -> None:
    most = timeline_bins.MAX_SPOTS
    try:
        timeline_bins.MAX_SPOTS = 5
        spots = timeline_bins._spots(Counter(located), ["One"], {})
    finally:
        timeline_bins.MAX_SPOTS = most
    assert sum(sum(spot["colours"]) for spot in spots) == sum(located.values())
    for latitude, longitude, _ in located:
        assert [
            spot
            for spot in spots
            if spot["box"][0] <= latitude <= spot["box"][2]
            and spot["box"][1] <= longitude <= spot["box"][3]
        ]


def test_many_points_are_drawn_as_a_bounded_number() -> None:
    located = Counter({(n / 1000, n % 97, "[]"): 1 for n in range(20_000)})
    spots = timeline_bins._spots(located, [], {})
    assert len(spots) <= timeline_bins.MAX_SPOTS
    assert sum(sum(spot["colours"]) for spot in spots) == 20_000


def test_the_lanes_beyond_the_fullest_are_counted_together() -> None:
    dated = Counter({("1944-10-14", json.dumps([f"Army {n:02}"])): 30 - n for n in range(20)})
    dated["1944-10-15", json.dumps(["Army 00", "Army 19"])] = 5
    found = timeline_bins._lanes(dated, parse("1944-09/1944-11"), "army", [])
    *own, others = found["rows"]
    assert [row["events"] for row in own] == [35, *range(29, 19, -1)]
    assert (others["name"], others["value"]) == ("9 others", None)
    assert others["events"] == sum(range(11, 20)) + 5


@given(
    st.lists(
        st.tuples(st.integers(0, 90), st.integers(0, 90), st.booleans()), min_size=1, max_size=20
    ),
    st.integers(1, 40),
)
def test_wider_bins_count_each_event_in_every_bin_that_it_touches(
    spans: list[tuple[int, int, bool]], step: int
) -> None:
    events = [_date(*span) for span in spans]
    first = days.number(FIRST)
    edges = [day * 86_400 for day in range(first, first + DAYS + step, step)]
    tally = day_histogram.Tally(edges, 1)
    for event in events:
        tally.add(event, [0], 1)
    assert len(tally.certain[0]) == -(-DAYS // step)
    for number in range(len(tally.certain[0])):
        start = first + number * step
        end = start + step - 1
        touching = [e for e in events if e.core and e.core[0] <= end and start <= e.core[1]]
        assert tally.certain[0][number] == len(touching)
    uncertain = sum(1 for event in events if not event.core)
    assert sum(tally.possible[0]) == pytest.approx(uncertain, abs=1e-3)


def _date(first: int, last: int, lasts: bool) -> Date:
    low, high = (FIRST + timedelta(days=n) for n in sorted((first, last)))
    if low == high:
        return parse(low.isoformat())
    return parse(f"{low}/{high}" if lasts else f"[{low}..{high}]")
