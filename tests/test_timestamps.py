"""Timestamps in the form of the log."""

from __future__ import annotations

import pytest

from chronology.model.timestamps import is_timestamp


@pytest.mark.parametrize(
    ("text", "is_of_log"),
    [
        ("2026-01-31T23:59:59Z", True),
        ("2026-1-31T23:59:59Z", False),
        ("2026-02-31T23:59:59Z", False),
        ("2026-01-31 23:59:59Z", False),
        ("0000-01-31T23:59:59Z", False),
        ("", False),
    ],
)
def test_a_timestamp_of_the_log_has_one_form_and_exists(text: str, is_of_log: bool) -> None:
    assert is_timestamp(text) is is_of_log
