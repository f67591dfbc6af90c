"""Charts of the quantities of the selected events over time, for the home page.

A dot is an event, at the middle of its possible time. Heights are in percent of the chart. The
scale is logarithmic where the largest value is over a thousand times the smallest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from chronology.index.selection import Relation
from chronology.model.edtf import Date
from chronology.model.instants import instants, of_days
from chronology.model.vocabulary import QuantityColumn
from chronology.store.database import fetch_rows
from chronology.web.pages import date_axis, day_histogram, formatting
from chronology.web.pages.home_overview import Overview, Reader

MAX_DOTS = 400
MAX_CHARTS = 8
_LOGARITHMIC = 1_000
_NAMED = 5
_STEPS = (1, 2, 5, 10)
_LINES = 4


class Scale(NamedTuple):
    """A scale from a lowest to a highest value, linear or logarithmic."""

    low: float
    high: float
    is_logarithmic: bool

    def height(self, value: float) -> float:
        """The height of a value in percent."""
        low, high, value = map(math.log10, (*self[:2], value)) if self[2] else (*self[:2], value)
        return round(100 * (value - low) / (high - low), 2)

    @property
    def marks(self) -> list[dict[str, Any]]:
        """Round values with their heights."""
        return [
            {"label": formatting.figure(value), "height": self.height(value)}
            for value in (self._powers() if self.is_logarithmic else self._multiples())
        ]

    def _powers(self) -> Iterable[float]:
        first, last = round(math.log10(self.low)), round(math.log10(self.high))
        step = -(-(last - first) // _LINES)
        return [float(10**power) for power in range(first, last + 1, step)]

    def _multiples(self) -> Iterable[float]:
        step = _round_step((self.high - self.low) / _LINES)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]


def scale_of(values: Sequence[float]) -> Scale:
    """The scale of some values, which is never empty; a linear one has the zero."""
    low, high = min(values), max(values)
    if low > 0 and high / low > _LOGARITHMIC:
        return Scale(10.0 ** math.floor(math.log10(low)), 10.0 ** math.ceil(math.log10(high)), True)
    low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        return Scale(0.0, 1.0, False)
    step = _round_step((high - low) / _LINES)
    return Scale(math.floor(low / step) * step, math.ceil(high / step) * step, False)


def _round_step(least: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is not below a number."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in _STEPS if step * power >= least * (1 - 1e-9))


def charts(
    reader: Reader, chronology_overview: Overview, relation: Relation
) -> list[dict[str, Any]]:
    """The charts of the quantities that any of the selected events has."""
    made = (
        _chart(reader, chronology_overview, relation, column)
        for column in list(chronology_overview.quantities)[:MAX_CHARTS]
    )
    return [chart for chart in made if chart]


def _chart(
    reader: Reader, chronology_overview: Overview, relation: Relation, column: str
) -> dict[str, Any] | None:
    source, params = relation
    first = chronology_overview.first
    rows = fetch_rows(
        reader.timeline.db,
        "SELECT id, title, date, value, series, count(*) OVER () AS total FROM"
        f' (SELECT id, title, date, "{column}" AS value, "{first}" AS series {source})'
        f" WHERE value IS NOT NULL ORDER BY value DESC, id LIMIT {MAX_DOTS}",
        params,
    )
    if not rows:
        return None
    quantity = chronology_overview.quantities[column]
    dates = [day_histogram.parsed(row["date"]) for row in rows]
    axis = date_axis.around(dates, chronology_overview.chronology.window)
    scale = scale_of([row["value"] for row in rows])
    dots = [
        dot
        for row, date in zip(rows, dates, strict=True)
        if axis and (dot := _dot(row, date, axis, scale, chronology_overview.series, quantity.unit))
    ]
    return {
        "column": column,
        "heading": quantity.heading,
        "description": quantity.description,
        "total": rows[0]["total"],
        "dots": dots,
        "marks": scale.marks,
        "ticks": axis.ticks if axis else [],
        "is_logarithmic": scale.is_logarithmic,
        "largest": dots[:_NAMED],
    }


def _dot(
    row: Mapping[str, Any],
    date: Date,
    axis: date_axis.Axis,
    scale: Scale,
    series: Sequence[str],
    unit: str | None,
) -> dict[str, Any] | None:
    """An event in a chart; None if its time is open on both sides."""
    spans = (instants(date) if "T" in date.text else of_days(date)).spans
    start, end = spans[0][0], spans[-1][1]
    known = [second for second in (start, end) if second is not None]
    if not known:
        return None
    value = formatting.figure(row["value"])
    return {
        "id": row["id"],
        "title": row["title"],
        "words": date.in_words(),
        "value": f"{value} {unit}" if unit else value,
        "x": axis.x(sum(known) // len(known)) / 10,
        "y": scale.height(row["value"]),
        "colour": day_histogram.colours_of(row["series"], series)[0],
    }


def fields(quantities: Mapping[str, QuantityColumn]) -> list[dict[str, str]]:
    """The quantities for the forms that filter by them: the parameters and their label."""
    return [
        {"label": quantity.heading, "least": f"{column}__gte", "most": f"{column}__lte"}
        for column, quantity in quantities.items()
    ]


def filter_names(quantities: Mapping[str, QuantityColumn]) -> dict[str, str]:
    """The names of the filters by quantities, by parameter."""
    return {
        field[limit]: f"{field['label']} at {limit}"
        for field in fields(quantities)
        for limit in ("least", "most")
    }
