"""A batch's records of events and accounts turned into rows, without any database.

An event of which only one batch tells, with accounts that follow it, needs nothing but these
records and the catalogue: so another process can do it ahead.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from chronology import records
from chronology.projections import events, subjects
from chronology.projections.events import Describer, Numbers, Pair, Published, Told
from chronology.projections.state import Catalogue, State, split
from chronology.records import Account, Event

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
    """What records come to: events by their first position, rows, and what is left to be done.

    `spans` are of dates with gaps, `values` the pairs that got a number. `amended` are accounts
    with the last position and the reason, `touched` events that are to be published otherwise.
    """

    events: dict[int, Published] = field(default_factory=dict)
    spans: list[tuple[int, str, str | None, str | None]] = field(default_factory=list)
    values: list[Pair] = field(default_factory=list)
    accounts: list[subjects.Cells] = field(default_factory=list)
    claims: list[subjects.Cells] = field(default_factory=list)
    touched: list[Touched] = field(default_factory=list)
    amended: dict[str, tuple[int, str]] = field(default_factory=dict)
    actions: Counter[str] = field(default_factory=Counter)
    records: int = 0


class Taker:
    """Takes in the records of one batch, chunk by chunk and in order."""

    def __init__(self, catalogue: Catalogue, number: Numbers) -> None:
        self.number = number
        self.describer = Describer(catalogue, number)

    def __call__(self, chunk: list[Taking]) -> Taken:
        taken = Taken(records=len(chunk))
        told: dict[int, Told] = {}
        last: Told | None = None
        for record in chunk:
            subject, name = split(record.stream)
            if subject == "event":
                last = None
                if record.amended:
                    reason = why(record.stream, record.type, record.data, own=True)
                    taken.touched.append((name, record.position, reason))
                else:
                    last = told[record.position] = Told(name, _state(Event, record), [])
            elif subject == "account" and record.amended:
                reason = why(record.stream, record.type, record.data)
                taken.amended[name] = (record.position, reason)
            elif subject == "account":
                _take_account(taken, name, record, last)
        taken.actions.update(record.type for record in chunk if record.stream[:6] != "batch/")
        before = len(self.number.known)
        taken.events = {position: self.describer.describe(one) for position, one in told.items()}
        taken.values = self.number.since(before)
        for position, one in told.items():
            taken.spans += [(position, one.id, *span) for span in events.spans(one)]
        return taken


def _take_account(taken: Taken, name: str, record: Taking, last: Told | None) -> None:
    """Takes in an account; one that does not follow its event makes that be published again."""
    state = _state(Account, record)
    account: Account = state.fields
    taken.accounts.append(subjects.account_cells(name, state))
    if account.claims:
        taken.claims += subjects.claim_rows(name, account)
    if last is not None and last.id == account.event:
        last.accounts.append((name, account))
    else:
        reason = why(record.stream, record.type, record.data)
        taken.touched.append((account.event, record.position, reason))


def _state(kind: type, record: Taking) -> State:
    fields = records.load_json(kind, record.data)
    return State(fields, record.version, record.position, record.recorded_at)


def why(stream: str, kind: str, data: str, own: bool = False) -> str:
    """The reason that a record gives, with its stream unless it is the event's own."""
    action = kind.partition(".")[2]
    reason = "" if action == "recorded" else msgspec.json.decode(data)["because"]
    if own:
        return reason or "recorded"
    return f"{stream} {action}" + (f": {reason}" if reason else "")
