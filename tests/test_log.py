"""The log: appending and reading."""

from __future__ import annotations

import hashlib
import sqlite3

import pytest

from chronology.model.errors import RecordConflict, WrongExpectedVersion
from chronology.model.records import Record
from chronology.store import log, verification
from chronology.store.database import transaction
from chronology.store.log import CHUNK, Expected

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


def test_head_of_an_empty_log_is_position_0_and_64_zeros(memory: sqlite3.Connection) -> None:
    assert log.head(memory) == (0, "0" * 64)


def test_positions_have_no_gaps_over_several_calls(memory: sqlite3.Connection) -> None:
    for name in ("one", "two", "three"):
        log.append(memory, [record(f"{name}-{n}") for n in range(3)])
    assert stored(memory, "position") == [(n,) for n in range(1, 10)]


def test_each_stream_counts_its_own_versions(three: sqlite3.Connection) -> None:
    assert stored(three, "stream, version") == [("event/a", 1), ("event/b", 1), ("event/a", 2)]


def test_append_returns_the_new_head(memory: sqlite3.Connection) -> None:
    assert log.append(memory, many(3)) == log.head(memory)


def test_appending_nothing_leaves_the_head(three: sqlite3.Connection) -> None:
    assert log.append(three, []) == log.head(three)


def test_the_digest_of_a_known_record_never_changes(memory: sqlite3.Connection) -> None:
    log.append(memory, [record("r1")])
    digest = "5750d0fb218416ad7bde218a7c18d8f65a5dfa50f5c2fe6f277238ba2505c20e"
    assert log.head(memory).digest == digest


def test_each_digest_follows_from_the_one_before_by_the_contract(three: sqlite3.Connection) -> None:
    previous = "0" * 64
    for *fields, digest in stored(three, ", ".join((*COLUMNS, "digest"))):
        text = "\n".join([previous, *map(str, fields)])
        assert digest == hashlib.sha256(text.encode("utf-8")).hexdigest()
        previous = digest


def test_more_records_than_a_chunk_are_appended_in_one_call(memory: sqlite3.Connection) -> None:
    head = log.append(memory, many(2 * CHUNK + 7))
    assert head.position == 2 * CHUNK + 7
    assert verification.verify(memory) == head


def test_an_append_is_rolled_back_with_its_transaction(three: sqlite3.Connection) -> None:
    before = stored(three)
    new = [record(f"new-{n}") for n in range(CHUNK + 1)]
    with pytest.raises(RecordConflict), transaction(three):
        log.append(three, [*new, record("r1", data="{}")])
    assert stored(three) == before


@pytest.mark.parametrize("field", ["type", "recorded_at", "batch"])
def test_a_line_break_before_data_is_refused(memory: sqlite3.Connection, field: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        log.append(memory, [record("r1", **{field: "a\nb"})])


def test_data_that_is_not_json_is_refused(memory: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        log.append(memory, [record("r1", data="{")])


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, Expected.ANY),
        (2, Expected.ANY),
        (0, Expected.NO_STREAM),
        (1, Expected.STREAM_EXISTS),
        (2, Expected.STREAM_EXISTS),
        (0, 0),
        (2, 2),
    ],
)
def test_a_record_is_appended_if_the_expected_version_is_met(
    memory: sqlite3.Connection, count: int, expected: Expected | int
) -> None:
    log.append(memory, many(count))
    assert log.append(memory, [record("new")], expected).position == count + 1


@pytest.mark.parametrize(
    ("count", "expected", "reported"),
    [
        (2, Expected.NO_STREAM, "no record"),
        (0, Expected.STREAM_EXISTS, "at least one record"),
        (2, 0, 0),
        (2, 1, 1),
        (2, 3, 3),
        (0, 1, 1),
    ],
)
def test_an_unexpected_version_is_refused_with_the_stream_and_both_versions(
    memory: sqlite3.Connection, count: int, expected: Expected | int, reported: object
) -> None:
    log.append(memory, many(count))
    with pytest.raises(WrongExpectedVersion) as raised:
        log.append(memory, [record("new")], expected)
    error = raised.value
    assert (error.stream, error.expected, error.actual) == ("event/a", reported, count)
    assert log.head(memory).position == count


