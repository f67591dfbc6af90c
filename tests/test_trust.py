"""Trust: cited heads, signed checkpoints, and altered copies of the log."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import Timeline
from in_process import in_process
from server import publish
from small_chronology import EVENTS, START

from chronology.cli import main
from chronology.store import log
from chronology.store.database import LOG, TRIGGERS
from chronology.store.log import GENESIS, Head

DONE, FAULTS, USAGE, CONFLICT = 0, 1, 2, 3
NAME = "example.org/timeline"


def chronology(*arguments: object) -> Result:
    texts = [str(argument) for argument in arguments]
    return CliRunner().invoke(main, texts, catch_exceptions=False)


def verify(path: Path, *arguments: object) -> Result:
    return chronology("verify", "--db", path, "--events", path.parent / "none", *arguments)


class Signed:
    """A timeline with a key, and a checkpoint of its head."""

    def __init__(self, folder: Path, timeline: Timeline) -> None:
        self.folder = folder
        self.timeline = timeline
        self.db = timeline.path
        self.secret = folder / "secret.key"
        self.public = chronology("key", NAME, self.secret).stdout.strip()
        self.note = folder / "checkpoint.txt"
        self.sign()
        self.head = "{0.position}:{0.digest}".format(log.head(timeline.db))

    def sign(self) -> Result:
        return chronology("sign", "--db", self.db, "--key", self.secret, "--out", self.note)

    def verify(self, path: Path | None = None, key: object = None) -> Result:
        options = ("--checkpoint", self.note, "--key", key or self.public)
        return verify(path or self.db, *options)


@pytest.fixture
def signed(tmp_path: Path, timeline: Timeline) -> Signed:
    return Signed(tmp_path, timeline)


# Keys and checkpoints


def test_a_key_is_written_for_its_owner_only_and_its_public_part_printed(signed: Signed) -> None:
    assert stat.S_IMODE(signed.secret.stat().st_mode) == 0o600
    assert signed.secret.read_text().startswith(f"PRIVATE+KEY+{NAME}+")
    assert signed.public.startswith(f"{NAME}+")


def test_a_key_is_never_written_over_a_file(signed: Signed) -> None:
    before = signed.secret.read_text()
    assert chronology("key", NAME, signed.secret).exit_code == USAGE
    assert signed.secret.read_text() == before


def test_a_key_of_a_name_with_spaces_is_refused_and_no_file_made(tmp_path: Path) -> None:
    result = chronology("key", "a name", tmp_path / "key")
    assert result.exit_code == CONFLICT
    assert not (tmp_path / "key").exists()


def test_a_signed_state_is_part_of_the_log_now_and_later(signed: Signed) -> None:
    said = f"{NAME} signed the state at position 17."
    assert said in signed.verify().stdout
    signed.timeline.batch("more", "- {place: pirot, name: Pirot}")
    result = signed.verify()
    assert result.exit_code == DONE
    assert f"State {signed.head}: part of this log, unchanged." in result.stdout
    assert "Not checked" not in result.stdout


def test_the_key_may_be_in_a_file(signed: Signed) -> None:
    file = signed.folder / "public.key"
    file.write_text(f"{signed.public}\n")
    assert signed.verify(key=file).exit_code == DONE


def test_a_new_checkpoint_replaces_the_old_one(signed: Signed) -> None:
    before = signed.note.read_text()
    signed.timeline.batch("more", "- {place: pirot, name: Pirot}")
    assert "signed the state 19:" in signed.sign().stdout
    assert signed.note.read_text() != before
    assert [path.name for path in signed.folder.glob("checkpoint*")] == ["checkpoint.txt"]


def test_a_wrong_key_is_refused(signed: Signed) -> None:
    other = chronology("key", NAME, signed.folder / "other.key").stdout.strip()
    result = signed.verify(key=other)
    assert result.exit_code == CONFLICT
    assert "the note has no signature by the key" in result.stderr


@pytest.mark.parametrize(
    ("old", "new"),
    [("\n17\n", "\n16\n"), (f"{NAME}\n", "example.org/other\n"), ("\n\n", "\nmore\n\n")],
)
def test_a_changed_note_is_refused(signed: Signed, old: str, new: str) -> None:
    signed.note.write_text(signed.note.read_text().replace(old, new, 1))
    result = signed.verify()
    assert result.exit_code == CONFLICT
    assert "is not valid" in result.stderr


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"a note\n", b"a\n1\nx\n\n" * 999])
def test_a_file_that_is_not_a_note_is_refused(signed: Signed, content: bytes) -> None:
    signed.note.write_bytes(content)
    assert signed.verify().exit_code == CONFLICT


def test_a_checkpoint_needs_its_key(signed: Signed) -> None:
    assert verify(signed.db, "--checkpoint", signed.note).exit_code == USAGE
    assert verify(signed.db, "--key", signed.public).exit_code == USAGE


@pytest.mark.parametrize(
    "text", ["", "17", "17:", "x:" + "0" * 64, "17:" + "0" * 63, "-1:" + "0" * 64]
)
def test_an_invalid_head_is_wrong_usage(signed: Signed, text: str) -> None:
    assert verify(signed.db, "--head", text or ":").exit_code == USAGE


def test_a_log_that_does_not_verify_is_not_signed(signed: Signed) -> None:
    before = signed.note.read_text()
    forge(signed.db, "UPDATE log SET type = 'event.corrected' WHERE position = 13")
    result = signed.sign()
    assert result.exit_code == CONFLICT
    assert "position 13" in result.stderr
    assert signed.note.read_text() == before


def test_the_checkpoint_is_published_at_an_address_that_stays(tmp_path: Path) -> None:
    folder = publish(tmp_path / "folder", {"0001-start.yml": START})
    with in_process(folder) as server:
        assert server.get("/-/chronology/checkpoint").status_code == 404
        chronology("key", NAME, tmp_path / "key")
        options = ("--key", tmp_path / "key", "--out", folder / "checkpoint.txt")
        assert chronology("sign", "--db", folder / "timeline.db", *options).exit_code == DONE
        answer = server.get("/-/chronology/checkpoint")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.content == (folder / "checkpoint.txt").read_bytes()


# Altered copies


def forge(path: Path, *statements: str, restore: bool = True) -> None:
    """Changes a log without its triggers, as a forger with the file could."""
    db = sqlite3.connect(path, isolation_level=None)
    for trigger in TRIGGERS:
        db.execute(f"DROP TRIGGER {trigger}")
    for sql in statements:
        db.execute(sql)
    for trigger in TRIGGERS.values() if restore else ():
        db.execute(trigger)
    db.close()


def rewrite(path: Path, change: str) -> None:
    """Changes a log and recomputes all digests, so that the chain is valid."""
    forge(path, change, restore=False)
    db = sqlite3.connect(path, isolation_level=None)
    last = Head(0, GENESIS)
    for number, entry in enumerate(list(log.read(db)), 1):
        record = log.as_record(entry)
        last = Head(number, log.digest_of(last.digest, number, record, entry.version))
        sql = "UPDATE log SET position = ?, digest = ? WHERE position = ?"
        db.execute(sql, (number, last.digest, entry.position))
    for trigger in TRIGGERS.values():
        db.execute(trigger)
    db.close()


def test_only_a_cited_or_signed_head_reveals_a_truncated_log(signed: Signed) -> None:
    forge(signed.db, "DELETE FROM log WHERE position > 11")
    chronology("rebuild", "--db", signed.db)
    alone = verify(signed.db)
    assert (alone.exit_code, "Not checked" in alone.stdout) == (DONE, True)
    for result in (verify(signed.db, "--head", signed.head), signed.verify()):
        assert result.exit_code == CONFLICT
        assert "the log ends at position 11 and does not reach 17" in result.stderr


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE log SET data = replace(data, 'taken', 'held') WHERE position = 13",
        "DELETE FROM log WHERE position = 17",
        "UPDATE log SET recorded_at = '2026-01-05T00:00:00Z'",
    ],
)
def test_only_a_cited_or_signed_head_reveals_a_rewritten_log(signed: Signed, change: str) -> None:
    rewrite(signed.db, change)
    chronology("rebuild", "--db", signed.db)
    assert verify(signed.db).exit_code == DONE
    for result in (verify(signed.db, "--head", signed.head), signed.verify()):
        assert result.exit_code == CONFLICT


COLUMNS = {
    "record_id": "'x'",
    "stream": "'event/x'",
    "type": "'event.corrected'",
    "recorded_at": "'2026-01-03T00:00:00Z'",
    "batch": "'x'",
    "data": "'{}'",
    "digest": f"'{'0' * 64}'",
    "version": "7",
}


@pytest.mark.parametrize("position", [1, 9, 17])
@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_column_is_found_with_its_position(
    signed: Signed, column: str, position: int
) -> None:
    forge(signed.db, f"UPDATE log SET {column} = {COLUMNS[column]} WHERE position = {position}")
    refused(signed, position)


@pytest.mark.parametrize("position", [1, 9, 16])
def test_a_removed_row_is_found_with_its_position(signed: Signed, position: int) -> None:
    forge(signed.db, f"DELETE FROM log WHERE position = {position}")
    refused(signed, position)


@pytest.mark.parametrize("position", [1, 9, 17])
def test_a_replaced_row_is_found_with_its_position(signed: Signed, position: int) -> None:
    forge(
        signed.db,
        "REPLACE INTO log SELECT position, record_id, stream, version, type, recorded_at, batch,"
        f" '{{}}', digest FROM log WHERE position = {position}",
    )
    refused(signed, position)


def test_a_row_with_a_digest_of_its_own_is_found_at_the_next(signed: Signed) -> None:
    (entry,) = log.read(signed.timeline.db, 8, 9)
    (before,) = log.read(signed.timeline.db, 7, 8)
    record = log.as_record(entry._replace(data="{}"))
    digest = log.digest_of(before.digest, 9, record, entry.version)
    forge(signed.db, f"UPDATE log SET data = '{{}}', digest = '{digest}' WHERE position = 9")
    refused(signed, 10)


@pytest.mark.parametrize("value", ["x'ff'", "NULL", "1", "x'7bff7d'", "cast(x'7bff7d' AS TEXT)"])
def test_a_value_of_another_type_is_found_with_its_position(signed: Signed, value: str) -> None:
    """The schema of the file is changed to allow the value."""
    loosened(signed.db, f"UPDATE log SET data = {value} WHERE position = 9")
    refused(signed, 9)


def loosened(path: Path, change: str) -> None:
    db = sqlite3.connect(path, isolation_level=None)
    for trigger in TRIGGERS:
        db.execute(f"DROP TRIGGER {trigger}")
    loose = LOG.strip().replace(") STRICT", ")").replace(" TEXT NOT NULL CHECK", " CHECK")
    db.execute("PRAGMA writable_schema = ON")
    db.execute(
        "UPDATE sqlite_master SET sql = ? WHERE name = 'log'",
        (loose.replace("data CHECK (json_valid(data))", "data"),),
    )
    db.execute("PRAGMA writable_schema = RESET")
    db.close()
    db = sqlite3.connect(path, isolation_level=None)
    db.execute(change)
    for trigger in TRIGGERS.values():
        db.execute(trigger)
    db.close()


def refused(signed: Signed, position: int) -> None:
    result = verify(signed.db)
    assert result.exit_code == CONFLICT
    assert f"position {position} " in result.stderr or f"position {position}:" in result.stderr


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_a_dropped_trigger_is_found(signed: Signed, trigger: str) -> None:
    db = sqlite3.connect(signed.db)
    db.execute(f"DROP TRIGGER {trigger}")
    db.close()
    result = verify(signed.db)
    assert result.exit_code == CONFLICT
    assert f"{trigger} is missing from the schema" in result.stderr


def test_an_index_that_differs_from_the_log_is_found(signed: Signed) -> None:
    """Without its entry in the index, a record_id could be used twice."""
    db = sqlite3.connect(signed.db, isolation_level=None)
    (page,) = db.execute(
        "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_log_1'"
    ).fetchone()
    (size,) = db.execute("PRAGMA page_size").fetchone()
    db.close()
    content = bytearray(signed.db.read_bytes())
    start = (page - 1) * size
    place = content.index(b"start/10", start, start + size)
    content[place : place + 8] = b"start/1x"
    signed.db.write_bytes(content)
    result = verify(signed.db)
    assert result.exit_code == CONFLICT
    assert "the file is damaged: row 11 missing from index" in result.stderr


def test_a_file_cut_off_at_any_page_is_refused(signed: Signed, tmp_path: Path) -> None:
    content = signed.db.read_bytes()
    copy = tmp_path / "cut.db"
    for size in range(0, len(content), 4096 * 4):
        copy.write_bytes(content[:size])
        assert verify(copy).exit_code == CONFLICT, size


def test_a_copy_of_the_file_verifies_like_the_file(
    signed: Signed, tmp_path: Path, make_timeline: Callable[..., Timeline]
) -> None:
    copy = tmp_path / "copy" / "timeline.db"
    copy.parent.mkdir()
    shutil.copy(signed.db, copy)
    assert signed.verify(copy).exit_code == DONE
    other = make_timeline(START.replace("A test", "Another"), EVENTS)
    assert signed.verify(other.path).exit_code == CONFLICT
