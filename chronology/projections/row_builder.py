"""Build rows from the records of events and accounts, without a database.

An event that only this batch records is built from its record, the accounts that follow it and
the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from chronology.model import stored_data
from chronology.model.records import Account, Event
from chronology.projections import event_dates, subject_rows
from chronology.projections.catalogue import UNREADABLE, Catalogue, State, read_text
from chronology.projections.event_rows import EventRowBuilder, EventWithAccounts
from chronology.projections.facet_value_ids import FacetValueIds
from chronology.projections.subject_rows import Cells

PART_BYTES = 8 << 20
"""The most bytes of the rows of events that are built before they are written, about."""
TouchedEvent = tuple[str, int, str]
"""An event to publish again, with the position and the reason of the change."""
LogRecord = tuple[int, str, int, str, str, str]
"""Position, stream, version, type, time of recording and data of a record."""


class LastChange(NamedTuple):
    """The last position of the batch that changed a row, and when it was recorded."""

    position: int
    recorded_at: str


@dataclass(slots=True)
class RowBatch:
    """The rows of some records, and the work that is left.

    `links` are the facet value ids of each event, by its number. `amended` are accounts that have
    more than one record, each with its last position and the reason. `touched` are events that
    have to be published again.
    """

    events: list[Cells] = field(default_factory=list)
    texts: list[Cells] = field(default_factory=list)
    links: list[tuple[int, list[int]]] = field(default_factory=list)
    spans: list[Cells] = field(default_factory=list)
    accounts: list[Cells] = field(default_factory=list)
    claims: list[Cells] = field(default_factory=list)
    relations: list[Cells] = field(default_factory=list)
    touched: list[TouchedEvent] = field(default_factory=list)
    amended: dict[str, tuple[int, str]] = field(default_factory=dict)


class RowBuilder:
    """Builds the rows of one batch's records, in the order of the log.

    `amended` are the streams that have several records up to the end of the batch.
    """

    def __init__(
        self, catalogue: Catalogue, value_ids: FacetValueIds, change: LastChange, amended: set[str]
    ) -> None:
        self.catalogue = catalogue
        self.event_row_builder = EventRowBuilder(catalogue, value_ids)
        self.change = change
        self.amended = amended

    def build(self, records: Sequence[LogRecord]) -> Iterator[RowBatch]:
        """The rows of consecutive records, which contain each event with the accounts after it.

        The rows of events may be much larger than their records, so they come in several parts.
        """
        rows = RowBatch()
        events: list[EventWithAccounts] = []
        latest: EventWithAccounts | None = None
        for record in records:
            position, stream, version, kind, recorded_at, data = record
            subject, _, name = stream.partition("/")
            if subject != "account":
                latest = None
            if subject == "account":
                self._add_account(rows, record, latest)
            elif subject == "event" and stream in self.amended:
                rows.touched.append((name, position, reason(stream, kind, data, own=True)))
            elif subject == "event" and (fields := self._read(_decode_event, data)) is not None:
                state = State(fields, version, position, recorded_at)
                latest = EventWithAccounts(name, state, [])
                events.append(latest)
        size = 0
        for event in events:
            size += self._add_event(rows, event)
            if size > PART_BYTES:
                yield rows
                rows, size = RowBatch(), 0
        yield rows

    def _add_account(
        self, rows: RowBatch, record: LogRecord, latest: EventWithAccounts | None
    ) -> None:
        """Adds an account to its event, which is often the one recorded just before."""
        position, stream, version, kind, recorded_at, data = record
        name = stream.partition("/")[2]
        if stream in self.amended:
            rows.amended[name] = (position, reason(stream, kind, data))
            return
        account: Account | None = self._read(_decode_account, data)
        if account is None:
            return
        cells = subject_rows.account_cells(name, account, version, position, recorded_at)
        rows.accounts.append(cells)
        if account.claims:
            rows.claims += subject_rows.claim_rows(name, account)
        if latest and latest.id == account.event:
            latest.accounts.append((name, account))
        else:  # Its event is in an earlier batch, or elsewhere in this one.
            rows.touched.append((account.event, position, reason(stream, kind, data)))

    def _add_event(self, rows: RowBatch, event: EventWithAccounts) -> int:
        """Adds the row of an event; returns its bytes, about."""
        number = event.state.position
        row = self.event_row_builder.build(event)
        if row is None:
            return 0
        rows.events.append((*row.cells, *self.change, number))
        rows.texts.append((number, *row.search_texts))
        rows.links.append((number, row.value_ids))
        rows.relations += subject_rows.relation_rows(event.id, event.state.fields)
        rows.spans += [(number, *span) for span in event_dates.spans(event.state.fields.when)]
        return row.size

    def _read(self, decode: Callable[[str], Any], data: str) -> Any:
        """The fields of a record; None if they cannot be read: only its own row is missing then."""
        try:
            return self.catalogue.resolved(decode(data))
        except UNREADABLE:
            return None


_decode_event = stored_data.make_decoder(Event)
_decode_account = stored_data.make_decoder(Account)


def reason(stream: str, kind: str, data: str, own: bool = False) -> str:
    """The reason that a record gives, after its stream unless it is the event's own."""
    action = kind.partition(".")[2]
    because = "" if action == "recorded" else read_text(data, "because") or ""
    if own:
        return because or "recorded"
    return f"{stream} {action}" + (f": {because}" if because else "")
