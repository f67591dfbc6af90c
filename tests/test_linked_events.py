"""The events of a facet value: a scan and a sort both give the rows that plain SQL gives."""

from __future__ import annotations

import pytest
from conftest import Timeline

from chronology.timeline import linked_events
from chronology.timeline.linked_events import (
    count_by_date,
    count_by_other_facet,
    count_events,
    first_events,
)

IN_SERBIA = """WHERE number IN (SELECT event FROM event_links JOIN facet_values ON number =
    event_links.value WHERE facet = 'place_within' AND facet_values.value = 'serbia')"""
SERBIA = ("place_within", "serbia")


@pytest.mark.parametrize("is_scan", [True, False], ids=["scan", "sort"])
def test_the_first_events_are_the_earliest(
    many: Timeline, monkeypatch: pytest.MonkeyPatch, is_scan: bool
) -> None:
    monkeypatch.setattr(linked_events, "is_scan_faster", lambda *_: is_scan)
    rows = many.rows(f"SELECT id FROM events {IN_SERBIA} ORDER BY sort_key, id")

    events = first_events(many.db, *SERBIA, 25)

    assert len(rows) == count_events(many.db, *SERBIA) > 25
    assert [event["id"] for event in events] == [row["id"] for row in rows][:25]


def test_a_scan_is_faster_only_for_a_common_value(many: Timeline) -> None:
    assert linked_events.is_scan_faster(many.db, 1_000, 25)
    assert not linked_events.is_scan_faster(many.db, 20, 25)


def test_a_value_without_events_counts_zero(timeline: Timeline) -> None:
    assert count_events(timeline.db, "places", "Atlantis") == 0
    assert first_events(timeline.db, "places", "Atlantis", 5) == []


def test_the_dates_of_a_value_count_its_events(many: Timeline) -> None:
    rows = many.rows(f"SELECT date, count(*) AS count FROM events {IN_SERBIA} GROUP BY date")

    assert sorted(count_by_date(many.db, *SERBIA)) == [(row["date"], row["count"]) for row in rows]


def test_the_values_of_another_facet_are_counted_the_commonest_first(many: Timeline) -> None:
    rows = many.rows(
        "SELECT json_each.value, count(*) AS count FROM events, json_each(sources)"
        f" {IN_SERBIA.replace('number', 'events.number', 1)} GROUP BY 1 ORDER BY 2 DESC, 1"
    )

    assert count_by_other_facet(many.db, *SERBIA, "sources", 9) == rows[:9]
    assert count_by_other_facet(many.db, *SERBIA, "sources", 1) == rows[:1]


def test_nothing_is_counted_among_too_many_events(
    many: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = count_events(many.db, *SERBIA)
    monkeypatch.setattr(linked_events, "_MAX_COUNTED", count)
    assert count_by_date(many.db, *SERBIA)
    assert count_by_other_facet(many.db, *SERBIA, "sources", 5)

    monkeypatch.setattr(linked_events, "_MAX_COUNTED", count - 1)
    assert count_by_date(many.db, *SERBIA) == []
    assert count_by_other_facet(many.db, *SERBIA, "sources", 5) == []
