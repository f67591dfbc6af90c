"""The log: appending, reading, and proving that nothing was changed."""

from __future__ import annotations

import hashlib
import sqlite3

import pytest

from chronology.model.errors import CorruptLog, RecordConflict, WrongExpectedVersion
from chronology.model.records import Record
from chronology.store import log, verification
from chronology.store.database import TRIGGERS, transaction
from chronology.store.log import CHUNK, GENESIS, Expected, Head

COLUMNS = ("position", "record_id", "stream", "version", "type", "recorded_at", "batch", "data")


def record(name: str, stream: str = "event/a", **changed: str) -> Record:
    fields = {
        "type": "event.recorded",
        "recorded_at": "2026-01-01T00:00:00Z",
        "batch": "b",
        "data": '{"title":"Niš falls"}',
        **changed,
    }
    return Record(name, stream, **fields)


def many(count: int, stream: str = "event/a") -> list[Record]:
    return [record(f"r{n}", stream) for n in range(count)]


def stored(db: sqlite3.Connection, columns: str = "*") -> list[tuple[object, ...]]:
    return db.execute(f"SELECT {columns} FROM log ORDER BY position").fetchall()


@pytest.fixture
def three(memory: sqlite3.Connection) -> sqlite3.Connection:
    """A log of three records, of two streams."""
    log.append(memory, [record("r1"), record("r2", "event/b"), record("r3")])
    return memory


# Appending


def test_head_of_an_empty_log_is_position_0_and_64_zeros(memory):
    assert log.head(memory) == (0, "0" * 64)


def test_positions_have_no_gaps_over_several_calls(memory):
    for name in ("one", "two", "three"):
        log.append(memory, [record(f"{name}-{n}") for n in range(3)])
    assert stored(memory, "position") == [(n,) for n in range(1, 10)]


def test_each_stream_counts_its_own_versions(three):
    assert stored(three, "stream, version") == [("event/a", 1), ("event/b", 1), ("event/a", 2)]


def test_append_returns_the_new_head(memory):
    assert log.append(memory, many(3)) == log.head(memory)


def test_appending_nothing_leaves_the_head(three):
    assert log.append(three, []) == log.head(three)


def test_the_digest_of_a_known_record_never_changes(memory):
    log.append(memory, [record("r1")])
    digest = "5750d0fb218416ad7bde218a7c18d8f65a5dfa50f5c2fe6f277238ba2505c20e"
    assert log.head(memory).digest == digest


def test_each_digest_follows_from_the_one_before_by_the_contract(three):
    previous = "0" * 64
    for *fields, digest in stored(three, ", ".join((*COLUMNS, "digest"))):
        text = "\n".join([previous, *map(str, fields)])
        assert digest == hashlib.sha256(text.encode("utf-8")).hexdigest()
        previous = digest


def test_more_records_than_a_chunk_are_appended_in_one_call(memory):
    head = log.append(memory, many(2 * CHUNK + 7))
    assert head.position == 2 * CHUNK + 7
    assert verification.verify(memory) == head


def test_an_append_goes_back_with_its_transaction(three):
    before = stored(three)
    new = [record(f"new-{n}") for n in range(CHUNK + 1)]
    with pytest.raises(RecordConflict), transaction(three):
        log.append(three, [*new, record("r1", data="{}")])
    assert stored(three) == before


@pytest.mark.parametrize("field", ["type", "recorded_at", "batch"])
def test_a_line_break_before_data_is_refused(memory, field):
    with pytest.raises(ValueError, match="line break"):
        log.append(memory, [record("r1", **{field: "a\nb"})])


def test_data_that_is_no_json_is_refused(memory):
    with pytest.raises(sqlite3.IntegrityError):
        log.append(memory, [record("r1", data="{")])


# Expected versions


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (0, Expected.ANY),
        (2, Expected.ANY),
        (0, Expected.NO_STREAM),
        (2, Expected.STREAM_EXISTS),
        (0, 0),
        (2, 2),
    ],
)
def test_an_expectation_that_holds_lets_the_record_in(memory, held, expected):
    log.append(memory, many(held))
    assert log.append(memory, [record("new")], expected).position == held + 1


