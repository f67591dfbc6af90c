"""Texts in messages."""

from __future__ import annotations

import pytest

from chronology.model.errors import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [("Niš", "Niš"), ("a\x1b[2Jb", "a\\x1b[2Jb"), ("\u202eab\n", "\\u202eab\\n")],
)
def test_characters_that_control_a_terminal_are_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown
