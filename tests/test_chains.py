"""Chains of superiors and of places: no circles, and a limit to their length."""

from __future__ import annotations

import pytest
from ingest_faults import Make
from peers import rows_of
from small_chronology import START

from chronology.ingest import replication
from chronology.ingest.bounds import NARROW, WIDE
from chronology.ingest.chains import find_circles, lengths
from chronology.model.errors import BatchRefused
from tests.attack.forged_logs import ForgedPeer


def formations(count: int) -> str:
    """A chain of formations, each under the one before."""
    return "".join(
        f"- {{formation: x{n}, name: X {n}, level: corps, side: soviet"
        + (f", attached: [{{to: x{n - 1}, source: one, at: '1'}}]" if n else "")
        + "}\n"
        for n in range(count)
    )


def places(count: int) -> str:
    """A chain of places, each within the one before."""
    return "".join(
        f"- {{place: x{n}, name: X {n}" + (f", within: x{n - 1}" if n else "") + "}\n"
        for n in range(count)
    )


@pytest.mark.parametrize("records", [formations, places])
def test_a_chain_has_a_limit(make_timeline: Make, records: object) -> None:
    assert callable(records)
    limit = NARROW.chain
    make_timeline(START).batch("long", records(limit + 1))
    with pytest.raises(BatchRefused, match=f"x{limit + 1} is under {limit + 1} others"):
        make_timeline(START).batch("longer", records(limit + 2))


def test_a_chain_that_is_too_long_already_may_stay_but_not_grow(make_timeline: Make) -> None:
    timeline = make_timeline(START)
    timeline.old_batch("long", formations(331))
    other = "- {formation: other, name: Other, level: corps, side: soviet}"
    timeline.batch("other", other)
    grown = "- {formation: more, name: M, level: corps, side: soviet, attached: "
    with pytest.raises(BatchRefused, match="is under 331 others"):
        timeline.batch("grown", grown + "[{to: x330, source: one, at: '1'}]}")


@pytest.mark.parametrize("records", [formations, places])
def test_an_earlier_batch_may_have_a_longer_chain(make_timeline: Make, records: object) -> None:
    assert callable(records)
    timeline = make_timeline(START)
    timeline.old_batch("long", records(331))
    copy = make_timeline()
    replication.follow(copy.db, ForgedPeer(rows_of(timeline.db)))
    assert rows_of(copy.db) == rows_of(timeline.db)
    with pytest.raises(BatchRefused, match=f"is under {WIDE.chain + 1} others"):
        make_timeline(START).old_batch("longer", records(WIDE.chain + 2))


def test_lengths_leave_out_circles_and_what_is_below_them() -> None:
    parents = {"a": ["b"], "b": ["a"], "c": ["a"], "d": [], "e": ["d", "unknown"], "f": ["e", "d"]}
    assert lengths(parents) == {"d": 0, "e": 1, "f": 2}


@pytest.mark.parametrize(
    ("parents", "circles"),
    [
        ({"c": ["c"]}, [["c"]]),
        ({"c": ["a"], "a": ["c"]}, [["c", "a"]]),
        ({"c": ["a"], "a": ["f"], "f": ["c"]}, [["c", "a", "f"]]),
        ({"c": ["a", "b"], "a": ["f"], "b": ["f"], "f": []}, []),
        ({"c": ["a", "unknown"], "a": ["f"], "f": ["a"]}, [["a", "f"]]),
        ({"c": ["a", "b"], "a": ["c"], "b": ["c"]}, [["c", "a"], ["c", "b"]]),
    ],
)
def test_circles_are_found(parents: dict[str, list[str]], circles: list[list[str]]) -> None:
    assert list(find_circles(["c"], lambda name: parents.get(name, ()))) == circles


def test_names_below_a_circle_are_passed_once() -> None:
    count, passed = 2_000, 0

    class Counted(dict[str, list[str]]):
        def __getitem__(self, name: str) -> list[str]:
            nonlocal passed
            passed += 1
            return super().__getitem__(name)

    parents = Counted({str(n): [str(n - 1)] for n in range(1, count)}, **{"0": ["0"]})
    assert list(find_circles(list(parents), parents.__getitem__)) == [["0"]]
    assert passed == count


@pytest.mark.slow
def test_a_chain_of_many_is_measured_in_linear_time() -> None:
    count = 200_000
    assert max(lengths({str(n): [str(n + 1)] for n in range(count)}).values()) == count - 1


@pytest.mark.parametrize(
    ("declared", "fault"),
    [
        ("levels: {where: W, army: A}", "'_where' is already a parameter"),
        ("levels: {front: F, within: W}", "'_within' is already a parameter"),
        ("levels: {front: F}\n  dimensions: {size: front}", "'_size' is already a parameter"),
        ("levels: {front: F}\n  dimensions: {number: front}", "'number' is already a column"),
        ("levels: {front: F}\n  dimensions: {id: front}", "'id' is already a column"),
    ],
)
def test_declared_names_may_not_be_those_of_parameters_and_columns(
    make_timeline: Make, declared: str, fault: str
) -> None:
    timeline = make_timeline()
    with pytest.raises(BatchRefused, match=fault):
        timeline.batch("start", chronology(declared))


def chronology(declared: str) -> str:
    return f"- chronology: test\n  title: T\n  window: 1944\n  kinds: {{k: K}}\n  {declared}\n"


def test_an_earlier_batch_may_use_names_of_parameters(make_timeline: Make) -> None:
    timeline, copy = make_timeline(), make_timeline()
    timeline.old_batch(
        "start", chronology("levels: {within: W, day: D}\n  dimensions: {size: day}")
    )
    replication.follow(copy.db, ForgedPeer(rows_of(timeline.db)))
    assert rows_of(copy.db) == rows_of(timeline.db)


def test_dimensions_have_a_limit(make_timeline: Make) -> None:
    names = ", ".join(f"d{n}: front" for n in range(NARROW.dimensions + 1))
    many = chronology(f"levels: {{front: F}}\n  dimensions: {{{names}}}")
    make_timeline().old_batch("start", many)
    with pytest.raises(BatchRefused, match="more than 100 dimensions"):
        make_timeline().batch("start", many)


def test_names_of_parameters_that_a_log_has_may_stay(make_timeline: Make) -> None:
    timeline = make_timeline()
    timeline.old_batch(
        "start", chronology("levels: {within: W, day: D}\n  dimensions: {size: day}")
    )
    corrected = "- correct: chronology/test\n  because: So.\n  set: {title: Other%s}\n"
    timeline.batch("other", corrected % "")
    with pytest.raises(BatchRefused, match="'_sort' is already a parameter"):
        timeline.batch("more", corrected % ", dimensions: {size: day, sort: day}")
