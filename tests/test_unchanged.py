"""Ingesting a batch again: an unchanged one is skipped, an edited one refused."""

from __future__ import annotations

import json

import pytest
from conftest import Timeline
from ingest_faults import EVENT, faults, refused
from small_chronology import EVENTS, START

from chronology.store import log


@pytest.mark.parametrize("text", [START, EVENTS])
def test_a_second_ingest_does_nothing(timeline: Timeline, text: str) -> None:
    head, content = log.head(timeline.db), timeline.path.read_bytes()
    assert timeline.ingest(text) == (text.split("\n")[1].removeprefix("batch: "), 0, head)
    assert timeline.path.read_bytes() == content


def test_a_batch_with_moves_is_the_same_when_it_comes_again(timeline: Timeline) -> None:
    records = "- {retract: event/nis-taken, into: belgrade-taken, because: c}\n"
    timeline.batch("b", records)
    assert timeline.batch("b", records).records == 0


def test_order_of_fields_and_layout_make_no_difference(timeline: Timeline) -> None:
    again = EVENTS.replace(
        "  date: 1944-10-14\n  title: Niš is taken\n",
        "  title: 'Niš is taken'  # a comment\n  date: '1944-10-14'\n",
    )
    assert again != EVENTS
    assert timeline.ingest(again).records == 0


def test_the_format_of_a_batch_makes_no_difference(timeline: Timeline) -> None:
    rows = [
        {"format": 1, "batch": "b", "recorded": "2026-02-01T00:00:00Z"},
        {"event": "a", "date": "1944-10-10", "title": "A", "kind": "battle"},
    ]
    timeline.ingest("".join(json.dumps(row) + "\n" for row in rows), "jsonl")
    assert timeline.batch("b", EVENT).records == 0


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "title: Niš is taken",
            "title: Nis is taken",
            '7: event/nis-taken: title was "Niš is taken" when ingested, and is "Nis is taken" now',
        ),
        (
            "  kind: capture\n  places: [nis]",
            "  summary: S\n  kind: capture\n  places: [nis]",
            '8: event/nis-taken: summary was absent when ingested, and is "S" now',
        ),
        ("  places: [nis]\n", "", '5: event/nis-taken: places was [{"place":"nis"}] when ingested'),
        (
            'at: "¶1"',
            'at: "¶9"',
            '12: account/nis-taken-one-1: at was ["¶1"] when ingested, and is',
        ),
        ("event: nis-taken", "event: nis-falls", "5: event.recorded event/nis-taken was ingested"),
        (
            '{source: one, at: "¶1"',
            '{id: own, source: one, at: "¶1"',
            "12: account.recorded account/nis-taken-one-1 was ingested, and account/own",
        ),
        ("batch: events\n", "batch: events\nnote: N\n", "3: batch/events: note was absent when"),
        (
            "recorded: 2026-01-02T00:00:00Z",
            "recorded: 2026-01-03T00:00:00Z",
            "3: recorded was 2026-01-02T00:00:00Z when ingested, and is 2026-01-03T00:00:00Z now",
        ),
    ],
)
def test_an_edited_batch_is_refused_with_what_differs(
    timeline: Timeline, old: str, new: str, fault: str
) -> None:
    assert old in EVENTS
    (found,) = refused(timeline, EVENTS.replace(old, new, 1))
    assert found.startswith(fault)
    assert found.endswith("restore the file and append a correction in a new batch")


def test_a_record_added_to_an_ingested_batch_is_refused(timeline: Timeline) -> None:
    (found,) = refused(timeline, EVENTS + EVENT)
    line = EVENTS.count("\n") + 1
    assert found.startswith(f"{line}: event/a was added to a batch that is already ingested;")


def test_an_account_added_to_an_ingested_batch_is_refused(timeline: Timeline) -> None:
    (found,) = refused(timeline, EVENTS + "  - {source: one, at: x}\n")
    assert "an account without an id was added to a batch that is already ingested" in found


def test_a_record_removed_from_an_ingested_batch_is_refused(timeline: Timeline) -> None:
    (found,) = refused(timeline, EVENTS[: EVENTS.rindex("  - {source: two")])
    assert found.startswith(
        "1: account/belgrade-taken-two-1 was ingested from this batch, but is no longer in it;"
    )


def test_a_record_removed_from_the_middle_is_refused(timeline: Timeline) -> None:
    start, end = EVENTS.index("- event: nis-taken"), EVENTS.index("- event: belgrade-taken")
    (found,) = refused(timeline, EVENTS[:start] + EVENTS[end:])
    assert found.startswith(
        "5: event.recorded event/nis-taken was ingested, and event/belgrade-taken is in"
    )


def test_an_id_removed_from_an_account_is_refused(timeline: Timeline) -> None:
    records = EVENT.replace("}", ", accounts: [{id: own, source: one, at: x}]}")
    timeline.batch("b", records)
    (found,) = faults(timeline, records.replace("id: own, ", ""))
    assert found.startswith("5: account/own was ingested with its id, and an account without")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "because: c",
            "because: d",
            '5: event/nis-taken: because was "c" when ingested, and is "d"',
        ),
        (
            "{title: A}",
            "{title: B}",
            '5: event/nis-taken: set was {"title":"A"} when ingested, and',
        ),
        ("{correct", "{retract", "5: 'set' is not a field"),
    ],
)
def test_an_edited_correction_is_refused(
    timeline: Timeline, old: str, new: str, fault: str
) -> None:
    records = "- {correct: event/nis-taken, set: {title: A}, because: c}\n"
    timeline.batch("b", records)
    assert faults(timeline, records.replace(old, new))[0].startswith(fault)


def test_an_ingested_batch_that_can_no_longer_be_read_is_refused(timeline: Timeline) -> None:
    assert refused(timeline, EVENTS + "  - {source: [\n")[0].startswith("23: invalid YAML")
