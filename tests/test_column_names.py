"""A filter by a column or an operator that does not exist is refused with its name."""

from __future__ import annotations

import httpx
import pytest

LISTS = (
    *("/timeline/events", "/timeline/events.json", "/timeline/events.csv"),
    *("/timeline/events.geojson", "/timeline/events.atom", "/", "/-/chronology/points.json"),
)
TABLES = (
    "accounts",
    "sources",
    "places",
    "history",
    "log",
    "attachments",
    "batches",
    "facet_values",
)


@pytest.mark.parametrize("address", [*LISTS, *(f"/timeline/{table}.json" for table in TABLES)])
@pytest.mark.parametrize("field", ["fron=1", "fron__gt=1"])
def test_an_unknown_column_is_named(small: httpx.Client, address: str, field: str) -> None:
    answer = small.get(f"{address}?{field}")

    assert answer.status_code == 400
    assert "fron" in answer.text
    assert "is not a column of" in answer.text


@pytest.mark.parametrize("address", LISTS)
def test_an_unknown_operator_is_named(small: httpx.Client, address: str) -> None:
    answer = small.get(f"{address}?accounts__more=1")

    assert answer.status_code == 400
    assert "more" in answer.text
    assert "is not an operator" in answer.text


def test_a_similar_column_is_suggested_and_a_long_name_is_cut(small: httpx.Client) -> None:
    near = small.get("/timeline/events.json?kinds=capture").json()["error"]
    long = small.get(f"/timeline/events.json?{'x' * 3_000}=1").json()["error"]

    assert "'kinds' is not a column of events. Did you mean 'kind'?" in near
    assert "x" * 60 in long
    assert "x" * 61 not in long


@pytest.mark.parametrize(
    "query",
    ["KIND=capture", "rowid__gt=0", "accounts__gte=1", "places__arraycontains=x", "_lane=kind"],
)
def test_columns_and_operators_of_sqlite_and_datasette_are_known(
    small: httpx.Client, query: str
) -> None:
    for address in ("/timeline/events.json", "/timeline/events.csv", "/"):
        assert small.get(f"{address}?{query}").status_code == 200
