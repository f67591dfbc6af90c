"""Replication between running servers."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import many_events
import pytest
from following import CONFLICT, entries, follow, url_of, verified
from peers import Row, chained, peer, plain
from server import CONFIGURATION, ROOT, publish, run, serving
from small_chronology import EVENTS, START

from chronology.batches import http_source

MORE = """\
format: 1
batch: more
recorded: 2026-02-01T00:00:00Z
records:
- {event: nis-held, date: 1944-10-16, title: Niš is held, kind: battle, places: [nis]}
- {correct: event/nis-taken, set: {title: Niš falls}, because: A better title.}
"""


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses between attempts, and no proxy."""
    monkeypatch.setattr(http_source, "BACK_OFF_S", 0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


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


@pytest.mark.slow
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

    expected = entries(source / "timeline.db")
    assert len(expected) > 2_000
    assert entries(one / "timeline.db") == entries(two / "timeline.db") == expected
    assert {answer.status_code for answer in exports} == {200}
    assert len({answer.content for answer in exports}) == 1
    assert exports[0].text.count("\n") > many_events.COUNT
    assert "Tables: identical" in verified(two / "timeline.db")


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


def test_a_killed_copy_continues_to_the_same_end(source: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    command = [sys.executable, "-m", "chronology.cli", "follow"]
    total = positions(source / "timeline.db")
    with serving(source) as server:
        for part in (0.2, 0.6):
            process = subprocess.Popen(
                [*command, url_of(server), "--db", str(copy)], stdout=subprocess.DEVNULL
            )
            await_positions(copy, int(part * total))
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=10)
        assert follow(url_of(server), copy).exit_code == 0

    assert entries(copy) == entries(source / "timeline.db")
    verified(copy)


@pytest.mark.slow
def test_watching_continues_after_new_records_and_an_unavailable_peer(tmp_path: Path) -> None:
    folder = publish(tmp_path / "source", {"0001-start.yml": START})
    copy, output_file = tmp_path / "copy.db", tmp_path / "output"
    options = ["--db", str(copy), "--watch", "--every", "0.1"]
    rows = db_rows(folder / "timeline.db")
    with peer(rows) as server, output_file.open("w") as output:
        command = [sys.executable, "-m", "chronology.cli", "follow", server.url, *options]
        process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            await_positions(copy, 11)
            server.change = lambda page: (503, {}, b"")
            await_text(output_file, "trying again in 0.1 s")
            (folder / "events/0002-events.yml").write_text(EVENTS, "utf-8")
            run(folder)
            server.rows = db_rows(folder / "timeline.db")
            server.change = plain
            await_positions(copy, 17)
            assert process.poll() is None
            server.rows = chained([{**row, "recorded_at": "2025"} for row in server.rows])
            assert process.wait(timeout=10) == CONFLICT
        finally:
            process.kill()
            process.wait(timeout=10)

    assert "differs from this one from position 1 on" in output_file.read_text()
    assert entries(copy) == entries(folder / "timeline.db")


def db_rows(path: Path) -> list[Row]:
    return [entry._asdict() for entry in entries(path)]


def await_positions(path: Path, least: int) -> None:
    await_true(lambda: positions(path) >= least)


def await_text(path: Path, text: str) -> None:
    await_true(lambda: text in path.read_text())


def await_true(condition: Callable[[], bool], limit_s: float = 60) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {limit_s} s"
        time.sleep(0.05)


def positions(path: Path) -> int:
    if not path.exists():
        return 0
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        (count,) = db.execute("SELECT count(*) FROM log").fetchone()
    except sqlite3.OperationalError:
        return 0
    finally:
        db.close()
    return int(count)
