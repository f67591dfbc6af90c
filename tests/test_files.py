"""The file of a chronology that is replaced, truncated, restored or deleted while it is served."""

from __future__ import annotations

import gc
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from conftest import Timeline
from in_process import in_process
from server import publish, serving
from small_chronology import EVENTS, START

from chronology.store.database import recover

NOTICED_S = 3.0
HEALTH = "/-/chronology/health.json"
PATHS = (
    *("/", "/timeline/events", "/timeline/events.json", "/timeline/events.csv"),
    *("/timeline/events/nis-taken", "/timeline/events/nis-taken.json", "/timeline/events.geojson"),
    *("/timeline/places", "/timeline/history", "/-/chronology/points.json", "/timeline/log.json"),
    *("/-/chronology/order-of-battle", "/timeline/events.json?_place=serbia"),
)
KILLED = """\
import os, signal, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA cache_size = 1")
db.execute("PRAGMA cache_spill = 1")
db.execute("BEGIN IMMEDIATE")
db.execute("CREATE TABLE filler (x)")
for _ in range(200):
    db.execute("INSERT INTO filler VALUES (randomblob(5000))")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return publish(tmp_path / "it", {"0001-start.yml": START, "0002-events.yml": EVENTS})


@pytest.fixture
def client(folder: Path) -> Iterator[httpx.Client]:
    with serving(folder) as client:
        for path in PATHS:
            assert client.get(path).status_code == 200, path
        yield client


def another(path: Path) -> Path:
    """Another chronology with the same ids, in a file of its own."""
    timeline = Timeline(path)
    timeline.ingest(START.replace("title: A test", "title: Another test"))
    timeline.ingest(EVENTS.replace("Niš is taken", "Niš is lost"))
    timeline.db.close()
    return path


def eventually(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + NOTICED_S
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def assert_unavailable(client: httpx.Client) -> None:
    """Every answer says that a client may try again soon."""
    for path in (*PATHS, HEALTH):
        answer = client.get(path)
        assert answer.status_code == 503, path
        assert int(answer.headers["retry-after"]) > 0
        if ".json" in path:
            assert answer.json()["ok"] is False
    assert "Not available at the moment" in client.get("/").text


def assert_available(client: httpx.Client) -> None:
    for path in (*PATHS, HEALTH):
        assert client.get(path).status_code == 200, path


def test_a_file_that_takes_the_place_of_another_is_served(
    client: httpx.Client, folder: Path, tmp_path: Path
) -> None:
    before = client.get(HEALTH).json()
    assert (before["ok"], before["reopened_files"]) == (True, 0)

    another(tmp_path / "new.db").replace(folder / "timeline.db")

    eventually(lambda: "Another test" in client.get("/").text)
    for path in ("/timeline/events", "/timeline/events/nis-taken.json", "/timeline/events.csv"):
        assert "Niš is lost" in client.get(path).text
    after = client.get(HEALTH).json()
    assert after["digest"] != before["digest"]
    assert after["reopened_files"] == 1
    assert_available(client)


@pytest.mark.slow
def test_a_truncated_file_is_unavailable_until_it_is_restored(
    client: httpx.Client, folder: Path, tmp_path: Path
) -> None:
    file, backup = folder / "timeline.db", tmp_path / "backup.db"
    shutil.copy(file, backup)

    with file.open("r+b") as opened:
        opened.truncate(5_000)
    assert_unavailable(client)
    with file.open("r+b") as opened:
        opened.truncate(0)
    assert_unavailable(client)

    shutil.copyfile(backup, file)
    eventually(lambda: client.get("/").status_code == 200)
    assert_available(client)


def test_a_deleted_file_is_unavailable_until_it_is_there_again(
    client: httpx.Client, folder: Path, tmp_path: Path
) -> None:
    file, elsewhere = folder / "timeline.db", tmp_path / "elsewhere.db"
    shutil.move(file, elsewhere)
    assert_unavailable(client)

    shutil.move(elsewhere, file)
    eventually(lambda: client.get("/").status_code == 200)
    assert_available(client)


@pytest.mark.slow
def test_an_earlier_state_that_is_copied_over_the_file_is_served(
    client: httpx.Client, folder: Path, tmp_path: Path
) -> None:
    file, backup = folder / "timeline.db", tmp_path / "backup.db"
    shutil.copy(file, backup)
    head = client.get(HEALTH).json()["position"]
    timeline = Timeline(file)
    timeline.batch("more", "- {event: more, date: 1944-10-21, title: More, kind: battle}")
    timeline.db.close()
    assert client.get(HEALTH).json()["position"] > head
    assert client.get(HEALTH).json()["reopened_files"] == 0
    assert client.get("/timeline/events/more").status_code == 200

    shutil.copyfile(backup, file)

    eventually(lambda: bool(client.get(HEALTH).json()["position"] == head))
    assert client.get("/timeline/events/more").status_code == 404
    assert_available(client)


@pytest.mark.slow
def test_while_the_journal_of_a_killed_writer_is_there_the_service_is_unavailable(
    client: httpx.Client, folder: Path
) -> None:
    file = folder / "timeline.db"
    done = subprocess.run([sys.executable, "-c", KILLED, file], check=False)
    assert done.returncode == -signal.SIGKILL
    assert (folder / "timeline.db-journal").stat().st_size > 0

    for path in (*PATHS, HEALTH):
        answer = client.get(f"{path}{'&' if '?' in path else '?'}x=1".replace("?x=1", ""))
        assert answer.status_code in (200, 503), (path, answer.status_code, answer.text)
        assert answer.status_code == 200 or "retry-after" in answer.headers
    fresh = client.get("/timeline/events.json?_size=1&kind=capture")
    assert fresh.status_code == 503
    assert client.get(HEALTH).status_code == 503

    recover(file)
    assert_available(client)


def test_while_a_writer_holds_the_file_the_service_is_unavailable(
    client: httpx.Client, folder: Path
) -> None:
    with closing(sqlite3.connect(folder / "timeline.db", isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        answer = client.get("/timeline/events.json?_size=1&kind=battle")
        assert answer.status_code == 503
        assert "retry-after" in answer.headers
        writer.execute("ROLLBACK")
    assert_available(client)


@pytest.mark.slow
def test_connections_to_files_that_were_replaced_are_closed(folder: Path, tmp_path: Path) -> None:
    def deleted() -> int:
        links = (link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink())
        return sum(str(link).endswith("timeline.db (deleted)") for link in links)

    with in_process(folder) as client:
        for number in range(4):
            for path in PATHS:
                assert client.get(path).status_code == 200
            another(tmp_path / f"{number}.db").replace(folder / "timeline.db")
        assert client.get("/").status_code == 200
        assert client.get(HEALTH).json()["reopened_files"] == 4
        eventually(lambda: gc.collect() >= 0 and deleted() == 0)


@pytest.mark.slow
def test_health_counts_what_was_refused(folder: Path) -> None:
    with in_process(folder) as client:
        before = client.get(HEALTH).json()["refused_requests"]
        client.get("/timeline/events?_place=nowhere")
        client.get("/timeline/nothing")
        answer = client.get(HEALTH)

    after = answer.json()["refused_requests"]
    assert after["400"] == before.get("400", 0) + 1
    assert after["404"] == before.get("404", 0) + 1
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["statements_not_recognised"] is not None
