"""The database file: connections, triggers and transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from chronology.model.errors import CorruptLog, WrongExpectedVersion
from chronology.model.records import Record
from chronology.store import log, verification
from chronology.store.database import LOG_FORMAT, SQLiteTooOld, connect, snapshot, transaction

FIELDS = "(position, record_id, stream, version, type, recorded_at, batch, data, digest)"
DIGEST = "f" * 64


def record(name: str) -> Record:
    return Record(name, "event/a", "event.recorded", "2026-01-01T00:00:00Z", "b", "{}")


def contents(db: sqlite3.Connection) -> list[tuple[object, ...]]:
    return db.execute("SELECT * FROM log ORDER BY position").fetchall()


def values(position: object, record_id: str, version: object) -> str:
    stored = "NULL" if position is None else position
    return (
        f"VALUES ({stored}, '{record_id}', 'event/a', {version}, 'event.recorded',"
        f" '2026-01-01T00:00:00Z', 'forged', '{{}}', '{DIGEST}')"
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A log of two records of one stream, in a file."""
    path = tmp_path / "timeline.db"
    db = connect(path, write=True)
    log.append(db, [record("r1"), record("r2")])
    db.close()
    return path


@pytest.fixture
def db(path: Path) -> Iterator[sqlite3.Connection]:
    db = connect(path, write=True)
    yield db
    db.close()


FORGERIES = {
    "an update": "UPDATE log SET data = '[]' WHERE position = 1",
    "an update of nothing but the position": "UPDATE log SET position = 3 WHERE position = 2",
    "an update that may replace": "UPDATE OR REPLACE log SET position = 1 WHERE position = 2",
    "a deletion": "DELETE FROM log WHERE position = 2",
    "a deletion of all": "DELETE FROM log",
    "a replacement by position": f"REPLACE INTO log {FIELDS} {values(2, 'new', 3)}",
    "a replacement by position and version": f"REPLACE INTO log {FIELDS} {values(2, 'new', 2)}",
    "a replacement by record_id": f"REPLACE INTO log {FIELDS} {values(3, 'r1', 3)}",
    "a replacement by version": f"REPLACE INTO log {FIELDS} {values(3, 'new', 2)}",
    "an insertion or replacement": f"INSERT OR REPLACE INTO log {FIELDS} {values(1, 'r1', 1)}",
    "an insertion or nothing": f"INSERT OR IGNORE INTO log {FIELDS} {values(2, 'new', 3)}",
    "an insertion at a taken position": f"INSERT INTO log {FIELDS} {values(2, 'new', 3)}",
    "a gap in the positions": f"INSERT INTO log {FIELDS} {values(4, 'new', 3)}",
    "a gap in the versions": f"INSERT INTO log {FIELDS} {values(3, 'new', 4)}",
    "position 0": f"INSERT INTO log {FIELDS} {values(0, 'new', 3)}",
    "a negative position": f"INSERT INTO log {FIELDS} {values(-1, 'new', 3)}",
    "an omitted position": f"INSERT INTO log {FIELDS} {values(None, 'new', 3)}",
    "an upsert by position": (
        f"INSERT INTO log {FIELDS} {values(1, 'r1', 1)}"
        " ON CONFLICT (position) DO UPDATE SET data = excluded.data"
    ),
    "an upsert by record_id": (
        f"INSERT INTO log {FIELDS} {values(3, 'r1', 3)}"
        " ON CONFLICT (record_id) DO UPDATE SET data = excluded.data"
    ),
    "an upsert that does nothing": (
        f"INSERT INTO log {FIELDS} {values(1, 'r1', 1)} ON CONFLICT DO NOTHING"
    ),
}


@pytest.mark.parametrize("recursive", ["ON", "OFF"])
@pytest.mark.parametrize("sql", FORGERIES.values(), ids=FORGERIES)
def test_the_triggers_refuse_every_change_to_the_log(
    db: sqlite3.Connection, sql: str, recursive: str
) -> None:
    db.execute(f"PRAGMA recursive_triggers = {recursive}")
    before = contents(db)
    with pytest.raises(sqlite3.IntegrityError, match="the log is append-only"):
        db.execute(sql)
    assert contents(db) == before


def test_an_insertion_at_the_next_position_and_version_is_accepted(db: sqlite3.Connection) -> None:
    db.execute(f"INSERT INTO log {FIELDS} {values(3, 'new', 3)}")
    assert len(contents(db)) == 3


