"""The results of a sample, counted."""

from __future__ import annotations

import math
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

KILLED = ("killed", "timed out")


@dataclass(frozen=True)
class Result:
    """The result of one mutant: killed, timed out, survived, not reached or equivalent."""

    path: str
    line: int
    before: str
    after: str
    outcome: str
    seconds: float
    test: str = ""


@dataclass(frozen=True)
class Equivalent:
    """A change after which the program does the same, with the reason."""

    path: str
    before: str
    after: str
    reason: str


def load_equivalents(path: Path) -> list[Equivalent]:
    if not path.exists():
        return []
    entries = tomllib.loads(path.read_text("utf-8"))["equivalent"]
    return [Equivalent(**entry) for entry in entries]


def outdated(equivalents: Iterable[Equivalent], root: Path) -> list[Equivalent]:
    """List the entries whose lines are no longer in their module."""
    return [one for one in equivalents if not _is_current(one, root / one.path)]


def _is_current(equivalent: Equivalent, path: Path) -> bool:
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return equivalent.before in " ".join(line.strip() for line in lines)


def interval(killed: int, total: int) -> tuple[float, float]:
    """Return the 95% confidence interval of a share, by Wilson's formula."""
    if not total:
        return 0.0, 1.0
    z, share = 1.96, killed / total
    middle = share + z * z / (2 * total)
    width = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return (middle - width) / (1 + z * z / total), (middle + width) / (1 + z * z / total)


def folder_of(path: str) -> str:
    return "/".join(Path(path).parts[1:-1])


def text(results: Iterable[Result]) -> str:
    """Write a table of the counts by folder, then the survivors."""
    results = list(results)
    lines = [
        "| folder | mutants | killed | timed out | survived | not reached | equivalent | score |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for folder in [*sorted({folder_of(result.path) for result in results}), ""]:
        chosen = [one for one in results if not folder or folder_of(one.path) == folder]
        count = Counter(one.outcome for one in chosen)
        cells = [count[name] for name in ("survived", "not reached", "equivalent")]
        killed, total = sum(count[name] for name in KILLED), len(chosen) - count["equivalent"]
        row = [folder or "all", len(chosen), count["killed"], count["timed out"], *cells]
        score = f"{killed / total:.0%}" if total else ""
        lines.append(f"| {' | '.join(map(str, row))} | {score} |")
    low, high = interval(killed, total)
    lines.append(f"\nScore: {killed} of {total}, {killed / max(total, 1):.1%}")
    lines[-1] += f" (95% confidence: {low:.0%} to {high:.0%})"
    for one in sorted(results, key=lambda result: (result.path, result.line)):
        if one.outcome in ("survived", "not reached"):
            lines.append(f"\n{one.path}:{one.line}: {one.outcome}")
            lines += [f"  - {one.before}", f"  + {one.after}"]
    return "\n".join(lines)
