"""The stored results, `build/bench/results.json`, each with the machine that measured it."""

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

from benchmarks.benchmark import Row
from benchmarks.files import BUILD, ROOT

RESULTS_FILE = BUILD / "results.json"
LIBRARIES = ("datasette", "sqlite-utils", "eventsourcing", "edtf", "pyroaring", "msgspec", "httpx")


def save(row: Row, path: Path) -> None:
    """Stores a row in place of an earlier one of the same benchmark and size."""
    key = (row["line"], row["size"])
    others = [other for other in load(path)["rows"] if (other["line"], other["size"]) != key]
    stored = {"versions": versions(), "rows": [*others, row | _circumstances()]}
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(stored, indent=1, ensure_ascii=False) + "\n", "utf-8")
    part.replace(path)


def load(path: Path) -> dict[str, Any]:
    """The stored results; no rows if there are none yet."""
    if not path.exists():
        return {"versions": {}, "rows": []}
    stored: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return stored


def machine() -> str:
    """The processor, the memory and the system as one phrase."""
    memory = psutil.virtual_memory().total / 1e9
    cores = psutil.cpu_count()
    return f"{_processor()}, {cores} cores, {memory:.0f} GB, {platform.system()}"


def _processor() -> str:
    """The model if the system has it, otherwise the architecture."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())


def versions() -> dict[str, str]:
    """The versions of Python, SQLite and those of `LIBRARIES` that are installed."""
    by_name = {"Python": platform.python_version(), "SQLite": sqlite3.sqlite_version}
    for name in LIBRARIES:
        try:
            by_name[name] = version(name)
        except PackageNotFoundError:
            continue
    return by_name


def _circumstances() -> dict[str, Any]:
    """The time, machine, commit and load (1: one busy core) of a measurement."""
    return {
        "at": pendulum.now("UTC").format("YYYY-MM-DDTHH:mm:ss[Z]"),
        "machine": machine(),
        "commit": commit(),
        "load": round(psutil.getloadavg()[0], 1),
    }


def commit() -> str:
    """The short id of the commit, with `+` if files differ from it; empty outside of Git."""

    def git(*arguments: str) -> str:
        process = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        return process.stdout.strip()

    changes = git("status", "--porcelain", "--untracked-files=no", "chronology", "benchmarks")
    return git("rev-parse", "--short", "HEAD") + ("+" if changes else "")
