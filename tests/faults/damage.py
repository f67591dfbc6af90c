"""Bytes that are not as they were written: torn, flipped and zeroed, and rows that were forged.

Nothing can bring back what was destroyed; what counts is that `verify`, given a state that was
cited before, never passes over it.
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


def _truncated(content: bytearray, chance: Random) -> bytearray:
    return content[: chance.randrange(len(content))]


def _flipped(content: bytearray, chance: Random) -> bytearray:
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return content


def _zeroed(content: bytearray, chance: Random) -> bytearray:
    start = chance.randrange(0, len(content), SECTOR)
    end = min(start + SECTOR, len(content))
    content[start:end] = bytes(end - start)
    return content


DAMAGES: tuple[Damage, ...] = (_truncated, _flipped, _zeroed)


def torn_wal(setting: Setting) -> Outcome:
    """A write-ahead log that was torn: what is left is a prefix of commits, or is told."""
    path = setting.folder / "timeline.db"
    with closing(connect(path, write=True)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA wal_autocheckpoint = 0")
        for number in range(6):
            ingest(db, numbered(number))
        taken = copy(path, setting.folder / "taken.db")
    return _damaged(setting, taken, "-wal", _stored(path))


def torn_journal(setting: Setting) -> Outcome:
    """A rollback journal that was torn, after a crash in the middle of writing the file."""
    path, taken = setting.folder / "timeline.db", setting.folder / "taken.db"
    fill(path, 4)
    wanted = _stored(path)
    with closing(connect(path, write=True)) as db:
        # So that the file is half written before the commit, as in one that is interrupted.
        db.execute("PRAGMA cache_spill = 1")
        db.execute("PRAGMA cache_size = 2")
        ingest(db, numbered(4, events=300), lambda _: copy(path, taken) and None)
    assert Path(f"{taken}-journal").stat().st_size > SECTOR
    return _damaged(setting, taken, "-journal", wanted)


def torn_file(setting: Setting) -> Outcome:
    """The database itself: any bit flipped, any sector zeroed, cut off anywhere."""
    path = setting.folder / "timeline.db"
    fill(path, 4)
    return _damaged(setting, path, "", _stored(path))


def _damaged(setting: Setting, taken: Path, suffix: str, wanted: list[Entry]) -> Outcome:
    outcome, whole = Outcome(), Path(f"{taken}{suffix}").read_bytes()
    head = Head(wanted[-1].position, wanted[-1].digest)
    for number in range(setting.cases):
        damaged = copy(taken, setting.folder / "damaged.db")
        content = DAMAGES[number % len(DAMAGES)](bytearray(whole), setting.chance)
        Path(f"{damaged}{suffix}").write_bytes(content)
        lost = _silently_lost(damaged, head, wanted)
        outcome = outcome.plus(len(wanted), lost)
    return outcome


def _silently_lost(path: Path, head: Head, wanted: list[Entry]) -> int:
    """How many records are not as they were, though nothing that verifies says so."""
    try:
        found = _verified(path)
    except (ChronologyError, sqlite3.Error):
        return 0  # It was told.
    assert found == wanted[: len(found)], "a chain that holds is another one"
    assert len(found) % SIZE == 0, "a batch is not whole"
    with closing(connect(path)) as db:
        try:
            verification.check_contains(db, head)
        except CorruptLog:
            return 0
    return len(wanted) - len(found)


def _verified(path: Path) -> list[Entry]:
    """The records of a file in which nothing is wrong, as `chronology verify` looks at it."""
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
    """Every column of a row changed, the row removed or replaced: the position is named."""
    path, outcome = setting.folder / "timeline.db", Outcome()
    fill(path, 3)
    wanted = _stored(path)
    forgeries = [forgery for entry in wanted for forgery in _forgeries(entry, wanted[-1].position)]
    for position, sql in setting.chance.sample(forgeries, min(setting.cases, len(forgeries))):
        forged = copy(path, setting.folder / "forged.db")
        _forge(forged, sql)
        outcome = outcome.plus(len(wanted), 0 if _names(forged, position) else 1)
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
