"""`docs/performance.md` from the results that are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.files import ROOT
from benchmarks.lines import COLUMNS, Row, cells
from benchmarks.run import Group, groups

PAGE = ROOT / "docs" / "performance.md"
NOTES = ROOT / "docs" / "performance-notes.md"


def write(results: Mapping[str, Any], path: Path = PAGE) -> Path:
    """Writes the page and says where."""
    path.write_text(page(results, groups(), NOTES.read_text("utf-8")), "utf-8")
    return path


def page(results: Mapping[str, Any], known: Sequence[Group], notes: str) -> str:
    """The page: the machine, the floors, a table for each group, and the notes written by hand.

    Rows of lines that there are no more are left out.
    """
    order = [line.name for group in known for line in group.lines]
    rows = sorted(
        (row for row in results["rows"] if row["line"] in order),
        key=lambda row: (order.index(row["line"]), row["size"]),
    )
    parts = [_INTRODUCTION.strip(), unwrapped(_HOW), _measured(results, rows, known), _missed(rows)]
    for group in known:
        names = {line.name for line in group.lines}
        if held := [row for row in rows if row["line"] in names]:
            parts.append(
                f"## {group.name.capitalize()}\n\n{unwrapped(group.says)}\n\n{_table(held)}"
            )
    return "\n\n".join([*parts, notes.strip()]) + "\n"


_INTRODUCTION = """\
# Performance

Every figure here was measured by the benchmarks and written by them:

    make bench                                   # every line, up to 200,000 events
    make bench BENCH=--full                      # and with a million
    .venv-test/bin/python -m benchmarks --list   # the lines; one or a group of them can be named
    .venv-test/bin/python -m benchmarks --write  # this page, from what was measured last
"""
_HOW = """\
Figures are medians of several runs, ours and the peer's in turns, on the same machine and the
same events. The ratio says how many times as good ours is: above 1 it is the better one. `>` and
`<` mark a peer that did not answer within its limit and is at least so bad. A floor is what a
line is held to, and `–` that it was not judged: for want of the peer, or at a size from which on
it does not hold yet.

The events are those of `benchmarks/generator.py`: lines of about 520 bytes with 13 fields, some
fronts, armies, places and words in very many and others in hardly any, and a second batch that
corrects, disputes and retracts some of them.
"""


def unwrapped(text: str) -> str:
    """Each paragraph on one line, as the pages in docs/ have them."""
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))


def _measured(results: Mapping[str, Any], rows: Sequence[Row], known: Sequence[Group]) -> str:
    if not rows:
        return "Nothing was measured yet: run `make bench`."
    versions = ", ".join(f"{name} {number}" for name, number in results["versions"].items())
    days = sorted(row["at"][:10] for row in rows)
    when = days[0] if days[0] == days[-1] else f"{days[0]} to {days[-1]}"
    commits = ", ".join(f"`{name}`" for name in dict.fromkeys(row["commit"] for row in rows))
    load = max(row["load"] for row in rows)
    return (
        f"- Machine: {_machines(rows, known)}\n- Versions: {versions}\n"
        f"- When: {when}, at {commits}; load of the machine up to {load:g}"
    )


def _machines(rows: Sequence[Row], known: Sequence[Group]) -> str:
    """The machine, or each with the groups that were measured there."""
    names = {line.name: group.name for group in known for line in group.lines}
    found: dict[str, dict[str, None]] = {}
    for row in rows:
        found.setdefault(row["machine"], {})[names[row["line"]]] = None
    if len(found) == 1:
        return next(iter(found))
    return "; ".join(f"{machine} ({', '.join(groups)})" for machine, groups in found.items())


def _missed(rows: Sequence[Row]) -> str:
    judged = [row for row in rows if row["met"] is not None]
    missed = [row for row in judged if not row["met"]]
    said = f"## Floors\n\n{len(judged) - len(missed)} of {len(judged)} floors are reached."
    if not missed:
        return said
    lines = []
    for row in missed:
        text = cells(row)
        got = text["ours"] + (f", ratio {text['ratio']}" if text["ratio"] else "")
        why = f" ({text['note']})" if text["note"] else ""
        size = f" at {text['events']}" if text["events"] else ""
        beside = f" beside {text['beside']}" if text["beside"] else ""
        lines.append(f"- {text['operation']}{beside}{size}: {got or 'none'}; {text['floor']}{why}")
    return f"{said} Not reached:\n\n" + "\n".join(lines)


def _table(rows: Sequence[Row]) -> str:
    right = {"events", "ours", "peer", "ratio"}
    rule = "|".join("---:" if column in right else "---" for column in COLUMNS)
    lines = [f"| {' | '.join(COLUMNS)} |", f"|{rule}|"]
    for row in rows:
        texts = cells(row)
        escaped = (texts[column].replace("|", r"\|") for column in COLUMNS)
        lines.append(f"| {' | '.join(escaped)} |")
    return "\n".join(lines)
