"""What the benchmarks read, made once and kept in `build/bench/`: batches, timelines, peers' files.

A timeline is made anew when the code that folds it has changed; only the newest is kept.
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
_USERS = ROOT / ".venv" / "bin" / "python"
PYTHON = str(_USERS if _USERS.exists() else sys.executable)
"""Where users have what is measured, without what only tests need: `sqlite-utils` imports pandas
wherever it finds it, which takes 45 MB and a quarter of a second."""
CHRONOLOGY = (PYTHON, "-m", "chronology.cli")
CONFIGURATION = ("metadata.yml", "settings.json", "datasette.yaml")
PATIENT_MS = 60_000
"""How long a query of stock Datasette may take: its own limits would leave facets out."""

Say = Callable[[str], None]


def batches(count: int, *, accounts: bool = True) -> list[Path]:
    """The three batches of so many events."""
    name = f"batches-{generator.VERSION}{'' if accounts else '-alone'}"
    folder = BUILD / str(count) / name
    return _made(folder, lambda part: generator.write_batches(part, count, accounts=accounts))


def rows(count: int, *, accounts: bool = True) -> Path:
    """The same events for a peer: one object a line, with its key in `id`, and no header."""
    name = f"rows-{generator.VERSION}{'' if accounts else '-alone'}"
    source = batches(count, accounts=accounts)[1]

    def write(folder: Path) -> None:
        with source.open("rb") as lines, (folder / "events.jsonl").open("wb") as target:
            next(lines)
            target.writelines(line.replace(b'"event"', b'"id"', 1) for line in lines)

    return _made(BUILD / str(count) / name, write)[0]


def timeline(count: int, say: Say) -> Path:
    """A folder to serve, in which the batches were ingested."""
    folder = BUILD / str(count) / f"timeline-{generator.VERSION}-{_engine()}"
    if not folder.exists():
        for former in folder.parent.glob("timeline-*"):
            shutil.rmtree(former)

    def ingest(part: Path) -> None:
        say(f"ingesting {count:,} events, which is done once")
        for path in batches(count):
            command = ("ingest", str(path), "--db", str(part / "timeline.db"), "--quiet")
            subprocess.run([*CHRONOLOGY, *command], check=True)

    _made(folder, ingest)
    # Not kept: what is served is configured as it is now.
    for name in CONFIGURATION:
        shutil.copy(ROOT / name, folder / name)
    return folder


def stock(count: int, say: Say) -> Path:
    """The same for stock Datasette: the same file and facets, its time limits raised."""
    served = timeline(count, say)
    folder = served.parent / "stock"
    folder.mkdir(exist_ok=True)
    database = folder / "timeline.db"
    database.unlink(missing_ok=True)
    database.symlink_to(served / "timeline.db")
    shutil.copy(ROOT / "metadata.yml", folder)
    settings = json.loads((ROOT / "settings.json").read_text("utf-8"))
    settings |= {"sql_time_limit_ms": PATIENT_MS, "facet_time_limit_ms": PATIENT_MS}
    (folder / "settings.json").write_text(json.dumps(settings), "utf-8")
    (folder / "datasette.yaml").write_text(json.dumps({"settings": settings}), "utf-8")
    return folder


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder on the same disk that goes with the context."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=BUILD) as name:
        yield Path(name)


def _made(folder: Path, make: Callable[[Path], Any]) -> list[Path]:
    """The files of a folder, which is there only when all of them are."""
    if not folder.exists():
        part = folder.with_name(folder.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        make(part)
        part.rename(folder)
    return sorted(folder.iterdir())


def _engine() -> str:
    """A digest of the code that the rows of a timeline depend on."""
    package = ROOT / "chronology"
    return _digest([*package.glob("*.py"), *(package / "projections").glob("*.py")])


def _digest(paths: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for path in sorted(paths):
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()[:12]
