"""Faults of batches against the log, and records that tests ingest."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import Timeline

from chronology.model.errors import BatchRefused
from chronology.store import log

Make = Callable[..., Timeline]

EVENT = "- {event: a, date: 1944-10-10, title: A, kind: battle}\n"
FORMATION = "- {formation: x, name: X, level: army, side: soviet"


def refused(timeline: Timeline, text: str, form: str = "yml") -> list[str]:
    """The faults of a batch; checks that nothing of it was appended."""
    head, content = log.head(timeline.db), timeline.path.read_bytes()
    with pytest.raises(BatchRefused) as error:
        timeline.ingest(text, form)
    assert log.head(timeline.db) == head
    assert timeline.path.read_bytes() == content
    assert all(fault.remedy for fault in error.value.faults)
    return [str(fault).removeprefix(f"batch.{form}:") for fault in error.value.faults]


def faults(timeline: Timeline, records: str, recorded: str = "2026-02-01T00:00:00Z") -> list[str]:
    """The faults of records under a header of three lines; the first record is on line 5."""
    return refused(timeline, f"format: 1\nbatch: b\nrecorded: {recorded}\nrecords:\n{records}")
