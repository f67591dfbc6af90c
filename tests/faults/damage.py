"""Damaged bytes (torn, flipped and zeroed) and forged rows.

Destroyed records cannot be restored. The cases check that `verify` with an earlier head always
detects the damage.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random

from chronology import projections
from chronology.ingest.pipeline import ingest
from chronology.model.errors import ChronologyError, CorruptLog
from chronology.store import log, verification
from chronology.store.database import TRIGGERS, connect
from chronology.store.log import Entry, Head
from tests.faults.case import SIZE, Outcome, Setting, copy, fill, numbered

SECTOR = 512
Damage = Callable[[bytearray, Random], bytearray]


def _truncated(content: bytearray, random: Random) -> bytearray:
    return content[: random.randrange(len(content))]


def _flipped(content: bytearray, random: Random) -> bytearray:
    content[random.randrange(len(content))] ^= 1 << random.randrange(8)
    return content


def _zeroed(content: bytearray, random: Random) -> bytearray:
    start = random.randrange(0, len(content), SECTOR)
    end = min(start + SECTOR, len(content))
    content[start:end] = bytes(end - start)
    return content


DAMAGES: tuple[Damage, ...] = (_truncated, _flipped, _zeroed)


def torn_wal(setting: Setting) -> Outcome:
    """A torn write-ahead log: a prefix of commits is left, or the damage is detected."""
    path = setting.folder / "timeline.db"
    with closing(connect(path, write=True)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA wal_autocheckpoint = 0")
        for number in range(6):
            ingest(db, numbered(number))
        copied = copy(path, setting.folder / "copied.db")
    return _damaged(setting, copied, "-wal", _stored(path))


def torn_journal(setting: Setting) -> Outcome:
    """A torn rollback journal, after a crash during a write."""
    path, copied = setting.folder / "timeline.db", setting.folder / "copied.db"
    fill(path, 4)
    expected = _stored(path)
    with closing(connect(path, write=True)) as db:
        # The file is half written before the commit, as after an interrupted one.
        db.execute("PRAGMA cache_spill = 1")
        db.execute("PRAGMA cache_size = 2")
        ingest(db, numbered(4, events=300), lambda _: copy(path, copied) and None)
    assert Path(f"{copied}-journal").stat().st_size > SECTOR
    return _damaged(setting, copied, "-journal", expected)


def torn_file(setting: Setting) -> Outcome:
    """A damaged database: a bit flipped, a sector zeroed, or the end removed."""
    path = setting.folder / "timeline.db"
    fill(path, 4)
    return _damaged(setting, path, "", _stored(path))


def _damaged(setting: Setting, copied: Path, suffix: str, expected: list[Entry]) -> Outcome:
    outcome, whole = Outcome(), Path(f"{copied}{suffix}").read_bytes()
    head = Head(expected[-1].position, expected[-1].digest)
    for number in range(setting.cases):
        damaged = copy(copied, setting.folder / "damaged.db")
        content = DAMAGES[number % len(DAMAGES)](bytearray(whole), setting.random)
        Path(f"{damaged}{suffix}").write_bytes(content)
        lost = _silently_lost(damaged, head, expected)
        outcome = outcome.plus(len(expected), lost)
    return outcome


def _silently_lost(path: Path, head: Head, expected: list[Entry]) -> int:
    """The number of changed or missing records that verification does not detect."""
    try:
        entries = _verified(path)
    except (ChronologyError, sqlite3.Error):
        return 0  # The damage was detected.
    assert entries == expected[: len(entries)], "a valid chain has other records"
    assert len(entries) % SIZE == 0, "a batch is incomplete"
    with closing(connect(path)) as db:
        try:
            verification.check_contains(db, head)
        except CorruptLog:
            return 0
    return len(expected) - len(entries)


def _verified(path: Path) -> list[Entry]:
    """The records of a file that passes the checks of `chronology verify`."""
    with closing(connect(path, write=True)) as db:
        faults = verification.file_faults(db) + verification.schema_faults(db)
        verification.verify(db)
        faults += projections.verify(db)
        if faults:
            raise CorruptLog(faults[0])
        return list(log.read(db))


def _stored(path: Path) -> list[Entry]:
    with closing(connect(path)) as db:
        return list(log.read(db))


def forged_rows(setting: Setting) -> Outcome:
    """A changed column, or a removed or replaced row: the position is reported."""
    path, outcome = setting.folder / "timeline.db", Outcome()
    fill(path, 3)
    expected = _stored(path)
    forgeries = [
        forgery for entry in expected for forgery in _forgeries(entry, expected[-1].position)
    ]
    for position, sql in setting.random.sample(forgeries, min(setting.cases, len(forgeries))):
        forged = copy(path, setting.folder / "forged.db")
        _forge(forged, sql)
        outcome = outcome.plus(len(expected), 0 if _names(forged, position) else 1)
    return outcome


def _forgeries(entry: Entry, last: int) -> Iterator[tuple[int, str]]:
    at = f"WHERE position = {entry.position}"
    for column in ("record_id", "stream", "type", "recorded_at", "batch", "digest"):
        value = f"'{'f' * 64}'"
        yield entry.position, f"UPDATE log SET {column} = {value} {at}"
    yield entry.position, f"UPDATE log SET version = 99 {at}"
    yield entry.position, f"UPDATE log SET data = data || ' ' {at}"
    others = "position, record_id, stream, version, type, recorded_at, batch, '{}', digest"
    yield entry.position, f"REPLACE INTO log SELECT {others} FROM log {at}"
    if entry.position < last:
        yield entry.position, f"DELETE FROM log {at}"
        yield entry.position, f"UPDATE log SET position = 99 {at}"


def _forge(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("BEGIN")
        for trigger in TRIGGERS:
            db.execute(f"DROP TRIGGER {trigger}")
        db.execute(sql)
        for trigger in TRIGGERS.values():
            db.execute(trigger)
        db.execute("COMMIT")


def _names(path: Path, position: int) -> bool:
    with closing(connect(path)) as db:
        try:
            verification.verify(db)
        except CorruptLog as error:
            return str(error).startswith(f"position {position}")
    return False
