"""The texts of an event for full-text search."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


def all_names(subjects: Iterable[Any]) -> str:
    """All names of some subjects, one a line."""
    return with_folded(joined([names_of(subject) for subject in subjects]))


def names_of(subject: Any) -> str:
    return joined([subject.name, *(other.name for other in subject.names)])


# Letters without a decomposition, which the tokenizer of FTS5 cannot fold.
FOLDED = str.maketrans({"đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "ß": "ss"})


def joined(texts: Sequence[str | None]) -> str:
    return "\n".join([text for text in texts if text])


def with_folded(text: str) -> str:
    """A text for the search index, followed by its folded form if it has letters of `FOLDED`."""
    if text.isascii():
        return text
    folded = text.translate(FOLDED)
    return text if folded == text else f"{text}\n{folded}"
