"""The order of battle on a day."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import START, Timeline

from chronology.model.edtf import parse
from chronology.projections.catalogue import load_catalogue
from chronology.timeline import order_of_battle
from chronology.timeline.order_of_battle import Side, Unit

MORE = """\
- {person: gagen, name: Nikolai Gagen, side: soviet}
- {formation: a46, name: 46th Army, level: army, side: soviet,
   attached: [{to: f3, source: one, at: "3", from: 1944-09-01, until: 1944-10-10}],
   commanders: [{person: gagen, source: one, at: "1", from: 1944-10-01, until: 1944-10-20},
                {person: gagen, source: two, at: "1"}]}
- {formation: a4, name: 4th Army, level: army, side: soviet}
- {formation: d9, name: 9th Division, level: division, side: soviet,
   attached: [{to: a46, source: one, at: "4", part: true}, {to: c68, source: two, at: "1"}]}
- {formation: g1, name: Group One, level: corps, side: german}
"""


@pytest.fixture
def on(make_timeline: Callable[..., Timeline]) -> Callable[[str], dict[str, Side]]:
    timeline = make_timeline(START)
    timeline.batch("more", MORE)

    def found(day: str) -> dict[str, Side]:
        catalogue = load_catalogue(timeline.db)
        return {side.id: side for side in order_of_battle.on_day(catalogue, parse(day))}

    return found


def tree(unit: Unit) -> Any:
    return {unit.id: [tree(other) for other in unit.below]} if unit.below else unit.id


def test_a_day_has_one_tree_for_each_formation_that_is_under_no_other(on):
    side = on("1944-10-05")["soviet"]

    assert [tree(unit) for unit in side.tops] == [
        {"f3": ["a46", {"a57": [{"c68": ["d9"]}]}]},
    ]
    assert [unit.id for unit in side.loose] == ["a4"]
    assert side.number == 6


def test_an_attachment_ends_with_its_last_possible_day(on):
    assert "a46" in tree(on("1944-10-10")["soviet"].tops[0])["f3"]

    later = on("1944-10-11")["soviet"]
    assert "a46" not in tree(later.tops[0])["f3"]
    assert [unit.id for unit in later.tops] == ["f3", "a46"]  # It has a part under it.


def test_only_what_has_both_ends_around_the_day_is_sure(on):
    (front,) = on("1944-10-05")["soviet"].tops
    ties = {unit.id: unit.tie for unit in front.below}

    assert ties["a46"].sure
    assert not ties["a57"].sure  # Without dates it is taken to hold.


def test_a_part_is_shown_under_its_superior_and_followed_no_further(on):
    (front,) = on("1944-10-05")["soviet"].tops
    (army,) = (unit for unit in front.below if unit.id == "a46")

    assert [(unit.id, unit.below) for unit in army.parts] == [("d9", [])]


def test_a_commander_stands_once_and_with_the_dates_that_are_known(on):
    (front,) = on("1944-10-05")["soviet"].tops
    (army,) = (unit for unit in front.below if unit.id == "a46")

    assert [(tie.id, tie.since, tie.sure) for tie in army.commanders] == [
        ("gagen", "1944-10-01", True)
    ]


def test_sides_with_most_formations_come_first_and_empty_ones_are_left_out(on):
    assert list(on("1944-10-05")) == ["soviet", "german"]
    assert [unit.id for unit in on("1944-10-05")["german"].loose] == ["g1"]


def test_names_with_numbers_stand_in_the_order_of_the_numbers():
    names = ["57th Army", "4th Army", "Army Group E", "46th Army"]

    assert sorted(names, key=order_of_battle.natural_key) == [
        *("Army Group E", "4th Army", "46th Army", "57th Army"),
    ]
