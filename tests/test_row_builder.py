"""The rows of new events, and the reasons of the records that change others."""

from __future__ import annotations

from conftest import Timeline


def test_a_change_of_a_place_is_no_reason_of_its_event_of_the_same_id(timeline: Timeline) -> None:
    event = "- {event: nis, date: 1944-10-15, title: A raid, kind: battle, places: [nis]}\n"
    timeline.batch("raid", event)
    timeline.batch("name", "- {correct: place/nis, set: {name: Naissus}, because: Renamed.}")
    reasons = timeline.rows("SELECT because FROM history WHERE id = 'nis' ORDER BY from_position")
    assert [row["because"] for row in reasons] == [None, "place/nis corrected: Renamed."]
