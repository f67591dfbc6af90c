"""Concurrent writers and readers, and the files of writers that were killed."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT, Timeline
from small_chronology import START

from chronology.model.errors import BatchRefused, CorruptLog
from chronology.store import log, verification
from chronology.store.database import CACHE_KB, connect, create_log, transaction

PLACE = "- {{place: {0}, name: {0}}}\n"


# The time of recording


def test_competing_writers_may_give_the_same_time(timeline: Timeline) -> None:
    for name in ("a", "b"):
        timeline.batch(name, PLACE.format(name), "2026-02-01T00:00:00Z")
    verification.verify(timeline.db)


def test_a_later_writer_with_an_earlier_time_is_refused_with_the_remedy(
    timeline: Timeline,
) -> None:
    timeline.batch("first", PLACE.format("a"), "2026-02-01T00:00:01Z")
    with pytest.raises(BatchRefused) as error:
        timeline.batch("second", PLACE.format("b"), "2026-02-01T00:00:00Z")
    assert "recorded 2026-02-01T00:00:00Z is earlier than the head of the log" in str(error.value)
    assert "write the current time" in str(error.value)
    assert timeline.batch("second", PLACE.format("b"), "2026-02-01T00:00:01Z").records == 2


# A server and writers


@pytest.mark.slow
def test_the_server_responds_without_an_error_during_writes() -> None:
    """The writes exceed the cache of SQLite, and the tables are rebuilt as well."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.serving"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    row = re.search(r"^\| (\S+) \| ([\d,]+) \| ([\d,]+) \| 0 \|", done.stdout, re.MULTILINE)
    assert row
    assert int(row[3].replace(",", "")) >= 10


def test_a_writer_keeps_its_changes_in_memory_until_it_commits(timeline: Timeline) -> None:
    """Changes that fit into the cache do not lock readers out."""
    with transaction(timeline.db):
        timeline.db.execute("CREATE TABLE big (text)")
        timeline.db.executemany("INSERT INTO big VALUES (?)", [("x" * 4096,)] * (CACHE_KB // 16))
        reader = connect(timeline.path)
        assert log.head(reader).position == 17
        reader.close()


def test_the_memory_of_a_writer_has_a_bound(timeline: Timeline) -> None:
    """Beyond the bound, a reader waits or fails; it never sees a partial write."""
    before = timeline.path.stat().st_size
    timeline.db.execute("BEGIN IMMEDIATE")
    timeline.db.execute("CREATE TABLE big (text)")
    rows = (("x" * 4096,) for _ in range(CACHE_KB // 4 + 10_000))
    timeline.db.executemany("INSERT INTO big VALUES (?)", rows)
    assert timeline.path.stat().st_size > before + (10 << 20)
    reader = sqlite3.connect(f"file:{timeline.path}?mode=ro", uri=True, timeout=0)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        reader.execute("SELECT * FROM log")
    reader.close()
    timeline.db.execute("ROLLBACK")
    assert timeline.path.stat().st_size == before
    assert verification.verify(timeline.db).position == 17


# What was left half written


@pytest.fixture
def interrupted(make_timeline: Callable[..., Timeline], tmp_path: Path) -> Path:
    """A file and its journal after a writer was killed during a commit."""
    timeline = make_timeline(START)
    timeline.db.execute("PRAGMA cache_spill = 1")
    timeline.db.execute("PRAGMA cache_size = 1")
    path = tmp_path / "interrupted.db"
    timeline.db.execute("BEGIN IMMEDIATE")
    timeline.db.execute("CREATE TABLE big (text)")
    timeline.db.executemany("INSERT INTO big VALUES (?)", [("x" * 4096,)] * 500)
    shutil.copy(timeline.path, path)
    shutil.copy(f"{timeline.path}-journal", f"{path}-journal")
    timeline.db.execute("ROLLBACK")
    return path


def test_a_read_only_connection_cannot_open_a_half_written_file(interrupted: Path) -> None:
    """So `database.connect` recovers the file first."""
    db = sqlite3.connect(f"file:{interrupted}?mode=ro", uri=True)
    with pytest.raises(sqlite3.OperationalError):
        db.execute("SELECT * FROM log")
    db.close()


@pytest.mark.parametrize("write", [False, True])
def test_a_half_written_file_is_rolled_back_when_opened(interrupted: Path, write: bool) -> None:
    db = connect(interrupted, write=write)
    assert verification.verify(db).position == 11
    assert db.execute("SELECT 1 FROM sqlite_master WHERE name = 'big'").fetchone() is None
    db.close()
    assert not Path(f"{interrupted}-journal").exists()


def test_a_reader_leaves_the_journal_of_a_living_writer_alone(
    timeline: Timeline, tmp_path: Path
) -> None:
    with transaction(timeline.db):
        timeline.db.execute("CREATE TABLE more (text)")
        assert Path(f"{timeline.path}-journal").exists()
        reader = connect(timeline.path)
        assert log.head(reader).position == 17
        reader.close()
    assert timeline.rows("SELECT * FROM more") == []


def test_an_invalid_journal_changes_nothing(timeline: Timeline) -> None:
    before = timeline.path.read_bytes()
    Path(f"{timeline.path}-journal").write_bytes(b"not a journal at all" * 100)
    db = connect(timeline.path)
    assert verification.verify(db).position == 17
    db.close()
    assert timeline.path.read_bytes() == before


def test_two_writers_that_create_the_file_at_once_create_one_log(tmp_path: Path) -> None:
    """The second writer sees an empty file, and then the log of the first."""
    path = tmp_path / "timeline.db"
    first = connect(path, write=True)
    second = sqlite3.connect(path, isolation_level=None)
    create_log(second)
    assert not verification.schema_faults(second)
    first.close()
    second.close()


def test_a_journal_alone_is_not_a_chronology(tmp_path: Path) -> None:
    (tmp_path / "timeline.db").write_bytes(b"")
    (tmp_path / "timeline.db-journal").write_bytes(b"x" * 600)
    with pytest.raises(CorruptLog):
        connect(tmp_path / "timeline.db")
