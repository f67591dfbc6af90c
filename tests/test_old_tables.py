"""A file whose tables another version of the program made is refused, rebuilt and followed."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import ROOT
from following import entries, follow, verified
from in_process import in_process
from peers import peer, rows_of

from chronology.batches import http_source
from chronology.cli import main
from chronology.projections import tables

HEAD = "10:66213b8bc81877bed9b2103d215d0ce7090fd8c84efe3aaf9f93a7e8cc9144ac"
IN_ORDER = ["b-cause", "a-alarm", "fix"]
REMEDY = "chronology ingest"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A copy of a file with the tables of version 8, in a folder of its own."""
    path = tmp_path / "old" / "timeline.db"
    path.parent.mkdir()
    shutil.copy(ROOT / "tests" / "data" / "tables-8.db", path)
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def test_the_tables_are_older_than_the_code(old: Path) -> None:
    with closing(sqlite3.connect(old)) as db:
        tracked = tables.tracked(db)
        columns = [row[1] for row in db.execute("PRAGMA table_info(events)")]
    assert tracked is not None
    assert tracked.version == 8 < tables.VERSION
    assert "sort_key" not in columns


def test_commands_say_what_to_run(old: Path) -> None:
    assert run("head", "--db", str(old)).stdout.strip() == HEAD
    refused = run("export", "--db", str(old), "--out", str(old.parent / "out"))
    assert refused.exit_code == 2
    assert "are not current; run 'python ingest.py'" in refused.stderr
    checked = run("verify", "--db", str(old), "--events", "none")
    assert checked.exit_code == 3
    assert "run 'chronology rebuild'" in checked.stderr


def test_ingesting_rebuilds_the_tables_and_not_the_log(old: Path) -> None:
    before = entries(old)
    (old.parent / "events").mkdir()
    done = run("ingest", str(old.parent / "events"), "--db", str(old))
    assert done.exit_code == 0
    assert "This version of the program rebuilt the tables." in done.output
    assert entries(old) == before
    assert HEAD in verified(old)
    with closing(sqlite3.connect(old)) as db:
        found = db.execute("SELECT id FROM events ORDER BY sort_key, id").fetchall()
    assert [event for (event,) in found] == IN_ORDER


def test_a_server_answers_with_the_remedy_until_the_tables_are_rebuilt(old: Path) -> None:
    with in_process(old.parent) as client:
        for path in (
            "/",
            "/timeline",
            "/timeline/events",
            "/timeline/events.json",
            "/timeline/log.json",
        ):
            refused = client.get(path)
            assert refused.status_code == 503, path
            assert REMEDY in refused.text, path
        health = client.get("/-/chronology/health.json")
        assert (health.status_code, health.json()["ok"]) == (503, False)

        assert run("rebuild", "--db", str(old)).exit_code == 0

        assert client.get("/-/chronology/health.json").json()["ok"] is True
        assert client.get("/").status_code == 200
        listed = client.get("/timeline/events.json?_shape=array").json()
        assert [row["id"] for row in listed] == IN_ORDER


def test_an_old_file_follows_and_is_followed(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_source, "BACK_OFF_S", 0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    copy = tmp_path / "copy.db"
    with closing(sqlite3.connect(old)) as db, peer(rows_of(db)) as server:
        assert follow(server.url, copy).exit_code == 0
        # The peer has nothing new; the tables are of this version all the same.
        followed = follow(server.url, old)
    assert followed.exit_code == 0
    assert "This version of the program rebuilt the tables." in followed.output
    assert HEAD in verified(copy)
    assert HEAD in verified(old)
