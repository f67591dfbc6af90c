"""Following another instance: what arrives, what is refused, and that refusing changes nothing."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import many_events
import pytest
from click.testing import CliRunner, Result
from conftest import EVENTS, START, Timeline
from peers import Answer, Row, chained, peer, plain, rows_of
from server import CONFIGURATION, ROOT, publish, run, serving

from chronology import projections
from chronology.batches import http_source
from chronology.cli import main
from chronology.ingest import replication as following
from chronology.store import log, verification
from chronology.store.database import connect

MORE = """\
format: 1
batch: more
recorded: 2026-02-01T00:00:00Z
records:
- {event: nis-held, date: 1944-10-16, title: Niš is held, kind: battle, places: [nis]}
- {correct: event/nis-taken, set: {title: Niš falls}, because: A better title.}
"""
CONFLICT = 3


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses, and no proxy between programs on this machine."""
    monkeypatch.setattr(http_source, "BACK_OFF_S", 0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def follow(url: str, path: Path) -> Result:
    arguments = ["follow", url, "--db", str(path)]
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def verified(path: Path) -> str:
    arguments = ["verify", "--db", str(path), "--events", "none"]
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def entries(path: Path) -> list[log.Entry]:
    db = connect(path)
    try:
        return list(log.read(db))
    finally:
        db.close()


def url_of(client: httpx.Client) -> str:
    return f"{client.base_url}/timeline".replace("//timeline", "/timeline")


# Between servers


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a chronology whose largest batch takes several pages of Datasette."""
    batches = many_events.batches(START)
    return publish(tmp_path_factory.mktemp("source") / "many", batches)


def folder_of_copy(folder: Path) -> Path:
    folder.mkdir()
    for name in CONFIGURATION:
        (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder


def test_replicas_equal_their_source_at_every_position_and_in_every_byte_of_csv(
    source: Path, tmp_path: Path
) -> None:
    """The second replica follows the first, not the source."""
    one, two = folder_of_copy(tmp_path / "one"), folder_of_copy(tmp_path / "two")
    with serving(source) as first:
        assert follow(url_of(first), one / "timeline.db").exit_code == 0
        with serving(one) as second:
            assert follow(url_of(second), two / "timeline.db").exit_code == 0
            with serving(two) as third:
                exports = [server.get("/timeline/events.csv") for server in (first, second, third)]

    wanted = entries(source / "timeline.db")
    assert len(wanted) > 2_000
    assert entries(one / "timeline.db") == entries(two / "timeline.db") == wanted
    assert {answer.status_code for answer in exports} == {200}
    assert len({answer.content for answer in exports}) == 1
    assert exports[0].text.count("\n") > many_events.COUNT
    assert "Tables: equal" in verified(two / "timeline.db")


def test_a_copy_gets_only_what_is_new(tmp_path: Path) -> None:
    folder = publish(tmp_path / "source", {"0001-start.yml": START, "0002-events.yml": EVENTS})
    copy = tmp_path / "copy.db"
    with serving(folder) as server:
        assert follow(url_of(server), copy).stdout.startswith("17 records copied. Head: 17:")
        content = copy.read_bytes()
        assert follow(url_of(server), copy).stdout.startswith("0 records copied. Head: 17:")
        assert copy.read_bytes() == content
        (folder / "events/0003-more.yml").write_text(MORE, "utf-8")
        run(folder)
        assert follow(url_of(server), copy).stdout.startswith("3 records copied. Head: 20:")

    assert entries(copy) == entries(folder / "timeline.db")
    verified(copy)


def test_a_copy_that_was_killed_goes_on_to_the_same_end(source: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    command = [sys.executable, "-m", "chronology.cli", "follow"]
    with serving(source) as server:
        for wait_s in (0.4, 0.5, 0.6, 0.7):
            process = subprocess.Popen(
                [*command, url_of(server), "--db", str(copy)], stdout=subprocess.DEVNULL
            )
            time.sleep(wait_s)
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=10)
        assert follow(url_of(server), copy).exit_code == 0

    assert entries(copy) == entries(source / "timeline.db")
    verified(copy)


def test_watching_goes_on_through_new_records_and_a_peer_that_is_gone(tmp_path: Path) -> None:
    folder = publish(tmp_path / "source", {"0001-start.yml": START})
    copy, said = tmp_path / "copy.db", tmp_path / "said"
    options = ["--db", str(copy), "--watch", "--every", "0.1"]
    rows = db_rows(folder / "timeline.db")
    with peer(rows) as found, said.open("w") as output:
        command = [sys.executable, "-m", "chronology.cli", "follow", found.url, *options]
        process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            await_positions(copy, 11)
            found.change = lambda page: (503, {}, b"")
            await_text(said, "trying again in 0.1 s")
            (folder / "events/0002-events.yml").write_text(EVENTS, "utf-8")
            run(folder)
            found.rows = db_rows(folder / "timeline.db")
            found.change = plain
            await_positions(copy, 17)
            assert process.poll() is None
            found.rows = chained([{**row, "recorded_at": "2025"} for row in found.rows])
            assert process.wait(timeout=10) == CONFLICT
        finally:
            process.kill()
            process.wait(timeout=10)

    assert "differs from this one from position 1 on" in said.read_text()
    assert entries(copy) == entries(folder / "timeline.db")


def db_rows(path: Path) -> list[Row]:
    return [entry._asdict() for entry in entries(path)]


def await_positions(path: Path, wanted: int) -> None:
    await_true(lambda: path.exists() and positions(path) == wanted)


def await_text(path: Path, wanted: str) -> None:
    await_true(lambda: wanted in path.read_text())


def await_true(condition: Callable[[], bool], limit_s: float = 15) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {limit_s} s"
        time.sleep(0.05)


def positions(path: Path) -> int:
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        (count,) = db.execute("SELECT count(*) FROM log").fetchone()
    except sqlite3.OperationalError:
        return 0
    finally:
        db.close()
    return int(count)


# Histories that differ


@pytest.mark.parametrize("position", [1, 2, 9, 16, 17])
def test_a_diverged_peer_is_refused_with_the_first_position_that_differs(
    timeline: Timeline, position: int
) -> None:
    rows = rows_of(timeline.db)
    for row in rows[position - 1 :]:
        row["recorded_at"] = "2026-01-03T00:00:00Z"
    before = timeline.path.read_bytes()
    with peer(chained(rows)) as found:
        result = follow(found.url, timeline.path)

    assert result.exit_code == CONFLICT
    assert f"differs from this one from position {position} on" in result.stderr
    assert timeline.path.read_bytes() == before


def test_a_peer_that_is_behind_is_refused_as_that(timeline: Timeline) -> None:
    with peer(rows_of(timeline.db)[:11]) as found:
        result = follow(found.url, timeline.path)

    assert result.exit_code == CONFLICT
    assert "the peer's log ends at position 11, and this one at 17" in result.stderr


def test_a_batch_that_arrives_in_two_goes_gives_the_same_tables(
    timeline: Timeline, tmp_path: Path
) -> None:
    rows, copy = rows_of(timeline.db), tmp_path / "copy.db"
    with peer(rows) as found:
        for end in (5, 13, 17):
            found.rows = rows[:end]
            assert follow(found.url, copy).exit_code == 0

    assert entries(copy) == list(log.read(timeline.db))
    verified(copy)


# Hostile peers

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
    "wrong digest": (with_digest, "does not continue its chain after position 11"),
    "changed data": (with_data, "does not continue its chain after position 11"),
    "a gap": (with_gap, "position 13 does not continue its chain after position 11"),
    "each record twice": (twice, "does not continue its chain after position 12"),
    "backwards": (backwards, "does not continue its chain after position 11"),
    "HTML": (lambda page: (200, OK, b"<!doctype html>Sign in"), "is no log"),
    "no JSON": (lambda page: (200, OK, b'[{"position": 12,'), "is no log"),
    "no UTF-8": (lambda page: (200, OK, b'["\xff\xfe"]'), "is no log"),
    "deep JSON": (lambda page: (200, OK, b"[" * 100_000), "is no log"),
    "an object": (lambda page: (200, OK, b'{"ok": false, "rows": []}'), "is no log"),
    "rows that are no records": (lambda page: (200, OK, b"[1, 2]"), "is no log"),
    "rows without fields": (lambda page: (200, OK, b'[{"position": 12}]'), "has no record_id"),
    "a version that is true": (
        lambda page: plain([{**row, "version": True} for row in page]),
        "has no version",
    ),
    "a huge position": (
        lambda page: plain([{**row, "position": 2**70} for row in page]),
        "does not continue",
    ),
    "half a surrogate": (
        lambda page: plain([{**row, "data": "\ud800"} for row in page]),
        "",
    ),
    "an error": (lambda page: (500, {}, b"broken"), "answered 500"),
    "not found": (lambda page: (404, {}, b""), "answered 404"),
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


@pytest.mark.parametrize(("change", "why"), ANSWERS.values(), ids=ANSWERS)
def test_a_hostile_answer_leaves_the_copy_as_it_was(
    make_timeline: Callable[..., Timeline],
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[list[Row]], Answer],
    why: str,
) -> None:
    monkeypatch.setattr(following, "MAX_PAGE_BYTES", 1 << 20)
    monkeypatch.setattr(http_source, "TRANSFER_S", 0.2)
    whole, copy = make_timeline(START, EVENTS), make_timeline(START)
    before = copy.path.read_bytes()

    def after_the_start(page: list[Row]) -> Answer:
        """The question for the head's digest is answered rightly."""
        return plain(page) if page and page[0]["position"] == 11 else change(page)

    with peer(rows_of(whole.db), after_the_start) as found:
        result = follow(found.url, copy.path)

    assert result.exit_code == CONFLICT
    assert result.stderr.startswith("Error: ")
    assert why in result.stderr
    assert copy.path.read_bytes() == before


def forged(number: int, **fields: str) -> Callable[[list[Row]], None]:
    def change(rows: list[Row]) -> None:
        rows[number - 1].update(fields)

    return change


def data(number: int, **fields: Any) -> Callable[[list[Row]], None]:
    """Fields of a record's data changed; None takes one away."""

    def change(rows: list[Row]) -> None:
        held = {**json.loads(rows[number - 1]["data"]), **fields}
        left = {name: value for name, value in held.items() if value is not None}
        rows[number - 1]["data"] = json.dumps(left)

    return change


# Position 12 begins the second batch; 13 is an event, 14 an account of it.
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
    "no own record of the batch": forged(12, stream="event/a", type="event.recorded"),
    "time that runs back": forged(13, recorded_at="2025-01-01T00:00:00Z"),
    "no time": forged(13, recorded_at="tomorrow"),
    "a line break": forged(13, record_id="events/1\n"),
    "a record_id that is taken": forged(13, record_id="start/0"),
}


