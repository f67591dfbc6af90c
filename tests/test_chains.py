"""Chains of superiors and of places: no circles, and a limit to their length."""

from __future__ import annotations

import pytest
from ingest_faults import Make
from small_chronology import START

from chronology.ingest.chains import MAX_LENGTH, lengths
from chronology.model.errors import BatchRefused


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
    make_timeline(START).batch("long", records(MAX_LENGTH + 1))
    with pytest.raises(BatchRefused, match=f"x{MAX_LENGTH + 1} is under {MAX_LENGTH + 1} others"):
        make_timeline(START).batch("longer", records(MAX_LENGTH + 2))


def test_a_chain_that_is_too_long_already_may_stay_but_not_grow(
    make_timeline: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeline = make_timeline(START)
    monkeypatch.setattr("chronology.ingest.chains.MAX_LENGTH", 400)
    timeline.batch("long", formations(331))
    monkeypatch.undo()
    timeline.batch("other", "- {formation: other, name: Other, level: corps, side: soviet}")
    grown = "- {formation: more, name: M, level: corps, side: soviet, attached: "
    with pytest.raises(BatchRefused, match="is under 331 others"):
        timeline.batch("grown", grown + "[{to: x330, source: one, at: '1'}]}")


def test_lengths_leave_out_circles_and_what_is_below_them() -> None:
    parents = {"a": ["b"], "b": ["a"], "c": ["a"], "d": [], "e": ["d", "unknown"], "f": ["e", "d"]}
    assert lengths(parents) == {"d": 0, "e": 1, "f": 2}


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
        timeline.batch(
            "start",
            f"- chronology: test\n  title: T\n  window: 1944\n  kinds: {{k: K}}\n  {declared}\n",
        )
