"""What a line of the benchmarks is: an operation, what stands beside it, and its floor.

A module of this package that has `LINES` is a group of its name, and its docstring introduces
the group in `docs/performance.md`: the runner finds it, nothing else is to be told of it. A
line's `measure(run, size)` gives `Measured`; median, ratio and floor are worked out here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.run import Run

LOWER_IS_BETTER = frozenset({"ms", "s", "MB", "stale"})
HIGHER_IS_BETTER = frozenset({"/s"})
NO_EVENTS = (0,)
"""The sizes of a line that is measured without events."""


@dataclass(frozen=True, slots=True)
class Floor:
    """What a line is held to; no field, and it is for comparison only.

    `ratio`: at least so many times as good as the peer, judged from `ratio_from` events on;
    `most` and `least`: what ours may be, in the line's unit.
    """

    ratio: float | None = None
    most: float | None = None
    least: float | None = None
    ratio_from: int = 0

    def says(self, unit: str) -> str:
        parts = []
        if self.ratio is not None:
            since = f" (from {self.ratio_from:,} events)" if self.ratio_from else ""
            parts.append(f"ratio ≥ {number(self.ratio)}{since}")
        if self.most is not None:
            parts.append(f"≤ {figure(self.most, unit)}")
        if self.least is not None:
            parts.append(f"≥ {figure(self.least, unit)}")
        return ", ".join(parts)

    def met(self, size: int, ours: float, ratio: float | None, *, bound: bool) -> bool | None:
        """Whether it is reached; None if nothing was to judge, or the peer gave no ratio.

        A ratio that is only a lower bound can reach a floor, and never miss one.
        """
        judged: list[bool | None] = []
        if self.ratio is not None and size >= self.ratio_from:
            reached = None if ratio is None else ratio >= self.ratio
            judged.append(None if bound and not reached else reached)
        if self.most is not None:
            judged.append(ours <= self.most)
        if self.least is not None:
            judged.append(ours >= self.least)
        if False in judged:
            return False
        return True if judged and None not in judged else None


@dataclass(slots=True)
class Measured:
    """Samples of ours and of the peer, in the line's unit.

    `peer_bound`: the peer was given up after its samples, which it would only have exceeded.
    `failed` says why ours is no answer, whatever its figures. `floor` replaces the line's own
    where it depends on what was found.
    """

    ours: list[float]
    peer: list[float] = field(default_factory=list)
    peer_bound: bool = False
    note: str = ""
    failed: str = ""
    floor: Floor | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One operation; `peer` says what stands beside it.

    `sizes`: how many events it is measured with, if not with those of the run; `largest_only`:
    once, at the largest of the run, for what compares sizes.
    """

    name: str
    operation: str
    unit: str
    measure: Callable[[Run, int], Measured]
    peer: str = ""
    floor: Floor = Floor()
    sizes: tuple[int, ...] = ()
    largest_only: bool = False


Row = dict[str, Any]


def ratio_of(unit: str, ours: float, peer: float) -> float | None:
    """How many times as good ours is; above 1 it is the better one."""
    if unit in LOWER_IS_BETTER:
        return peer / ours if ours else None
    if unit in HIGHER_IS_BETTER:
        return ours / peer if peer else None
    raise ValueError(f"{unit!r} is no unit; known are {LOWER_IS_BETTER | HIGHER_IS_BETTER}")


def row_of(line: Line, size: int, found: Measured) -> Row:
    """A line of the table, as it is kept."""
    floor = found.floor or line.floor
    ours = median(found.ours) if found.ours else None
    peer = median(found.peer) if found.peer else None
    ratio = ratio_of(line.unit, ours, peer) if ours is not None and peer is not None else None
    if found.failed or ours is None:
        met: bool | None = False if floor != Floor() else None
    else:
        met = floor.met(size, ours, ratio, bound=found.peer_bound)
    return {
        "line": line.name,
        "operation": line.operation,
        "size": size,
        "unit": line.unit,
        "ours": ours,
        "beside": line.peer,
        "peer": peer,
        "peer_bound": found.peer_bound,
        "ratio": ratio,
        "floor": floor.says(line.unit),
        "met": met,
        "note": "; ".join(filter(None, (found.failed, found.note))),
        "samples": {"ours": found.ours, "peer": found.peer},
    }


# As text --------------------------------------------------------------------------------------

COLUMNS = ("operation", "events", "ours", "peer", "beside", "ratio", "floor", "met", "note")
MET = {True: "yes", False: "NO", None: "–"}


def figure(value: float, unit: str) -> str:
    """A figure with its unit: `12.3 ms`, `13,000/s`."""
    return number(value) + (unit if unit.startswith("/") else f" {unit}")


def number(value: float) -> str:
    """Three digits, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def cells(row: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a row by column; a figure that was given up has a `>`, a rate a `<`."""
    unit, over = row["unit"], row["peer_bound"]
    less = "<" if unit in HIGHER_IS_BETTER else ">"
    peer = "" if row["peer"] is None else figure(row["peer"], unit)
    ratio = "" if row["ratio"] is None else number(row["ratio"])
    return {
        "operation": row["operation"],
        "events": f"{row['size']:,}" if row["size"] else "",
        "ours": "" if row["ours"] is None else figure(row["ours"], unit),
        "peer": f"{less} {peer}" if over and peer else peer,
        "beside": row["beside"],
        "ratio": f"> {ratio}" if over and ratio else ratio,
        "floor": row["floor"],
        "met": MET[row["met"]] if row["floor"] else "",
        "note": row["note"],
    }
