"""The commands: what they print, what they leave in the file, and how they exit."""

from __future__ import annotations

import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import EVENTS, ROOT, START

from chronology.cli import ingest_command, main
from chronology.store.database import TRIGGERS

DONE, FAULTS, USAGE, CONFLICT = 0, 1, 2, 3
HEAD = re.compile(r"\d+:[0-9a-f]{64}")
MORE = "format: 1\nbatch: more\nrecorded: 2026-02-01T00:00:00Z\nrecords:\n"
EVENT = "- {event: a, date: 1944-10-10, title: A, kind: battle}\n"
CSV = "id,date,title,kind\na,1944-10-10,A,battle\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with two batches."""
    folder = tmp_path / "events"
    folder.mkdir()
    (folder / "0001-start.yml").write_text(START, "utf-8")
    (folder / "0002-events.yml").write_text(EVENTS, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def db(here: Path) -> Path:
    """The timeline of the two batches."""
    assert ingest().exit_code == DONE
    return here / "timeline.db"


def ingest(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(ingest_command, arguments, input=stdin, catch_exceptions=False)


def chronology(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def positions(path: Path) -> int:
    with sqlite3.connect(path) as db:
        (count,) = db.execute("SELECT count(*) FROM log").fetchone()
    db.close()
    return int(count)


def tamper(path: Path, sql: str) -> None:
    """Changes the log as only somebody with the file could."""
    db = sqlite3.connect(path)
    for trigger in TRIGGERS:
        db.execute(f"DROP TRIGGER {trigger}")
    db.execute(sql)
    for trigger in TRIGGERS.values():
        db.execute(trigger)
    db.commit()
    db.close()


# Ingesting


def test_the_new_batches_of_the_folder_are_ingested(here: Path) -> None:
    result = ingest()
    assert result.exit_code == DONE
    assert result.stdout.startswith("start: 11 records appended\nevents: 6 records appended\nHead:")
    assert positions(here / "timeline.db") == 17


def test_a_second_run_writes_nothing(db: Path) -> None:
    content, written = db.read_bytes(), db.stat().st_mtime_ns
    result = ingest()
    assert result.exit_code == DONE
    assert result.stdout.startswith("Nothing new: 2 batches are in the log. Head: 17:")
    assert (db.read_bytes(), db.stat().st_mtime_ns) == (content, written)


def test_a_file_that_is_in_the_log_writes_nothing(db: Path) -> None:
    content, written = db.read_bytes(), db.stat().st_mtime_ns
    result = ingest("events/0002-events.yml")
    assert result.exit_code == DONE
    assert result.stdout.startswith("events: already in the log; nothing to append\nHead: 17:")
    assert (db.read_bytes(), db.stat().st_mtime_ns) == (content, written)


def test_only_a_batch_that_was_added_is_ingested(db: Path, here: Path) -> None:
    (here / "events/0003-more.yml").write_text(MORE + EVENT, "utf-8")
    assert ingest().stdout.startswith("more: 2 records appended\nHead: 19:")


def test_check_makes_no_file(here: Path) -> None:
    result = ingest("--check")
    assert result.exit_code == DONE
    assert result.stdout.startswith("start: 11 records would be appended\nevents: 6 records would")
    assert sorted(path.name for path in here.iterdir()) == ["events"]


def test_check_leaves_the_file_as_it_is(db: Path, here: Path) -> None:
    content, written = db.read_bytes(), db.stat().st_mtime_ns
    (here / "events/0003-more.yml").write_text(MORE + EVENT, "utf-8")
    result = ingest("--check")
    assert result.exit_code == DONE
    assert "more: 2 records would be appended" in result.stdout
    assert (db.read_bytes(), db.stat().st_mtime_ns) == (content, written)


def test_check_finds_what_ingesting_would(db: Path, here: Path) -> None:
    (here / "events/0003-more.yml").write_text(MORE + EVENT.replace("battle", "siege"), "utf-8")
    checked, ingested = ingest("--check"), ingest()
    assert checked.exit_code == ingested.exit_code == FAULTS
    assert checked.stderr == ingested.stderr


def test_faults_are_listed_and_counted_and_nothing_is_appended(db: Path, here: Path) -> None:
    content = db.read_bytes()
    (here / "events/0003-more.yml").write_text(
        MORE + EVENT.replace("battle", "siege") + "- {place: nis, name: X}\n", "utf-8"
    )
    result = ingest()
    assert result.exit_code == FAULTS
    assert result.stderr == (
        "events/0003-more.yml:5: event/a: 'siege' is not a kind of the chronology;"
        " kinds: battle, capture, death\n"
        "events/0003-more.yml:6: place/nis: the id 'nis' is already recorded;"
        " choose another id, or correct the record\n"
        "2 faults; nothing of this batch was appended\n"
    )
    assert db.read_bytes() == content


def test_a_refused_first_batch_leaves_no_file(here: Path) -> None:
    (here / "events/0001-start.yml").write_text(START.replace("level: army", "level: x"), "utf-8")
    assert ingest().exit_code == FAULTS
    assert sorted(path.name for path in here.iterdir()) == ["events"]


def test_a_refused_second_batch_leaves_the_first(here: Path) -> None:
    (here / "events/0002-events.yml").write_text(EVENTS.replace("battle", "x") + "- x\n", "utf-8")
    assert ingest().exit_code == FAULTS
    assert positions(here / "timeline.db") == 11


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    ("count", "said"),
    [
        (199, "199 faults; nothing of this batch was appended\n"),
        (
            300,
            "200 faults, and there may be more: reading stopped there;"
            " nothing of this batch was appended\n",
        ),
    ],
)
def test_where_reading_stopped_at_the_limit_is_said(count: int, said: str) -> None:
    result = ingest("-", stdin=MORE + "- text\n" * count)
    assert result.exit_code == FAULTS
    assert result.stderr.splitlines(keepends=True)[-1] == said


def test_an_edited_batch_exits_with_faults(db: Path, here: Path) -> None:
    (here / "events/0001-start.yml").write_text(START.replace("A test", "The test"), "utf-8")
    result = ingest()
    assert result.exit_code == FAULTS
    assert result.stderr.startswith(
        'events/0001-start.yml:7: chronology/test: title was "A test" when ingested, and is'
    )


def test_a_batch_that_sorts_before_an_old_one_exits_with_faults(db: Path, here: Path) -> None:
    (here / "events/0000-more.yml").write_text(MORE + EVENT, "utf-8")
    result = ingest()
    assert result.exit_code == FAULTS
    assert "0000-more.yml is new, but sorts before the ingested 0001-start.yml" in result.stderr


def test_a_missing_folder_exits_with_faults(here: Path) -> None:
    shutil.rmtree(here / "events")
    result = ingest()
    assert result.exit_code == FAULTS
    assert result.stderr.startswith("events:1: the folder does not exist; create it or name anot")


def test_another_folder_can_be_named(here: Path) -> None:
    (here / "events").rename(here / "elsewhere")
    assert ingest("elsewhere", "--db", "other.db").exit_code == DONE
    assert positions(here / "other.db") == 17


def test_several_files_are_ingested_in_the_order_given(here: Path) -> None:
    result = ingest("events/0001-start.yml", "events/0002-events.yml")
    assert result.exit_code == DONE
    assert positions(here / "timeline.db") == 17


@pytest.mark.usefixtures("db")
def test_standard_input_is_read_as_yaml() -> None:
    result = ingest("-", stdin=MORE + EVENT)
    assert (result.exit_code, result.stdout[:25]) == (DONE, "more: 2 records appended\n")


@pytest.mark.usefixtures("db")
def test_standard_input_is_read_in_the_form_that_is_said() -> None:
    arguments = ("--format", "csv", "--batch", "more", "--recorded", "2026-02-01T00:00:00Z")
    assert ingest("-", *arguments, stdin=CSV).stdout.startswith("more: 2 records appended")


@pytest.mark.usefixtures("db")
def test_a_fault_of_standard_input_stands_at_a_dash() -> None:
    result = ingest("-", stdin=MORE + "- text\n")
    assert result.exit_code == FAULTS
    assert result.stderr.startswith("-:5: record 1 is not a mapping")


def test_csv_gets_its_header_from_options(db: Path, here: Path) -> None:
    (here / "more.csv").write_text(CSV, "utf-8")
    result = ingest(
        *("more.csv", "--batch", "more", "--recorded", "2026-02-01T01:00:00+01:00", "--note", "N")
    )
    assert result.exit_code == DONE
    with sqlite3.connect(db) as opened:
        found = opened.execute("SELECT id, recorded_at, note FROM batches WHERE id = 'more'")
        assert found.fetchall() == [("more", "2026-02-01T00:00:00Z", "N")]
    opened.close()


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (("--batch", "B", "--recorded", "2026-02-01T00:00:00Z"), "header: batch: 'B' is not an id"),
        (("--batch", "b", "--recorded", "today"), "header: recorded: 'today' is not a timestamp"),
        (
            (),
            "a CSV file needs a batch header; ingest the file by name, with --batch and --recorded",
        ),
    ],
)
def test_a_fault_of_the_header_of_csv_is_told(
    here: Path, options: tuple[str, ...], fault: str
) -> None:
    (here / "more.csv").write_text(CSV, "utf-8")
    result = ingest("more.csv", *options)
    assert result.exit_code == FAULTS
    assert result.stderr.startswith(f"more.csv:1: {fault}")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("more.csv", "--batch", "b"), "--batch and --recorded go together"),
        (("more.csv", "--note", "n"), "--batch and --recorded go together"),
        (
            ("events/0001-start.yml", "--batch", "b", "--recorded", "2026-02-01T00:00:00Z"),
            "events/0001-start.yml has its own header; --batch is only for CSV",
        ),
        (("nowhere.yml",), "there is no file nowhere.yml"),
        (
            ("notes.txt",),
            "the format of notes.txt is unknown; use --format. Formats: yml, yaml, jsonl, csv",
        ),
        (("--db", "nowhere/timeline.db"), "there is no folder nowhere for timeline.db; create it"),
        (("--db", "events"), "is a directory"),
        ((f"{'a' * 300}.yml",), "File name too long"),
        (("--fast",), "No such option"),
        (("-", "--format", "xml"), "'xml' is not one of"),
    ],
)
def test_wrong_usage_exits_so_and_makes_no_file(
    here: Path, arguments: tuple[str, ...], says: str
) -> None:
    (here / "more.csv").write_text(CSV, "utf-8")
    (here / "notes.txt").write_text("A note", "utf-8")
    result = ingest(*arguments)
    assert result.exit_code == USAGE
    assert says in result.stderr
    assert not (here / "timeline.db").exists()


