"""Rows built from a batch's records of events and accounts, without any database.

An event that only this batch records, with the accounts that follow it, needs nothing but these
records and the catalogue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from chronology.model import records
from chronology.model.records import Account, Event
from chronology.projections import event_rows, subject_rows
from chronology.projections.catalogue import Catalogue, State
from chronology.projections.event_rows import Describer, Numbers, Told
from chronology.projections.subject_rows import Cells

Touched = tuple[str, int, str]
"""An event to publish again, the position of the record that changes it, and the reason."""


class LastChange(NamedTuple):
    """The last position of the batch that changed a row, and when it was recorded."""

    position: int
    recorded_at: str


LogRecord = tuple[int, str, int, str, str, str]
"""Position, stream, version, type, time of recording and data of a record."""


@dataclass(slots=True)
class RowBatch:
    """The rows of some records, and the work that is left.

    `links` are the facet values of each event, by its number. `amended` are accounts that have
    more than one record, each with its last position and the reason; `touched` are events that
    have to be published again.
    """

    events: list[Cells] = field(default_factory=list)
    texts: list[Cells] = field(default_factory=list)
    links: list[tuple[int, list[int]]] = field(default_factory=list)
    spans: list[tuple[int, str | None, str | None]] = field(default_factory=list)
    accounts: list[Cells] = field(default_factory=list)
    claims: list[Cells] = field(default_factory=list)
    touched: list[Touched] = field(default_factory=list)
    amended: dict[str, tuple[int, str]] = field(default_factory=dict)


class RowBuilder:
    """Builds the rows of one batch's records, in the order of the log.

    `amended` are the streams of which there are several records up to the batch's end.
    """

    def __init__(
        self, catalogue: Catalogue, number: Numbers, change: LastChange, amended: set[str]
    ) -> None:
        self.describer = Describer(catalogue, number)
        self.change = change
        self.amended = amended

    def build(self, records: Sequence[LogRecord]) -> RowBatch:
        """The rows of records that follow each other, an event never apart from its accounts."""
        rows = RowBatch()
        new: list[Told] = []
        for position, stream, version, kind, recorded_at, data in records:
            subject, _, name = stream.partition("/")
            if subject == "event":
                if stream in self.amended:
                    rows.touched.append((name, position, why(stream, kind, data, own=True)))
                else:
                    state = State(_event(data), version, position, recorded_at)
                    new.append(Told(name, state, []))
            elif subject == "account":
                if stream in self.amended:
                    rows.amended[name] = (position, why(stream, kind, data))
                    continue
                account: Account = _account(data)
                cells = subject_rows.account_cells(name, account, version, position, recorded_at)
                rows.accounts.append(cells)
                if account.claims:
                    rows.claims += subject_rows.claim_rows(name, account)
                if new and new[-1].id == account.event:
                    new[-1].accounts.append((name, account))
                else:  # Its event is in an earlier batch, or elsewhere in this one.
                    rows.touched.append((account.event, position, why(stream, kind, data)))
        for event in new:
            self._add_event(rows, event)
        return rows

    def _add_event(self, rows: RowBatch, event: Told) -> None:
        number = event.state.position
        published = self.describer.describe(event)
        rows.events.append((*published.row, *self.change, number))
        rows.texts.append((number, *published.search))
        rows.links.append((number, published.links))
        rows.spans += [(number, *span) for span in event_rows.spans(event)]


_event = records.make_decoder(Event)
_account = records.make_decoder(Account)


def why(stream: str, kind: str, data: str, own: bool = False) -> str:
    """The reason that a record gives, with its stream unless it is the event's own."""
    action = kind.partition(".")[2]
    reason = "" if action == "recorded" else msgspec.json.decode(data)["because"]
    if own:
        return reason or "recorded"
    return f"{stream} {action}" + (f": {reason}" if reason else "")