def test_the_expected_version_is_that_before_the_call(memory: sqlite3.Connection) -> None:
    log.append(memory, many(CHUNK + 2), Expected.NO_STREAM)
    assert log.versions(memory, ["event/a"]) == {"event/a": CHUNK + 2}


def test_the_expected_version_applies_to_every_stream_of_the_call(
    three: sqlite3.Connection,
) -> None:
    with pytest.raises(WrongExpectedVersion, match="event/b is at version 1"):
        log.append(three, [record("r4"), record("r5", "event/b")], 2)


def test_a_retry_adds_nothing_and_returns_the_head(three: sqlite3.Connection) -> None:
    head = log.head(three)
    assert log.append(three, [record("r2", "event/b")]) == head
    assert len(stored(three)) == 3


def test_a_retry_ignores_the_expected_version(three: sqlite3.Connection) -> None:
    assert log.append(three, [record("r2", "event/b")], Expected.NO_STREAM).position == 3


def test_the_same_record_twice_in_one_call_is_appended_once(memory: sqlite3.Connection) -> None:
    assert log.append(memory, [record("r1"), record("r1")]).position == 1


def test_a_retry_in_a_later_chunk_is_recognised(memory: sqlite3.Connection) -> None:
    assert log.append(memory, [*many(CHUNK), *many(CHUNK)]).position == CHUNK


def test_only_new_records_are_appended_when_mixed_with_retries(three: sqlite3.Connection) -> None:
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
def test_a_record_id_with_other_content_is_a_conflict(
    three: sqlite3.Connection, field: str, value: str
) -> None:
    with pytest.raises(RecordConflict) as raised:
        log.append(three, [record("r2", **{"stream": "event/b", field: value})])
    assert (raised.value.record_id, raised.value.position) == ("r2", 2)


def test_a_conflict_within_a_call_is_found(memory: sqlite3.Connection) -> None:
    with pytest.raises(RecordConflict, match="position 1"):
        log.append(memory, [record("r1"), record("r1", data="{}")])


def test_read_gives_the_records_after_one_position_up_to_another(
    memory: sqlite3.Connection,
) -> None:
    log.append(memory, many(5))
    assert [entry.position for entry in log.read(memory, 1, 4)] == [2, 3, 4]
    assert [entry.position for entry in log.read(memory, 3)] == [4, 5]


def test_read_gives_back_what_was_appended(memory: sqlite3.Connection) -> None:
    given = [record("r1"), record("r2", "event/b", data='{"a":[1,"é"]}')]
    log.append(memory, given)
    assert [log.as_record(entry) for entry in log.read(memory)] == given


def test_stream_gives_one_stream_in_order_of_version_up_to_a_position(
    three: sqlite3.Connection,
) -> None:
    assert [entry.record_id for entry in log.stream(three, "event/a")] == ["r1", "r3"]
    assert [entry.record_id for entry in log.stream(three, "event/a", 1)] == ["r1"]


def test_versions_are_0_for_streams_without_records(three: sqlite3.Connection) -> None:
    found = log.versions(three, ["event/a", "event/b", "event/none"])
    assert found == {"event/a": 2, "event/b": 1, "event/none": 0}


def test_latest_gives_version_and_type_of_the_last_record_of_each_stream(
    three: sqlite3.Connection,
) -> None:
    log.append(three, [record("r4", type="event.retracted")])
    assert log.latest(three, ["event/a", "event/b", "event/none"]) == {
        "event/a": (3, "event.retracted"),
        "event/b": (1, "event.recorded"),
    }


def test_a_stream_is_read_wherever_its_records_are_in_the_log(memory: sqlite3.Connection) -> None:
    log.append(memory, [*many(200), record("last", "event/b")])
    assert [entry.record_id for entry in log.stream(memory, "event/b")] == ["last"]