@pytest.mark.parametrize(
    ("held", "expected", "said"),
    [
        (2, Expected.NO_STREAM, "no record"),
        (0, Expected.STREAM_EXISTS, "at least one record"),
        (2, 0, 0),
        (2, 1, 1),
        (2, 3, 3),
        (0, 1, 1),
    ],
)
def test_an_expectation_that_fails_names_the_stream_and_both_versions(memory, held, expected, said):
    log.append(memory, many(held))
    with pytest.raises(WrongExpectedVersion) as raised:
        log.append(memory, [record("new")], expected)
    error = raised.value
    assert (error.stream, error.expected, error.actual) == ("event/a", said, held)
    assert log.head(memory).position == held


def test_an_expectation_is_of_the_stream_before_the_call(memory):
    log.append(memory, many(CHUNK + 2), Expected.NO_STREAM)
    assert log.versions(memory, ["event/a"]) == {"event/a": CHUNK + 2}


def test_an_expectation_is_of_every_stream_of_the_call(three):
    with pytest.raises(WrongExpectedVersion, match="event/b is at version 1"):
        log.append(three, [record("r4"), record("r5", "event/b")], 2)


# Retries


def test_a_retry_adds_nothing_and_returns_the_head(three):
    head = log.head(three)
    assert log.append(three, [record("r2", "event/b")]) == head
    assert len(stored(three)) == 3


def test_a_retry_is_no_matter_for_the_expected_version(three):
    assert log.append(three, [record("r2", "event/b")], Expected.NO_STREAM).position == 3


def test_the_same_record_twice_in_one_call_is_appended_once(memory):
    assert log.append(memory, [record("r1"), record("r1")]).position == 1


def test_a_retry_is_known_again_beyond_a_chunk(memory):
    assert log.append(memory, [*many(CHUNK), *many(CHUNK)]).position == CHUNK


def test_of_retries_and_new_records_only_the_new_are_appended(three):
    log.append(three, [record("r1"), record("r4"), record("r2", "event/b")])
    assert stored(three, "record_id") == [("r1",), ("r2",), ("r3",), ("r4",)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("type", "event.corrected"),
        ("recorded_at", "2026-01-01T00:00:01Z"),
        ("batch", "c"),
        ("data", "{}"),
        ("stream", "event/c"),
    ],
)
def test_a_record_id_with_other_content_is_a_conflict(three, field, value):
    with pytest.raises(RecordConflict) as raised:
        log.append(three, [record("r2", **{"stream": "event/b", field: value})])
    assert (raised.value.record_id, raised.value.position) == ("r2", 2)


def test_a_conflict_within_one_call_is_found_too(memory):
    with pytest.raises(RecordConflict, match="position 1"):
        log.append(memory, [record("r1"), record("r1", data="{}")])


# Reading


def test_read_gives_the_records_after_one_position_up_to_another(memory):
    log.append(memory, many(5))
    assert [entry.position for entry in log.read(memory, 1, 4)] == [2, 3, 4]
    assert [entry.position for entry in log.read(memory, 3)] == [4, 5]


def test_read_gives_back_what_was_appended(memory):
    given = [record("r1"), record("r2", "event/b", data='{"a":[1,"é"]}')]
    log.append(memory, given)
    assert [log.as_record(entry) for entry in log.read(memory)] == given


def test_stream_gives_one_stream_in_order_of_version_up_to_a_position(three):
    assert [entry.record_id for entry in log.stream(three, "event/a")] == ["r1", "r3"]
    assert [entry.record_id for entry in log.stream(three, "event/a", 1)] == ["r1"]


def test_versions_are_0_for_streams_without_records(three):
    found = log.versions(three, ["event/a", "event/b", "event/none"])
    assert found == {"event/a": 2, "event/b": 1, "event/none": 0}


def test_latest_gives_version_and_type_of_the_last_record_of_each_stream(three):
    log.append(three, [record("r4", type="event.retracted")])
    assert log.latest(three, ["event/a", "event/b", "event/none"]) == {
        "event/a": (3, "event.retracted"),
        "event/b": (1, "event.recorded"),
    }


