"""Events by day: counts, and the bars of the calendar, stacked by the first dimension.

An event of uncertain date counts in equal parts for each possible day. In the calendar, an event of
several fronts counts in equal parts for each. So the bars add up to the number of events.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any

from chronology.model.edtf import Date, Span, parse

COLOURS = 6
OTHERS, NONE = COLOURS, COLOURS + 1
HEIGHT = 100
_LONGEST = 400  # days; longer windows are drawn by the month

parsed = lru_cache(maxsize=1 << 16)(parse)


@lru_cache(maxsize=1 << 16)
def names(text: str | None) -> tuple[str, ...]:
    """The values of a column, which is an array or one name."""
    if not text:
        return ()
    return tuple(json.loads(text)) if text.startswith("[") else (text,)


def colours_of(text: str | None, series: Sequence[str]) -> list[int]:
    """The colours of an event by its values of the first dimension."""
    return [series.index(n) if n in series else OTHERS for n in names(text)] or [NONE]


class Tally:
    """Events per bin of days and group, certain and expected."""

    def __init__(self, first: date, days: int, groups: int, step_days: int = 1) -> None:
        self.first = first
        self.step = step_days
        self.length = -(-days // step_days)
        # Differences from the bin before: an event costs the same whatever its length.
        self._certain = [[0.0] * (self.length + 1) for _ in range(groups)]
        self._possible = [[0.0] * (self.length + 1) for _ in range(groups)]

    def add(self, event: Date, groups: Sequence[int], count: float) -> None:
        """Adds a number of events of one date to each of some groups.

        Each certain day has the whole event. The possible ones have equal shares of it.
        """
        spans: Sequence[Span] = [event.core] if event.core else [] if event.lasts else event.spans
        runs = []
        for low, high in spans:
            start = max((low - self.first).days // self.step, 0) if low else 0
            after = (high - self.first).days // self.step + 1 if high else self.length
            if start < (end := min(after, self.length)):
                runs.append((start, end))
        target, share = self._certain, count
        if not event.core:
            target, share = self._possible, count / max(sum(end - start for start, end in runs), 1)
        for start, end in runs:
            for group in groups:
                target[group][start] += share
                target[group][end] -= share

    @property
    def certain(self) -> list[list[float]]:
        """For each group the number in each bin."""
        return [self._sums(row) for row in self._certain]

    @property
    def possible(self) -> list[list[float]]:
        """For each group the further number expected in each bin."""
        return [self._sums(row) for row in self._possible]

    def _sums(self, row: list[float]) -> list[float]:
        return [max(round(n, 6), 0.0) for n in accumulate(row[: self.length])]


def months(
    window: Date, series: Sequence[str], dated: Mapping[tuple[Any, ...], int]
) -> dict[str, Any]:
    """The bars of a window: sections of a month (or year), each with its days (or months).

    `dated` counts the events by their date and their values of the first dimension.
    """
    first, last = window.earliest, window.latest
    if first is None or last is None:
        return {"sections": [], "most": 0.0}
    tally = Tally(first, (last - first).days + 1, NONE + 1)
    for (text, values), count in dated.items():
        colours = colours_of(values, series)
        tally.add(parsed(text), colours, count / len(colours))
    key = 10 if tally.length <= _LONGEST else 7
    bins: dict[str, dict[str, Any]] = {}
    days = zip(zip(*tally.certain, strict=True), zip(*tally.possible, strict=True), strict=True)
    for number, (certain, possible) in enumerate(days):
        day = first + timedelta(days=number)
        bar = bins.setdefault(
            day.isoformat()[:key], {"day": day, "certain": [0.0] * 8, "possible": [0.0] * 8}
        )
        bar["certain"] = [a + b for a, b in zip(bar["certain"], certain, strict=True)]
        bar["possible"] = [a + b for a, b in zip(bar["possible"], possible, strict=True)]
    most = max(sum(bar["certain"]) + sum(bar["possible"]) for bar in bins.values())
    sections: dict[str, list[dict[str, Any]]] = {}
    for name, bar in bins.items():
        sections.setdefault(name[: key - 3], []).append(_bar(name, bar, most))
    busiest = max((bar for bars in sections.values() for bar in bars), key=lambda b: b["total"])
    return {"sections": list(sections.values()), "most": most, "busiest": busiest, "by": key}


def _bar(name: str, bar: dict[str, Any], most: float) -> dict[str, Any]:
    """A bar with its parts from the ground up: colour, whether certain, top, height."""
    parts, top = [], float(HEIGHT)
    for kind in ("certain", "possible"):
        for colour, number in enumerate(bar[kind]):
            if number:
                height = HEIGHT * number / most
                top -= height
                parts.append((colour, kind, round(top, 2), round(height, 2)))
    certain, possible = sum(bar["certain"]), sum(bar["possible"])
    return {
        "name": name,
        "day": bar["day"],
        "certain": round(certain, 2),
        "possible": round(possible, 2),
        "words": _in_words(certain, possible),
        "total": certain + possible,
        "parts": parts,
    }


def _in_words(certain: float, possible: float) -> str:
    """The number of events in a bar, for screen readers."""
    words = f"{certain:,.3g} certain" if certain % 1 else f"{certain:,.0f} certain"
    possible = round(possible, 2)
    low, high = math.floor(possible), math.ceil(possible)
    if not high:
        return words
    return (
        f"{words}, about {low:,}–{high:,} more likely"
        if low < high
        else (f"{words}, about {low:,} more likely")
    )
