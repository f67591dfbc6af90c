"""Replication from a hostile peer: its answers are refused and change nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import Timeline
from following import CONFLICT, follow
from peers import Answer, Row, chained, peer, plain, rows_of
from small_chronology import EVENTS, START

from chronology import projections
from chronology.batches import http_source
from chronology.ingest import replication


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses between attempts, and no proxy."""
    monkeypatch.setattr(http_source, "BACK_OFF_S", 0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


OK = {"Content-Type": "application/json"}


def with_digest(page: list[Row]) -> Answer:
    return plain([{**row, "digest": "ab" * 32} for row in page])


def with_gap(page: list[Row]) -> Answer:
    return plain(page[1:])


def twice(page: list[Row]) -> Answer:
    return plain([row for row in page for _ in (1, 2)])


def backwards(page: list[Row]) -> Answer:
    return plain(page[::-1])


def with_data(page: list[Row]) -> Answer:
    return plain([{**row, "data": "{}"} for row in page])


def endless(page: list[Row]) -> Answer:
    def body() -> Iterator[bytes]:
        yield b"["
        while True:
            yield b" " * 65_536

    return 200, OK, body()


def trickling(page: list[Row]) -> Answer:
    def body() -> Iterator[bytes]:
        for _ in range(100):
            time.sleep(0.05)
            yield b" "

    return 200, OK, body()


ANSWERS: dict[str, tuple[Callable[[list[Row]], Answer], str]] = {
    "wrong digest": (with_digest, "does not follow from the record at position 11"),
    "changed data": (with_data, "does not follow from the record at position 11"),
    "a gap": (with_gap, "position 13 does not follow from the record at position 11"),
    "each record twice": (twice, "does not follow from the record at position 12"),
    "backwards": (backwards, "does not follow from the record at position 11"),
    "HTML": (lambda page: (200, OK, b"<!doctype html>Sign in"), "is not a log"),
    "no JSON": (lambda page: (200, OK, b'[{"position": 12,'), "is not a log"),
    "no UTF-8": (lambda page: (200, OK, b'["\xff\xfe"]'), "is not a log"),
    "deep JSON": (lambda page: (200, OK, b"[" * 100_000), "is not a log"),
    "an object": (lambda page: (200, OK, b'{"ok": false, "rows": []}'), "is not a log"),
    "rows that are no records": (lambda page: (200, OK, b"[1, 2]"), "is not a log"),
    "rows without fields": (lambda page: (200, OK, b'[{"position": 12}]'), "has no record_id"),
    "a version that is true": (
        lambda page: plain([{**row, "version": True} for row in page]),
        "has no version",
    ),
    "a huge position": (
        lambda page: plain([{**row, "position": 2**70} for row in page]),
        "does not follow",
    ),
    "half a surrogate": (
        lambda page: plain([{**row, "data": "\ud800"} for row in page]),
        "",
    ),
    "an error": (lambda page: (500, {}, b"broken"), "responded 500"),
    "not found": (lambda page: (404, {}, b""), "responded 404"),
    "a redirect to a file": (lambda page: (302, {"Location": "file:///etc/hostname"}, b""), "file"),
    "a redirect in a circle": (
        lambda page: (302, {"Location": "/timeline/log.json?position__gt=0&_size=max"}, b""),
        "redirects",
    ),
    "an answer that breaks off": (
        lambda page: (200, {**OK, "Content-Length": "1000"}, b"["),
        "",
    ),
    "an endless page": (endless, "larger than 1 MiB"),
    "a page that trickles": (trickling, "took longer than 0.2 s"),
}


@pytest.mark.parametrize(("change", "reason"), ANSWERS.values(), ids=ANSWERS)
def test_a_hostile_answer_leaves_the_copy_as_it_was(
    make_timeline: Callable[..., Timeline],
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[list[Row]], Answer],
    reason: str,
) -> None:
    monkeypatch.setattr(replication, "MAX_PAGE_BYTES", 1 << 20)
    if change is trickling:
        monkeypatch.setattr(http_source, "TRANSFER_S", 0.2)
    source, copy = make_timeline(START, EVENTS), make_timeline(START)
    before = copy.path.read_bytes()

    def after_the_start(page: list[Row]) -> Answer:
        """The digest of the head is correct."""
        return plain(page) if page and page[0]["position"] == 11 else change(page)

    with peer(rows_of(source.db), after_the_start) as server:
        result = follow(server.url, copy.path)

    assert result.exit_code == CONFLICT
    assert result.stderr.startswith("Error: ")
    assert reason in result.stderr
    assert copy.path.read_bytes() == before


def forged(number: int, **fields: str) -> Callable[[list[Row]], None]:
    def change(rows: list[Row]) -> None:
        rows[number - 1].update(fields)

    return change


def data(number: int, **fields: Any) -> Callable[[list[Row]], None]:
    """Changes fields in the data of a record; None removes a field."""

    def change(rows: list[Row]) -> None:
        changed = {**json.loads(rows[number - 1]["data"]), **fields}
        remaining = {name: value for name, value in changed.items() if value is not None}
        rows[number - 1]["data"] = json.dumps(remaining)

    return change


# Position 12 starts the second batch; 13 is an event, 14 an account of it.
RECORDS: dict[str, Callable[[list[Row]], None]] = {
    "no JSON": forged(13, data="nothing"),
    "no object": forged(13, data="[]"),
    "deep JSON": forged(13, data="[" * 5_000 + "]" * 5_000),
    "JSON with no end of digits": forged(13, data='{"date":' + "9" * 400 + "}"),
    "unknown subject": forged(13, stream="weather/rain", type="weather.recorded"),
    "no subject": forged(13, stream="", type=""),
    "unknown action": forged(13, type="event.forgotten"),
    "a correction of nothing": forged(13, type="event.corrected", data='{"set":{}}'),
    "a correction of a text": forged(13, type="event.corrected", data='"set"'),
    "no title": data(13, title=None),
    "no date": data(13, date="yesterday"),
    "an unknown field": data(13, weather="rain"),
    "an unknown place": data(13, places=["atlantis"]),
    "an unknown formation": data(13, formations=["f99"]),
    "an unknown person": data(13, people=["nobody"]),
    "an unknown source": data(14, source="nowhere"),
    "an id with markup": forged(13, stream="event/<script>"),
    "no header of the batch": forged(12, stream="event/a", type="event.recorded"),
    "time that runs back": forged(13, recorded_at="2025-01-01T00:00:00Z"),
    "no time": forged(13, recorded_at="tomorrow"),
    "a line break": forged(13, record_id="events/1\n"),
    "a record_id that is taken": forged(13, record_id="start/0"),
}


@pytest.mark.parametrize("change", RECORDS.values(), ids=RECORDS)
def test_an_invalid_record_with_a_valid_digest_leaves_the_copy_as_it_was(
    make_timeline: Callable[..., Timeline], change: Callable[[list[Row]], None]
) -> None:
    source, copy = make_timeline(START, EVENTS), make_timeline(START)
    rows = rows_of(source.db)
    change(rows)
    before = copy.path.read_bytes()
    with peer(chained(rows)) as server:
        result = follow(server.url, copy.path)

    assert result.exit_code == CONFLICT
    assert result.stderr.startswith("Error: ")
    assert copy.path.read_bytes() == before
    assert projections.is_current(copy.db)
