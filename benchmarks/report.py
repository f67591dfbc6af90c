"""`docs/performance.md` from the results that are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.files import ROOT
from benchmarks.lines import COLUMNS, Line, Row, cells
from benchmarks.run import groups

PAGE = ROOT / "docs" / "performance.md"
NOTES = ROOT / "docs" / "performance-notes.md"


def write(results: Mapping[str, Any], path: Path = PAGE) -> Path:
    """Writes the page and says where."""
    path.write_text(page(results, groups(), NOTES.read_text("utf-8")), "utf-8")
    return path


def page(results: Mapping[str, Any], known: Mapping[str, Sequence[Line]], notes: str) -> str:
    """The page: the machine, a table for each group, and the notes written by hand.

    Rows of lines that there are no more are left out.
    """
    order = [line.name for lines in known.values() for line in lines]
    rows = sorted(
        (row for row in results["rows"] if row["line"] in order),
        key=lambda row: (order.index(row["line"]), row["size"]),
    )
    parts = [_INTRODUCTION, _measured(results, rows), _missed(rows)]
    for group, lines in known.items():
        names = {line.name for line in lines}
        if held := [row for row in rows if row["line"] in names]:
            parts.append(f"## {group.capitalize()}\n\n{_table(held)}")
    return "\n\n".join([*parts, notes.strip()]) + "\n"


_INTRODUCTION = """\
# Performance

Every figure was measured by `make bench`, and `python -m benchmarks --write` wrote it here.\
"""


def _measured(results: Mapping[str, Any], rows: Sequence[Row]) -> str:
    if not rows:
        return "Nothing was measured yet: run `make bench`."
    versions = ", ".join(f"{name} {number}" for name, number in results["versions"].items())
    days = sorted(row["at"][:10] for row in rows)
    when = days[0] if days[0] == days[-1] else f"{days[0]} to {days[-1]}"
    commits = ", ".join(f"`{name}`" for name in dict.fromkeys(row["commit"] for row in rows))
    load = max(row["load"] for row in rows)
    return (
        f"- Machine: {results['machine']}\n- Versions: {versions}\n"
        f"- When: {when}, at {commits}; load of the machine up to {load:g}"
    )


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
        lines.append(f"- {text['operation']}{size}: {got or 'no figure'}; {text['floor']}{why}")
    return f"{said} Not reached:\n\n" + "\n".join(lines)


def _table(rows: Sequence[Row]) -> str:
    right = {"events", "ours", "peer", "ratio"}
    rule = "|".join("---:" if column in right else "---" for column in COLUMNS)
    lines = [f"| {' | '.join(COLUMNS)} |", f"|{rule}|"]
    for row in rows:
        texts = cells(row)
        lines.append(
            f"| {' | '.join(texts[column].replace('|', chr(92) + '|') for column in COLUMNS)} |"
        )
    return "\n".join(lines)
