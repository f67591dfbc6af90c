"""The clock: only new batches are compared with it."""

from __future__ import annotations

import io
from collections.abc import Callable

import pendulum
import pytest
from conftest import Timeline
from peers import chained, peer, rows_of
from small_chronology import EVENTS, START

from chronology import projections
from chronology.batches import http_source
from chronology.batches.batch_reader import read_batch
from chronology.ingest import pipeline, replication
from chronology.model.errors import BatchRefused
from chronology.store import verification
from chronology.store.database import transaction

Make = Callable[..., Timeline]


def clock_at(text: str) -> pipeline.Clock:
    """A clock that always shows the same time."""
    time = pendulum.parse(text)
    assert isinstance(time, pendulum.DateTime)
    return lambda: time


BEFORE = clock_at("2025-12-31T23:59:59Z")
"""More than a day before the second batch, and less than a day before the first."""
LAST = clock_at("2026-01-01T00:00:00Z")
"""A day before the second batch."""


def ingest(timeline: Timeline, text: str, clock: pipeline.Clock) -> pipeline.Result:
    batch = read_batch(io.BytesIO(text.encode()), "batch.yml", "yml")
    return pipeline.ingest(timeline.db, batch, clock=clock)


def test_a_batch_more_than_a_day_ahead_of_the_clock_is_refused(make_timeline: Make) -> None:
    timeline = make_timeline(START)
    with pytest.raises(BatchRefused, match="2026-01-02T00:00:00Z is more than a day ahead"):
        ingest(timeline, EVENTS, BEFORE)
    assert ingest(timeline, EVENTS, LAST).records == 6


def test_the_last_year_is_refused_by_the_clock_of_the_machine(make_timeline: Make) -> None:
    timeline = make_timeline()
    with pytest.raises(BatchRefused, match="set the clock"):
        timeline.ingest(START.replace("2026-01-01T", "9999-12-31T"))


def test_a_batch_of_a_peer_ahead_of_the_clock_is_refused(
    make_timeline: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    source, copy = make_timeline(START, EVENTS), make_timeline()
    with peer(chained(rows_of(source.db))) as server, http_source.client() as client:
        ahead = replication.Peer(server.url, client)
        with pytest.raises(replication.PeerRefused, match="more than a day ahead"):
            replication.follow(copy.db, ahead, clock=BEFORE)
        assert len(rows_of(copy.db)) == 11
        assert replication.follow(copy.db, ahead, clock=LAST).position == 17


def test_what_is_in_the_log_is_never_compared_with_the_clock(timeline: Timeline) -> None:
    assert ingest(timeline, EVENTS, BEFORE).records == 0
    with transaction(timeline.db):
        projections.rebuild(timeline.db)
    assert not projections.verify(timeline.db)
    assert verification.verify(timeline.db).position == 17
