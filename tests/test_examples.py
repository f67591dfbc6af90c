"""The examples: each built from its folder by the public commands alone, and served."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import commands
import httpx
import pytest
from conftest import ROOT
from in_process import in_process

from chronology.store.database import connect

EXAMPLES = sorted(path.parent.name for path in (ROOT / "examples").glob("*/metadata.yml"))


class Example(NamedTuple):
    """A built example: its folder and a client of its server."""

    folder: Path
    client: httpx.Client


@pytest.fixture(scope="module", params=EXAMPLES)
def example(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Example]:
    folder = tmp_path_factory.mktemp("examples") / request.param
    shutil.copytree(
        ROOT / "examples" / request.param, folder, ignore=shutil.ignore_patterns("*.db*")
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        built = commands.chronology("ingest")
        assert built.exit_code == commands.DONE, built.output
        with in_process(folder) as client:
            yield Example(folder, client)


def test_the_tables_verify_and_nothing_looks_like_a_mistake(
    example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(example.folder)

    assert commands.chronology("verify").exit_code == commands.DONE
    assert commands.chronology("check").output == "No likely mistakes.\n"


def test_every_page_of_a_subject_answers(example: Example) -> None:
    db = connect(example.folder / "timeline.db")
    tables = ("events", "sources", "places", "people", "tags", "formations")
    addresses = ["/", *(f"/timeline/{table}" for table in (*tables, "history"))]
    for table in tables:
        rows = db.execute(f"SELECT id FROM {table} ORDER BY id")
        addresses += [f"/timeline/{table}/{name}" for (name,) in rows]
    db.close()
    statuses = {address: example.client.get(address).status_code for address in addresses}

    assert {address: s for address, s in statuses.items() if s != 200} == {}


@pytest.mark.parametrize("extension", ["json", "csv", "geojson", "ics", "atom", "jsonld"])
def test_every_format_has_every_event(example: Example, extension: str) -> None:
    everything = "?_shape=array&_size=max" if extension == "json" else ""
    text = example.client.get(f"/timeline/events.{extension}{everything}").text
    db = connect(example.folder / "timeline.db")
    names = [name for (name,) in db.execute("SELECT id FROM events")]
    db.close()

    assert [name for name in names if name not in text.replace("\r\n ", "")] == []


def test_every_example_is_in_the_documentation() -> None:
    text = (ROOT / "docs" / "examples.md").read_text("utf-8")

    assert sorted(re.findall(r"make example NAME=([a-z-]+)", text)) == EXAMPLES


@pytest.mark.parametrize("name", ["", "none-such"])
def test_make_without_an_example_names_those_that_exist(name: str) -> None:
    command = ["make", "-o", ".venv/.installed", "example", f"NAME={name}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert f"one of: {' '.join(EXAMPLES)}" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
def test_make_builds_an_example_and_serves_it(name: str) -> None:
    command = ["make", "-n", "-o", ".venv/.installed", "example", f"NAME={name}", "PORT=8123"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert f'cd "examples/{name}"' in done.stdout
    assert re.search(
        r"/chronology\" ingest .*/chronology\" serve .* --port 8123", done.stdout, re.S
    )
