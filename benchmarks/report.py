"""Write `docs/performance.md` from the stored results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.benchmark import COLUMNS, Row, cells
from benchmarks.files import ROOT
from benchmarks.run import Group, groups

PAGE = ROOT / "docs" / "performance.md"
NOTES = ROOT / "docs" / "performance-notes.md"
RIGHT_ALIGNED = {"events", "ours", "peer", "ratio"}


def write(results: Mapping[str, Any], path: Path = PAGE) -> Path:
    """Writes the page and returns its path."""
    path.write_text(page(results, groups(), NOTES.read_text("utf-8")), "utf-8")
    return path


def page(results: Mapping[str, Any], known: Sequence[Group], notes: str) -> str:
    """The page: the machine, the floors, a table for each group, and the handwritten notes.

    Results of benchmarks that no longer exist are omitted.
    """
    order = [benchmark.name for group in known for benchmark in group.benchmarks]
    rows = sorted(
        (row for row in results["rows"] if row["line"] in order),
        key=lambda row: (order.index(row["line"]), row["size"]),
    )
    parts = [_INTRODUCTION.strip(), unwrap(_EXPLANATION)]
    parts += [_circumstances(results, rows, known), _floors(rows)]
    for group in known:
        names = {benchmark.name for benchmark in group.benchmarks}
        if group_rows := [row for row in rows if row["line"] in names]:
            title = group.name.capitalize()
            parts.append(f"## {title}\n\n{unwrap(group.description)}\n\n{_table(group_rows)}")
    return "\n\n".join([*parts, notes.strip()]) + "\n"


_INTRODUCTION = """\
# Performance

The benchmarks generated all figures on this page:

    make bench                                   # all benchmarks, up to 200,000 events
    make bench BENCH=--full                      # the same, and with a million events
    .venv-test/bin/python -m benchmarks --list   # the groups and benchmarks; run some by name
    .venv-test/bin/python -m benchmarks --write  # this page, from the latest results
"""
_EXPLANATION = """\
Figures are medians of several runs. Ours and the peer are measured alternately, on the same
machine and the same events. The ratio says how ours compares: above 1, ours is better. `>` and
`<` mark a peer that did not answer within its limit; its figure is at least that bad. A floor is
the worst figure that passes. `–` means that it was not judged, because the peer is absent
or the floor applies only to more events.

`benchmarks/generator.py` makes the events: lines of about 520 bytes with 13 fields. Some fronts,
armies, places and words are in very many events and others in hardly any. A second batch corrects,
disputes and retracts some events.
"""


def unwrap(text: str) -> str:
    """Each paragraph on one line, like the other pages in docs/."""
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))


def _circumstances(results: Mapping[str, Any], rows: Sequence[Row], known: Sequence[Group]) -> str:
    if not rows:
        return "There are no results yet: run `make bench`."
    versions = ", ".join(f"{name} {number}" for name, number in results["versions"].items())
    days = sorted(row["at"][:10] for row in rows)
    when = days[0] if days[0] == days[-1] else f"{days[0]} to {days[-1]}"
    commits = ", ".join(f"`{name}`" for name in dict.fromkeys(row["commit"] for row in rows))
    load = max(row["load"] for row in rows)
    return (
        f"- Machine: {_machines(rows, known)}\n- Versions: {versions}\n"
        f"- When: {when}, at {commits}; load on the machine up to {load:g}"
    )


def _machines(rows: Sequence[Row], known: Sequence[Group]) -> str:
    """The machine; if there are several, each with the groups that it measured."""
    group_of = {benchmark.name: group.name for group in known for benchmark in group.benchmarks}
    by_machine: dict[str, dict[str, None]] = {}
    for row in rows:
        by_machine.setdefault(row["machine"], {})[group_of[row["line"]]] = None
    if len(by_machine) == 1:
        return next(iter(by_machine))
    return "; ".join(f"{machine} ({', '.join(names)})" for machine, names in by_machine.items())


def _floors(rows: Sequence[Row]) -> str:
    judged = [row for row in rows if row["met"] is not None]
    missed = [row for row in judged if not row["met"]]
    summary = f"## Floors\n\n{len(judged) - len(missed)} of {len(judged)} floors are reached."
    if not missed:
        return summary
    return f"{summary} Not reached:\n\n" + "\n".join(map(_missed_floor, missed))


def _missed_floor(row: Row) -> str:
    texts = cells(row)
    peer = f" compared with {texts['compared with']}" if texts["compared with"] else ""
    size = f" at {texts['events']}" if texts["events"] else ""
    result = texts["ours"] + (f", ratio {texts['ratio']}" if texts["ratio"] else "")
    note = f" ({texts['note']})" if texts["note"] else ""
    return f"- {texts['operation']}{peer}{size}: {result or 'none'}; {texts['floor']}{note}"


def _table(rows: Sequence[Row]) -> str:
    rule = "|".join("---:" if column in RIGHT_ALIGNED else "---" for column in COLUMNS)
    lines = [f"| {' | '.join(COLUMNS)} |", f"|{rule}|"]
    for row in rows:
        texts = cells(row)
        escaped = (texts[column].replace("|", r"\|") for column in COLUMNS)
        lines.append(f"| {' | '.join(escaped)} |")
    return "\n".join(lines)
