"""Logs with records that ingesting refuses: each costs its own row, and `verify` names it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Timeline
from peers import chained, rows_of
from small_chronology import EVENTS, START

from chronology import projections
from chronology.store import log, verification
from chronology.store.database import LOG, transaction
from chronology.store.log import Entry

Make = Callable[..., Timeline]


@pytest.fixture
def forged(make_timeline: Make) -> Callable[..., Timeline]:
    """Makes a file whose log has changed fields in the data of one record, with valid digests."""

    def make(number: int, **changed: Any) -> Timeline:
        source, copy = make_timeline(START, EVENTS), make_timeline()
        rows = rows_of(source.db)
        data = {**json.loads(rows[number - 1]["data"]), **changed}
        rows[number - 1]["data"] = json.dumps(
            {key: value for key, value in data.items() if value is not None}
        )
        with transaction(copy.db):
            for row in chained(rows):
                entry = Entry(**row)
                copy.db.execute("INSERT INTO log VALUES (?,?,?,?,?,?,?,?,?)", entry)
            projections.rebuild(copy.db)
        return copy

    return make


@pytest.mark.parametrize(
    ("changed", "rows"),
    [
        ({"title": "a\x00b\x1b[2J"}, 2),
        ({"title": "x" * 5_000_000}, 2),
        ({"kind": "K" * 500}, 2),
        ({"title": None}, 1),
        ({"title": 5}, 1),
        ({"date": "9999-99-99"}, 1),
        ({"places": [{"place": "atlantis"}]}, 1),
        ({"people": ["nobody"]}, 1),
        ({"unknown": "x"}, 1),
    ],
)
def test_an_invalid_event_costs_its_own_row_at_most(
    forged: Callable[..., Timeline], changed: dict[str, Any], rows: int
) -> None:
    timeline = forged(13, **changed)
    assert len(timeline.rows("SELECT id FROM events")) == rows
    assert timeline.event("belgrade-taken")["title"] == "Belgrade is taken"
    assert not projections.verify(timeline.db)


@pytest.mark.parametrize(
    "changed",
    [{"title": "a\x00b"}, {"title": "x" * 301}, {"kind": "K"}, {"date": "9999-99-99"}, {"x": 1}],
)
def test_invalid_records_are_named(
    forged: Callable[..., Timeline], changed: dict[str, Any]
) -> None:
    (fault,) = verification.record_faults(forged(13, **changed).db)
    assert fault.startswith("position 13: 'event/nis-taken' is invalid: ")


def test_the_first_twenty_invalid_records_are_named_and_the_others_counted(
    make_timeline: Make,
) -> None:
    source, copy = make_timeline(START), make_timeline()
    event = "- {{event: e{}, date: 1944-10-14, title: T, kind: battle, places: [nis]}}\n"
    source.batch("events", "".join(map(event.format, range(22))))
    rows = rows_of(source.db)
    for row in rows[-22:]:
        row["data"] = "{}"
    copy.db.executemany(
        "INSERT INTO log VALUES (?,?,?,?,?,?,?,?,?)", [Entry(**row) for row in chained(rows)]
    )

    faults = verification.record_faults(copy.db)

    assert len(faults) == 21
    assert faults[-1] == "2 more records are invalid"


def test_a_correction_of_an_unknown_field_is_named(timeline: Timeline) -> None:
    timeline.batch("title", "- {correct: event/nis-taken, set: {title: Niš}, because: Short.}")
    position, _ = log.head(timeline.db)
    rows = rows_of(timeline.db)
    rows[-1]["data"] = json.dumps({"because": "Why not.", "set": {"x" * 41: 1}})
    forged = sqlite3.connect(":memory:")
    forged.execute(LOG)
    forged.executemany(
        "INSERT INTO log VALUES (?,?,?,?,?,?,?,?,?)", [Entry(**row) for row in chained(rows)]
    )

    assert verification.record_faults(forged) == [
        f"position {position}: 'event/nis-taken' is invalid:"
        f" Object contains unknown field `{'x' * 40}` - at `$.set`"
    ]


def test_a_correction_that_cannot_be_read_changes_nothing(make_timeline: Make) -> None:
    source, copy = make_timeline(START, EVENTS), make_timeline()
    source.batch("title", "- {correct: event/nis-taken, set: {title: Niš}, because: Short.}")
    rows = rows_of(source.db)
    rows[-1]["data"] = '{"because":"Short.","set":{"title":5}}'
    with transaction(copy.db):
        copy.db.executemany(
            "INSERT INTO log VALUES (?,?,?,?,?,?,?,?,?)", [Entry(**row) for row in chained(rows)]
        )
        projections.rebuild(copy.db)

    assert copy.event("nis-taken")["title"] == "Niš is taken"


def test_a_valid_log_has_no_invalid_records(timeline: Timeline) -> None:
    assert verification.record_faults(timeline.db) == []


def test_an_account_without_its_locators_costs_its_own_row(
    forged: Callable[..., Timeline],
) -> None:
    timeline = forged(14, at="none")
    assert [row["id"] for row in timeline.rows("SELECT id FROM accounts ORDER BY id")] == [
        "belgrade-taken-one-1",
        "belgrade-taken-two-1",
    ]
    assert timeline.event("nis-taken")["accounts"] == 0


@pytest.mark.parametrize("record_id", ["a/1", "z/1", "events/01", "events"])
def test_a_record_whose_id_is_not_of_its_batch_is_named(timeline: Timeline, record_id: str) -> None:
    rows = rows_of(timeline.db)
    rows[12]["record_id"] = record_id
    forged = sqlite3.connect(":memory:")
    forged.execute(LOG)
    forged.executemany(
        "INSERT INTO log VALUES (?,?,?,?,?,?,?,?,?)", [Entry(**row) for row in chained(rows)]
    )

    (fault,) = verification.record_faults(forged)

    assert fault.startswith("position 13: 'event/nis-taken' is invalid: ")


@pytest.mark.parametrize("missing", ["latitude", "longitude"])
def test_half_a_point_is_none(forged: Callable[..., Timeline], missing: str) -> None:
    timeline = forged(6, **{missing: None})
    sql = "SELECT latitude, longitude FROM places WHERE id = 'nis'"
    assert timeline.rows(sql) == [{"latitude": None, "longitude": None}]
    assert timeline.event("nis-taken")["latitude"] is None
