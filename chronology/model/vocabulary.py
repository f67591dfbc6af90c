"""The record of the whole chronology: its vocabularies, and the columns that it declares."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from chronology.model.edtf import Date
from chronology.model.fields import Fields, Id, Key, Line, Sequence, Text


class Level(Fields):
    """One level of formations."""

    id: Id
    description: Text


class FreeDimension(Fields):
    """A dimension whose values are tags; `order` is its place among such dimensions."""

    label: Line
    many: bool = False
    description: Text | None = None
    order: Sequence = 1


class QuantityColumn(Fields):
    """A quantity of events; `order` is its place among the quantities."""

    label: Line
    unit: Line | None = None
    description: Text | None = None
    order: Sequence = 1

    @property
    def heading(self) -> str:
        """The label with its unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label


class Dimension(NamedTuple):
    """A column of `events`, whose values are formations of a level or tags.

    `name` is the level, or the column itself if the dimension is free. It is the parameter `_NAME`
    and the lane.
    """

    column: str
    name: str
    is_free: bool = False


class Layout(NamedTuple):
    """The columns of `events` that a chronology declares."""

    dimensions: tuple[Dimension, ...] = ()
    quantities: tuple[str, ...] = ()


class Chronology(Fields):
    """The subject of the whole chronology, and its vocabularies.

    Levels are stored as a list, because their order matters and canonical JSON sorts keys.
    """

    title: Line
    window: Date
    kinds: dict[Id, Text]
    summary: Text | None = None
    zero: Date | None = None
    zero_as_written: Line | None = None
    clock: Line | None = None
    sides: dict[Id, Text] = {}
    ranks: list[Level] = msgspec.field(default=[], name="levels")
    declared: dict[Key, Id | FreeDimension] = msgspec.field(default={}, name="dimensions")
    quantities: dict[Key, QuantityColumn] = {}

    @property
    def levels(self) -> dict[str, str]:
        """The descriptions by level, the highest level first."""
        return {level.id: level.description for level in self.ranks}

    @property
    def layout(self) -> Layout:
        """The declared columns: dimensions by the levels, free dimensions, and quantities."""
        levels, free = list(self.levels), []
        ranked: list[tuple[int, str, str]] = []
        for column, declared in self.declared.items():
            if isinstance(declared, FreeDimension):
                free.append((declared.order, Dimension(column, column, is_free=True)))
            elif declared in levels:
                ranked.append((levels.index(declared), column, declared))
        return Layout(
            (
                *(Dimension(column, level) for _, column, level in sorted(ranked)),
                *(dimension for _, dimension in sorted(free)),
            ),
            tuple(sorted(self.quantities, key=lambda name: (self.quantities[name].order, name))),
        )

    @property
    def dimensions(self) -> dict[str, str]:
        """The names of the dimensions by column, in their order."""
        return {dimension.column: dimension.name for dimension in self.layout.dimensions}

    @property
    def dimension_words(self) -> dict[str, str]:
        """The words for the dimensions within a sentence, by column: a level, or a label."""
        free = self.free_dimensions
        return {
            column: _within_a_sentence(free[column].label) if column in free else name
            for column, name in self.dimensions.items()
        }

    @property
    def free_dimensions(self) -> dict[str, FreeDimension]:
        """The dimensions whose values are tags, by column, in their order."""
        free = {c: d for c, d in self.declared.items() if isinstance(d, FreeDimension)}
        return {d.column: free[d.column] for d in self.layout.dimensions if d.is_free}


def _within_a_sentence(label: str) -> str:
    """A label of one word begins with a small letter: `Country`, but not `NATO` or `UN region`."""
    return label.lower() if label.isalpha() and label.istitle() else label
