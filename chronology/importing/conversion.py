"""Rows of a table as events of the batch format, with an account of their source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from chronology.importing.coordinates import PlacePoints
from chronology.importing.map_file import ImportMap
from chronology.importing.names import Registry
from chronology.importing.report import Report
from chronology.importing.row_dates import DateReader, RowFault
from chronology.importing.row_event import RowEvent
from chronology.importing.row_subjects import URL
from chronology.importing.tables import Row, Table
from chronology.importing.vocabulary import Vocabulary
from chronology.model import records
from chronology.model.short_forms import expand_short_forms
from chronology.model.validation import find_faults

_GUARD = re.compile(r"^'(?=[=+\-@\t\r])")


class Converted(NamedTuple):
    """The event of a row as the batch format has it, with its key, and the row."""

    row: int
    key: str
    event: dict[str, Any]
    accounts: list[dict[str, Any]]
    cells: dict[str, str]


class Converter:
    """Converts the rows of a table as a map says; what it cannot read is in the report."""

    def __init__(
        self,
        table: Table,
        mapping: ImportMap,
        registry: Registry,
        report: Report,
        dates: DateReader,
        points: PlacePoints,
        vocabulary: Vocabulary,
    ) -> None:
        self.table = table
        self.mapping = mapping
        self.registry = registry
        self.report = report
        self.dates = dates
        self.points = points
        self.vocabulary = vocabulary
        self.empty = {*mapping.empty}
        # The CSV of a server has an apostrophe before texts that a spreadsheet would run.
        self.is_guarded = bool(mapping.of("id"))
        self.columns = mapping.columns
        self.by_role: dict[str, list[str]] = {}
        for name, column in self.columns.items():
            self.by_role.setdefault(column.group, []).append(name)

    def rows(self) -> Iterator[Converted]:
        """The rows that can be recorded; the others are faults of the report."""
        for row in self.table.rows():
            cells = self.cells(row)
            if not any(cells.values()) and not row.extra:
                continue
            for cell in row.extra:
                remark = "left out: a cell beyond the last column"
                self.report.add_remark(row.number, "", cell, remark)
            if any(cells[column] == text for column, text in self.mapping.leave_out.items()):
                self.report.leave_out(row.number, cells, "as the map says")
                continue
            try:
                yield self._row(row, cells)
            except RowFault as fault:
                self.report.add_fault(
                    row.number, fault.column, fault.cell, fault.reason, fault.remedy
                )
                self.report.leave_out(
                    row.number, dict(zip(self.table.columns, row.cells, strict=True))
                )

    def cells(self, row: Row) -> dict[str, str]:
        """The cells of a row by column, without those that mean nothing."""
        cells = dict(zip(self.table.columns, row.cells, strict=True))
        for column, text in self.mapping.cells.get(row.number, {}).items():
            if column in cells and cells[column] != text:
                remark = f"the map has {text!r} instead"
                self.report.add_remark(row.number, column, cells[column], remark)
                cells[column] = text
        if self.is_guarded:
            cells = {name: _GUARD.sub("", text) for name, text in cells.items()}
        if self.empty:
            cells = {name: "" if text in self.empty else text for name, text in cells.items()}
        return cells

    def _row(self, row: Row, cells: dict[str, str]) -> Converted:
        date = self.dates.read(cells)
        for column, cell, remark in date.remarks:
            self.report.add_remark(row.number, column, cell, remark)
        draft = RowEvent(self, row.number, cells)
        title = draft.title()
        event: dict[str, Any] = {"date": date.text, "title": title, "kind": draft.kind()}
        dated = {"date": date.text}
        if date.written:
            event["as_written"] = dated["as_written"] = " ".join(date.written.split())
        first, *others = draft.sources()
        account: dict[str, Any] = {"source": first, "at": draft.locator(), **dated}
        draft.fill(event, account)
        self._check(event)
        accounts = [account, *({"source": other, "at": account["at"]} for other in others)]
        return Converted(row.number, self.key(cells), event, accounts, cells)

    def key(self, cells: Mapping[str, str]) -> str:
        """The text that names a row; empty without key columns."""
        parts = [cells[name] for name in self.mapping.key]
        return " ".join(
            part.rstrip("/").rpartition("/")[2] if URL.match(part) else part for part in parts
        )

    def _check(self, event: dict[str, Any]) -> None:
        """Refuses an event that ingesting would refuse; this should not happen."""
        fields = expand_short_forms("event", event)
        try:
            records.load(records.Event, fields)
        except msgspec.ValidationError as error:
            for path, reason in find_faults(records.Event, fields):
                raise RowFault(".".join(map(str, path)), "", reason, "correct the cell") from None
            raise RowFault("", "", str(error), "correct the row") from None
