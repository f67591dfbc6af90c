"""The order of battle on a day."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import Timeline
from small_chronology import START

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


OnDay = Callable[[str], dict[str, Side]]


@pytest.fixture
def on(make_timeline: Callable[..., Timeline]) -> OnDay:
    timeline = make_timeline(START)
    timeline.batch("more", MORE)

    def sides(day: str) -> dict[str, Side]:
        catalogue = load_catalogue(timeline.db)
        return {side.id: side for side in order_of_battle.on_day(catalogue, parse(day))}

    return sides


def tree(unit: Unit) -> Any:
    return {unit.id: [tree(other) for other in unit.below]} if unit.below else unit.id


def test_each_formation_without_a_superior_is_the_root_of_a_tree(on: OnDay) -> None:
    side = on("1944-10-05")["soviet"]

    assert [tree(unit) for unit in side.tops] == [
        {"f3": ["a46", {"a57": [{"c68": ["d9"]}]}]},
    ]
    assert [unit.id for unit in side.loose] == ["a4"]
    assert side.number == 6


def test_an_attachment_ends_on_its_last_possible_day(on: OnDay) -> None:
    assert "a46" in tree(on("1944-10-10")["soviet"].tops[0])["f3"]

    later = on("1944-10-11")["soviet"]
    assert "a46" not in tree(later.tops[0])["f3"]
    assert [unit.id for unit in later.tops] == ["f3", "a46"]  # It has a part under it.


@pytest.mark.parametrize(
    ("since", "until", "day", "sure"),
    [
        ("1944-10-01", "1944-10-31", "1944-10-05", True),
        ("1944-10-05", "1944-10-05", "1944-10-05", True),
        ("1944-10-01", "1944-10-31", "1944-10-01/1944-10-31", True),
        ("[1944-09-01..1944-10-04]", "[1944-10-06..1944-11-01]", "1944-10-05", True),
        # It may have begun after the day, or on none of the first days.
        ("1944-10-06", "1944-10-31", "1944-10-05", False),
        ("[1944-10-01..1944-10-06]", "1944-10-31", "1944-10-05", False),
        ("1944-10-02", "1944-10-31", "1944-10-01/1944-10-31", False),
        # It may have ended before the day, or before the last of the days.
        ("1944-10-01", "1944-10-04", "1944-10-05", False),
        ("1944-10-01", "[1944-10-04..1944-10-31]", "1944-10-05", False),
        ("1944-10-01", "1944-10-30", "1944-10-01/1944-10-31", False),
        # A bound is unknown.
        (None, "1944-10-31", "1944-10-05", False),
        ("1944-10-01", None, "1944-10-05", False),
        ("[..1944-10-01]", "[1944-10-31..]", "1944-10-05", True),
        ("1944-10-01", "1944-10-31", "[..1944-10-05]", False),
        ("1944-10-01", "1944-10-31", "[1944-10-05..]", False),
    ],
)
def test_a_tie_is_sure_if_it_began_before_all_the_days_and_ended_after_them(
    since: str | None, until: str | None, day: str, sure: bool
) -> None:
    start, end = (parse(text) if text else None for text in (since, until))

    assert order_of_battle.is_sure(start, end, parse(day)) is sure


def test_the_ties_of_a_day_are_sure_or_not(on: OnDay) -> None:
    (front,) = on("1944-10-05")["soviet"].tops
    ties = {unit.id: unit.tie.sure for unit in front.below if unit.tie}

    assert ties == {"a46": True, "a57": False}  # It has no dates.


def test_a_part_appears_under_its_superior_without_subordinates(on: OnDay) -> None:
    (front,) = on("1944-10-05")["soviet"].tops
    (army,) = (unit for unit in front.below if unit.id == "a46")

    assert [(unit.id, unit.below) for unit in army.parts] == [("d9", [])]


def test_an_attachment_of_the_whole_takes_precedence_over_that_of_a_part(
    make_timeline: Callable[..., Timeline],
) -> None:
    timeline = make_timeline(START)
    ties = [f"{{to: c68, source: one, at: '1', part: {part}}}" for part in ("false", "true")]
    for name, attached in (("d1", ties), ("d2", ties[::-1])):
        timeline.batch(
            name,
            f"- {{formation: {name}, name: {name}, level: division, side: soviet,"
            f" attached: [{', '.join(attached)}]}}\n",
        )
    sides = order_of_battle.on_day(load_catalogue(timeline.db), parse("1944-10-05"))
    ((army,),) = (front.below for front in sides[0].tops)
    (corps,) = army.below

    assert [unit.id for unit in corps.below] == ["d1", "d2"]
    assert corps.parts == []


def test_a_commander_appears_once_with_the_known_dates(on: OnDay) -> None:
    (front,) = on("1944-10-05")["soviet"].tops
    (army,) = (unit for unit in front.below if unit.id == "a46")

    assert [(tie.id, tie.since, tie.sure) for tie in army.commanders] == [
        ("gagen", "1944-10-01", True)
    ]


def test_the_largest_side_comes_first_and_empty_sides_are_left_out(on: OnDay) -> None:
    assert list(on("1944-10-05")) == ["soviet", "german"]
    assert [unit.id for unit in on("1944-10-05")["german"].loose] == ["g1"]


def test_names_are_sorted_by_the_numbers_in_them() -> None:
    names = ["57th Army", "4th Army", "Army Group E", "46th Army"]

    assert sorted(names, key=order_of_battle.natural_key) == [
        *("Army Group E", "4th Army", "46th Army", "57th Army"),
    ]


def _all_ids(units: list[Unit]) -> list[str]:
    queue, ids = [*units], []
    while queue:
        unit = queue.pop()
        ids.append(unit.id)
        queue += [*unit.below, *unit.parts]
    return ids


@pytest.mark.parametrize(("count", "superiors"), [(400, 1), (40, 2)])
def test_chains_of_any_length_and_number_are_shown(
    make_timeline: Callable[..., Timeline], count: int, superiors: int
) -> None:
    """A long chain takes no deep recursion, and many ways to one formation take no long time."""
    timeline = make_timeline(START)
    units = [(n, side) for n in range(count) for side in range(superiors)]
    records = ""
    for n, copy in units:
        ties = ", ".join(f"{{to: x{n - 1}-{c}, source: one, at: '1'}}" for c in range(superiors))
        attached = f", attached: [{ties}]" if n else ""
        records += f"- {{formation: x{n}-{copy}, name: X {n} {copy}, level: corps, side: soviet"
        records += f"{attached}}}\n"
    timeline.old_batch("many", records)
    sides = order_of_battle.on_day(load_catalogue(timeline.db), parse("1944-10-14"))
    shown = _all_ids([unit for side in sides for unit in [*side.tops, *side.loose]])
    assert {*shown} >= {f"x{n}-{copy}" for n, copy in units}
    assert len(shown) < 2 * order_of_battle.MAX_UNITS


def formation(name: str, *superiors: str) -> str:
    ties = ", ".join(f"{{to: {superior}, source: one, at: '1'}}" for superior in superiors)
    return (
        f"- {{formation: {name}, name: {name}, level: corps, side: soviet, attached: [{ties}]}}\n"
    )


def trees(timeline: Timeline) -> list[Any]:
    """The trees of the formations whose ids begin with x, as nested lists of ids."""
    sides = order_of_battle.on_day(load_catalogue(timeline.db), parse("1944-10-14"))

    def nested(unit: Unit) -> list[Any]:
        return [unit.id, *map(nested, unit.below)]

    units = [unit for side in sides for unit in [*side.tops, *side.loose]]
    return sorted(nested(unit) for unit in units if unit.id.startswith("x"))


def test_what_lies_too_deep_has_a_tree_of_its_own(
    timeline: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeline.batch(
        "deep",
        formation("x")
        + formation("xa", "x")
        + formation("xb", "x")
        + formation("xc", "xa")
        + formation("xd", "xb")
        + formation("xe", "xd"),
    )
    monkeypatch.setattr(order_of_battle, "MAX_DEPTH", 1)

    assert trees(timeline) == [
        ["x", ["xa"], ["xb"]],
        ["xa", ["xc"]],
        ["xb", ["xd"]],
        ["xd", ["xe"]],
    ]


@pytest.mark.parametrize(("most", "again"), [(5, []), (6, [["xd"]])])
def test_after_many_units_no_subordinates_are_shown_twice(
    timeline: Timeline, monkeypatch: pytest.MonkeyPatch, most: int, again: list[Any]
) -> None:
    timeline.batch(
        "twice",
        formation("x")
        + formation("xa", "x")
        + formation("xb", "x")
        + formation("xc", "xa", "xb")
        + formation("xd", "xc"),
    )
    # Those of the other trees, which are built before.
    (others,) = timeline.db.execute("SELECT count(*) FROM formations WHERE id < 'x'").fetchone()
    monkeypatch.setattr(order_of_battle, "MAX_UNITS", others + most)

    assert trees(timeline) == [["x", ["xa", ["xc", ["xd"]]], ["xb", ["xc", *again]]]]
