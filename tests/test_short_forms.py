"""Short forms of the batch format."""

from __future__ import annotations

from typing import Any

import pytest

from chronology.model.short_forms import expand_short_forms


def test_a_single_locator_is_a_list_of_one() -> None:
    assert expand_short_forms("account", {"at": "¶1"}) == {"at": ["¶1"]}


def test_a_place_of_an_event_may_be_its_id() -> None:
    wide = expand_short_forms("event", {"places": ["nis", {"place": "sofia", "role": "near"}]})
    assert wide == {"places": [{"place": "nis"}, {"place": "sofia", "role": "near"}]}


@pytest.mark.parametrize(
    ("number", "text"), [(160, "160"), (1.5, "1.5"), (1234567890123456789, "1234567890123456789")]
)
def test_a_number_claimed_is_kept_as_text_with_all_its_digits(number: float, text: str) -> None:
    assert expand_short_forms("account", {"claims": {"tanks": number}}) == {
        "claims": {"tanks": text}
    }


@pytest.mark.parametrize("odd", [{"at": 5}, {"claims": "x"}, {"claims": {"a": True}}, {"at": None}])
def test_invalid_values_stay_unchanged(odd: dict[str, Any]) -> None:
    assert expand_short_forms("account", odd) == odd
