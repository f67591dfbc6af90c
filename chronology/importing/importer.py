"""One import: from a file and its map to a draft of a batch and a report."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from chronology.importing.batch_writer import Draft, ordered
from chronology.importing.conversion import Converted, Converter
from chronology.importing.coordinates import PlacePoints, read_point
from chronology.importing.event_ids import EventIds
from chronology.importing.map_file import ImportMap
from chronology.importing.names import Registry
from chronology.importing.report import Report
from chronology.importing.row_dates import DateReader, RowFault
from chronology.importing.tables import Table, Unreadable
from chronology.importing.update import Update
from chronology.importing.vocabulary import Vocabulary
from chronology.model.errors import DateError
from chronology.model.written_rules import Order
from chronology.projections.catalogue import load_catalogue

Progress = Callable[[int], None]
PREVIEW = 3
_STEP = 1_000
_LONGEST_KEY = 60
_NUMBERS = re.compile(r"(\d{1,2})\s?[/-]\s?(\d{1,2})\s?[/-]\s?\d{2,4}")


class OrderChoice(NamedTuple):
    """Whether the day or the month is first, and the reason, for the user."""

    order: Order | None
    reason: str = ""


class Import:
    """Converts the rows of a table to a draft of a batch, for a log in its present state.

    `log` is that state, with the batches that wait to be ingested. With an `update`, events that
    an earlier import recorded are corrected.
    """

    def __init__(
        self,
        log: sqlite3.Connection,
        table: Table,
        mapping: ImportMap,
        name: str,
        update: Update | None = None,
    ) -> None:
        self.table = table
        self.mapping = mapping
        self.report = Report(table.unit)
        self.report.notes += table.notes
        self.points = PlacePoints()
        self.order = OrderChoice(None)
        catalogue = load_catalogue(log)
        self.vocabulary = Vocabulary(catalogue, mapping)
        self.registry = Registry(catalogue, lambda stream: _is_used(log, stream))
        self.ids = EventIds(log, name, mapping)
        self.draft = Draft()
        self.preview: list[dict[str, Any]] = []
        self.update = update

    def close(self) -> None:
        self.ids.close()
        self.draft.close()
        self.report.close()

    # The first reading

    def survey(self, choose: Callable[[str], Order] | None = None) -> None:
        """Reads all rows for what a single row cannot decide: the order of days, and places.

        `choose` is called with a date in numbers if none decides the order; raises `Unreadable`.
        """
        for fault in self.vocabulary.faults():
            raise Unreadable(f"the map: {fault}")
        by_role: dict[str, list[str]] = {}
        for name, settings in self.mapping.columns.items():
            by_role.setdefault(settings.role, []).append(name)
        dates = [*by_role.get("date", ()), *by_role.get("end", ())]
        places = by_role.get("place", ())
        orders: Counter[str] = Counter()
        examples: dict[str, str] = {}
        undecided = ""
        for row in self.table.rows():
            cells = dict(zip(self.table.columns, row.cells, strict=True))
            for column in dates:
                order = _decided(cells[column])
                if order is None:
                    undecided = undecided or cells[column]
                elif order:
                    orders[order] += 1
                    examples.setdefault(
                        order, f"{cells[column]!r} in {self.table.unit} {row.number}"
                    )
            for column in places:
                if cells[column] and not self.mapping.columns[column].split:
                    self.points.add(cells[column], read_point(by_role, cells))
        self.order = self._decide(orders, examples)
        if choose and undecided and self.order.order is None:
            self.order = OrderChoice(choose(undecided), "as you chose")

    def _decide(self, orders: Counter[str], examples: dict[str, str]) -> OrderChoice:
        if self.mapping.dates:
            return OrderChoice(self.mapping.dates, "as the map says")
        if not orders:
            return OrderChoice(None)
        order: Order = "us" if orders["us"] > orders["eu"] else "eu"
        words = "month first (us)" if order == "us" else "day first (eu)"
        return OrderChoice(order, f"{words}, because of {examples[order]}")

    # The second reading

    def convert(self, progress: Progress | None = None) -> None:
        """Makes the records of all rows, after `survey`; raises `Unreadable`."""
        dates = DateReader(self.mapping, self.order.order)
        converter = Converter(
            *(self.table, self.mapping, self.registry, self.report),
            *(dates, self.points, self.vocabulary),
        )
        for count, record in enumerate(self._identified(converter), 1):
            for change in self._changes(record):
                self.draft.add(change)
            if len(self.preview) < PREVIEW:
                self.preview.append(record)
            if progress and count % _STEP == 0:
                progress(_STEP)
        for subject, name, near in (match for names in self.registry.all() for match in names.near):
            self.report.near.append(f"the new {subject} {name!r} resembles {near!r}")

    def _identified(self, converter: Converter) -> Iterator[dict[str, Any]]:
        for row in converter.rows():
            try:
                self._check_date(row)
                key = self.ids.get(row)
            except RowFault as fault:
                self.report.add_fault(row.row, fault.column, fault.cell, fault.reason, fault.remedy)
                self.report.leave_out(row.row, row.cells)
                continue
            yield ordered({"event": key, **row.event, "accounts": self._accounts(key, row)})

    def _accounts(self, key: str, row: Converted) -> list[dict[str, Any]]:
        """The accounts of a row, with ids by which an update finds them."""
        others = (f"{key[:_LONGEST_KEY]}-account-{n}" for n in range(2, len(row.accounts) + 1))
        return [{"id": i, **a} for i, a in zip((key, *others), row.accounts, strict=True)]

    def _changes(self, record: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The event itself if it is new, or the corrections of its earlier record."""
        if self.update is None or self.ids.last_type(record["event"]) is None:
            yield record
            return
        yield from self.update.corrections(record)
        for event, fields in self.update.take_overwritten():
            self.report.notes.append(
                f"event/{event} was corrected since the last import; the table's {fields} replaces"
                " that correction"
            )

    def _check_date(self, row: Converted) -> None:
        try:
            self.vocabulary.add_date(row.event["date"])
        except DateError as error:
            remedy = "leave the row out, or record it as a statement of a subject"
            if "zero" in error.reason:
                remedy = "write the zero in the map: zero: 1972-12-07T05:33:00Z"
            raise RowFault("", row.event["date"], error.reason.partition(";")[0], remedy) from None

    def ignored(self) -> list[str]:
        """The rows and columns that the map leaves out, for the report."""
        notes = [f"the column {c!r}, as the map says" for c in self.mapping.of("ignore")]
        if self.mapping.empty:
            shown = ", ".join(map(repr, self.mapping.empty))
            notes.append(f"cells that are {shown}, as the map says")
        return notes

    def before(self) -> Iterator[dict[str, Any]]:
        """The records that come before the events: the chronology, and new subjects."""
        if chronology := self.vocabulary.record(
            self.points.many, bool(self.registry.formations.new)
        ):
            yield chronology
        for names in self.registry.all():
            for key, fields in names.new.items():
                yield {names.subject: key, **fields}


def _decided(cell: str) -> str | None:
    """The order that a date in numbers decides; None if it could be of both, or empty."""
    match = _NUMBERS.match(cell)
    if not match:
        return ""
    first, second = int(match[1]), int(match[2])
    if first > 12 >= second:
        return "eu"
    if second > 12 >= first:
        return "us"
    return None if first != second else ""


def _is_used(log: sqlite3.Connection, stream: str) -> bool:
    return (
        log.execute("SELECT 1 FROM log WHERE stream = ? LIMIT 1", (stream,)).fetchone() is not None
    )
