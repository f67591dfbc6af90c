"""The facet of time: each event counts once in each period in which it may have happened."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from conftest import Timeline
from in_process import in_process
from index_cases import no_limit
from server import ids, publish
from small_chronology import START
from test_web_facets import counts, facets

from chronology.index import periods
from chronology.index.current import EventIndex
from chronology.index.selection import EventFilter, IndexSelection, SqlSelection, all_of
from chronology.model.edtf import parse
from chronology.timeline.filters import event_filters

DATES = (
    *("1700-05-03", "1700", "170X", "17XX", "1699-12-31/1702-01-01", "1701-23", "1700-05-03T12:00"),
    *("[1700-01-01,1712-01-01]", "[1699,1701..1702,1730]", "[..1705]", "[1705..]", "1710/.."),
    *("../1703", "[1700-05-01T12:00,1700-05-03T12:00]", "1750~", "1799-12-31", "1600/1900"),
)
WINDOWS = {
    "1700-05-01/1700-05-20": ("1700-05-01", 20),
    "1700-01/1701-12": ("1700-01", 24),
    "1699/1760": ("1699", 62),
    "1600/1899": ("1600/1609", 30),
    "0501/1993": ("0500/0509", 150),
    "0001/9999": ("0000/0099", 100),
}


def timeline_of(make_timeline: Callable[..., Timeline]) -> Timeline:
    timeline = make_timeline(START.replace("1944-09-01/1944-11-30", "0001/9999"))
    timeline.batch(
        "dated",
        "".join(
            f'- {{event: e{n}, date: "{text}", title: E {n}, kind: battle}}\n'
            for n, text in enumerate(DATES)
        ),
    )
    return timeline


@pytest.mark.parametrize("window", WINDOWS)
def test_the_periods_of_a_window_are_few_and_follow_each_other(window: str) -> None:
    found = periods.periods(parse(window))
    assert (found[0].name, len(found)) == WINDOWS[window]
    for one, other in pairwise(found):
        assert one.last + 1 == other.first


@pytest.mark.parametrize("window", ["1700-05-01/1700-05-20", "1700-01/1701-12", "1699/1760"])
@pytest.mark.parametrize("given", [{}, {"_within": ["1700/1720"]}, {"_certain": ["1700/1799"]}])
def test_the_filter_of_a_period_selects_the_events_that_it_counts(
    make_timeline: Callable[..., Timeline], window: str, given: dict[str, list[str]]
) -> None:
    db = timeline_of(make_timeline).db
    selected = all_of(event_filters(db, given))
    expected = []
    for period in periods.periods(parse(window)):
        more = event_filters(db, {"_within": [period.name]})[0]
        both = all_of([_renamed(more), selected])
        if number := SqlSelection(db, both).count():
            expected.append((period.name, number))
    assert _named(periods.counts(SqlSelection(db, selected), parse(window))) == expected
    assert selected.predicate is not None
    with EventIndex().at_head(db) as reader:
        indexed = IndexSelection(reader, selected, selected.predicate, no_limit)
        assert _named(periods.counts(indexed, parse(window))) == expected


def _renamed(one: EventFilter) -> EventFilter:
    return one._replace(
        sql=one.sql.replace(":within_0", ":period"),
        params={name.replace("within_0", "period"): value for name, value in one.params.items()},
    )


def _named(counted: list[tuple[periods.Period, int]]) -> list[tuple[str, int]]:
    return [(period.name, number) for period, number in counted]


def test_a_long_window_has_a_facet_of_years(tmp_path: Path) -> None:
    start = START.replace("1944-09-01/1944-11-30", "1690/1770")
    header = {"format": 1, "batch": "dated", "recorded": "2026-02-01T00:00:00Z"}
    events = [
        {"event": f"e{n}", "date": text, "title": f"E {n}", "kind": "battle"}
        for n, text in enumerate(DATES[:-2])
    ]
    batch = "".join(json.dumps(line) + "\n" for line in (header, *events))
    folder = publish(tmp_path / "long", {"0001-start.yml": start, "0002-dated.jsonl": batch})
    with in_process(folder) as client:
        found = facets(client, "")
        assert "months" not in found
        years = counts(found["time"])
        assert len(ids(client, "_within=1700")) == years["1700"]
        page = client.get("/timeline/events")
        assert "By time" in page.text
        assert "_within=1700" in page.text
        (position,) = client.get(
            "/timeline/log.json?_shape=arrayfirst&_sort_desc=position&_size=1"
        ).json()
        then = facets(client, f"_as_of={position}&_facet_time=date", "history")
        assert counts(then["time"]) == years
