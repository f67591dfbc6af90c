"""What a batch of new events can do ahead, in another process: its rows of the log and of tables.

Both depend on where the log stands: on the digest before a record, and on the position of an event.
So what was prepared is taken only after the head for which it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count, repeat
from typing import Any, NamedTuple

from chronology import log
from chronology.log import Head
from chronology.lots import Lot, New, unprepared
from chronology.projections.events import Numbers
from chronology.projections.fold import Ahead
from chronology.projections.state import Catalogue
from chronology.projections.taking import NewTaker, Taken, type_of
from chronology.records import Record


class Prepared(NamedTuple):
    """The digests of a lot after the head `after`, and the rows of tables."""

    after: Head
    digests: list[str]
    taken: Taken

    @property
    def head(self) -> Head:
        """The head with the lot."""
        return Head(self.after.position + len(self.digests), self.digests[-1])

    def rows(self, batch: str, recorded_at: str, new: New) -> Iterator[log.Row]:
        """The rows of the log for the lot that this was made of."""
        numbers, streams, data = new[:3]
        ids = [f"{batch}/{number}" for number in numbers]
        positions, kinds = count(self.after.position + 1), map(type_of, streams)
        same = repeat(recorded_at), repeat(batch)
        return zip(positions, ids, streams, repeat(1), kinds, *same, data, self.digests)


def new_records(batch: str, recorded_at: str, new: New) -> Iterator[tuple[Record, int]]:
    """The records of new events and accounts, with their versions."""
    for number, stream, data in zip(new.numbers, new.streams, new.data, strict=True):
        yield Record(f"{batch}/{number}", stream, type_of(stream), recorded_at, batch, data), 1


class Preparer:
    """Prepares one lot after the other; None from the first on of which more is to be asked."""

    def __init__(
        self, catalogue: Catalogue, number: Numbers, head: Head, batch: str, recorded_at: str
    ) -> None:
        self.take = NewTaker(catalogue, number, head.position, recorded_at)
        self.head = head
        self.batch = batch
        self.recorded_at = recorded_at
        self.ended = False

    def __call__(self, lot: Lot) -> Prepared | None:
        taken = None if self.ended or lot.new is None else self.take(lot)
        if lot.new is None or taken is None:
            self.ended = True
            return None
        rows = log.chained(self.head, new_records(self.batch, self.recorded_at, lot.new))
        prepared = Prepared(self.head, [row[-1] for row in rows], taken)
        self.head = prepared.head
        return prepared


class Preparing:
    """Makes the `Preparer` of a batch that is folded ahead; pickled, one for the head of then."""

    def __init__(self, ahead: Ahead, head: Callable[[], Head]) -> None:
        self.ahead = ahead
        self.head = head

    def __call__(self) -> Preparer | None:
        return self._make()()

    def __reduce__(self) -> tuple[Any, ...]:
        return partial, (self._make(),)

    def _make(self) -> Callable[[], Preparer | None]:
        if self.ahead.given_up:
            return unprepared
        publication = self.ahead.publication
        batch = publication.batch
        given = (self.ahead.catalogue, publication.number, self.head(), batch.id)
        return partial(Preparer, *given, batch.recorded_at)
