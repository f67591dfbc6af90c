"""The command that ingests: what it prints, what it leaves in the file, and how it exits."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from commands import (
    CONFLICT,
    DONE,
    FAULTS,
    USAGE,
    ingest,
    positions,
)
from conftest import ROOT
from small_chronology import EVENTS, START

MORE = "format: 1\nbatch: more\nrecorded: 2026-02-01T00:00:00Z\nrecords:\n"
EVENT = "- {event: a, date: 1944-10-10, title: A, kind: battle}\n"
CSV = "id,date,title,kind\na,1944-10-10,A,battle\n"

pytestmark = pytest.mark.usefixtures("here")


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
def test_a_fault_of_standard_input_has_a_dash_for_a_file() -> None:
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
def test_a_fault_of_the_header_of_csv_is_reported(
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
    command = [sys.executable, str(ROOT / "ingest.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (DONE, "")
    assert done.stdout.startswith("start: 11 records appended")
    (here / "events/0003-more.yml").write_bytes(b"\xff")
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode == FAULTS
    assert refused.stderr.splitlines() == [
        "events/0003-more.yml:1: the file is not UTF-8; save it as UTF-8",
        "1 fault; nothing of this batch was appended",
    ]
