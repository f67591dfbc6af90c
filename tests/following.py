"""Copies of a chronology, made and read by the commands."""

from __future__ import annotations

from pathlib import Path

import httpx
from click.testing import CliRunner, Result

from chronology.cli import main
from chronology.store import log
from chronology.store.database import connect

CONFLICT = 3


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
