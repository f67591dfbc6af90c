"""The data of the benchmarks, made once and kept in `build/bench/`: batches, timelines, rows.

A timeline is made again when the code that folds it has changed; only the newest is kept.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import generator

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bench"
_USER_PYTHON = ROOT / ".venv" / "bin" / "python"
PYTHON = str(_USER_PYTHON if _USER_PYTHON.exists() else sys.executable)
"""Python with the packages of users and not those of the tests: `sqlite-utils` imports pandas if it
is installed, which takes 45 MB and a quarter of a second."""
CHRONOLOGY = (PYTHON, "-m", "chronology.cli")
WRITE_PATH = ("model", "batches", "store", "projections", "ingest")
"""The folders of the package with the code that writes a timeline."""
CONFIGURATION = ("metadata.yml", "settings.json", "datasette.yaml")
STOCK_LIMIT_MS = 60_000
"""The time limit for queries of stock Datasette; within its own limits it omits facets."""

Progress = Callable[[str], None]


def batches(count: int, *, accounts: bool = True) -> list[Path]:
    """The three batches of `count` events."""
    name = f"batches-{generator.VERSION}{'' if accounts else '-alone'}"
    folder = BUILD / str(count) / name
    return _make_once(folder, lambda part: generator.write_batches(part, count, accounts=accounts))


def rows(count: int, *, accounts: bool = True) -> Path:
    """The same events for a peer: one object per line, with its key in `id`, and no header."""
    name = f"rows-{generator.VERSION}{'' if accounts else '-alone'}"
    source = batches(count, accounts=accounts)[1]

    def write(folder: Path) -> None:
        with source.open("rb") as lines, (folder / "events.jsonl").open("wb") as target:
            next(lines)
            target.writelines(line.replace(b'"event"', b'"id"', 1) for line in lines)

    return _make_once(BUILD / str(count) / name, write)[0]


def timeline(count: int, report_progress: Progress) -> Path:
    """A folder to serve, with the ingested batches."""
    folder = BUILD / str(count) / f"timeline-{generator.VERSION}-{code_digest()}"
    if not folder.exists():
        for outdated in folder.parent.glob("timeline-*"):
            shutil.rmtree(outdated)

    def ingest(part: Path) -> None:
        report_progress(f"ingesting {count:,} events (once)")
        for path in batches(count):
            command = ("ingest", str(path), "--db", str(part / "timeline.db"), "--quiet")
            subprocess.run([*CHRONOLOGY, *command], check=True)

    _make_once(folder, ingest)
    # Copied every time: the configuration may have changed.
    for name in CONFIGURATION:
        shutil.copy(ROOT / name, folder / name)
    return folder


def stock(count: int, report_progress: Progress) -> Path:
    """A folder for stock Datasette, with the same file and facets and with raised time limits."""
    served = timeline(count, report_progress)
    folder = served.parent / "stock"
    folder.mkdir(exist_ok=True)
    database = folder / "timeline.db"
    database.unlink(missing_ok=True)
    database.symlink_to(served / "timeline.db")
    shutil.copy(ROOT / "metadata.yml", folder)
    settings = json.loads((ROOT / "settings.json").read_text("utf-8"))
    settings |= {"sql_time_limit_ms": STOCK_LIMIT_MS, "facet_time_limit_ms": STOCK_LIMIT_MS}
    (folder / "settings.json").write_text(json.dumps(settings), "utf-8")
    (folder / "datasette.yaml").write_text(json.dumps({"settings": settings}), "utf-8")
    return folder


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder on the same disk, deleted at the end of the context."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=BUILD) as name:
        yield Path(name)


def _make_once(folder: Path, make: Callable[[Path], Any]) -> list[Path]:
    """The files of a folder, which is moved into place when it is complete."""
    if not folder.exists():
        part = folder.with_name(folder.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        make(part)
        part.rename(folder)
    return sorted(folder.iterdir())


def code_digest() -> str:
    """A digest of the code that the rows of a timeline depend on."""
    folders = [ROOT / "chronology" / name for name in WRITE_PATH]
    return _digest(path for folder in folders for path in folder.glob("*.py"))


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]