@pytest.mark.parametrize("change", RECORDS.values(), ids=RECORDS)
def test_a_record_that_proves_but_is_none_leaves_the_copy_as_it_was(
    make_timeline: Callable[..., Timeline], change: Callable[[list[Row]], None]
) -> None:
    whole, copy = make_timeline(START, EVENTS), make_timeline(START)
    rows = rows_of(whole.db)
    change(rows)
    before = copy.path.read_bytes()
    with peer(chained(rows)) as found:
        result = follow(found.url, copy.path)

    assert result.exit_code == CONFLICT
    assert result.stderr.startswith("Error: ")
    assert copy.path.read_bytes() == before
    assert projections.is_current(copy.db)


def test_a_batch_beyond_the_limit_is_refused(
    make_timeline: Callable[..., Timeline], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "MAX_BATCH_BYTES", 500)
    whole, copy = make_timeline(START), make_timeline()
    with peer(rows_of(whole.db)) as found:
        result = follow(found.url, copy.path)

    assert result.exit_code == CONFLICT
    assert "the peer's batch start is larger than" in result.stderr
    assert log.head(copy.db).position == 0


def test_a_log_that_changed_while_it_was_followed_is_left_as_it_was(
    make_timeline: Callable[..., Timeline],
) -> None:
    whole, copy = make_timeline(START, EVENTS), make_timeline(START)

    def overtaken(page: list[Row]) -> Answer:
        if page and page[0]["position"] == 12 and log.head(copy.db).position == 11:
            copy.batch("own", "- {place: pirot, name: Pirot}")
        return plain(page)

    with peer(rows_of(whole.db), overtaken) as found:
        copy.db.close()
        copy.db = sqlite3.connect(copy.path, isolation_level=None, check_same_thread=False)
        result = follow(found.url, copy.path)

    assert result.exit_code == CONFLICT
    assert "this log has changed meanwhile" in result.stderr
    assert log.head(copy.db).position == 13
    verification.verify(copy.db)


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1/timeline", "http://[::1", "http://"])
def test_what_is_no_web_address_is_refused_with_a_reason(url: str, tmp_path: Path) -> None:
    result = follow(url, tmp_path / "copy.db")
    assert result.exit_code == CONFLICT
    assert len(result.stderr) > len("Error: ") + 2
