"""A head that was known before is compared with the log as it is now."""

from __future__ import annotations

import sqlite3

import pytest

from chronology.model.errors import CorruptLog
from chronology.model.records import Record
from chronology.store import log
from chronology.store.log import GENESIS, Head
from chronology.store.verification import check_contains


@pytest.fixture
def two(memory: sqlite3.Connection) -> sqlite3.Connection:
    """A log of two records."""
    for name in ("r1", "r2"):
        log.append(
            memory, [Record(name, "event/a", "event.recorded", "2026-01-01T00:00:00Z", "b", "{}")]
        )
    return memory


def test_earlier_heads_and_the_empty_log_are_part_of_a_log(two: sqlite3.Connection) -> None:
    check_contains(two, Head(0, GENESIS))
    for entry in log.read(two, 0, 2):
        check_contains(two, Head(entry.position, entry.digest))


def test_a_head_beyond_the_end_is_refused(two: sqlite3.Connection) -> None:
    with pytest.raises(CorruptLog, match="ends at position 2 and does not reach 3"):
        check_contains(two, Head(3, "ab" * 32))


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_head_with_another_digest_is_refused(two: sqlite3.Connection, position: int) -> None:
    with pytest.raises(CorruptLog):
        check_contains(two, Head(position, "ab" * 32))