@pytest.mark.parametrize("column", ["position", "version", "data", "digest"])
def test_the_table_of_the_log_refuses_bytes(db: sqlite3.Connection, column: str) -> None:
    fields = dict(zip(FIELDS[1:-1].split(", "), contents(db)[1], strict=True))
    row = {**fields, "position": 3, "record_id": "new", "version": 3, column: b"{}"}
    with pytest.raises(sqlite3.IntegrityError):
        db.execute(f"INSERT INTO log {FIELDS} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [*row.values()])


def test_a_new_file_gets_an_empty_log_and_an_application_id(tmp_path: Path) -> None:
    db = connect(tmp_path / "new.db", write=True)
    assert log.head(db).position == 0
    assert db.execute("PRAGMA application_id").fetchone() == (int.from_bytes(b"CHRN"),)
    assert db.execute("PRAGMA user_version").fetchone() == (1,)
    db.close()


def test_a_log_opens_with_its_records(db: sqlite3.Connection, path: Path) -> None:
    with transaction(db):
        head = log.append(db, [record("r3")])
    again = connect(path)
    assert verification.verify(again) == head
    again.close()


def test_a_writer_waits_for_the_disk(db: sqlite3.Connection) -> None:
    assert db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_writer_does_not_overwrite_deleted_data(db: sqlite3.Connection) -> None:
    assert db.execute("PRAGMA secure_delete").fetchone() == (0,)


def test_a_read_only_connection_cannot_write(path: Path) -> None:
    db = connect(path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        log.append(db, [record("r3")])
    db.close()


@pytest.mark.parametrize("name", ["a b.db", "a?mode=memory.db", "a#b.db", "100%41.db", "Ниш.db"])
def test_special_characters_in_a_file_name_are_literal(tmp_path: Path, name: str) -> None:
    connect(tmp_path / name, write=True).close()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_reading_does_not_create_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(CorruptLog, match=r"none\.db cannot be opened as a chronology"):
        connect(tmp_path / "none.db")
    assert not list(tmp_path.iterdir())


def test_an_empty_file_is_not_a_chronology(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    with pytest.raises(CorruptLog, match=r"empty\.db is not a chronology"):
        connect(tmp_path / "empty.db")


@pytest.mark.parametrize("write", [False, True])
def test_a_text_file_is_refused_and_unchanged(tmp_path: Path, write: bool) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Belgrade, 20 October 1944\n" * 40)
    before = path.read_bytes()
    with pytest.raises(CorruptLog, match=r"notes\.txt cannot be opened as a chronology: file is"):
        connect(path, write=write)
    assert path.read_bytes() == before


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("table", ["CREATE TABLE notes (text)", "CREATE TABLE log (message)"])
def test_the_database_of_another_program_is_refused_and_unchanged(
    tmp_path: Path, table: str, write: bool
) -> None:
    path = tmp_path / "other.db"
    other = sqlite3.connect(path)
    other.execute(table)
    other.close()
    before = path.read_bytes()
    with pytest.raises(CorruptLog, match=r"other\.db .*chronology"):
        connect(path, write=write)
    assert path.read_bytes() == before


@pytest.mark.parametrize("write", [False, True])
def test_a_log_of_a_later_format_is_refused_with_the_remedy(
    db: sqlite3.Connection, path: Path, write: bool
) -> None:
    db.execute(f"PRAGMA user_version = {LOG_FORMAT + 1}")
    with pytest.raises(CorruptLog, match="has log format 2; upgrade this program"):
        connect(path, write=write)


def test_a_log_of_an_earlier_format_is_read(db: sqlite3.Connection, path: Path) -> None:
    db.execute("PRAGMA user_version = 0")
    again = connect(path)
    assert verification.verify(again).position == 2
    again.close()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_transaction_is_rolled_back_on_any_exception(
    db: sqlite3.Connection, error: type[BaseException]
) -> None:
    def append_and_fail() -> Iterator[Record]:
        yield record("r3")
        log.append(db, [record("r4")])
        raise error

    before = contents(db)
    with pytest.raises(error), transaction(db):
        log.append(db, append_and_fail())
    assert contents(db) == before
    assert not db.in_transaction


def test_a_transaction_that_cannot_be_committed_is_rolled_back(
    db: sqlite3.Connection, path: Path
) -> None:
    reader = connect(path)
    db.execute("PRAGMA busy_timeout = 0")
    with snapshot(reader):
        log.head(reader)
        with pytest.raises(sqlite3.OperationalError, match="locked"), transaction(db):
            log.append(db, [record("r3")])
    reader.close()
    assert not db.in_transaction
    assert log.head(db).position == 2


def test_a_second_writer_fails_after_its_timeout(db: sqlite3.Connection, path: Path) -> None:
    second = connect(path, write=True)
    second.execute("PRAGMA busy_timeout = 0")
    with (
        transaction(db),
        pytest.raises(sqlite3.OperationalError, match="locked"),
        transaction(second),
    ):
        pass
    second.close()


def test_a_second_writer_waits_and_then_sees_what_the_first_appended(
    db: sqlite3.Connection, path: Path
) -> None:
    about_to_write, seen = Event(), []

    def expect_version_2() -> None:
        second = connect(path, write=True)
        about_to_write.set()
        try:
            with transaction(second):
                log.append(second, [record("theirs")], expected_version=2)
        except WrongExpectedVersion as error:
            seen.append(error.actual)
        second.close()

    thread = Thread(target=expect_version_2)
    with transaction(db):
        thread.start()
        about_to_write.wait()
        log.append(db, [record("ours")], expected_version=2)
    thread.join()
    assert seen == [3]


def test_a_snapshot_reads_one_state_and_changes_nothing(db: sqlite3.Connection) -> None:
    with snapshot(db):
        assert db.in_transaction
        assert log.head(db).position == 2
    assert not db.in_transaction


def test_an_older_sqlite_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 36, 9))
    with pytest.raises(SQLiteTooOld, match=r"a chronology needs SQLite 3\.37\.0 or later"):
        connect(path)
