"""What the tests share: small chronologies, and the checks that need a system program."""

from __future__ import annotations

import io
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import commands

# Before the plugin, as in a server: the other way round it would be registered half imported.
import datasette.app  # noqa: F401
import httpx
import many_events
import naval
import pytest
from hypothesis import settings
from in_process import in_process
from server import configure, publish, serving
from small_chronology import EVENTS, START, small_chronology

from chronology import projections
from chronology.batches.batch_reader import read_batch
from chronology.ingest.bounds import WIDE
from chronology.ingest.pipeline import Result, append, ingest
from chronology.store.database import connect, transaction

if TYPE_CHECKING:
    from attacked import Attacked
    from growing import Served

ROOT = Path(__file__).resolve().parent.parent
# No example fails for being slow: other programs may have the processor.
settings.register_profile("short", deadline=None, max_examples=50)
settings.register_profile("long", deadline=None, max_examples=1_000)
settings.load_profile("short")
PROGRAMS = {"browser": "chromium", "sqlite3": "sqlite3", "strace": "strace", "nginx": "nginx"}


class Timeline:
    """A chronology in a file, fed with batches as text."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.db = connect(path, write=True)

    def ingest(self, text: str, form: str = "yml") -> Result:
        return ingest(self.db, read_batch(io.BytesIO(text.encode()), f"batch.{form}", form))

    def batch(self, name: str, records: str, recorded: str = "2026-02-01T00:00:00Z") -> Result:
        """Ingests records under a header of their own."""
        return self.ingest(f"format: 1\nbatch: {name}\nrecorded: {recorded}\nrecords:\n{records}")

    def old_batch(self, name: str, records: str) -> None:
        """Appends a batch of a version that had no bounds of what is declared."""
        text = f"format: 1\nbatch: {name}\nrecorded: 2026-02-01T00:00:00Z\nrecords:\n{records}"
        batch = read_batch(io.BytesIO(text.encode()), "batch.yml", "yml")
        with transaction(self.db):
            append(self.db, batch, bounds=WIDE)

    def rows(self, sql: str, *params: object) -> list[dict[str, object]]:
        cursor = self.db.execute(sql, params)
        columns = [column[0] for column in cursor.description]
        return [dict(zip(columns, row, strict=True)) for row in cursor]

    def event(self, name: str) -> dict[str, object]:
        (row,) = self.rows("SELECT * FROM events WHERE id = ?", name)
        return row


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with two batches."""
    commands.write_batches(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def db(here: Path) -> Path:
    """The file of the two batches in the working folder."""
    assert commands.ingest().exit_code == commands.DONE
    return here / "timeline.db"


@pytest.fixture
def make_timeline(tmp_path: Path) -> Iterator[Callable[..., Timeline]]:
    """Makes timelines out of batches; each in its own file."""
    made: list[Timeline] = []

    def make(*texts: str) -> Timeline:
        timeline = Timeline(tmp_path / f"timeline-{len(made)}.db")
        made.append(timeline)
        for text in texts:
            timeline.ingest(text)
        return timeline

    yield make
    for timeline in made:
        timeline.db.close()


@pytest.fixture
def timeline(make_timeline: Callable[..., Timeline]) -> Timeline:
    """The small chronology with its two events."""
    return make_timeline(START, EVENTS)


@pytest.fixture
def refolded_timeline(make_timeline: Callable[..., Timeline]) -> Iterator[Timeline]:
    """The small chronology; in the end its tables must equal a fresh fold of the log."""
    made = make_timeline(START, EVENTS)
    yield made
    assert projections.verify(made.db) == []


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Timeline]:
    """A chronology of 1,100 generated events, which tests only read."""
    timeline = Timeline(tmp_path_factory.mktemp("many") / "timeline.db")
    for name, text in many_events.batches(START).items():
        timeline.ingest(text, name.rpartition(".")[2])
    yield timeline
    timeline.db.close()


