"""References of the items of a batch to subjects.

An item may refer to a subject that is recorded later in the same batch. So a reference that is
unknown when its item is read is looked up again at the end of the batch.
"""

from __future__ import annotations

from typing import NamedTuple

from chronology.batches.batch import Batch, Item
from chronology.ingest import bounds
from chronology.ingest.streams import Streams
from chronology.model.errors import BatchRefused
from chronology.model.validation import FieldPath
from chronology.projections.catalogue import Catalogue, split_stream


class _Reference(NamedTuple):
    """A reference of an item to a stream that must exist at the end of the batch.

    A tag must have the `dimension` for which it is used.
    """

    stream: str
    line: int
    user: str
    dimension: str | None = None


class References:
    """The references of one batch that are not known yet."""

    def __init__(self, batch: Batch, catalogue: Catalogue, streams: Streams) -> None:
        self.batch = batch
        self.catalogue = catalogue
        self.streams = streams
        self.unknown_references: list[_Reference] = []

    def _note_reference(
        self,
        item: Item,
        path: FieldPath,
        subject: str,
        name: str | None,
        dimension: str | None = None,
    ) -> None:
        if name is not None and not self._is_known(subject, name, dimension):
            self.unknown_references.append(
                _Reference(f"{subject}/{name}", item.lines(path), item.stream, dimension)
            )
            if len(self.unknown_references) > bounds.MEMORY.unknown:
                self._drop_known()

    def _drop_known(self) -> None:
        """Drops references to what was recorded since; refuses a batch with too many others."""
        self.unknown_references = [
            reference
            for reference in self.unknown_references
            if not self._is_known(*split_stream(reference.stream), reference.dimension)
        ]
        if len(self.unknown_references) > bounds.MEMORY.unknown // 2:
            reference = self.unknown_references[-1]
            self.batch.add_fault(
                reference.line,
                f"{reference.user}: too many references to records that come later, more than"
                f" {bounds.MEMORY.unknown // 2:,}",
                "record first what others refer to",
            )
            raise BatchRefused(self.batch.faults, stopped=True)

    def _is_known(self, subject: str, name: str, dimension: str | None = None) -> bool:
        if subject in ("event", "account"):
            return self.streams.is_live(f"{subject}/{name}")
        if dimension is not None:
            return name in self.catalogue.tags and self.catalogue.tags[name].dimension == dimension
        return name in self.catalogue.members(subject).states

    def check_references(self) -> None:
        """Adds a fault for each reference to a subject that is not live at the end of the batch."""
        self.streams.look_up(reference.stream for reference in self.unknown_references)
        for reference in self.unknown_references:
            self._check_reference(reference)

    def _check_reference(self, reference: _Reference) -> None:
        subject, name = split_stream(reference.stream)
        if self.batch.has_unreadable_items or reference.stream in self.batch.faulty_streams:
            return
        if not self._is_known(subject, name, reference.dimension):
            kind = f"{subject} of {reference.dimension}" if reference.dimension else subject
            self.batch.add_fault(
                reference.line,
                f"{reference.user}: unknown {kind} {name!r}",
                f"record the {kind}, or correct the id",
            )
