"""A batch's records of events and accounts turned into rows, without any database.

An event of which only one batch tells, with accounts that follow it, needs nothing but these
records and the catalogue: so another process can do it ahead, and while they are appended.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import msgspec

from chronology import records
from chronology.lots import Lot
from chronology.projections import events, subjects
from chronology.projections.events import Describer, Numbers, Pair, Told
from chronology.projections.state import Catalogue, State, split
from chronology.projections.subjects import Cells
from chronology.records import Account, Event

Stamp = tuple[int, str]
"""The last position of the batch, and when it was recorded."""
Touched = tuple[str, int, str]
"""An event that has to be published, the position of what asks for it, and why."""
NEW = ("event.recorded", "account.recorded")


class Taking(NamedTuple):
    """A record; `amended` says that the batch has more of its stream, or an earlier one had."""

    position: int
    stream: str
    version: int
    type: str
    recorded_at: str
    data: str
    amended: bool


class Chunk(NamedTuple):
    """Records of one batch that follow each other: what another process needs of them, and gets
    at the least cost.

    `streams` and `data` are those of all from position `first` on, a line each; `odd` has the cells
    of a `Taking` for each that does not just begin its stream at the time of the batch. Without
    `streams` it has all of them.
    """

    first: int
    streams: str
    data: str
    odd: list[Cells]

    def records(self, recorded_at: str) -> list[Taking]:
        odd = [*map(Taking._make, self.odd)]
        if not self.streams:
            return odd
        lines = zip(self.streams.split("\n"), self.data.split("\n"), strict=True)
        found = [
            Taking(position, stream, 1, type_of(stream), recorded_at, data, False)
            for position, (stream, data) in enumerate(lines, self.first)
        ]
        for record in odd:
            found[record.position - self.first] = record
        return found


def type_of(stream: str) -> str:
    """The type of the record with which an event or an account begins."""
    return NEW[0] if stream[:6] == "event/" else NEW[1]


@dataclass(slots=True)
class Taken:
    """What records come to: whole rows of tables, and what is left to be done.

    `links` are events by the number of a value, as the bytes of an array, `values` the pairs that
    got a number, `spans` those of dates with gaps, by event. `amended` are accounts with the last
    position and the reason, `touched` events that are to be published otherwise.
    """

    events: list[Cells] = field(default_factory=list)
    texts: list[Cells] = field(default_factory=list)
    numbers: list[Cells] = field(default_factory=list)
    links: dict[int, bytes] = field(default_factory=dict)
    spans: list[tuple[int, str | None, str | None]] = field(default_factory=list)
    values: list[Pair] = field(default_factory=list)
    accounts: list[Cells] = field(default_factory=list)
    claims: list[Cells] = field(default_factory=list)
    touched: list[Touched] = field(default_factory=list)
    amended: dict[str, tuple[int, str]] = field(default_factory=dict)
    actions: Counter[str] = field(default_factory=Counter)
    records: int = 0


class NewTaker:
    """Takes in lots of nothing but new records, which are to follow a position of the log.

    Since nobody knows yet where the batch ends, every event has its own position for that.
    """

    def __init__(
        self, catalogue: Catalogue, number: Numbers, position: int, recorded_at: str
    ) -> None:
        self.rows = _Rows(catalogue, number)
        self.position = position
        self.recorded_at = recorded_at

    def __call__(self, lot: Lot) -> Taken | None:
        """None if the lot holds anything else, or what it names is unknown."""
        if lot.new is None:
            return None
        taken = Taken(records=len(lot))
        told: dict[int, Told] = {}
        last: Told | None = None
        for item, stream in zip(lot.items, lot.new.streams, strict=True):
            self.position += 1
            state = State(item.fields, 1, self.position, self.recorded_at)
            if item.subject == "event":
                last = told[self.position] = Told(item.id, state, [])
            else:
                assert last is not None
                name = split(stream)[1]
                _take_account(taken, name, state)
                last.accounts.append((name, state.fields))
        taken.actions["event.recorded"] = len(told)
        taken.actions["account.recorded"] = len(lot) - len(told)
        try:
            self.rows.describe(told, taken)
        except LookupError:
            return None
        return taken


class Taker:
    """Takes in the records of one batch out of the log, chunk by chunk and in order."""

    def __init__(self, catalogue: Catalogue, number: Numbers, stamp: Stamp) -> None:
        self.rows = _Rows(catalogue, number)
        self.stamp = stamp

    def __call__(self, chunk: Chunk) -> Taken:
        records = chunk.records(self.stamp[1])
        taken = Taken(records=len(records))
        told: dict[int, Told] = {}
        last: Told | None = None
        for record in records:
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
                state = _state(_account(record.data), record)
                _take_account(taken, name, state)
                if last is not None and last.id == state.fields.event:
                    last.accounts.append((name, state.fields))
                else:  # It does not follow its event, which is to be published again.
                    reason = why(record.stream, record.type, record.data)
                    taken.touched.append((state.fields.event, record.position, reason))
        taken.actions.update(record.type for record in records if record.stream[:6] != "batch/")
        self.rows.describe(told, taken, self.stamp)
        return taken


class _Rows:
    """The rows of new events."""

    def __init__(self, catalogue: Catalogue, number: Numbers) -> None:
        self.number = number
        self.describer = Describer(catalogue, number)

    def describe(self, told: dict[int, Told], taken: Taken, stamp: Stamp | None = None) -> None:
        """Adds the rows of events by their positions; without a stamp, with their own position."""
        before = len(self.number.known)
        links: dict[int, array[int]] = defaultdict(partial(array, "q"))
        for event, one in told.items():
            shown = self.describer.describe(one)
            position, recorded_at = stamp or (event, one.state.recorded_at)
            taken.events.append((*shown.row, position, recorded_at, event))
            taken.texts.append((event, *shown.search))
            taken.numbers.append((event, records.canonical(shown.links), position))
            for number in shown.links:
                links[number].append(event)
            taken.spans += [(event, *span) for span in events.spans(one)]
        taken.values = self.number.since(before)
        taken.links = {number: found.tobytes() for number, found in links.items()}


def _take_account(taken: Taken, name: str, state: State) -> None:
    account: Account = state.fields
    taken.accounts.append(subjects.account_cells(name, state))
    if account.claims:
        taken.claims += subjects.claim_rows(name, account)


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
