"""Replication: histories that differ, interrupted copies and refused batches."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Timeline
from following import CONFLICT, entries, follow, verified
from peers import Answer, Row, chained, peer, plain, rows_of
from small_chronology import EVENTS, START

from chronology.batches import http_source
from chronology.ingest import replication
from chronology.store import log, verification


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses between attempts, and no proxy."""
    monkeypatch.setattr(http_source, "BACK_OFF_S", 0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.mark.parametrize("position", [1, 2, 9, 16, 17])
def test_a_diverged_peer_is_refused_with_the_first_position_that_differs(
    timeline: Timeline, position: int
) -> None:
    rows = rows_of(timeline.db)
    for row in rows[position - 1 :]:
        row["recorded_at"] = "2026-01-03T00:00:00Z"
    before = timeline.path.read_bytes()
    with peer(chained(rows)) as server:
        result = follow(server.url, timeline.path)

    assert result.exit_code == CONFLICT
    assert f"differs from this one from position {position} on" in result.stderr
    assert timeline.path.read_bytes() == before


def test_a_peer_that_is_behind_is_refused(timeline: Timeline) -> None:
    with peer(rows_of(timeline.db)[:11]) as server:
        result = follow(server.url, timeline.path)

    assert result.exit_code == CONFLICT
    assert "the peer's log ends at position 11, before this one at 17" in result.stderr


def test_a_batch_copied_in_two_parts_gives_the_same_tables(
    timeline: Timeline, tmp_path: Path
) -> None:
    rows, copy = rows_of(timeline.db), tmp_path / "copy.db"
    with peer(rows) as server:
        for end in (5, 13, 17):
            server.rows = rows[:end]
            assert follow(server.url, copy).exit_code == 0

    assert entries(copy) == list(log.read(timeline.db))
    verified(copy)


def test_a_batch_beyond_the_limit_is_refused(
    make_timeline: Callable[..., Timeline], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replication, "MAX_BATCH_BYTES", 500)
    source, copy = make_timeline(START), make_timeline()
    with peer(rows_of(source.db)) as server:
        result = follow(server.url, copy.path)

    assert result.exit_code == CONFLICT
    assert "the peer's batch start is larger than" in result.stderr
    assert log.head(copy.db).position == 0


def test_a_log_that_changed_during_the_copy_is_left_as_it_was(
    make_timeline: Callable[..., Timeline],
) -> None:
    source, copy = make_timeline(START, EVENTS), make_timeline(START)

    def append_first(page: list[Row]) -> Answer:
        if page and page[0]["position"] == 12 and log.head(copy.db).position == 11:
            copy.batch("own", "- {place: pirot, name: Pirot}")
        return plain(page)

    with peer(rows_of(source.db), append_first) as server:
        copy.db.close()
        copy.db = sqlite3.connect(copy.path, isolation_level=None, check_same_thread=False)
        result = follow(server.url, copy.path)

    assert result.exit_code == CONFLICT
    assert "this log has changed meanwhile" in result.stderr
    assert log.head(copy.db).position == 13
    verification.verify(copy.db)


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1/timeline", "http://[::1", "http://"])
def test_an_invalid_address_is_refused_with_a_reason(url: str, tmp_path: Path) -> None:
    result = follow(url, tmp_path / "copy.db")
    assert result.exit_code == CONFLICT
    assert len(result.stderr) > len("Error: ") + 2
