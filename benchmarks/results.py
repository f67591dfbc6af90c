"""The results that are kept, `build/bench/results.json`, each with the machine that it is of."""

from __future__ import annotations

import json
import platform
import sqlite3
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pendulum
import psutil

from benchmarks.files import BUILD, ROOT
from benchmarks.lines import Row

KEPT = BUILD / "results.json"
LIBRARIES = ("datasette", "sqlite-utils", "eventsourcing", "edtf", "pyroaring", "msgspec", "httpx")


def keep(row: Row, path: Path) -> None:
    """Keeps a row in the place of an earlier one of the same line and size."""
    found = load(path)
    mine = (row["line"], row["size"])
    others = [one for one in found["rows"] if (one["line"], one["size"]) != mine]
    found = {"versions": versions(), "rows": [*others, row | _moment()]}
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    part.replace(path)


def load(path: Path) -> dict[str, Any]:
    """What is kept; no rows if nothing was measured yet."""
    if not path.exists():
        return {"versions": {}, "rows": []}
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def machine() -> str:
    """The processor, the memory and the system, in a sentence's part."""
    memory = psutil.virtual_memory().total / 1e9
    cores = psutil.cpu_count()
    return f"{_processor()}, {cores} cores, {memory:.0f} GB, {platform.system()}"


def _processor() -> str:
    """The model where the system tells it, else the architecture."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text("utf-8").splitlines() if told.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())


def versions() -> dict[str, str]:
    """Of Python, SQLite and the libraries that matter; absent ones are left out."""
    found = {"Python": platform.python_version(), "SQLite": sqlite3.sqlite_version}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _moment() -> dict[str, Any]:
    """When and where a row was measured, of which commit, and how busy it was there (1: a core)."""
    return {
        "at": pendulum.now("UTC").format("YYYY-MM-DDTHH:mm:ss[Z]"),
        "machine": machine(),
        "commit": commit(),
        "load": round(psutil.getloadavg()[0], 1),
    }


def commit() -> str:
    """The short id of the commit, with `+` if files differ from it; empty outside of Git."""

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "chronology", "benchmarks")
    return git("rev-parse", "--short", "HEAD") + ("+" if changed else "")
