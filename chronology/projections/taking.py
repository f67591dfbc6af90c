"""A batch's records of events and accounts turned into rows, without any database.

An event of which only one batch tells, with accounts that follow it, needs nothing but these
records and the catalogue: so another process can do it ahead.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from chronology import records
from chronology.projections import events, subjects
from chronology.projections.events import Describer, Numbers, Pair, Told
from chronology.projections.state import Catalogue, State, split
from chronology.projections.subjects import Cells
from chronology.records import Account, Event

Stamp = tuple[int, str]
"""The last position of the batch, and when it was recorded."""
Touched = tuple[str, int, str]
"""An event that has to be published, the position of what asks for it, and why."""


class Taking(NamedTuple):
    """A record; `amended` says that the batch has more of its stream, or an earlier one had."""

    position: int
    stream: str
    version: int
    type: str
    recorded_at: str
    data: str
    amended: bool


@dataclass(slots=True)
class Taken:
    """What records come to: whole rows of tables, and what is left to be done.

    `links` are events by the number of a value, `values` the pairs that got a number, `spans` those
    of dates with gaps, by event and its id. `amended` are accounts with the last position and the
    reason, `touched` events that are to be published otherwise.
    """

    events: list[Cells] = field(default_factory=list)
    texts: list[Cells] = field(default_factory=list)
    numbers: list[Cells] = field(default_factory=list)
    links: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    spans: list[tuple[int, str, str | None, str | None]] = field(default_factory=list)
    values: list[Pair] = field(default_factory=list)
    accounts: list[Cells] = field(default_factory=list)
    claims: list[Cells] = field(default_factory=list)
    touched: list[Touched] = field(default_factory=list)
    amended: dict[str, tuple[int, str]] = field(default_factory=dict)
    actions: Counter[str] = field(default_factory=Counter)
    records: int = 0


class Taker:
    """Takes in the records of one batch, chunk by chunk and in order."""

    def __init__(self, catalogue: Catalogue, number: Numbers, stamp: Stamp) -> None:
        self.number = number
        self.stamp = stamp
        self.describer = Describer(catalogue, number)

    def __call__(self, rows: list[Cells]) -> Taken:
        """Takes in rows that are each a `Taking`; as plain ones they go to another process."""
        taken = Taken(records=len(rows))
        told: dict[int, Told] = {}
        last: Told | None = None
        chunk = [*map(Taking._make, rows)]
        for record in chunk:
            subject, name = split(record.stream)
            if subject == "event":
                last = None
                if record.amended:
                    reason = why(record.stream, record.type, record.data, own=True)
                    taken.touched.append((name, record.position, reason))
                else:
                    last = told[record.position] = Told(
                        name, _state(_event(record.data), record), []
                    )
            elif subject == "account" and record.amended:
                reason = why(record.stream, record.type, record.data)
                taken.amended[name] = (record.position, reason)
            elif subject == "account":
                _take_account(taken, name, record, last)
        taken.actions.update(record.type for record in chunk if record.stream[:6] != "batch/")
        before = len(self.number.known)
        for event, one in told.items():
            self._describe(event, one, taken)
        taken.values = self.number.since(before)
        return taken

    def _describe(self, event: int, told: Told, taken: Taken) -> None:
        shown = self.describer.describe(told)
        taken.events.append((event, *shown.row, *self.stamp))
        taken.texts.append((event, *shown.search))
        taken.numbers.append((event, records.canonical(shown.links), self.stamp[0]))
        for number in shown.links:
            taken.links[number].append(event)
        taken.spans += [(event, told.id, *span) for span in events.spans(told)]


def _take_account(taken: Taken, name: str, record: Taking, last: Told | None) -> None:
    """Takes in an account; one that does not follow its event makes that be published again."""
    state = _state(_account(record.data), record)
    account: Account = state.fields
    taken.accounts.append(subjects.account_cells(name, state))
    if account.claims:
        taken.claims += subjects.claim_rows(name, account)
    if last is not None and last.id == account.event:
        last.accounts.append((name, account))
    else:
        reason = why(record.stream, record.type, record.data)
        taken.touched.append((account.event, record.position, reason))


_event = records.reader(Event)
_account = records.reader(Account)


def _state(fields: Any, record: Taking) -> State:
    return State(fields, record.version, record.position, record.recorded_at)


def why(stream: str, kind: str, data: str, own: bool = False) -> str:
    """The reason that a record gives, with its stream unless it is the event's own."""
    action = kind.partition(".")[2]
    reason = "" if action == "recorded" else msgspec.json.decode(data)["because"]
    if own:
        return reason or "recorded"
    return f"{stream} {action}" + (f": {reason}" if reason else "")
