"""The order of events: by instant, then by what the source says of it, then by id."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, timezone
from typing import Any

import pytest
from conftest import Timeline
from hypothesis import given
from hypothesis import strategies as st
from ingest_faults import faults

from chronology.model.edtf import parse
from chronology.model.instants import seconds

OUTAGE = (
    ("service-back", "1944-10-14T18:45Z"),
    ("cable-cut", "1944-10-14T19:02+02:00"),
    ("alarm", "1944-10-14T17:10Z"),
    ("repair-begins", "1944-10-14T18:00Z"),
)


def add(timeline: Timeline, events: tuple[tuple[str, str], ...], more: str = "") -> None:
    timeline.batch(
        "added",
        "".join(
            f'- {{event: {name}, date: "{day}", title: T, kind: battle{more}}}\n'
            for name, day in events
        ),
    )


def listed(timeline: Timeline, names: set[str]) -> list[str]:
    rows = timeline.rows("SELECT id FROM events ORDER BY sort_key, id")
    return [row["id"] for row in rows if row["id"] in names]


def test_a_cause_comes_before_its_effect_on_the_same_day(timeline: Timeline) -> None:
    add(timeline, OUTAGE)

    order = listed(timeline, {name for name, _ in OUTAGE})
    assert order == ["cable-cut", "alarm", "repair-begins", "service-back"]


def test_a_date_without_a_time_comes_at_the_start_of_its_day(timeline: Timeline) -> None:
    add(
        timeline, (("timed", "1944-10-14T00:30"), ("whole", "1944-10-14"), ("by", "[..1944-10-14]"))
    )

    assert listed(timeline, {"timed", "whole", "by"}) == ["whole", "timed", "by"]


def test_the_sequence_orders_events_of_one_instant(timeline: Timeline) -> None:
    timeline.batch(
        "added",
        "- {event: a, date: 1944-10-14, sequence: 2, title: T, kind: battle}\n"
        "- {event: b, date: 1944-10-14, sequence: 1, title: T, kind: battle}\n"
        "- {event: c, date: 1944-10-14, title: T, kind: battle}\n"
        "- {event: d, date: 1944-10-13, sequence: 9999, title: T, kind: battle}\n",
    )

    assert listed(timeline, {*"abcd"}) == ["d", "c", "b", "a"]
    assert timeline.event("a")["sequence"] == 2


@pytest.mark.parametrize("number", ["0", "-1", "10000", "1.5", "first"])
def test_a_sequence_is_a_number_from_1_to_9999(timeline: Timeline, number: str) -> None:
    record = f"- {{event: a, date: 1944-10-14, sequence: {number}, title: T, kind: battle}}\n"

    assert faults(timeline, record)


moments = st.builds(
    datetime.combine,
    st.dates(),
    st.times().map(lambda each: each.replace(microsecond=0)),
    st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)


def text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


@given(moments, moments)
def test_the_first_second_orders_moments_of_any_zones(one: datetime, other: datetime) -> None:
    (first, _), (second, _) = seconds(parse(text(one))), seconds(parse(text(other)))

    assert first is not None
    assert second is not None
    assert second - first == (other - one).total_seconds()


@given(st.dates())
def test_a_day_has_its_86400_seconds(day: Any) -> None:
    start = datetime.combine(day, time(), UTC).timestamp()

    assert seconds(parse(day.isoformat())) == (start, start + 86_399)
