"""Numbers have no exponents in any format, and feeds have ids that do not depend on the address."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from in_process import in_process
from server import publish
from small_chronology import EVENTS, START

from chronology.export.csv_stream import to_csv
from chronology.export.numbers import plain_json, plain_number

NEAR_ZERO = """\
format: 1
batch: near-zero
recorded: 2026-01-03T00:00:00Z
records:
- {place: origin, name: Origin, latitude: "0.00001", longitude: "-0.0000025", radius_km: "0.00002"}
- event: at-the-origin
  date: 1944-10-15
  title: "An event at 1e-05 degrees"
  kind: battle
  places: [origin]
  accounts:
  - {source: one, at: "¶9", claims: {width: 0.000002, count: "~999999999999999"}}
"""
WITHOUT_POINTS = ("/", "/timeline/places", "/timeline/events.timelinejs")
"""These show no point, or round it."""
EXPONENT = re.compile(r"(?<![\w.-])-?\d+(?:\.\d+)?[eE][+-]?\d+(?![\w-])")


@pytest.fixture(scope="module")
def near_zero(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    batches = {"0001-start.yml": START, "0002-events.yml": EVENTS, "0003-near-zero.yml": NEAR_ZERO}
    with in_process(publish(tmp_path_factory.mktemp("near-zero") / "it", batches)) as client:
        yield client


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_has_the_same_value_without_an_exponent(number: float) -> None:
    text = plain_number(number)

    assert float(text) == number
    assert "e" not in text


@given(st.recursive(st.floats(allow_nan=False, allow_infinity=False) | st.text(), st.lists))
def test_json_has_the_same_values_without_exponents(value: object) -> None:
    assert json.loads(plain_json(json.dumps(value))) == value


@pytest.mark.parametrize(
    "path",
    [
        "/timeline/events.json?_shape=array",
        "/timeline/events.json?_shape=array&_nl=on",
        "/timeline/events.csv",
        "/timeline/events.csv?_as_of=2030-01-01T00:00:00Z",
        "/timeline/events.geojson",
        "/timeline/events.ics",
        "/timeline/events.atom",
        "/timeline/events.jsonld",
        "/timeline/events.timelinejs",
        "/timeline/events/at-the-origin.json",
        "/timeline/events/at-the-origin",
        "/timeline/history.json?_shape=array",
        "/timeline/places.json?_shape=array",
        "/timeline/places.csv",
        "/timeline/places/origin.json?_shape=array",
        "/timeline/places/origin",
        "/timeline/places",
        "/timeline/claims.json?_shape=array",
        "/timeline/claims.csv?_stream=on",
        "/timeline/claims",
        "/-/chronology/points.json",
        "/",
    ],
)
def test_no_format_has_an_exponent(near_zero: httpx.Client, path: str) -> None:
    response = near_zero.get(path, follow_redirects=True)

    assert response.status_code == 200
    text = response.text.replace("An event at 1e-05 degrees", "")
    assert EXPONENT.findall(text) == []
    is_shown = any(number in text for number in ("0.00001", "0.000002"))
    assert is_shown or path in WITHOUT_POINTS


@pytest.mark.parametrize("guard", [True, False])
def test_csv_of_rows_in_memory_has_no_exponent(guard: bool) -> None:
    text = to_csv([["a", 1e-07, 1e22]], guard=guard, quoting=csv.QUOTE_NONNUMERIC)

    assert text == '"a",0.0000001,10000000000000000000000.0\r\n'


@pytest.mark.parametrize("path", ["/timeline/events.atom?_place=nis", "/timeline/history.atom"])
def test_the_ids_of_a_feed_do_not_depend_on_the_host(near_zero: httpx.Client, path: str) -> None:
    here, there = (
        re.findall("<id>(.*?)</id>", near_zero.get(path, headers={"host": host}).text)
        for host in ("one.example", "two.example:8001")
    )

    assert here == there
    assert len({*here}) == len(here) > 1
    assert all(name.startswith("urn:uuid:") for name in here)


def test_two_lists_have_different_ids(near_zero: httpx.Client) -> None:
    first, second = (
        re.search("<id>(.*?)</id>", near_zero.get(f"/timeline/events.atom?{query}").text)
        for query in ("", "_place=nis")
    )

    assert first
    assert second
    assert first[1] != second[1]
