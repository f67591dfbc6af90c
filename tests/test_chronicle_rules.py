"""The editors' rules of this chronicle, which `docs/corpus-notes.md` states."""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import ROOT

from chronology.store.database import connect, fetch_rows
from chronology.timeline import consistency, duplicates

ORDERS = r"\b(order|direct(s|ive)|instruct|plan|propos)"
REPORTS = r"report|announc|\btell|call|wr[io]te|messag"
STATED = {
    # What the order or proposal presupposes, or an act that is itself an order.
    "banja-luka-siege-german-documents-1944-1",
    "belgrade-military-court-supreme-staff-documents-1",
    "craiova-talks-supreme-staff-documents-1",
    "fatherland-front-delegate-detained-supreme-staff-documents-1",
    "royal-navy-talks-bari-supreme-staff-documents-1",
    "tito-commits-army-groups-supreme-staff-documents-1",
    "tito-refuses-bombing-of-skopje-supreme-staff-documents-1",
    "tuzla-garrison-attacked-09-17-bosnia-documents-september-1",
    "zajecar-taken-first-time-german-documents-1944-1",
    "zeleznik-taken-serbia-documents-1-october-1",
}
"""Accounts of orders that assert something that had happened."""
FIGHTING = (
    *("advance", "battle", "capture", "withdrawal", "crossing", "encirclement", "air-strike"),
    *("bombardment", "operation", "patrol", "surrender", "casualties", "deployment"),
)
PARTIAL = r"\b(freed|frees|liberat\w*|(is|are) free)\b"
REACH = 1.05
"""How far a place may lie from its region, by the region's radius."""


@pytest.fixture(scope="module")
def db() -> Iterator[sqlite3.Connection]:
    opened = connect(ROOT / "timeline.db")
    yield opened
    opened.close()


def accounts(db: sqlite3.Connection, where: str) -> list[dict[str, Any]]:
    sql = (
        "SELECT accounts.*, events.kind FROM accounts JOIN events ON events.id = accounts.event"
        f" WHERE {where} ORDER BY accounts.id"
    )
    return fetch_rows(db, sql)


def test_no_check_finds_a_likely_mistake(db: sqlite3.Connection) -> None:
    assert consistency.find(db) == []
    assert duplicates.find(db) == []


def test_an_order_is_a_plan_of_what_it_wants(db: sqlite3.Connection) -> None:
    titles = "source IN (SELECT id FROM sources WHERE note LIKE '%titles were read%')"
    asserted = accounts(
        db,
        f"stance = 'asserts' AND events.kind NOT IN ('order', 'plan', 'occupation') AND {titles}",
    )
    orders = {
        account["id"]
        for account in asserted
        if re.search(ORDERS, account["says"]) and not re.search(REPORTS, account["says"])
    }
    assert orders <= STATED


@pytest.mark.parametrize(
    ("basis", "date"),
    [
        ("Not after%", "[..%"),
        ("Not before%", "%..]"),
        ("Stated as%", "[%"),
        ("The entry of that day; the diary tells of the day before too.", "[%"),
    ],
)
def test_a_bound_is_dated_as_a_bound(db: sqlite3.Connection, basis: str, date: str) -> None:
    assert accounts(db, f"accounts.basis LIKE '{basis}' AND accounts.date NOT LIKE '{date}'") == []


def test_the_list_of_garrisons_gives_no_day_of_a_capture(db: sqlite3.Connection) -> None:
    listed = "source = 'garrison-attacks-list' AND events.kind = 'capture'"
    assert accounts(db, f"{listed} AND accounts.date NOT LIKE '%..]'") == []


def test_the_places_in_a_region_lie_within_its_reach(db: sqlite3.Connection) -> None:
    sql = (
        "SELECT inner.id, inner.latitude, inner.longitude, region.latitude AS north,"
        " region.longitude AS east, region.radius_km AS reach"
        " FROM places AS inner JOIN places AS region ON region.id = inner.within"
        " WHERE region.type IN ('region', 'island') AND inner.latitude IS NOT NULL"
    )
    far = [row["id"] for row in fetch_rows(db, sql) if _km(row) > row["reach"] * REACH]
    assert far == []


def _km(row: dict[str, Any]) -> float:
    """The distance of a place from the point of its region."""
    north, east = (math.radians(row[key]) for key in ("latitude", "longitude"))
    to_north, to_east = (math.radians(row[key]) for key in ("north", "east"))
    cosine = math.sin(north) * math.sin(to_north) + math.cos(north) * math.cos(to_north) * (
        math.cos(east - to_east)
    )
    return 6371 * math.acos(min(1, cosine))


def test_an_event_of_the_fighting_has_a_front_or_an_army_or_says_why_not(
    db: sqlite3.Connection,
) -> None:
    sql = (
        f"SELECT id FROM events WHERE kind IN {FIGHTING} AND fronts = '[]' AND armies = '[]'"
        " AND coalesce(basis, '') NOT LIKE '%no front or army%'"
        " AND coalesce(basis, '') NOT LIKE '%names a front or army%'"
    )
    assert fetch_rows(db, sql) == []


def test_the_main_events_and_the_disputed_ones_have_a_summary(db: sqlite3.Connection) -> None:
    sql = (
        "SELECT id FROM events WHERE (accounts >= 3 OR disputed != '[]')"
        " AND coalesce(summary, '') = ''"
    )
    assert fetch_rows(db, sql) == []


def test_a_title_takes_no_side(db: sqlite3.Connection) -> None:
    titles = [title for (title,) in db.execute("SELECT title FROM events")]
    assert [title for title in titles if re.search(PARTIAL, title)] == []
