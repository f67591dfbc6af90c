"""A folder with a chronology, and a real Datasette server over it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import yaml

from chronology.batches.batch_reader import read_batch
from chronology.ingest.pipeline import ingest
from chronology.store.database import connect

ROOT = Path(__file__).resolve().parent.parent
CONFIGURATION = ("metadata.yml", "settings.json", "datasette.yaml", "ingest.py")
DATASETTE = ("-m", "datasette")
# As if the plugin were not installed.
DATASETTE_ALONE = (
    "-c",
    "from datasette.plugins import pm; pm.unregister(name='chronology');"
    " from datasette.cli import cli; cli()",
)
START_LIMIT_S = 90.0


def publish(folder: Path, batches: Mapping[str, str], configuration: Path = ROOT) -> Path:
    """Write batches and the configuration to a folder, and ingest the batches."""
    (folder / "events").mkdir(parents=True)
    for name in CONFIGURATION:
        shutil.copy(configuration / name, folder)
    for name, text in sorted(batches.items()):
        add_batch(folder, name, text)
    return folder


def configure(folder: Path, **options: str) -> None:
    """Set options of the plugin in a folder, for both lines of Datasette."""
    for name in ("metadata.yml", "datasette.yaml"):
        settings = yaml.safe_load((folder / name).read_text("utf-8"))
        settings["plugins"] = {"datasette-chronology": options}
        (folder / name).write_text(yaml.safe_dump(settings), "utf-8")


def add_batch(folder: Path, name: str, text: str) -> None:
    """Write one more batch to a folder, and ingest it."""
    path = folder / "events" / name
    path.write_text(text, "utf-8")
    with closing(connect(folder / "timeline.db", write=True)) as db, path.open("rb") as source:
        ingest(db, read_batch(source, path.name, path.suffix.removeprefix(".")))


def run(folder: Path, *arguments: str, status: int = 0) -> str:
    """What `python ingest.py` says in a folder; it has to end with the status."""
    command = [sys.executable, "ingest.py", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@contextmanager
def serving(
    folder: Path,
    program: Sequence[str] = DATASETTE,
    more: Sequence[str] = (),
    measured: bool = True,
) -> Iterator[httpx.Client]:
    """A client of a `datasette serve .` in the folder that ends with the context.

    A server for a browser need not be measured: tests without one cover the same code.
    """
    with serving_process(folder, program, more, measured=measured) as (client, _):
        yield client


@contextmanager
def serving_process(
    folder: Path,
    program: Sequence[str] = DATASETTE,
    more: Sequence[str] = (),
    *,
    measured: bool = True,
) -> Iterator[tuple[httpx.Client, subprocess.Popen[bytes]]]:
    """The same with the process of the server."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if measured or not name.startswith("COVERAGE_")
    }
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--host", "127.0.0.1", "--port", str(port), *more]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [sys.executable, *program, "serve", ".", *options],
            cwd=folder,
            env=environment,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
                _await(client, process)
                yield client, process
        finally:
            process.terminate()
            process.wait(timeout=START_LIMIT_S)
            said.seek(0)
            sys.stdout.write(said.read())


def _await(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended by itself"
        try:
            client.get("/-/versions.json")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"no answer in {START_LIMIT_S} s")


def rows(client: httpx.Client, query: str = "", table: str = "events") -> list[dict[str, object]]:
    """All rows that a query selects, page after page."""
    found: list[dict[str, object]] = []
    visited: set[str] = set()
    size = "" if "_size=" in query else "&_size=max"
    url: str | None = f"/timeline/{table}.json?_shape=objects&{query}{size}"
    while url:
        assert url not in visited, f"{url} leads to itself"
        visited.add(url)
        answer = client.get(url)
        assert answer.status_code == 200, answer.text
        found += answer.json()["rows"]
        url = answer.json()["next_url"]
    return found


def ids(client: httpx.Client, query: str = "") -> set[object]:
    """The ids of the events that a query selects."""
    return {row["id"] for row in rows(client, query)}
