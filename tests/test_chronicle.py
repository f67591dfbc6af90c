"""What this repository publishes: its own `events/` and `timeline.db`."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import ROOT
from server import CONFIGURATION, ids, run

from chronology import projections
from chronology.store import log, verification
from chronology.store.database import connect


@pytest.fixture(scope="module")
def db() -> Iterator[sqlite3.Connection]:
    """The committed file."""
    opened = connect(ROOT / "timeline.db")
    yield opened
    opened.close()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The folder as somebody who cloned it has it."""
    for name in (*CONFIGURATION, "timeline.db"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "events", tmp_path / "events")
    return tmp_path


def column(db: sqlite3.Connection, sql: str) -> list[Any]:
    return [value for (value,) in db.execute(sql)]


def test_the_log_and_every_table_verify(db: sqlite3.Connection) -> None:
    assert verification.schema_faults(db) == []
    assert verification.verify(db) == log.head(db)
    assert projections.verify(db) == []


def test_the_file_is_at_rest_in_rollback_mode(db: sqlite3.Connection) -> None:
    header = (ROOT / "timeline.db").read_bytes()[:20]

    assert header[18:20] == b"\x01\x01"
    assert column(db, "PRAGMA journal_mode") == ["delete"]
    assert column(db, "PRAGMA integrity_check") == ["ok"]
    assert not list(ROOT.glob("timeline.db-*"))


def test_ingesting_again_appends_nothing_says_so_and_changes_no_byte(clone: Path) -> None:
    before = (clone / "timeline.db").read_bytes()

    said = run(clone)

    assert said.startswith("Nothing new")
    assert (clone / "timeline.db").read_bytes() == before


def test_an_edited_old_batch_is_refused_and_changes_nothing(clone: Path) -> None:
    before = (clone / "timeline.db").read_bytes()
    batch = sorted((clone / "events").glob("*.yml"))[1]
    text = batch.read_text("utf-8")
    batch.write_text(text.replace("name: ", "name: Another ", 1), "utf-8")

    said = run(clone, status=1)

    assert f"events/{batch.name}:" in said
    assert "correct" in said
    assert (clone / "timeline.db").read_bytes() == before


def test_nothing_else_of_the_folder_is_published() -> None:
    assert [path.name for path in ROOT.glob("*.db")] == ["timeline.db"]
    assert not [name for name in ("plugins", "templates", "static") if (ROOT / name).exists()]


def test_the_death_of_schneckenburger_is_one_event_with_both_days(db: sqlite3.Connection) -> None:
    found = column(db, "SELECT disputed FROM events WHERE title LIKE '%Schneckenburger is killed%'")
    dates = column(db, "SELECT date FROM accounts WHERE event = 'schneckenburger-killed'")

    assert [json.loads(disputed) for disputed in found] == [["date"]]
    assert {"1944-10-13", "1944-10-14"} <= set(dates)


@pytest.mark.parametrize("facet", ["fronts", "armies", "places", "kind", "months", "sources"])
def test_the_facets_have_something_to_choose_from(db: sqlite3.Connection, facet: str) -> None:
    values = column(db, f"SELECT value FROM facet_values WHERE facet = '{facet}'")

    assert len(values) >= (3 if facet in ("months", "sources") else 4)


def test_every_event_has_an_account_with_a_locator(db: sqlite3.Connection) -> None:
    with_locator = "SELECT event FROM accounts WHERE at != ''"

    assert column(db, f"SELECT id FROM events WHERE id NOT IN ({with_locator})") == []


def test_every_account_has_a_recorded_source(db: sqlite3.Connection) -> None:
    assert column(db, "SELECT id FROM accounts WHERE source NOT IN (SELECT id FROM sources)") == []


def test_nearly_every_event_at_a_place_is_on_the_map(db: sqlite3.Connection) -> None:
    located = column(db, "SELECT latitude IS NOT NULL FROM events WHERE places != '[]'")

    assert sum(located) / len(located) >= 0.95


def test_what_is_possible_in_a_week_is_more_than_what_is_certain(chronicle: httpx.Client) -> None:
    week = "1944-10-14/1944-10-20"
    possible, certain = ids(chronicle, f"_within={week}"), ids(chronicle, f"_certain={week}")

    assert certain
    assert certain < possible