@pytest.fixture
def memory() -> Iterator[sqlite3.Connection]:
    """An empty log in memory."""
    db = connect(":memory:", write=True)
    yield db
    db.close()


@pytest.fixture(scope="session")
def many_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a chronology of 1,100 generated events."""
    return publish(tmp_path_factory.mktemp("server") / "many", many_events.batches(START))


@pytest.fixture(scope="session")
def founding_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the first nine batches of the chronicle, which do not change."""
    folder = tmp_path_factory.mktemp("founding")
    for name in ("metadata.yml", "settings.json", "datasette.yaml"):
        shutil.copy(ROOT / name, folder / name)
    timeline = Timeline(folder / "timeline.db")
    for path in sorted((ROOT / "events").iterdir())[:9]:
        timeline.ingest(path.read_text("utf-8"))
    timeline.db.close()
    return folder


@pytest.fixture(scope="session")
def server(many_folder: Path) -> Iterator[httpx.Client]:
    """Datasette over the generated events, in this process."""
    with in_process(many_folder) as client:
        yield client


@pytest.fixture(scope="session")
def founding(founding_folder: Path) -> Iterator[httpx.Client]:
    """Datasette over the first batches of the chronicle, in this process."""
    with in_process(founding_folder) as client:
        yield client


@pytest.fixture(scope="session")
def chronicle() -> Iterator[httpx.Client]:
    """Datasette over the chronicle, in this process."""
    with in_process(ROOT) as client:
        yield client


@pytest.fixture(scope="session")
def founding_server(founding_folder: Path) -> Iterator[httpx.Client]:
    """A server over the first batches of the chronicle, for a browser."""
    with serving(founding_folder, measured=False) as client:
        yield client


@pytest.fixture(scope="session")
def chronicle_server() -> Iterator[httpx.Client]:
    """A server over the chronicle, for a browser."""
    with serving(ROOT, measured=False) as client:
        yield client


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Datasette over a small chronology with a dispute, a correction and a retraction."""
    with small_chronology(tmp_path_factory.mktemp("small") / "it") as client:
        yield client


@pytest.fixture(scope="session")
def fleets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Datasette over a chronology of another century."""
    with in_process(publish(tmp_path_factory.mktemp("fleets") / "it", naval.BATCHES)) as client:
        yield client


@pytest.fixture(scope="session")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Datasette with the address of its proxy in its configuration."""
    from growing import BATCHES, PUBLIC

    folder = publish(tmp_path_factory.mktemp("public") / "it", BATCHES)
    configure(folder, public_url=f"{PUBLIC}/")
    with in_process(folder) as client:
        yield client


@pytest.fixture(scope="session")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    """Datasette over markup in every text, in this process."""
    from attacked import attacked_by

    with attacked_by(in_process, tmp_path_factory.mktemp("attacked") / "it") as attacked:
        yield attacked


@pytest.fixture(scope="session")
def attacked_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    """A server over markup in every text, for a browser and for raw requests."""
    from attacked import attacked_by

    with attacked_by(serving, tmp_path_factory.mktemp("attacked") / "it") as attacked:
        yield attacked


@pytest.fixture(scope="session")
def growing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A timeline that grew while it was served, with its responses after each batch."""
    from growing import growing_timeline

    with growing_timeline(tmp_path_factory.mktemp("as-of") / "it") as served:
        yield served


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the long form of tests: make soak")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("long"):
        settings.load_profile("long")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Checks whose program is absent are not run, and said to be; required, they fail."""
    for item in items:
        for mark, program in PROGRAMS.items():
            if item.get_closest_marker(mark) and not shutil.which(program):
                item.add_marker(pytest.mark.skip(reason=f"NOT RUN: {program} is absent"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    missing = [program for program in PROGRAMS.values() if not shutil.which(program)]
    if missing and os.environ.get("REQUIRE_ALL"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for mark, program in PROGRAMS.items():
        if not shutil.which(program):
            terminalreporter.write_line(f"NOT RUN: checks marked {mark}, for want of {program}")
