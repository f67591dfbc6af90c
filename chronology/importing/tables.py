"""Tables of texts, to which every reader brings its file."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from chronology.model.errors import ChronologyError


class Unreadable(ChronologyError):
    """A file that cannot be read as a table; the message has the remedy."""


class Row(NamedTuple):
    """A row with its number in the file, and a cell for each column. `extra` are further cells."""

    number: int
    cells: list[str]
    extra: tuple[str, ...] = ()


@dataclass
class Table:
    """A table that can be read several times.

    `roles` are those of a format whose columns are known. `settings` say how the file was read,
    for the map. `notes` say what is not in the rows, for the report. `people` are the fields of
    people by the names that the rows give them.
    """

    columns: list[str]
    rows: Callable[[], Iterator[Row]]
    roles: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    people: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    unit: str = "row"


def clean(text: str) -> str:
    """A text as batches store it: NFC, without white space around it and control characters."""
    if text.isascii() and text.isprintable():
        return text.strip()
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    if not text.isprintable():
        text = "".join(c if c.isprintable() or c in "\n\t" else _spaced(c) for c in text)
    return text.strip()


def _spaced(character: str) -> str:
    """A character that is not printable: a space, an invisible mark, or one that is left out."""
    if character.isspace():
        return " "
    return character if unicodedata.category(character) in ("Cf", "Co", "Cn") else ""


def named(header: list[str]) -> list[str]:
    """Names of columns, each only once: empty ones get their number."""
    names: list[str] = []
    for number, cell in enumerate(header, 1):
        name = base = " ".join(clean(cell).split()) or f"column {number}"
        count = 1
        while name in names:
            count += 1
            name = f"{base} ({count})"
        names.append(name)
    return names


def fitted(number: int, cells: list[str], width: int) -> Row:
    """A row of a width: missing cells are empty, and further ones are `extra`."""
    cleaned = [clean(cell) for cell in cells]
    extra = tuple(filter(None, cleaned[width:]))
    return Row(number, [*cleaned[:width], *[""] * (width - len(cleaned))], extra)
