"""Events over time: counts by bins, and the bars of the home page, stacked by a dimension.

An event of uncertain date counts in equal parts for each possible day. In the bars, an event with
several values of the dimension counts in equal parts for each.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, islice, pairwise
from typing import Any, TypeAlias

from chronology.model.edtf import Date, parse
from chronology.model.instants import Seconds, has_time, instants, of_days
from chronology.web.pages.time_bins import Bin, Division

COLOURS = 6
OTHERS, NONE = COLOURS, COLOURS + 1
HEIGHT = 100
_DAY = 86_400

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
    """Events per bin and group: those certainly in it, and the number expected besides.

    `edges` are the first second of each bin, and the second after the last one. An event that lasts
    counts once in each bin that it certainly touches. One moment counts in parts, for each possible
    day alike, and for each possible second where bins are shorter than days. Adding an event costs
    the same whatever its length.
    """

    def __init__(self, edges: Sequence[int], groups: int) -> None:
        self._edges = edges
        self._length = len(edges) - 1
        self._by_time = any(edge % _DAY for edge in edges)
        # Differences from the bin before: of counts, and of counts per second in whole bins.
        self._counts = [[[0.0] * (self._length + 1) for _ in range(groups)] for _ in range(2)]
        self._per_second = [[0.0] * (self._length + 1) for _ in range(groups)]

    def add(self, event: Date, groups: Sequence[int], count: float) -> None:
        """Adds a number of events of one date to each of some groups."""
        timed = self._by_time and has_time(event)
        spans, core = instants(event) if timed else of_days(event)
        # An event that lasts no longer than a second is in one bin.
        bins = self._bins(core[0], max(core[1], core[0] + 1)) if core else None
        if bins and (event.lasts or bins[1] - bins[0] == 1):
            self._step(self._counts[0], bins[0], bins[1], groups, count)
        elif not event.lasts:
            self._spread(spans, groups, count)

    def _spread(self, spans: Sequence[Seconds], groups: Sequence[int], count: float) -> None:
        """Adds parts of a moment that may be in several bins."""
        low, high = self._edges[0], self._edges[-1]
        runs = [
            (low if a is None else max(a, low), high if b is None else min(b, high))
            for a, b in spans
        ]
        each = count / (sum(max(b - a, 0) for a, b in runs) or 1)
        for a, b in runs:
            bins = self._bins(a, b)
            if not bins:
                continue
            start, end = bins[0], bins[1] - 1
            if start == end:
                self._step(self._counts[1], start, start + 1, groups, each * (b - a))
                continue
            before = self._edges[start + 1] - a
            after = b - self._edges[end]
            self._step(self._counts[1], start, start + 1, groups, each * before)
            self._step(self._counts[1], end, end + 1, groups, each * after)
            self._step(self._per_second, start + 1, end, groups, each)

    def _bins(self, first: int, end: int) -> tuple[int, int] | None:
        """The bins from the first to before the last that some seconds touch."""
        last = end - 1
        start = max(bisect_right(self._edges, first) - 1, 0)
        stop = min(bisect_right(self._edges, last), self._length)
        return (start, stop) if start < stop and last >= self._edges[0] else None

    @staticmethod
    def _step(
        rows: list[list[float]], start: int, end: int, groups: Sequence[int], each: float
    ) -> None:
        for group in groups:
            rows[group][start] += each
            rows[group][end] -= each

    @property
    def certain(self) -> list[list[float]]:
        """For each group the number in each bin."""
        return [self._sums(row) for row in self._counts[0]]

    @property
    def possible(self) -> list[list[float]]:
        """For each group the further number expected in each bin."""
        lengths = [high - low for low, high in pairwise(self._edges)]
        return [
            [
                max(round(part + density * length, 6), 0.0)
                for part, density, length in zip(
                    accumulate(parts[:-1]), accumulate(per_second[:-1]), lengths, strict=True
                )
            ]
            for parts, per_second in zip(self._counts[1], self._per_second, strict=True)
        ]

    def _sums(self, row: list[float]) -> list[float]:
        return [max(round(n, 6), 0.0) for n in accumulate(row[: self._length])]


def mostly_timed(dated: Iterable[tuple[str, int]]) -> bool:
    """Whether most of some events have a time, given their dates with the number of each."""
    timed = total = 0
    for text, count in dated:
        total += count
        timed += count * ("T" in text)
    return 2 * timed > total


def histogram(
    division: Division | None, series: Sequence[str], dated: Mapping[tuple[Any, ...], int]
) -> dict[str, Any]:
    """The bars of a window in sections, one for each of its bins.

    `dated` counts the events by their date and their values of the first dimension.
    """
    if division is None:
        return {"sections": [], "most": 0.0}
    bins = division.bins
    tally = Tally(division.edges, NONE + 1)
    for (text, values), count in dated.items():
        colours = colours_of(values, series)
        tally.add(parsed(text), colours, count / len(colours))
    certain = list(zip(*tally.certain, strict=True))
    possible = list(zip(*tally.possible, strict=True))
    totals = [sum(a) + sum(b) for a, b in zip(certain, possible, strict=True)]
    most = max(totals)
    columns = iter(zip(bins, certain, possible, strict=True))
    return {
        "unit": division.unit,
        "sections": [
            _section(section.heading, list(islice(columns, len(section.bins))), most)
            for section in division.sections
        ],
        "most": most,
        "busiest": bins[totals.index(most)],
    }


Column: TypeAlias = tuple[Bin, Sequence[float], Sequence[float]]
"""A bin with the certain and the further expected events of each colour."""


def _section(heading: str, columns: Sequence[Column], most: float) -> dict[str, Any]:
    """The bars of a section, and their parts as one path for each colour and certainty.

    A part is a vertical line, from the ground up, whose `x` is the number of its bar.
    """
    paths: dict[tuple[int, str], list[str]] = {}
    for number, (_, certain, possible) in enumerate(columns):
        top = float(HEIGHT)
        for kind, counts in (("certain", certain), ("possible", possible)):
            for colour, count in enumerate(counts):
                if count:
                    height = HEIGHT * count / most
                    top -= height
                    line = f"M{number} {max(top, 0):.1f}v{height:.1f}"
                    paths.setdefault((colour, kind), []).append(line)
    return {
        "heading": heading,
        "bars": [
            {
                "name": each.name,
                "label": each.label,
                "rank": each.rank,
                "words": f"{each.words}: {_in_words(sum(certain), sum(possible))}",
            }
            for each, certain, possible in columns
        ],
        "paths": [(*part, "".join(lines)) for part, lines in sorted(paths.items())],
    }


def _in_words(certain: float, possible: float) -> str:
    """The number of events in a bar, for screen readers."""
    words = f"{certain:,.3g} certain" if certain % 1 else f"{certain:,.0f} certain"
    possible = round(possible, 2)
    low, high = math.floor(possible), math.ceil(possible)
    if not high:
        return words
    return (
        f"{words}, probably {low:,} or {high:,} more"
        if low < high
        else f"{words}, probably {low:,} more"
    )
