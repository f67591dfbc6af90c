"""The values of `_as_of`: a position or a time names the end of a batch."""

from __future__ import annotations

import sqlite3

import pytest
from conftest import Timeline

from chronology.model.errors import UnknownName
from chronology.store.log import GENESIS
from chronology.timeline.as_of import ReadPoint, TimelineAt, read_point, version_start


def batch_ends(timeline: Timeline) -> list[int]:
    return [
        int(str(row["last_position"]))
        for row in timeline.rows("SELECT last_position FROM batches ORDER BY last_position")
    ]


def test_without_a_value_it_is_the_head(timeline: Timeline) -> None:
    point = read_point(timeline.db, [])
    assert (point.position, point.is_past) == (batch_ends(timeline)[-1], False)


def test_a_position_is_the_last_end_of_a_batch_up_to_it(timeline: Timeline) -> None:
    first, second = batch_ends(timeline)
    positions = {first: first, first + 1: first, second - 1: first, second: second}
    for given, end in positions.items():
        point = read_point(timeline.db, [str(given)])
        assert (point.position, point.is_past) == (end, True)


@pytest.mark.parametrize(
    ("time", "batch"),
    [
        ("2026-01-01T00:00:00Z", 0),
        ("2026-01-01T23:59:59Z", 0),
        ("2026-01-02T00:00:00Z", 1),
        ("2026-01-02T00:30:00+01:00", 0),
        ("2027-01-01T00:00:00Z", 1),
    ],
)
def test_a_time_is_the_last_batch_recorded_by_then(
    timeline: Timeline, time: str, batch: int
) -> None:
    assert read_point(timeline.db, [time]).position == batch_ends(timeline)[batch]


@pytest.mark.parametrize(
    "values",
    [["0"], ["1"], ["2025-12-31T23:59:59Z"], ["9999"], ["-1"], ["٣"], ["today"], [""], ["3", "4"]],
)
def test_other_values_are_refused(timeline: Timeline, values: list[str]) -> None:
    with pytest.raises(UnknownName, match="_as_of"):
        read_point(timeline.db, values)


@pytest.mark.parametrize("length", [2, 17, 18])
def test_a_position_may_begin_with_zeros(timeline: Timeline, length: int) -> None:
    first, _ = batch_ends(timeline)
    assert read_point(timeline.db, [f"{first:0{length}}"]).position == first


def test_a_log_without_records_is_at_position_0(memory: sqlite3.Connection) -> None:
    assert read_point(memory) == ReadPoint(0, GENESIS, "")


def test_a_version_starts_where_the_event_was_last_changed(timeline: Timeline) -> None:
    _, recorded = batch_ends(timeline)
    timeline.batch("title", "- {correct: event/nis-taken, set: {title: Niš}, because: Short.}")
    *_, corrected = batch_ends(timeline)

    starts = [version_start(timeline.db, "nis-taken", n) for n in (1, recorded, corrected)]

    assert starts == [None, recorded, corrected]


def test_a_timeline_has_a_position_only_in_the_past(timeline: Timeline) -> None:
    first, last = batch_ends(timeline)
    points = [read_point(timeline.db, [str(first)]), read_point(timeline.db)]
    assert [TimelineAt(timeline.db, point).position for point in points] == [first, None]
    assert points[1].position == last
