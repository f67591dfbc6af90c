"""Files of every earlier format of the log can be opened, verified and projected."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT

from chronology.cli import main
from chronology.store.database import LOG_FORMAT

DATA = ROOT / "tests" / "data"
HEADS = {1: "17:a96e2649bd3b5aa771e3ad2f699949c0a4738068e88140e11223b202a539ad18"}


def chronology(*arguments: str) -> str:
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(params=sorted(HEADS))
def old(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """A copy of the file of a format, with its head."""
    path = tmp_path / "timeline.db"
    shutil.copy(DATA / f"log-format-{request.param}.db", path)
    return str(path), HEADS[request.param]


def rows(path: str, sql: str) -> list[tuple[object, ...]]:
    db = sqlite3.connect(path)
    rows = db.execute(sql).fetchall()
    db.close()
    return rows


def test_there_is_a_file_of_every_format() -> None:
    assert set(HEADS) == set(range(1, LOG_FORMAT + 1))


def test_an_old_log_is_verified_and_projected_without_changes(old: tuple[str, str]) -> None:
    path, head = old
    before = rows(path, "SELECT * FROM log")
    assert chronology("head", "--db", path).strip() == head
    chronology("rebuild", "--db", path)
    output = chronology("verify", "--db", path, "--events", "none", "--head", head)
    assert f"State {head}: part of this log, unchanged." in output
    assert rows(path, "SELECT * FROM log") == before


def test_an_old_log_gives_the_same_events_as_before(old: tuple[str, str]) -> None:
    path, _ = old
    chronology("rebuild", "--db", path)
    expected = ("nis-taken", "[1944-10-13,1944-10-14]", "Both days are given", 3)
    assert rows(path, "SELECT id, date, basis, accounts FROM events") == [expected]
    assert rows(path, "SELECT disputed FROM events") == [('["date","figures"]',)]


def test_an_old_log_stays_in_delete_mode_and_accepts_new_batches(
    old: tuple[str, str], tmp_path: Path
) -> None:
    path, head = old
    assert rows(path, "PRAGMA journal_mode") == [("delete",)]
    batch = tmp_path / "more.yml"
    batch.write_text(
        "format: 1\nbatch: more\nrecorded: 2026-03-01T00:00:00Z\nrecords:\n"
        "- {place: pirot, name: Pirot}\n"
    )
    chronology("ingest", str(batch), "--db", path)
    chronology("verify", "--db", path, "--events", "none", "--head", head)


def test_the_script_makes_the_same_log_as_the_file(tmp_path: Path) -> None:
    script, path = DATA / f"make_log_format_{LOG_FORMAT}.py", tmp_path / "made.db"
    done = subprocess.run(
        [sys.executable, str(script), str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == HEADS[LOG_FORMAT]
