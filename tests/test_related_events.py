"""Relations between events: recording them, circles, retractions and their table."""

from __future__ import annotations

import pytest
from conftest import Timeline
from hypothesis import given, settings
from hypothesis import strategies as st

from chronology.ingest.relations import Relations
from chronology.model.errors import BatchRefused
from chronology.model.records import Event, load
from chronology.store.database import connect

PART = (
    "- {event: %s, date: 1944-10-15, title: A part, kind: battle, related: [{event: %s, as: %s}]}\n"
)


def relate(name: str, other: str, relation: str = "part-of") -> str:
    return (
        f"- {{correct: event/{name}, set: {{related: [{{event: {other}, as: '{relation}'}}]}},"
        " because: So it was.}\n"
    )


def relations(timeline: Timeline) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in timeline.rows("SELECT * FROM relations ORDER BY 1, 3")]


def test_a_relation_is_recorded_corrected_and_retracted(refolded_timeline: Timeline) -> None:
    timeline = refolded_timeline
    timeline.batch("c", PART % ("part", "nis-taken", "part-of"))
    assert relations(timeline) == [("part", "part-of", "nis-taken", None)]
    timeline.batch("d", relate("part", "belgrade-taken", "follows"))
    assert relations(timeline) == [("part", "follows", "belgrade-taken", None)]
    assert timeline.event("part")["related"] == '[{"as":"follows","event":"belgrade-taken"}]'
    timeline.batch("e", "- {retract: event/part, because: Nobody says so.}")
    assert relations(timeline) == []


def test_an_event_of_another_chronology_is_named_with_its_address(
    refolded_timeline: Timeline,
) -> None:
    timeline = refolded_timeline
    timeline.batch("c", relate("nis-taken", "nish", "same-as-in:https://example.org/war/"))
    assert relations(timeline) == [
        ("nis-taken", "same-as-in", "nish", "https://example.org/war"),
    ]


def test_an_unknown_event_is_refused(timeline: Timeline) -> None:
    with pytest.raises(BatchRefused, match="unknown event 'nowhere'"):
        timeline.batch("c", relate("nis-taken", "nowhere"))


def test_an_unknown_relation_is_refused_with_the_known_ones(timeline: Timeline) -> None:
    with pytest.raises(BatchRefused, match="write part-of, caused-by, follows, or same-as-in:"):
        timeline.batch("c", relate("nis-taken", "belgrade-taken", "before"))


@pytest.mark.parametrize("relation", ["part-of", "follows", "caused-by"])
def test_a_circle_is_refused(timeline: Timeline, relation: str) -> None:
    timeline.batch("c", relate("nis-taken", "belgrade-taken", relation))
    circle = "belgrade-taken → nis-taken → belgrade-taken"
    with pytest.raises(BatchRefused, match=f"form a circle: {circle}"):
        timeline.batch("d", relate("belgrade-taken", "nis-taken", relation))


def test_an_event_is_not_related_to_itself(timeline: Timeline) -> None:
    with pytest.raises(BatchRefused, match="circle: nis-taken → nis-taken"):
        timeline.batch("c", relate("nis-taken", "nis-taken"))


def test_causes_and_successors_are_one_order(timeline: Timeline) -> None:
    timeline.batch("c", relate("nis-taken", "belgrade-taken", "caused-by"))
    with pytest.raises(BatchRefused, match="caused-by or follows form a circle"):
        timeline.batch("d", relate("belgrade-taken", "nis-taken", "follows"))


def test_a_part_may_follow_its_whole(refolded_timeline: Timeline) -> None:
    refolded_timeline.batch("c", relate("nis-taken", "belgrade-taken", "part-of"))
    refolded_timeline.batch("d", relate("belgrade-taken", "nis-taken", "follows"))


def test_a_circle_that_the_same_batch_opens_is_none(refolded_timeline: Timeline) -> None:
    timeline = refolded_timeline
    timeline.batch("c", relate("nis-taken", "belgrade-taken"))
    undo = "- {correct: event/nis-taken, unset: [related], because: It was not.}\n"
    timeline.batch("d", relate("belgrade-taken", "nis-taken") + undo)


def test_a_retraction_is_refused_while_another_event_is_related(timeline: Timeline) -> None:
    timeline.batch("c", PART % ("whole", "nis-taken", "follows"))
    timeline.batch("d", PART % ("part", "whole", "part-of"))
    retraction = "- {retract: event/whole, because: Nobody says so.}\n"
    with pytest.raises(BatchRefused, match="event/part is still related to it; correct event/part"):
        timeline.batch("e", retraction)
    timeline.batch("e", retraction + relate("part", "nis-taken"))
    assert relations(timeline) == [("part", "part-of", "nis-taken", None)]


@settings(max_examples=60)
@given(st.dictionaries(st.integers(0, 7), st.sets(st.integers(0, 7), max_size=3), max_size=8))
def test_a_circle_is_reported_exactly_if_there_is_one(graph: dict[int, set[int]]) -> None:
    db = connect(":memory:", write=True)
    found = Relations(db)
    for name, others in graph.items():
        related = [{"event": str(other), "as": "part-of"} for other in others]
        fields = {"date": "1944", "title": "It", "kind": "battle", "related": related}
        found.note(str(name), load(Event, {k: v for k, v in fields.items() if v}), 1, True)
    faults = list(found.find_faults())
    db.close()
    assert bool(faults) == has_circle(graph)


def has_circle(graph: dict[int, set[int]]) -> bool:
    """Whether names remain after those without others are removed again and again."""
    left = {name: set(others) for name, others in graph.items()}
    while free := [name for name, others in left.items() if not others & left.keys()]:
        for name in free:
            del left[name]
    return bool(left)
