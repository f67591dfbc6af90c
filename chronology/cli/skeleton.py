"""The files of a new chronology, and the text of a new batch with examples from its chronology."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from importlib import resources
from pathlib import Path

import pendulum

from chronology.batches.batch_reader import read_batch
from chronology.ingest import pipeline, sources
from chronology.model.errors import BatchRefused
from chronology.projections.catalogue import load_catalogue

_TEMPLATE = resources.files("chronology") / "template"
_LICENCES = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "ODbL-1.0": "https://opendatacommons.org/licenses/odbl/1-0/",
}
"""The addresses of the licences that are common for data, by their SPDX identifier."""
_TIMESTAMP = "YYYY-MM-DDTHH:mm:ss[Z]"


def write_folder(folder: Path, title: str, licence: str) -> None:
    """Writes the files of a new chronology into a folder, which may exist if it is empty."""
    with resources.as_file(_TEMPLATE / "folder") as template:
        # Installers compile Python files, also those of the template.
        without = shutil.ignore_patterns("__pycache__")
        shutil.copytree(template, folder, ignore=without, dirs_exist_ok=True)
    for name in ("README.md", "metadata.yml", "events/0001-start.yml"):
        path = folder / name
        quoted = json.dumps(title, ensure_ascii=False) if path.suffix == ".yml" else title
        text = path.read_text("utf-8").replace("{title}", quoted)
        path.write_text(text.replace("{licence}", _licence(licence)), "utf-8")


def example(events: Path) -> Path | None:
    """The first batch of a new folder if it is still the invented example."""
    path = events / "0001-start.yml"
    if not path.is_file():
        return None
    template = _TEMPLATE / "folder" / "events" / path.name
    before, _, after = template.read_text("utf-8").partition("{title}")
    text = path.read_text("utf-8", errors="replace")
    return path if text.startswith(before) and text.endswith(after) else None


def title(example: Path) -> str:
    """The title that the example has."""
    match = re.search(r"^  title: (.*)$", example.read_text("utf-8"), re.MULTILINE)
    assert match
    found: str = json.loads(match[1])
    return found


def _licence(licence: str) -> str:
    """The lines of `metadata.yml` about the licence; a comment if there is none."""
    if not licence:
        return "# license: CC-BY-4.0\n# license_url: https://creativecommons.org/licenses/by/4.0/\n"
    url = _LICENCES.get(licence)
    lines = [f"license: {json.dumps(licence, ensure_ascii=False)}"]
    return "\n".join([*lines, *([f"license_url: {url}"] if url else [])]) + "\n"


def skeleton(name: str, examples: Mapping[str, str]) -> str:
    """A batch without records; its comments show an event, an account and a correction."""
    text = (_TEMPLATE / "batch.yml").read_text("utf-8")
    values = {
        "name": name,
        "now": pendulum.now("UTC").format(_TIMESTAMP),
        "note": name.replace("-", " ").capitalize(),
        **examples,
    }
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", value)
    return text


def examples(db: sqlite3.Connection) -> dict[str, str]:
    """A day, a kind, a place and a source that exist in a chronology.

    Values that the chronology lacks are placeholders: a chronology may have no places yet.
    """
    known = load_catalogue(db)
    about = known.chronology
    day = (about.window.earliest or about.window.latest) if about else None
    return {
        "day": str(day or pendulum.today("UTC").date()),
        "kind": next(iter(about.kinds), "a-kind") if about else "a-kind",
        "place": next(iter(known.places.states), "a-place"),
        "source": next(iter(known.sources.states), "a-source"),
    }


def ingest_valid(db: sqlite3.Connection, folder: Path) -> None:
    """Ingest the batches of a folder; leave out those that are refused.

    A refused batch does not keep an editor from starting the next one.
    """
    for path in sources.files(folder):
        with path.open("rb") as stream, suppress(BatchRefused):
            batch = read_batch(stream, str(path), path.suffix.lstrip("."))
            pipeline.ingest(db, batch)
