"""The days of the window with their events: counts, and bars stacked by the first dimension.

An event of uncertain date counts in equal parts for each day on which it may have fallen, and one
of several fronts in equal parts for each of them; so the bars add up to the events.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any

from chronology.dates import Date, parse

COLOURS = 6
OTHERS, NONE = COLOURS, COLOURS + 1
HEIGHT = 100
_LONGEST = 400  # days; longer windows are drawn by the month

parsed = lru_cache(maxsize=1 << 16)(parse)


@lru_cache(maxsize=1 << 16)
def names(text: str) -> tuple[str, ...]:
    """An array column as a tuple."""
    return tuple(json.loads(text))


def series(db: sqlite3.Connection, column: str) -> list[str]:
    """The values of a dimension that have a colour of their own: the commonest."""
    found = db.execute(
        "SELECT value FROM facet_values WHERE facet = ? ORDER BY count DESC, value LIMIT ?",
        (column, COLOURS),
    )
    return [value for (value,) in found]


class Tally:
    """Events a day and colour, certain and expected, over a window of days."""

    def __init__(self, first: date, length: int) -> None:
        self.first = first
        self.length = length
        # Differences from the day before: an event costs the same whatever its length.
        self.certain = [[0.0] * (length + 1) for _ in range(NONE + 1)]
        self.possible = [[0.0] * (length + 1) for _ in range(NONE + 1)]

    def add(self, event: Date, colours: list[int], count: int) -> None:
        """Adds a number of events of one date."""
        if event.core:
            days = self._clipped(*event.core)
            self._spread(self.certain, [days], colours, count)
        elif not event.lasts:
            spans = [self._clipped(*span) for span in event.spans]
            length = sum(max(end - start, 0) for start, end in spans)
            if length:
                self._spread(self.possible, spans, colours, count / length)

    def _clipped(self, low: date | None, high: date | None) -> tuple[int, int]:
        start = max((low - self.first).days, 0) if low else 0
        end = min((high - self.first).days + 1, self.length) if high else self.length
        return start, end

    @staticmethod
    def _spread(
        target: list[list[float]], spans: list[tuple[int, int]], colours: list[int], each: float
    ) -> None:
        for start, end in spans:
            for colour in colours if start < end else ():
                target[colour][start] += each / len(colours)
                target[colour][end] -= each / len(colours)

    def days(self, which: list[list[float]]) -> list[tuple[float, ...]]:
        """For each day, the number by colour."""
        sums = [list(accumulate(row))[: self.length] for row in which]
        return [tuple(max(round(n, 6), 0.0) for n in day) for day in zip(*sums, strict=True)]


def tally(
    db: sqlite3.Connection,
    window: tuple[date, date],
    column: str,
    colours: list[str],
    where: str,
    params: Mapping[str, Any],
) -> Tally:
    """The events of a selection by day."""
    found = Tally(window[0], (window[1] - window[0]).days + 1)
    number = {name: index for index, name in enumerate(colours)}
    rows = db.execute(
        f'SELECT date, "{column}", count(*) FROM events {where} GROUP BY 1, 2', params
    )
    for text, values, count in rows:
        listed = names(values) if values.startswith("[") else (values,)
        found.add(parsed(text), [number.get(name, OTHERS) for name in listed] or [NONE], count)
    return found


def months(
    db: sqlite3.Connection,
    window: Date,
    column: str,
    colours: list[str],
    where: str,
    params: Mapping[str, Any],
) -> dict[str, Any]:
    """The bars of a window: sections of a month (or year), each with its days (or months)."""
    first, last = window.earliest, window.latest
    if first is None or last is None:
        return {"sections": [], "most": 0.0}
    found = tally(db, (first, last), column, colours, where, params)
    key = 10 if found.length <= _LONGEST else 7
    bins: dict[str, dict[str, Any]] = {}
    certain, possible = found.days(found.certain), found.days(found.possible)
    for number in range(found.length):
        day = first + timedelta(days=number)
        bar = bins.setdefault(
            day.isoformat()[:key], {"day": day, "certain": [0.0] * 8, "possible": [0.0] * 8}
        )
        bar["certain"] = [a + b for a, b in zip(bar["certain"], certain[number], strict=True)]
        bar["possible"] = [a + b for a, b in zip(bar["possible"], possible[number], strict=True)]
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
        "total": certain + possible,
        "parts": parts,
    }
