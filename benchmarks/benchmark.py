"""A benchmark: an operation, the peer that it is compared with, and its floor.

A module of this package that has `BENCHMARKS` is a group with the name of the module, and its
docstring introduces the group in `docs/performance.md`. `run.groups` finds such modules, so a new
one needs no registration. `measure(run, size)` returns a `Measurement`; this module computes the
median, the ratio and whether the floor is reached.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.run import Run

LOWER_IS_BETTER = frozenset({"ms", "s", "KB", "MB", "stale"})
HIGHER_IS_BETTER = frozenset({"/s"})
NO_EVENTS = (0,)
"""The sizes of a benchmark that needs no events."""


@dataclass(frozen=True, slots=True)
class Floor:
    """The least that a benchmark must reach; without any field it is only a comparison.

    `ratio`: how many times as good as the peer, for `ratio_from` events or more. `most` and
    `least`: limits of our own figure, in the unit of the benchmark.
    """

    ratio: float | None = None
    most: float | None = None
    least: float | None = None
    ratio_from: int = 0

    def describe(self, unit: str) -> str:
        parts = []
        if self.ratio is not None:
            since = f" (from {self.ratio_from:,} events)" if self.ratio_from else ""
            parts.append(f"ratio ≥ {format_number(self.ratio)}{since}")
        if self.most is not None:
            parts.append(f"≤ {format_figure(self.most, unit)}")
        if self.least is not None:
            parts.append(f"≥ {format_figure(self.least, unit)}")
        return ", ".join(parts)

    def is_met(self, size: int, ours: float, ratio: float | None, *, is_bound: bool) -> bool | None:
        """Whether the floor is reached; None if there is nothing to judge, or no ratio.

        A ratio that is only a lower bound can reach a floor, but cannot miss it.
        """
        results: list[bool | None] = []
        if self.ratio is not None and size >= self.ratio_from:
            is_reached = None if ratio is None else ratio >= self.ratio
            results.append(None if is_bound and not is_reached else is_reached)
        if self.most is not None:
            results.append(ours <= self.most)
        if self.least is not None:
            results.append(ours >= self.least)
        if False in results:
            return False
        return True if results and None not in results else None


@dataclass(slots=True)
class Measurement:
    """Samples of ours and of the peer, in the unit of the benchmark.

    `peer_bound`: the peer was stopped, and its figure is at least as bad as its last sample.
    `failed`: why our result is not valid, whatever its figures. `floor` replaces that of the
    benchmark if it depends on the result.
    """

    ours: list[float]
    peer: list[float] = field(default_factory=list)
    peer_bound: bool = False
    note: str = ""
    failed: str = ""
    floor: Floor | None = None


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One operation; `peer` names the program or operation that it is compared with.

    `sizes`: numbers of events, if they differ from those of the run. `largest_only`: measured
    once, at the largest size of the run, because it compares sizes.
    """

    name: str
    operation: str
    unit: str
    measure: Callable[[Run, int], Measurement]
    peer: str = ""
    floor: Floor = Floor()
    sizes: tuple[int, ...] = ()
    largest_only: bool = False


Row = dict[str, Any]


def compute_ratio(unit: str, ours: float, peer: float) -> float | None:
    """How many times as good ours is; above 1, ours is better."""
    if unit in LOWER_IS_BETTER:
        return peer / ours if ours else None
    if unit in HIGHER_IS_BETTER:
        return ours / peer if peer else None
    raise ValueError(f"{unit!r} is not a unit; known are {LOWER_IS_BETTER | HIGHER_IS_BETTER}")


def result_row(benchmark: Benchmark, size: int, measurement: Measurement) -> Row:
    """The result of a benchmark at one size, as it is stored."""
    floor = measurement.floor or benchmark.floor
    unit = benchmark.unit
    ours = median(measurement.ours) if measurement.ours else None
    peer = median(measurement.peer) if measurement.peer else None
    ratio = compute_ratio(unit, ours, peer) if ours is not None and peer is not None else None
    if measurement.failed or ours is None:
        is_met: bool | None = False if floor != Floor() else None
    else:
        is_met = floor.is_met(size, ours, ratio, is_bound=measurement.peer_bound)
    return {
        "line": benchmark.name,
        "operation": benchmark.operation,
        "size": size,
        "unit": unit,
        "ours": ours,
        "beside": benchmark.peer,
        "peer": peer,
        "peer_bound": measurement.peer_bound,
        "ratio": ratio,
        "floor": floor.describe(unit),
        "met": is_met,
        "note": "; ".join(filter(None, (measurement.failed, measurement.note))),
        "samples": {"ours": measurement.ours, "peer": measurement.peer},
    }


# As text --------------------------------------------------------------------------------------

COLUMNS = ("operation", "events", "ours", "peer", "compared with", "ratio", "floor", "met", "note")
MET = {True: "yes", False: "NO", None: "–"}


def format_figure(value: float, unit: str) -> str:
    """A figure with its unit: `12.3 ms`, `13,000/s`."""
    return format_number(value) + (unit if unit.startswith("/") else f" {unit}")


def format_number(value: float) -> str:
    """Three digits, or all digits before the decimal point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def cells(row: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a row by column; the figure of a stopped peer has a `>`, its rate a `<`."""
    unit, is_bound = row["unit"], row["peer_bound"]
    sign = "<" if unit in HIGHER_IS_BETTER else ">"
    peer = "" if row["peer"] is None else format_figure(row["peer"], unit)
    ratio = "" if row["ratio"] is None else format_number(row["ratio"])
    return {
        "operation": row["operation"],
        "events": f"{row['size']:,}" if row["size"] else "",
        "ours": "" if row["ours"] is None else format_figure(row["ours"], unit),
        "peer": f"{sign} {peer}" if is_bound and peer else peer,
        "compared with": row["beside"],
        "ratio": f"> {ratio}" if is_bound and ratio else ratio,
        "floor": row["floor"],
        "met": MET[row["met"]] if row["floor"] else "",
        "note": row["note"],
    }
