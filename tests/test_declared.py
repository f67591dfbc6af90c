"""Faults of dimensions, tags, quantities, names and importance: each with its remedy."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import Timeline
from test_free_dimensions import START

from chronology.model.errors import BatchRefused

EVENT = "- {event: e, date: 1944-10-14, title: It, kind: death, "


@pytest.fixture
def timeline(make_timeline: Callable[..., Timeline]) -> Timeline:
    return make_timeline(START)


def faults(timeline: Timeline, records: str) -> list[str]:
    with pytest.raises(BatchRefused) as refused:
        timeline.batch("new", records)
    return [f"{fault.description}; {fault.remedy}" for fault in refused.value.faults]


@pytest.mark.parametrize(
    ("records", "fault"),
    [
        (
            EVENT + "tags: {them: [war]}}",
            "event/e: 'them' is not a dimension of tags of the chronology;"
            " dimensions: theme, country",
        ),
        (
            EVENT + "tags: {fronts: [f3]}}",
            "event/e: 'fronts' is not a dimension of tags of the chronology;"
            " dimensions: theme, country",
        ),
        (
            EVENT + "tags: {theme: [wars]}}",
            "event/e: unknown tag of theme 'wars'; record the tag of theme, or correct the id",
        ),
        (
            EVENT + "tags: {country: [war]}}",
            "event/e: unknown tag of country 'war'; record the tag of country, or correct the id",
        ),
        (
            EVENT + "tags: {country: [usa, usa-2]}}\n- {tag: usa-2, dimension: country, name: U}",
            "event/e: 'country' has one value, but 2 are given;"
            " keep one, or declare the dimension with many: true",
        ),
        (
            EVENT + "tags: {theme: [war, war]}}",
            "event/e: tags: 'war' occurs twice; keep one of them",
        ),
        (EVENT + "tags: {theme: []}}", "event/e.tags.theme: the list is empty; see docs/format.md"),
        (
            EVENT + "quantities: {guns: 3}}",
            "event/e: 'guns' is not a quantity of the chronology; quantities: tanks, loss",
        ),
        (
            EVENT + "quantities: {tanks: many}}",
            "event/e.quantities.tanks: 'many' is not valid: expected float, got str;"
            " see docs/format.md",
        ),
        (
            EVENT + "quantities: {tanks: .nan}}",
            "event/e.quantities.tanks: '.nan' is not valid: expected float, got str;"
            " see docs/format.md",
        ),
        (
            EVENT + "quantities: {tanks: 1e16}}",
            "event/e.quantities.tanks: '1e16' is not valid: expected float <= 1000000000000000.0;"
            " see docs/format.md",
        ),
        (
            EVENT + "importance: 6}",
            "event/e.importance: '6' is not valid: expected int <= 5; see docs/format.md",
        ),
        (
            EVENT + "names: [{name: Es, from: 1945, until: 1944}]}",
            "event/e: 1944 is before 1945; correct one of the two dates",
        ),
        (
            "- {tag: red, dimension: flag, name: Red}",
            "tag/red: 'flag' is not a dimension of tags of the chronology;"
            " dimensions: theme, country",
        ),
        (
            "- {tag: again, dimension: theme, name: War}",
            "tag/again: tag/war already has the name 'War';"
            " names are unique; make it more specific",
        ),
        (
            "- {correct: tag/trade, set: {dimension: country}, because: So.}",
            "tag/trade: the dimension of a tag stays what it was, 'theme'; record another tag",
        ),
        (
            "- {correct: chronology/test, set: {dimensions: {theme: {label: T}}}, because: So.}",
            "chronology/test: 'country' is still in use; keep it in dimensions",
        ),
        (
            "- {correct: chronology/test, because: So,"
            " set: {dimensions: {theme: {label: T}, country: {label: C}, front: {label: F}}}}",
            "chronology/test: 'front' is also a level; choose another name",
        ),
        (
            "- {correct: chronology/test, because: So,"
            " set: {dimensions: {theme: {label: T}, country: {label: C}, within: {label: F}}}}",
            "chronology/test: '_within' is already a parameter of addresses; choose another name",
        ),
        (
            "- {correct: chronology/test, set: {quantities: {title: T}}, because: So.}",
            "chronology/test: 'title' is already a column; choose another name",
        ),
        (
            "- {correct: chronology/test, set: {quantities: {theme: T}}, because: So.}",
            "chronology/test: 'theme' is already a column; choose another name",
        ),
    ],
)
def test_a_fault_names_its_place_and_remedy(timeline: Timeline, records: str, fault: str) -> None:
    assert faults(timeline, records) == [fault]


def test_a_tag_may_be_recorded_after_its_events_in_the_batch(timeline: Timeline) -> None:
    timeline.batch(
        "new", EVENT + "tags: {country: [urss]}}\n- {tag: urss, dimension: country, name: URSS}"
    )

    assert timeline.event("e")["country"] == '["URSS"]'


def test_a_tag_that_events_refer_to_is_not_retracted(timeline: Timeline) -> None:
    timeline.batch("used", EVENT + "tags: {theme: [war]}}")

    assert faults(timeline, "- {retract: tag/war, because: So.}") == [
        "tag/war is retracted, but event/e still refers to it; correct event/e first"
    ]


def test_a_quantity_that_events_have_stays_declared(timeline: Timeline) -> None:
    timeline.batch("used", EVENT + "quantities: {tanks: 3}}")
    change = "- {correct: chronology/test, set: {quantities: {loss: Loss}}, because: So.}"

    assert faults(timeline, change) == [
        "chronology/test: 'tanks' is still in use; keep it in quantities"
    ]
    timeline.batch("unused", "- {correct: event/e, unset: [quantities], because: So.}")
    timeline.batch("gone", change)
    assert "tanks" not in timeline.event("e")


def test_people_may_have_the_same_name(timeline: Timeline) -> None:
    timeline.batch(
        "same",
        "- {person: a, name: Ann}\n- {person: b, name: Ann}\n" + EVENT + "people: [a, b]}",
    )

    assert timeline.event("e")["people"] == '["Ann","Ann"]'
    assert timeline.rows("SELECT id, events FROM people") == [
        {"id": "a", "events": 1},
        {"id": "b", "events": 1},
    ]


def test_tags_of_different_dimensions_may_have_the_same_name(timeline: Timeline) -> None:
    assert timeline.rows("SELECT id FROM tags WHERE name = 'War' ORDER BY id") == [
        {"id": "usa"},
        {"id": "war"},
    ]
