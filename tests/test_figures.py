"""Figures: the numbers and ranges in claims."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronology.model.figures import parse_figure


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("160", (160, 160)),
        ("-5", (-5, -5)),
        ("2.5", (2.5, 2.5)),
        ("500+", (500, None)),
        ("20-", (None, 20)),
        ("~17000", (15300, 18700)),
        ("15000..20000", (15000, 20000)),
        ("-2..-1", (-2, -1)),
    ],
)
def test_a_figure_is_read_as_its_least_and_greatest_number(text: str, bounds: Any) -> None:
    assert parse_figure(text) == bounds


@pytest.mark.parametrize(
    "text", ["", "many", "160 tanks", "1,000", "+5", "1e9", "..5", "5..", "20000..15000", "٣"]
)
def test_other_texts_are_not_figures(text: str) -> None:
    assert parse_figure(text) is None


numbers = st.decimals(-(10**12), 10**12, places=2, allow_nan=False)


@given(numbers, numbers)
def test_a_range_holds_both_its_ends(one: Any, other: Any) -> None:
    low, high = sorted((one, other))
    assert parse_figure(f"{low:f}..{high:f}") == (float(low), float(high))


@given(numbers)
def test_about_a_number_reaches_a_tenth_of_it_either_way(number: Any) -> None:
    found = parse_figure(f"~{number:f}")
    assert found is not None
    low, high = found
    assert low is not None
    assert high is not None
    assert low <= float(number) <= high
    assert high - low == pytest.approx(abs(float(number)) / 5)


@given(st.text())
def test_any_text_is_a_figure_or_not(text: str) -> None:
    found = parse_figure(text)
    low, high = found or (None, None)
    assert low is None or high is None or low <= high
