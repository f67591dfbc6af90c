"""Chains of command: the superiors of a formation on the dates of an event."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chronology.model.days import Day
from chronology.model.edtf import Date, parse
from chronology.model.records import Attachment, Formation
from chronology.projections.catalogue import Catalogue, State
from chronology.projections.chain_of_command import (
    chain_of_command,
    is_constant,
    may_hold,
    names_by_level,
)

DAY = parse("1944-10-14")


def attached(
    to: str, since: str | None = None, until: str | None = None, part: bool = False
) -> Attachment:
    return Attachment(
        to=to,
        source="s",
        at="1",
        since=parse(since) if since else None,
        until=parse(until) if until else None,
        part=part,
    )


def catalogue(**formations: list[Attachment]) -> Catalogue:
    """Formations by id, of the level that their first letter says, and called `The <id>`."""
    made = Catalogue()
    for name, attachments in formations.items():
        level = {"f": "front", "a": "army", "c": "corps", "d": "division"}[name[0]]
        fields = Formation(name=f"The {name}", level=level, side="s", attached=attachments)
        made.formations.put(name, State(fields, 1, 1, ""))
    return made


# Whether an attachment holds


@pytest.mark.parametrize(
    ("since", "until", "event"),
    [
        (None, None, "1944-10-14"),
        ("1944-10-14", None, "1944-10-14"),
        (None, "1944-10-14", "1944-10-14"),
        ("1944-10-01", "1944-10-31", "1944-10-14"),
        ("1944-10-14", None, "1944-10-01/1944-10-14"),
        (None, "1944-10-14", "1944-10-14/1944-10-31"),
        ("1944-10-14", None, "1944-10"),
        # The ends are uncertain, so they exclude only what no reading of them allows.
        ("1944-10", None, "1944-10-01"),
        (None, "1944-10", "1944-10-31"),
        ("[1944-10-14,1944-10-20]", None, "1944-10-14"),
        (None, "[1944-10-01..1944-10-14]", "1944-10-14"),
        ("[..1944-10-20]", None, "1944-10-14"),
        (None, "[1944-10-01..]", "1944-10-14"),
        # The event's dates are open, or a set.
        ("1944-10-14", "1944-10-14", "[..1944-10-20]"),
        ("1944-10-14", "1944-10-14", "1944-10-10/.."),
        ("1944-10-14", None, "[1944-10-01,1944-10-14]"),
    ],
)
def test_an_attachment_holds_unless_it_is_certainly_excluded(
    since: Any, until: Any, event: Any
) -> None:
    assert may_hold(attached("f", since, until), parse(event))


@pytest.mark.parametrize(
    ("since", "until", "event"),
    [
        ("1944-10-15", None, "1944-10-14"),
        (None, "1944-10-13", "1944-10-14"),
        ("1944-11", None, "1944-10-31"),
        (None, "1944-09", "1944-10-01"),
        ("[1944-10-15..1944-10-20]", None, "1944-10-14"),
        (None, "[1944-10-01,1944-10-13]", "1944-10-14"),
        ("1944-10-15", None, "[..1944-10-14]"),
        (None, "1944-10-13", "1944-10-14/.."),
        # It held only between the days that are possible.
        ("1944-10-05", "1944-10-10", "[1944-10-01,1944-10-14]"),
    ],
)
def test_an_attachment_that_is_excluded_on_every_possible_day_does_not_hold(
    since: Any, until: Any, event: Any
) -> None:
    assert not may_hold(attached("f", since, until), parse(event))


DAYS = [Day.of(1944, 10, 1) + n for n in range(12)]


@st.composite
def dates(draw: st.DrawFn) -> Date:
    low, high = sorted(draw(st.lists(st.sampled_from(DAYS), min_size=2, max_size=2, unique=True)))
    forms = ("{0}", "{0}/{1}", "[{0},{1}]", "[{0}..{1}]", "[..{0}]", "[{0}..]", "{0}/..", "/{0}")
    return parse(draw(st.sampled_from(forms)).format(low, high))


def possible(day: Day, given: Date) -> bool:
    return any((not a or a <= day) and (not b or day <= b) for a, b in given.spans)


@given(since=st.none() | dates(), until=st.none() | dates(), event=dates())
def test_an_attachment_holds_exactly_if_some_possible_day_is_not_excluded(
    since: Any, until: Any, event: Any
) -> None:
    start = since.earliest if since else None
    end = until.latest if until else None
    assume(not (start and end and end < start))
    beyond = [Day(DAYS[0] - 1), *DAYS, DAYS[-1] + 1]
    expected = any(
        possible(day, event) and (not start or start <= day) and (not end or day <= end)
        for day in beyond
    )
    attachment = Attachment(to="f", source="s", at="1", since=since, until=until)
    assert may_hold(attachment, event) == expected


# Chains


def test_a_chain_leads_from_the_formation_itself_to_the_top() -> None:
    units = catalogue(d1=[attached("c1")], c1=[attached("a1")], a1=[attached("f1")], f1=[])
    assert chain_of_command(units, "d1", DAY) == ["d1", "c1", "a1", "f1"]


def test_a_formation_without_superiors_is_its_own_chain() -> None:
    assert chain_of_command(catalogue(c1=[]), "c1", DAY) == ["c1"]


def test_the_superior_changes_with_the_date() -> None:
    units = catalogue(
        c1=[attached("a1", until="1944-10-10"), attached("a2", since="1944-10-11")], a1=[], a2=[]
    )
    assert chain_of_command(units, "c1", parse("1944-10-10")) == ["c1", "a1"]
    assert chain_of_command(units, "c1", parse("1944-10-11")) == ["c1", "a2"]


def test_every_possible_chain_is_followed() -> None:
    units = catalogue(
        c1=[attached("a1", until="1944-10-20"), attached("a2", since="1944-10-10")],
        a1=[attached("f1")],
        a2=[attached("f2")],
        f1=[],
        f2=[],
    )
    assert chain_of_command(units, "c1", DAY) == ["c1", "a1", "a2", "f1", "f2"]


def test_an_interval_has_the_superiors_of_all_its_days() -> None:
    units = catalogue(
        c1=[attached("a1", until="1944-10-10"), attached("a2", since="1944-10-11")], a1=[], a2=[]
    )
    assert chain_of_command(units, "c1", parse("1944-10-09/1944-10-12")) == ["c1", "a1", "a2"]


def test_a_superior_on_two_paths_appears_once() -> None:
    units = catalogue(
        c1=[attached("a1"), attached("a2")], a1=[attached("f1")], a2=[attached("f1")], f1=[]
    )
    assert chain_of_command(units, "c1", DAY) == ["c1", "a1", "a2", "f1"]


def test_the_attachment_of_a_part_is_not_followed() -> None:
    units = catalogue(c1=[attached("a1", part=True), attached("a2")], a1=[], a2=[])
    assert chain_of_command(units, "c1", DAY) == ["c1", "a2"]


def test_a_chain_with_a_cycle_ends() -> None:
    units = catalogue(c1=[attached("a1")], a1=[attached("c1")])
    assert chain_of_command(units, "c1", DAY) == ["c1", "a1"]


# Levels


def test_names_by_level_are_sorted_and_unique() -> None:
    units = catalogue(
        d1=[attached("c1")],
        c1=[attached("a2"), attached("a1")],
        c2=[attached("a1")],
        a1=[attached("f1")],
        a2=[],
        f1=[],
    )
    assert names_by_level(
        units, [chain_of_command(units, "d1", DAY), chain_of_command(units, "c2", DAY)]
    ) == {
        "division": ["The d1"],
        "corps": ["The c1", "The c2"],
        "army": ["The a1", "The a2"],
        "front": ["The f1"],
    }


def test_a_formation_counts_at_its_own_level() -> None:
    assert names_by_level(catalogue(a1=[attached("f1")], f1=[]), [["a1", "f1"]])["army"] == [
        "The a1"
    ]


def test_without_formations_there_are_no_levels() -> None:
    assert names_by_level(catalogue(), []) == {}


@pytest.mark.parametrize(
    ("since", "until", "constant"),
    [(None, None, True), ("1944-10-01", None, False), (None, "1944-10-01", False)],
)
def test_a_chain_is_constant_unless_an_attachment_has_a_date(
    since: str | None, until: str | None, constant: bool
) -> None:
    units = catalogue(d1=[attached("c1")], c1=[attached("a1", since, until)], a1=[])

    assert is_constant(units, "d1") is constant
