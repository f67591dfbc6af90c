"""The levels, dimensions and quantities that a chronology declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chronology.model.fields import Fields, Id, Line, Text
from chronology.model.fields import Sequence as Order


class Level(Fields):
    """One level of formations."""

    id: Id
    description: Text


class FreeDimension(Fields):
    """A dimension whose values are tags; `order` is its place among such dimensions."""

    label: Line
    many: bool = False
    description: Text | None = None
    order: Order = 1


class QuantityColumn(Fields):
    """A quantity of events; `order` is its place among the quantities."""

    label: Line
    unit: Line | None = None
    description: Text | None = None
    order: Order = 1

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


def layout_of(
    declared: Mapping[str, str | FreeDimension],
    levels: Sequence[str],
    quantities: Mapping[str, QuantityColumn],
) -> Layout:
    """The columns: dimensions by the levels, free dimensions, and quantities."""
    free: list[tuple[int, Dimension]] = []
    ranked: list[tuple[int, str, str]] = []
    for column, dimension in declared.items():
        if isinstance(dimension, FreeDimension):
            free.append((dimension.order, Dimension(column, column, is_free=True)))
        elif dimension in levels:
            ranked.append((levels.index(dimension), column, dimension))
    return Layout(
        (
            *(Dimension(column, level) for _, column, level in sorted(ranked)),
            *(dimension for _, dimension in sorted(free)),
        ),
        tuple(sorted(quantities, key=lambda name: (quantities[name].order, name))),
    )
