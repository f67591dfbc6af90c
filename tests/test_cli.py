"""The commands on a chronology: what they print, what they leave in the file, how they exit."""

from __future__ import annotations

import re
import socket
import sqlite3
from pathlib import Path

import pytest
from commands import (
    CONFLICT,
    DONE,
    FAULTS,
    USAGE,
    chronology,
    tamper,
)
from small_chronology import START

from chronology.cli import main

HEAD = re.compile(r"\d+:[0-9a-f]{64}")

pytestmark = pytest.mark.usefixtures("here")


# head


def test_head_prints_position_and_digest(db: Path) -> None:
    result = chronology("head", "--db", str(db))
    assert result.exit_code == DONE
    assert HEAD.fullmatch(result.stdout.strip())
    assert result.stdout.startswith("17:")


@pytest.mark.parametrize("command", ["head", "verify", "rebuild"])
def test_a_command_on_a_missing_file_is_wrong_usage(here: Path, command: str) -> None:
    result = chronology(command)
    assert result.exit_code == USAGE
    assert "there is no file timeline.db; 'python ingest.py' creates it" in result.stderr
    assert not (here / "timeline.db").exists()


# verify


@pytest.mark.usefixtures("db")
def test_verify_confirms_an_intact_file() -> None:
    result = chronology("verify")
    assert result.exit_code == DONE
    assert result.stdout.splitlines()[:3] == [
        "Chain: 17 records, each linked to the one before.",
        "Batches: 2 of 2 are in the log, unedited.",
        "Tables: identical to tables rebuilt from the log.",
    ]


def test_verify_writes_nothing(db: Path) -> None:
    content, written = db.read_bytes(), db.stat().st_mtime_ns
    chronology("verify")
    assert (db.read_bytes(), db.stat().st_mtime_ns) == (content, written)


@pytest.mark.parametrize("position", [1, 9, 17])
def test_verify_names_the_position_of_a_changed_record(db: Path, position: int) -> None:
    tamper(db, f"UPDATE log SET data = json_set(data, '$.note', 'x') WHERE position = {position}")
    result = chronology("verify")
    assert result.exit_code == CONFLICT
    assert f"Error: position {position}: the digest does not follow" in result.stderr


def test_verify_names_a_missing_position(db: Path) -> None:
    tamper(db, "DELETE FROM log WHERE position = 9")
    result = chronology("verify")
    assert result.exit_code == CONFLICT
    assert "position 9 is missing from the log" in result.stderr


def test_verify_names_a_missing_trigger(db: Path) -> None:
    with sqlite3.connect(db) as opened:
        opened.execute("DROP TRIGGER log_no_update")
    opened.close()
    result = chronology("verify")
    assert result.exit_code == CONFLICT
    assert "log_no_update is missing from the schema" in result.stderr


def test_verify_names_a_table_that_differs_from_the_log(db: Path) -> None:
    with sqlite3.connect(db) as opened:
        opened.execute("UPDATE events SET title = 'Something else' WHERE id = 'nis-taken'")
    opened.close()
    result = chronology("verify")
    assert result.exit_code == CONFLICT
    assert result.stderr.startswith("events: ")


def test_verify_refuses_an_edited_batch(db: Path, here: Path) -> None:
    (here / "events/0001-start.yml").write_text(START.replace("A test", "The test"), "utf-8")
    result = chronology("verify")
    assert result.exit_code == FAULTS
    assert "events/0001-start.yml:7:" in result.stderr


# rebuild


def test_rebuild_folds_the_tables_again_and_leaves_the_log(db: Path) -> None:
    head = chronology("head").stdout
    with sqlite3.connect(db) as opened:
        opened.execute("DELETE FROM events")
    opened.close()
    result = chronology("rebuild")
    assert result.exit_code == DONE
    assert result.stdout == f"Head: {head}"
    assert chronology("verify").exit_code == DONE


# serve


def test_serve_says_that_a_port_is_taken(db: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = chronology("serve", str(db.parent), "--port", str(port))
    assert result.exit_code == USAGE
    assert f"127.0.0.1:{port} is not available (Address already in use)" in result.stderr
    assert f"chronology serve --port {port + 1}" in result.stderr


def test_serve_without_a_timeline_says_how_to_make_it() -> None:
    result = chronology("serve")
    assert result.exit_code == USAGE
    assert "has no timeline.db; run 'python ingest.py' there first" in result.stderr


def test_every_command_has_a_help_text() -> None:
    for name, command in main.commands.items():
        assert command.help, name
        assert chronology(name, "--help").exit_code == DONE
