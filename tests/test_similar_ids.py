"""Suggestions for an unknown id."""

from __future__ import annotations

import pytest
from conftest import Timeline

from chronology.timeline.similar_ids import similar_ids


def suggestions(timeline: Timeline, table: str, unknown: str, limit: int = 6) -> list[str]:
    return [row["id"] for row in similar_ids(timeline.db, table, unknown, limit)]


def test_a_misspelt_id_leads_to_the_event_and_its_title(timeline: Timeline) -> None:
    assert similar_ids(timeline.db, "events", "nis-take")[0] == {
        "id": "nis-taken",
        "name": "Niš is taken",
    }


@pytest.mark.parametrize(
    ("table", "unknown", "similar"),
    [
        ("places", "belgrad", ["belgrade"]),
        ("people", "tolbuhin", ["tolbukhin"]),
        ("places", "atlantis", []),
    ],
)
def test_a_misspelt_id_of_a_subject_leads_to_similar_ids(
    timeline: Timeline, table: str, unknown: str, similar: list[str]
) -> None:
    assert suggestions(timeline, table, unknown) == similar


@pytest.mark.parametrize("table", ["events", "places"])
def test_nothing_is_compared_with_an_id_that_is_too_long(
    timeline: Timeline, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    monkeypatch.setattr(
        "chronology.timeline.similar_ids.SequenceMatcher", lambda *_: pytest.fail("compared")
    )
    monkeypatch.setattr(
        "chronology.timeline.similar_ids.get_close_matches", lambda *_: pytest.fail("compared")
    )

    assert suggestions(timeline, table, "belgrade-" * 5_000) == []


def test_an_event_is_found_by_the_words_of_its_title(timeline: Timeline) -> None:
    assert suggestions(timeline, "events", "capture-belgrade-taken") == ["belgrade-taken"]


def test_an_event_is_found_by_the_longest_word_if_not_by_all(timeline: Timeline) -> None:
    assert suggestions(timeline, "events", "fall-of-belgrade") == ["belgrade-taken"]


def test_the_most_similar_ids_come_first_and_are_limited(timeline: Timeline) -> None:
    timeline.batch(
        "more",
        "".join(
            f"- {{event: nis-{n}, date: 1944-10-01, title: T, kind: battle}}\n" for n in "abcdefgh"
        ),
    )
    found = suggestions(timeline, "events", "nis-taker", 3)
    assert found[0] == "nis-taken"
    assert len(found) == 3


def test_an_id_with_the_syntax_of_a_query_finds_nothing(timeline: Timeline) -> None:
    assert suggestions(timeline, "events", '"; DROP') == []
