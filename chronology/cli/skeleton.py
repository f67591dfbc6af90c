"""The text of a new batch, with examples from the chronology to which it will be added."""

from __future__ import annotations

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

_TIMESTAMP = "YYYY-MM-DDTHH:mm:ss[Z]"


def skeleton(name: str, examples: Mapping[str, str]) -> str:
    """A batch without records; its comments show an event, an account and a correction."""
    text = (resources.files("chronology") / "template" / "batch.yml").read_text("utf-8")
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
