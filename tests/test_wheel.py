"""The package as others install it: built, installed into an empty environment, started."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest
from conftest import ROOT
from packaging.requirements import Requirement

PARTS = ("README.md", "LICENSE", "pyproject.toml", "setup.py")
LINK = re.compile(r"\]\((?!https?://)")
START_LIMIT_S = 60.0
# Neither this folder nor what the tests import may be found by the installed program.
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def run(*command: str | Path, folder: Path) -> str:
    done = subprocess.run(
        list(map(str, command)), cwd=folder, env=CLEAN, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that pip builds from a copy of the sources."""
    source = tmp_path_factory.mktemp("source")
    for name in PARTS:
        shutil.copy(ROOT / name, source)
    shutil.copytree(
        ROOT / "chronology", source / "chronology", ignore=shutil.ignore_patterns("__pycache__")
    )
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet")
    run(sys.executable, "-m", "pip", "wheel", *offline, "-w", "out", ".", folder=source)
    (built,) = (source / "out").iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of an environment that has the wheel and its declared dependencies alone."""
    folder = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", "--without-pip", "venv", folder=folder)
    commands = folder / "venv" / "bin"
    offline = ("--no-deps", "--no-index", "--quiet")
    python = ("--python", commands / "python")
    run(sys.executable, "-m", "pip", *python, "install", *offline, wheel, folder=folder)

    dependencies = folder / "dependencies"
    dependencies.mkdir()
    for found in required(requirements(wheel), {}).values():
        link_files(found, dependencies)
    (packages,) = (folder / "venv" / "lib").glob("*/site-packages")
    (packages / "dependencies.pth").write_text(f"{dependencies}\n", "utf-8")
    return commands


def metadata(wheel: Path) -> str:
    with ZipFile(wheel) as file:
        (name,) = (name for name in file.namelist() if name.endswith(".dist-info/METADATA"))
        return file.read(name).decode()


def requirements(wheel: Path) -> list[str]:
    return re.findall(r"^Requires-Dist: (.*)$", metadata(wheel), re.MULTILINE)


def required(names: list[str], found: dict[str, Distribution]) -> dict[str, Distribution]:
    """The installed distributions that the requirements lead to, those of others included."""
    for text in names:
        one = Requirement(text)
        if one.name not in found and (one.marker is None or one.marker.evaluate({"extra": ""})):
            found[one.name] = distribution(one.name)
            required(found[one.name].requires or [], found)
    return found


def link_files(found: Distribution, folder: Path) -> None:
    """Makes a distribution importable from a folder, without a copy."""
    for name in {file.parts[0] for file in found.files or [] if file.parts[0] != ".."}:
        if name != "__pycache__" and not (folder / name).exists():
            (folder / name).symlink_to(Path(str(found.locate_file(name))))


@pytest.fixture
def served(installed: Path, tmp_path: Path) -> Iterator[httpx.Client]:
    """A new chronology, ingested and served by the installed commands."""
    run(installed / "chronology", "init", "mine", folder=tmp_path)
    mine = tmp_path / "mine"
    assert not list(mine.rglob("__pycache__"))
    assert "Head: " in run(installed / "python", "ingest.py", folder=mine)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    command = [str(installed / "chronology"), "serve", "--port", port]
    server = subprocess.Popen(command, cwd=mine, env=CLEAN, stdout=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield client
    finally:
        server.terminate()
        server.wait()


def first_answer(client: httpx.Client, path: str) -> httpx.Response:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        try:
            return client.get(path)
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"no answer within {START_LIMIT_S} s")


def test_an_installed_wheel_starts_and_serves_a_new_chronology(served: httpx.Client) -> None:
    home = first_answer(served, "/")
    assert home.status_code == 200
    assert "Harrowmere" in home.text
    style = re.search(r'href="([^"]+\.css[^"]*)"', home.text)
    assert style
    assert served.get(style[1]).status_code == 200
    assert len(served.get("/timeline/events.json?_shape=array").json()) == 3


def test_the_readme_of_the_package_has_no_relative_links(wheel: Path) -> None:
    header, _, readme = metadata(wheel).partition("\n\n")
    assert "Description-Content-Type: text/markdown" in header
    assert LINK.search((ROOT / "README.md").read_text("utf-8")), "the check would find one"
    assert "make serve" in readme
    assert not LINK.search(readme)


def test_the_package_holds_no_compiled_files_and_no_tests(wheel: Path) -> None:
    with ZipFile(wheel) as file:
        names = file.namelist()
    assert "chronology/template/folder/events/0001-start.yml" in names
    assert [name for name in names if name.endswith(".pyc") or name.startswith("tests")] == []
