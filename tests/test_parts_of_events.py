"""The relations of an event from both ends, now and in the past, and the filter of its parts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import Timeline
from in_process import in_process
from server import publish
from small_chronology import START, words

from chronology.model.errors import UnknownName
from chronology.timeline import duplicates
from chronology.timeline.as_of import TimelineAt, at_head, read_point
from chronology.timeline.event_detail import event_detail
from chronology.timeline.filters import event_filters

OPERATION = """\
format: 1
batch: operation
recorded: 2026-01-02T00:00:00Z
records:
- {event: operation, date: 1944-10-01/1944-10-20, title: The operation, kind: battle}
- event: march
  date: 1944-10-08
  title: The march
  kind: battle
  related: [{event: operation, as: part-of}]
- event: river
  date: 1944-10-09
  title: The river is crossed
  kind: battle
  related: [{event: march, as: part-of}, {event: operation, as: caused-by}]
- event: town
  date: 1944-10-14
  title: The town is taken
  kind: capture
  places: [nis]
  related:
  - {event: operation, as: part-of}
  - {event: river, as: follows}
  - {event: nish, as: "same-as-in:https://example.org/war"}
- {event: other, date: 1944-10-14, title: Something else, kind: battle}
"""
CORRECTION = """\
format: 1
batch: correction
recorded: 2026-01-03T00:00:00Z
records:
- {correct: event/town, unset: [related], because: It was not.}
- correct: event/other
  set: {related: [{event: operation, as: part-of}]}
  because: It was.
"""


@pytest.fixture
def operation(make_timeline: Any) -> Timeline:
    timeline: Timeline = make_timeline(START, OPERATION, CORRECTION)
    return timeline


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder: Path = tmp_path_factory.mktemp("operation") / "it"
    batches = {"0001-a.yml": START, "0002-b.yml": OPERATION, "0003-c.yml": CORRECTION}
    with in_process(publish(folder, batches)) as client:
        yield client


def position(timeline: Timeline) -> int:
    """The position at the end of the second batch."""
    (row,) = timeline.rows("SELECT last_position FROM batches WHERE id = 'operation'")
    return int(str(row["last_position"]))


def related(timeline: TimelineAt, name: str) -> tuple[Any, Any]:
    found = event_detail(timeline, name)
    assert found is not None
    own = [(r["relation"], r["event"], r["title"], r["address"]) for r in found.related.own]
    return own, [(r["relation"], r["event"]) for r in found.related.others]


def test_a_relation_is_shown_from_both_ends(operation: Timeline) -> None:
    own, others = related(at_head(operation.db), "operation")
    assert own == []
    assert others == [("part-of", "march"), ("part-of", "other"), ("caused-by", "river")]
    own, _ = related(at_head(operation.db), "river")
    assert own == [
        ("part-of", "march", "The march", None),
        ("caused-by", "operation", "The operation", None),
    ]


def test_relations_of_the_past_are_those_that_held_then(operation: Timeline) -> None:
    past = TimelineAt(operation.db, read_point(operation.db, [str(position(operation))]))
    assert related(past, "operation")[1] == [
        ("part-of", "march"),
        ("part-of", "town"),
        ("caused-by", "river"),
    ]
    assert related(past, "town")[0] == [
        ("part-of", "operation", "The operation", None),
        ("follows", "river", "The river is crossed", None),
        ("same-as-in", "nish", None, "https://example.org/war/events/nish"),
    ]


@pytest.mark.parametrize(
    ("as_of", "names"),
    [(None, ["march", "other", "river"]), ("then", ["march", "river", "town"])],
)
def test_the_filter_selects_the_parts_and_their_parts(
    operation: Timeline, as_of: str | None, names: list[str]
) -> None:
    parameters = {"_part_of": ["operation"]}
    if as_of:
        parameters["_as_of"] = [str(position(operation))]
    filters = event_filters(operation.db, parameters)
    where = " AND ".join(f"({each.sql})" for each in filters)
    params = {name: value for each in filters for name, value in each.params.items()}
    table = "history" if as_of else "events"
    rows = operation.db.execute(f"SELECT id FROM {table} WHERE {where} ORDER BY id", params)
    assert [name for (name,) in rows] == names


def test_an_unknown_event_has_no_parts(operation: Timeline) -> None:
    with pytest.raises(UnknownName, match="_part_of: 'nothing' is not the id of an event"):
        event_filters(operation.db, {"_part_of": ["nothing"]})


def test_a_part_is_no_likely_duplicate_of_its_whole(operation: Timeline) -> None:
    operation.batch(
        "d",
        "- {event: town-again, date: 1944-10-14, title: The town is taken, kind: capture,"
        " places: [nis]}",
    )
    assert [pair[:2] for pair in duplicates.find(operation.db)] == [("town", "town-again")]
    operation.batch(
        "e",
        "- {correct: event/town-again, set: {related: [{event: town, as: part-of}]},"
        " because: A part of it.}",
    )
    assert duplicates.find(operation.db) == []


def test_the_pages_lead_from_one_end_to_the_other(served: httpx.Client) -> None:
    page = served.get("/timeline/events/operation")
    assert "Parts 2" in words(page)
    assert '<a href="/timeline/events/march">The march</a>' in page.text
    assert "Led to 8 October" not in words(page)
    assert '<a href="/timeline/events?_part_of=operation">All parts as a list</a>' in page.text
    listed = served.get("/timeline/events?_part_of=operation")
    assert "3 events" in words(listed)
    assert "event is part of “The operation”" in words(listed)
    part = served.get("/timeline/events/river").text
    assert '<b>Part of</b> <a href="/timeline/events/march">The march</a>' in part


def test_the_counts_and_facets_of_the_parts_are_exact(served: httpx.Client) -> None:
    found = served.get(
        "/timeline/events.json?_part_of=operation&_facet=kind&_shape=objects"
        "&_extra=facet_results&_extra=count"
    ).json()
    facets = found["facet_results"]
    results = facets["results"]["kind"] if "results" in facets else facets["kind"]
    assert [(r["value"], r["count"]) for r in results["results"]] == [("battle", 3)]


def test_an_unknown_whole_is_a_bad_request(served: httpx.Client) -> None:
    answer = served.get("/timeline/events?_part_of=nothing")
    assert (answer.status_code, "is not the id of an event" in answer.text) == (400, True)
