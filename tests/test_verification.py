"""Verification: every change to a log is found, and its schema is checked."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from commands import CONFLICT, chronology
from conftest import Timeline

from chronology.model.errors import CorruptLog
from chronology.model.records import Record
from chronology.store import log, verification
from chronology.store.database import TRIGGERS, connect, transaction
from chronology.store.log import GENESIS, Head
from chronology.store.verification import SchemaObject


def record(name: str, stream: str = "event/a", **changed: str) -> Record:
    fields = {
        "type": "event.recorded",
        "recorded_at": "2026-01-01T00:00:00Z",
        "batch": "b",
        "data": '{"title":"Niš falls"}',
        **changed,
    }
    return Record(name, stream, **fields)


@pytest.fixture
def three(memory: sqlite3.Connection) -> sqlite3.Connection:
    """A log of three records, of two streams."""
    log.append(memory, [record("r1"), record("r2", "event/b"), record("r3")])
    return memory


@pytest.fixture
def open_log(three: sqlite3.Connection) -> sqlite3.Connection:
    """The log of three records, with its triggers dropped, as a forger would."""
    for name in TRIGGERS:
        three.execute(f"DROP TRIGGER {name}")
    return three


def test_verify_returns_the_head(three: sqlite3.Connection) -> None:
    assert verification.verify(three) == log.head(three)


def test_verify_of_an_empty_log_returns_the_genesis(memory: sqlite3.Connection) -> None:
    assert verification.verify(memory) == Head(0, GENESIS)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("record_id", "other"),
        ("stream", "event/c"),
        ("type", "event.retracted"),
        ("recorded_at", "2026-01-01T00:00:01Z"),
        ("batch", "c"),
        ("data", '{"title":"Nis falls"}'),
        ("digest", "0" * 64),
    ],
)
def test_verify_finds_each_changed_column_and_its_position(
    open_log: sqlite3.Connection, column: str, value: str
) -> None:
    open_log.execute(f"UPDATE log SET {column} = ? WHERE position = 2", (value,))
    with pytest.raises(CorruptLog, match="position 2: the digest does not follow"):
        verification.verify(open_log)


def test_verify_finds_a_changed_version(open_log: sqlite3.Connection) -> None:
    open_log.execute("UPDATE log SET version = 3 WHERE position = 3")
    with pytest.raises(CorruptLog, match="position 3: event/a has version 3 where 2 is due"):
        verification.verify(open_log)


def rewrite(db: sqlite3.Connection, versions: list[tuple[str, int]]) -> None:
    """Replaces the log by records with these streams and versions, and with valid digests."""
    db.execute("DELETE FROM log")
    digest = GENESIS
    for position, (stream, version) in enumerate(versions, 1):
        new = record(f"r{position}", stream)
        digest = log.digest_of(digest, position, new, version)
        row = (position, *new[:2], version, *new[2:], digest)
        db.execute("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


@pytest.mark.parametrize(
    ("versions", "fault"),
    [
        ([("event/a", 2), ("event/a", 1)], "position 1: event/a has version 2 before version 1"),
        ([("event/a", 1), ("event/a", 3)], "position 2: event/a has version 3 where 2 is due"),
        ([("event/a", 2)], "position 1: event/a has version 2 where 1 is due"),
        ([("event/b", 1), ("event/a", 2), ("event/b", 3)], "position 2: event/a has version 2"),
        ([("event/b", 2), ("event/a", 2)], "position 1: event/b has version 2 where 1 is due"),
    ],
)
def test_verify_finds_versions_out_of_order_in_a_log_with_valid_digests(
    open_log: sqlite3.Connection, versions: list[tuple[str, int]], fault: str
) -> None:
    rewrite(open_log, versions)
    with pytest.raises(CorruptLog, match=fault):
        verification.verify(open_log)


def test_verify_accepts_streams_that_alternate(open_log: sqlite3.Connection) -> None:
    rewrite(open_log, [("event/b", 1), ("event/a", 1), ("event/b", 2), ("event/a", 2)])
    assert verification.verify(open_log).position == 4


@pytest.mark.parametrize("position", [1, 2])
def test_verify_finds_a_deleted_record(open_log: sqlite3.Connection, position: int) -> None:
    open_log.execute("DELETE FROM log WHERE position = ?", (position,))
    with pytest.raises(CorruptLog, match=f"position {position} is missing"):
        verification.verify(open_log)


def test_verify_finds_a_deletion_that_closes_the_gap(open_log: sqlite3.Connection) -> None:
    open_log.execute("DELETE FROM log WHERE position = 2")
    open_log.execute("UPDATE log SET position = 2 WHERE position = 3")
    with pytest.raises(CorruptLog, match="position 2: the digest does not follow"):
        verification.verify(open_log)


def test_verify_finds_a_record_that_was_moved(open_log: sqlite3.Connection) -> None:
    open_log.execute("UPDATE log SET position = 5 WHERE position = 3")
    with pytest.raises(CorruptLog, match="position 3 is missing"):
        verification.verify(open_log)


def test_verify_finds_swapped_records(open_log: sqlite3.Connection) -> None:
    for before, after in ((1, 9), (2, 1), (9, 2)):
        open_log.execute("UPDATE log SET position = ? WHERE position = ?", (after, before))
    with pytest.raises(CorruptLog, match="position 1: the digest does not follow"):
        verification.verify(open_log)


@pytest.mark.parametrize("forge", ["DELETE FROM log WHERE position = 3", "DELETE FROM log"])
def test_only_a_published_head_reveals_a_truncated_log(
    open_log: sqlite3.Connection, forge: str
) -> None:
    published = log.head(open_log)
    open_log.execute(forge)
    assert verification.verify(open_log) == log.head(open_log) != published


def test_the_schema_of_a_new_log_has_no_faults(memory: sqlite3.Connection) -> None:
    assert verification.schema_faults(memory) == []


@pytest.mark.parametrize("name", TRIGGERS)
def test_a_dropped_trigger_is_found(memory: sqlite3.Connection, name: str) -> None:
    memory.execute(f"DROP TRIGGER {name}")
    assert verification.schema_faults(memory) == [f"{name} is missing from the schema"]


@pytest.mark.parametrize("name", TRIGGERS)
def test_a_changed_trigger_is_found(memory: sqlite3.Connection, name: str) -> None:
    memory.execute(f"DROP TRIGGER {name}")
    memory.execute(TRIGGERS[name].replace("append-only", "open"))
    assert verification.schema_faults(memory) == [f"{name} was changed in the schema"]


def test_an_added_trigger_is_found(memory: sqlite3.Connection) -> None:
    memory.execute("CREATE TRIGGER odd AFTER INSERT ON log BEGIN SELECT 1; END")
    assert verification.schema_faults(memory) == ["odd was added to the schema"]


def test_a_changed_table_is_found(memory: sqlite3.Connection) -> None:
    memory.execute("ALTER TABLE log ADD COLUMN more TEXT")
    assert verification.schema_faults(memory) == ["log was changed in the schema"]


def test_white_space_in_the_schema_makes_no_difference(memory: sqlite3.Connection) -> None:
    memory.execute("DROP TRIGGER log_no_update")
    memory.execute(TRIGGERS["log_no_update"].replace("\n", "   "))
    assert verification.schema_faults(memory) == []


def test_a_trigger_on_another_table_is_no_fault_of_the_log(memory: sqlite3.Connection) -> None:
    memory.execute("CREATE TABLE other (a)")
    memory.execute("CREATE TRIGGER odd AFTER INSERT ON other BEGIN SELECT 1; END")
    assert verification.schema_faults(memory) == []


def named(name: str, sql: str = "") -> SchemaObject:
    return SchemaObject("index", name, "log", sql)


@pytest.mark.parametrize(
    ("stored", "expected", "lines"),
    [
        ([named("a"), named("a")], [named("a")], ["a was added to the schema"] * 2),
        ([named("a"), named("a", "x")], [named("a")], ["a was added to the schema"]),
        ([named("a", "x"), named("a", "y")], [named("a")], ["a was changed in the schema"]),
        ([named("a")], [named("a"), named("b")], ["b is missing from the schema"]),
    ],
)
def test_objects_of_one_name_are_compared_one_by_one(
    stored: list[SchemaObject], expected: list[SchemaObject], lines: list[str]
) -> None:
    assert verification.schema_differences(stored, expected) == lines


def test_verify_names_the_first_record_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "timeline.db"
    db = connect(path, write=True)
    with transaction(db):
        log.append(db, [record(f"r{number}") for number in range(1_000)])
    db.execute("PRAGMA journal_mode = DELETE")
    (size,) = db.execute("PRAGMA page_size").fetchone()
    db.close()
    content = path.read_bytes()
    positions = set()
    for page in range(size, len(content), size):
        path.write_bytes(content[:page] + bytes(size) + content[page + size :])
        with closing(sqlite3.connect(path)) as damaged:
            unreadable = next(filter(lambda n: not is_readable(damaged, n), range(1, 1_001)), None)
            if unreadable:
                with pytest.raises(CorruptLog, match=f"position {unreadable} cannot be read"):
                    verification.verify(damaged)
                positions.add(unreadable)
    assert len(positions) > 10


def is_readable(db: sqlite3.Connection, position: int) -> bool:
    try:
        return next(log.read(db, position - 1, position), None) is not None
    except sqlite3.DatabaseError:
        return False


def test_a_record_that_is_missing_before_one_that_cannot_be_read_is_named(
    open_log: sqlite3.Connection,
) -> None:
    open_log.execute("DELETE FROM log WHERE position = 2")
    open_log.execute("UPDATE log SET batch = CAST(X'FF' AS TEXT) WHERE position = 3")
    with pytest.raises(CorruptLog, match="position 2 cannot be read"):
        verification.verify(open_log)


ENDLESS = "WITH RECURSIVE n AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM n)"
SLOW = "hex(zeroblob(400000000 + position))"


@pytest.mark.parametrize(
    "forge",
    [
        f"DROP TABLE claims; CREATE VIEW claims AS {ENDLESS} SELECT n AS account, 'k' AS key,"
        " 'v' AS value, 1.0 AS low, 1.0 AS high FROM n",
        "CREATE INDEX odd ON events (abs(position))",
        "CREATE INDEX odd ON log (abs(position))",
        "ALTER TABLE accounts ADD COLUMN odd TEXT AS (abs(position))",
        "ALTER TABLE log ADD COLUMN odd INTEGER AS (abs(position))",
        "ALTER TABLE log ADD COLUMN odd INTEGER CHECK (abs(position))",
    ],
)
def test_a_schema_that_takes_for_ever_is_named_at_once(timeline: Timeline, forge: str) -> None:
    with closing(sqlite3.connect(timeline.path, isolation_level=None)) as db:
        db.executescript(
            f"{forge}; PRAGMA writable_schema = ON;"
            f" UPDATE sqlite_master SET sql = replace(sql, 'abs(position)', '{SLOW}')"
        )
    started = time.process_time()
    result = chronology("verify", "--db", str(timeline.path))
    assert time.process_time() - started < 2
    assert result.exit_code == CONFLICT
    assert "the schema" in result.stderr


def test_a_log_whose_columns_are_swapped_is_named(timeline: Timeline) -> None:
    with closing(sqlite3.connect(timeline.path, isolation_level=None)) as db:
        for one, other in (("position", "p"), ("record_id", "position"), ("p", "record_id")):
            db.execute(f"ALTER TABLE log RENAME COLUMN {one} TO {other}")
    result = chronology("verify", "--db", str(timeline.path))
    assert result.exit_code == CONFLICT
    assert "position 1 is missing from the log" in result.stderr


def forge_endless_schema(path: Path, depth: int, fan: int) -> None:
    """Makes the list of tables a tree whose pages are all the same, so that it has fan**depth rows.

    SQLite refuses only trees of more than 20 levels. The repeated row is that of an index without
    a definition, which may occur again and again.
    """
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE log (record_id UNIQUE)")
    data = bytearray(path.read_bytes())
    size, first_new = 4_096, len(data) // 4_096 + 1
    starts = [int.from_bytes(data[at : at + 2], "big") for at in (108, 110)]
    table, index = (data[at : min({*starts, size} - {0, *range(at + 1)})] for at in starts)

    def page(kind: int, cells: list[bytes], start: int, right: int = 0) -> bytearray:
        made, end = bytearray(size), size
        head = start + (12 if right else 8)
        for number, cell in enumerate(cells):
            end -= len(cell)
            made[end : end + len(cell)] = cell
            made[head + 2 * number : head + 2 * number + 2] = end.to_bytes(2, "big")
        made[start : start + 8] = bytes([kind, 0, 0, *len(cells).to_bytes(2, "big")]) + (
            end.to_bytes(2, "big") + b"\0"
        )
        if right:
            made[start + 8 : start + 12] = right.to_bytes(4, "big")
        return made

    def branches(child: int, count: int, start: int = 0, right: int = 0) -> bytearray:
        return page(5, [child.to_bytes(4, "big") + b"\1"] * count, start, right or child)

    top = branches(first_new, 1, 100, first_new + 2)
    top[:100] = data[:100]
    data[:size] = top
    data += page(13, [bytes(table), bytes(index)], 0) + page(13, [bytes(index)], 0)
    for level in range(depth):
        is_last = level == depth - 1
        data += branches(first_new + 1 if is_last else first_new + 3 + level, fan)
    data[28:32] = (len(data) // size).to_bytes(4, "big")
    path.write_bytes(data)


def test_a_list_of_tables_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "timeline.db"
    forge_endless_schema(path, 1, 2)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (5,)
    path.unlink()
    forge_endless_schema(path, 12, 300)
    with pytest.raises(CorruptLog, match="has a list of tables that does not end"):
        connect(path)
    result = chronology("verify", "--db", str(path))
    assert result.exit_code == CONFLICT
    assert "list of tables that does not end" in result.stderr


def test_a_page_that_refers_to_itself_is_refused_by_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "timeline.db"
    forge_endless_schema(path, 1, 2)
    data = bytearray(path.read_bytes())
    data[108:112] = (1).to_bytes(4, "big")
    path.write_bytes(data)
    with pytest.raises(CorruptLog, match="malformed"):
        connect(path)
