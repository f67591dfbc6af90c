"""A log whose digests were made anew, so that only its versions show the forgery."""

from __future__ import annotations

import sqlite3

import pytest

from chronology.model.errors import CorruptLog
from chronology.model.records import Record
from chronology.store import log, verification


def forge_versions(db: sqlite3.Connection, versions: list[int]) -> None:
    """Give the records these versions, in order of position, and make all digests anew."""
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f"DROP TRIGGER {name}")
    # A version is unique in its stream.
    db.execute("UPDATE log SET version = version + 1000")
    digest = log.GENESIS
    for position, version in enumerate(versions, 1):
        db.execute("UPDATE log SET version = ? WHERE position = ?", (version, position))
        (row,) = db.execute(f"SELECT {log.FIELDS} FROM log WHERE position = ?", (position,))
        digest = log.digest(digest, *row[:-1])
        db.execute("UPDATE log SET digest = ? WHERE position = ?", (digest, position))


@pytest.mark.parametrize(
    ("versions", "fault"),
    [
        ([1, 2, 3], None),
        ([2, 1, 3], "position 1"),
        ([1, 3, 2], "position 2"),
        ([1, 2, 4], "position 3: event/a has version 4 where 3 is due"),
        ([2, 3, 4], "position 1: event/a has version 2 where 1 is due"),
    ],
)
def test_versions_have_to_grow_with_the_positions(
    memory: sqlite3.Connection, versions: list[int], fault: str | None
) -> None:
    records = [
        Record(name, "event/a", "event.recorded", "2026-01-01T00:00:00Z", "b", "{}")
        for name in ("r1", "r2", "r3")
    ]
    log.append(memory, records)
    forge_versions(memory, versions)
    if fault is None:
        assert verification.verify(memory).position == 3
        return
    with pytest.raises(CorruptLog, match=fault):
        verification.verify(memory)


def test_a_changed_record_is_reported_before_a_later_version(memory: sqlite3.Connection) -> None:
    records = [
        Record(name, "event/a", "event.recorded", "2026-01-01T00:00:00Z", "b", "{}")
        for name in ("r1", "r2", "r3")
    ]
    log.append(memory, records)
    forge_versions(memory, [1, 2, 4])
    memory.execute("UPDATE log SET data = '[]' WHERE position = 2")
    with pytest.raises(CorruptLog, match="position 2: the digest does not follow"):
        verification.verify(memory)


@pytest.mark.parametrize("position", ["x", "2", 2.5, b"2"])
def test_a_position_of_another_type_is_a_fault(
    memory: sqlite3.Connection, position: object
) -> None:
    """Without STRICT a column holds values of any type."""
    log.append(memory, [Record("r1", "event/a", "event.recorded", "2026-01-01", "b", "{}")])
    log.append(memory, [Record("r2", "event/a", "event.corrected", "2026-01-01", "b", "{}")])
    columns = ", ".join(log.Entry._fields)
    memory.execute(f"CREATE TABLE other ({columns})")
    memory.execute("INSERT INTO other SELECT * FROM log")
    memory.execute("DROP TABLE log")
    memory.execute("ALTER TABLE other RENAME TO log")
    memory.execute("UPDATE log SET position = ? WHERE position = 2", (position,))
    with pytest.raises(CorruptLog, match="position 2"):
        verification.verify(memory)
