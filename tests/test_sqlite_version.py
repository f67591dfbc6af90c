"""An SQLite that is too old for STRICT tables: each way in says so."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT
from datasette.cli import cli

from chronology.cli import ingest_command, main

MESSAGE = "a chronology needs SQLite 3.37.0 or later"


@pytest.fixture(autouse=True)
def old_sqlite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 36, 0))


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_names_the_version_that_it_needs(command: str, tmp_path: Path) -> None:
    required = {
        "new": ["a-batch"],
        "init": [str(tmp_path / "new")],
        "key": ["name", str(tmp_path / "key")],
        "media": [str(ROOT / "README.md")],
        "import": [str(ROOT / "README.md")],
        "sign": ["--key", str(ROOT / "README.md")],
        "follow": ["http://127.0.0.1:1/x", "--db", str(tmp_path / "copy.db")],
        "export": ["--out", str(tmp_path / "out")],
    }
    result = CliRunner().invoke(main, [command, *required.get(command, [])])
    assert (result.exit_code, MESSAGE in result.stderr) == (3, True), result.output
    assert not list(tmp_path.iterdir())


def test_ingesting_names_the_version_that_it_needs() -> None:
    assert MESSAGE in CliRunner().invoke(ingest_command, []).stderr


def test_the_plugin_names_the_version_that_it_needs() -> None:
    result = CliRunner().invoke(cli, ["serve", str(ROOT / "timeline.db"), "--get", "/"])
    assert result.exit_code == 1
    assert MESSAGE in result.stderr + result.output


def test_the_readme_names_the_version() -> None:
    assert "SQLite 3.37 or later" in (ROOT / "README.md").read_text("utf-8")
