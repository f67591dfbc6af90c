"""The commands, called in this process, and a folder of two batches for them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from click.testing import CliRunner, Result
from small_chronology import EVENTS, START

from chronology.cli import ingest_command, main
from chronology.store.database import TRIGGERS

DONE, FAULTS, USAGE, CONFLICT = 0, 1, 2, 3


def write_batches(folder: Path) -> None:
    (folder / "events").mkdir()
    (folder / "events" / "0001-start.yml").write_text(START, "utf-8")
    (folder / "events" / "0002-events.yml").write_text(EVENTS, "utf-8")


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