# Verifying


@pytest.fixture
def open_log(three: sqlite3.Connection) -> sqlite3.Connection:
    """The log of three records, with its triggers dropped, as a forger would."""
    for name in TRIGGERS:
        three.execute(f"DROP TRIGGER {name}")
    return three


def test_verify_returns_the_head(three):
    assert verification.verify(three) == log.head(three)


def test_verify_of_an_empty_log_is_the_genesis(memory):
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
def test_verify_finds_each_changed_column_and_its_position(open_log, column, value):
    open_log.execute(f"UPDATE log SET {column} = ? WHERE position = 2", (value,))
    with pytest.raises(CorruptLog, match="position 2: the digest does not follow"):
        verification.verify(open_log)


def test_verify_finds_a_changed_version(open_log):
    open_log.execute("UPDATE log SET version = 3 WHERE position = 3")
    with pytest.raises(CorruptLog, match="position 3: event/a has version 3 where 2 is due"):
        verification.verify(open_log)


@pytest.mark.parametrize("position", [1, 2])
def test_verify_finds_a_deleted_record(open_log, position):
    open_log.execute("DELETE FROM log WHERE position = ?", (position,))
    with pytest.raises(CorruptLog, match=f"position {position} is missing"):
        verification.verify(open_log)


def test_verify_finds_a_deletion_that_closes_the_gap(open_log):
    open_log.execute("DELETE FROM log WHERE position = 2")
    open_log.execute("UPDATE log SET position = 2 WHERE position = 3")
    with pytest.raises(CorruptLog, match="position 2: the digest does not follow"):
        verification.verify(open_log)


def test_verify_finds_a_record_that_was_moved(open_log):
    open_log.execute("UPDATE log SET position = 5 WHERE position = 3")
    with pytest.raises(CorruptLog, match="position 3 is missing"):
        verification.verify(open_log)


def test_verify_finds_swapped_records(open_log):
    for before, after in ((1, 9), (2, 1), (9, 2)):
        open_log.execute("UPDATE log SET position = ? WHERE position = ?", (after, before))
    with pytest.raises(CorruptLog, match="position 1: the digest does not follow"):
        verification.verify(open_log)


@pytest.mark.parametrize("forge", ["DELETE FROM log WHERE position = 3", "DELETE FROM log"])
def test_a_truncated_tail_verifies_and_only_the_head_tells(open_log, forge):
    published = log.head(open_log)
    open_log.execute(forge)
    assert verification.verify(open_log) == log.head(open_log) != published


# The log's own definition


def test_the_schema_of_a_new_log_differs_in_nothing(memory):
    assert verification.schema_faults(memory) == []


@pytest.mark.parametrize("name", TRIGGERS)
def test_a_dropped_trigger_is_found(memory, name):
    memory.execute(f"DROP TRIGGER {name}")
    assert verification.schema_faults(memory) == [f"{name} is missing from the schema"]


@pytest.mark.parametrize("name", TRIGGERS)
def test_a_changed_trigger_is_found(memory, name):
    memory.execute(f"DROP TRIGGER {name}")
    memory.execute(TRIGGERS[name].replace("append-only", "open"))
    assert verification.schema_faults(memory) == [f"{name} was changed in the schema"]


def test_an_added_trigger_is_found(memory):
    memory.execute("CREATE TRIGGER odd AFTER INSERT ON log BEGIN SELECT 1; END")
    assert verification.schema_faults(memory) == ["odd was added to the schema"]


def test_a_changed_table_is_found(memory):
    memory.execute("ALTER TABLE log ADD COLUMN more TEXT")
    assert verification.schema_faults(memory) == ["log was changed in the schema"]


def test_white_space_is_no_difference_of_the_schema(memory):
    memory.execute("DROP TRIGGER log_no_update")
    memory.execute(TRIGGERS["log_no_update"].replace("\n", "   "))
    assert verification.schema_faults(memory) == []
