"""The records that a batch proposes, and lots of them, which are checked together.

Nearly all records of a large batch are new events and accounts. What a lot of those asks of the
log and the catalogue is gathered once, where it is read; so it is looked up once, and not record
by record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from chronology import records
from chronology.readers import Lines, OneLine
from chronology.records import Account, Event


class Item(NamedTuple):
    """One proposed record: `number` is its place in the batch, `12` or, nested, `12/1`.

    `data` is what the log keeps of it. `fields` holds the fields of a recorded subject; `change`
    holds `set`, `unset`, `into` and `because` of a correction or retraction. An account may still
    be without an id.
    """

    number: str
    action: str
    subject: str
    id: str
    lines: Lines
    data: str
    fields: Any = None
    change: Mapping[str, Any] = MappingProxyType({})

    @property
    def stream(self) -> str:
        return f"{self.subject}/{self.id}"

    def __reduce__(self) -> tuple[Callable[..., Item], tuple[Any, ...]]:
        """One that stands on a single line can go to another process."""
        return _restored, (*self[:4], self.lines(()), self.data, dict(self.change))


def _restored(
    number: str, action: str, subject: str, name: str, line: int, data: str, change: dict[str, Any]
) -> Item:
    fields = None if change else records.load_json(records.SUBJECTS[subject], data)
    return Item(number, action, subject, name, OneLine(line), data, fields, change)


class New(NamedTuple):
    """New events, each with accounts of it, as columns: of every record its number, its stream,
    its data, its line and whether it has an id of its own.

    Beside them, what they need to be right: `names` by subject, `kinds`, and `dates` of events.
    """

    numbers: list[str]
    streams: list[str]
    data: list[str]
    lines: list[int]
    named: list[bool]
    names: Mapping[str, set[str]]
    kinds: set[str]
    dates: set[str]

    def items(self) -> Iterator[Item]:
        """The items that were gathered, of single lines."""
        for number, stream, data, line, named in zip(*self[:5], strict=True):
            subject, _, name = stream.partition("/")
            own = name if named else ""
            yield _restored(number, "recorded", subject, own, line, data, {})


@dataclass(frozen=True, slots=True)
class Lot:
    """Items in their order; `new` if all of them are new events and accounts of these.

    `prepared` is what a batch's `prepare` made of it. What comes from another process has either
    items or `new`.
    """

    items: list[Item]
    new: New | None
    prepared: Any = None

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items) if self.items or not self.new else self.new.items()

    def __len__(self) -> int:
        return len(self.items) or (len(self.new.streams) if self.new else 0)

    def __reduce__(self) -> tuple[type[Lot], tuple[list[Item], New | None, Any]]:
        return Lot, ([] if self.new else self.items, self.new, self.prepared)


def unprepared() -> None:
    """Where nothing is to be made of lots."""


def gather(items: list[Item]) -> Lot:
    """A lot of items."""
    return Lot(items, _new(items))


def _new(items: list[Item]) -> New | None:
    """None too if these alone show that they have to be looked at one by one."""
    names: dict[str, set[str]] = {"place": set(), "formation": set(), "person": set()}
    names["source"] = set()
    kinds: set[str] = set()
    dates: set[str] = set()
    streams: dict[str, bool] = {}
    for item in items:
        fields = item.fields
        stream = item.stream
        if isinstance(fields, Event) and _is_simple(fields):
            kinds.add(fields.kind)
            dates.add(fields.date.text)
            names["place"].update([ref.place for ref in fields.places])
            names["formation"].update(fields.formations)
            names["person"].update(fields.people)
        elif isinstance(fields, Account) and f"event/{fields.event}" in streams:
            if not item.id:
                stream = _next(fields, streams)
            names["source"].add(fields.source)
            if fields.by is not None and records.is_id(fields.by):
                names["person"].add(fields.by)
        else:
            return None
        streams[stream] = bool(item.id)
    if len(streams) < len(items):
        return None
    columns = [item.number for item in items], [*streams], [item.data for item in items]
    lines = [item.lines(()) for item in items]
    return New(*columns, lines, [*streams.values()], names, kinds, dates)


def _is_simple(event: Event) -> bool:
    """Whether it names nothing twice, and no other event."""
    if event.distinct:
        return False
    if max(len(event.places), len(event.formations), len(event.people)) < 2:
        return True
    several = ([ref.place for ref in event.places], event.formations, event.people)
    return all(len(names) == len({*names}) for names in several)


def _next(account: Account, taken: Mapping[str, Any]) -> str:
    number = 1
    while (stream := default_account(account, number)) in taken:
        number += 1
    return stream


def default_account(account: Account, number: int) -> str:
    """The stream of an account that is recorded without an id."""
    return f"account/{account.event}-{account.source}-{number}"
