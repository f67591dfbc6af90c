"""The report of an import: what was coarsened, guessed or left out, grouped and in full."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO

from chronology.model.errors import printable

EXAMPLES = 5
_MAX_GROUPS = 500


@dataclass
class Group:
    """Findings of one description, with the first of their places."""

    description: str
    remedy: str = ""
    count: int = 0
    examples: list[str] = field(default_factory=list)

    def line(self, unit: str) -> str:
        """`57 rows: the date is month first; use --dates us (row 2, date: '12-20-1937'; …)`."""
        noun = unit if self.count == 1 else f"{unit}s"
        remedy = f"; {self.remedy}" if self.remedy else ""
        more = "; …" if self.count > len(self.examples) else ""
        return f"{self.count} {noun}: {self.description}{remedy} ({'; '.join(self.examples)}{more})"


class Report:
    """Collects findings: groups in memory, and every single one in a temporary file.

    `notes` are what is left out of the file as a whole, `near` new names that resemble others,
    `faults` are rows that cannot be recorded; `remarks` are cells that were not read as they are.
    """

    def __init__(self, unit: str = "row") -> None:
        self.unit = unit
        self.notes: list[str] = []
        self.near: list[str] = []
        self.faults: dict[str, Group] = {}
        self.remarks: dict[str, Group] = {}
        self.faulty_rows = 0
        self._lines: IO[str] = TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115

    def close(self) -> None:
        self._lines.close()

    def add_fault(self, row: int, column: str, cell: str, description: str, remedy: str) -> None:
        self._add(self.faults, row, column, cell, description, remedy)

    def add_remark(self, row: int, column: str, cell: str, description: str) -> None:
        self._add(self.remarks, row, column, cell, description, "")

    def _add(
        self,
        groups: dict[str, Group],
        row: int,
        column: str,
        cell: str,
        description: str,
        remedy: str,
    ) -> None:
        group = groups.get(description)
        if group is None:
            if len(groups) >= _MAX_GROUPS:
                description, remedy = "of other kinds; see the whole list", ""
            group = groups.setdefault(description, Group(description, remedy))
        group.count += 1
        place = f"{self.unit} {row}, {column}" if column else f"{self.unit} {row}"
        if len(group.examples) < EXAMPLES:
            shown = f"{cell[:60]}…" if len(cell) > 60 else cell
            group.examples.append(f"{place}: {shown!r}" if cell else place)
        text = f": {cell!r}" if cell else ""
        self._lines.write(f"- {place}{text}: {description}\n")

    def leave_out(self, row: int, cells: dict[str, str], reason: str = "") -> None:
        """A row that is not recorded, with all its cells; without a reason it is faulty."""
        if reason:
            self.add_remark(row, "", "", f"left out, {reason}")
        else:
            self.faulty_rows += 1
        shown = "; ".join(f"{column} = {cell!r}" for column, cell in cells.items() if cell)
        self._lines.write(f"- {self.unit} {row} is left out: {shown}\n")

    def grouped_faults(self) -> list[str]:
        return [printable(group.line(self.unit)) for group in _ordered(self.faults)]

    def grouped_remarks(self) -> list[str]:
        return [printable(group.line(self.unit)) for group in _ordered(self.remarks)]

    def write(self, target: IO[str], title: str) -> None:
        """Writes the report as Markdown."""
        target.write(f"# {title}\n")
        for heading, lines in (
            ("Left out of the file", [printable(note) for note in self.notes]),
            ("Not recorded", self.grouped_faults()),
            ("Coarsened, guessed or doubtful", self.grouped_remarks()),
            ("Names that resemble others: write the same name if they are one", self.near),
        ):
            if lines:
                target.write(f"\n## {heading}\n\n")
                target.writelines(f"- {line}\n" for line in lines)
        self._lines.seek(0)
        first = self._lines.readline()
        if first:
            target.write("\n## Each one\n\n")
            target.write(first)
            for line in self._lines:
                target.write(line)


def _ordered(groups: dict[str, Group]) -> Iterator[Group]:
    return iter(sorted(groups.values(), key=lambda group: -group.count))