def test_quiet_says_nothing_unless_something_is_wrong(here: Path) -> None:
    result = ingest("--quiet")
    assert (result.exit_code, result.output) == (DONE, "")
    (here / "events/0003-more.yml").write_text(MORE + "- text\n", "utf-8")
    result = ingest("--quiet")
    assert (result.exit_code, result.stdout) == (FAULTS, "")
    assert "0003-more.yml:5:" in result.stderr


def test_a_file_that_is_no_chronology_is_a_conflict(here: Path) -> None:
    (here / "timeline.db").write_bytes(b"not a database, but long enough to be read as one" * 99)
    result = ingest()
    assert result.exit_code == CONFLICT
    assert result.stderr.startswith("Error: timeline.db cannot be opened as a chronology")


def test_another_database_is_a_conflict_and_stays_as_it_is(here: Path) -> None:
    db = sqlite3.connect(here / "timeline.db")
    db.execute("CREATE TABLE accounts (id)")
    db.close()
    content = (here / "timeline.db").read_bytes()
    result = ingest()
    assert result.exit_code == CONFLICT
    assert "timeline.db is not a chronology" in result.stderr
    assert (here / "timeline.db").read_bytes() == content


def test_the_script_runs_from_anywhere(here: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "ingest.py"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    first, second = run(), run()
    assert (first.returncode, first.stderr) == (DONE, "")
    assert second.stdout.startswith("Nothing new")
    assert run("nowhere.yml").returncode == USAGE
    (here / "events/0003-more.yml").write_bytes(b"\xff")
    refused = run()
    assert refused.returncode == FAULTS
    assert refused.stderr.splitlines() == [
        "events/0003-more.yml:1: the file is not UTF-8; save it as UTF-8",
        "1 fault; nothing of this batch was appended",
    ]


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


def test_every_command_tells_what_it_does() -> None:
    for name, command in main.commands.items():
        assert command.help, name
        assert chronology(name, "--help").exit_code == DONE
