"""A small chronology with a dispute, a correction and a retraction."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from conftest import EVENTS, START
from in_process import in_process
from server import publish

ORDER = "/-/chronology/order-of-battle"
DISAGREEMENTS = "/-/chronology/disagreements"
SUBJECTS = ("sources", "places", "formations", "people")
MORE = """\
format: 1
batch: more
recorded: 2026-01-03T00:00:00Z
records:
- event: bridge-blown
  date: "[1944-10-18,1944-10-19]"
  basis: The evidence does not settle it.
  title: The bridge is blown
  kind: battle
  places: [belgrade]
  accounts:
  - {source: one, at: "¶10", date: 1944-10-19, by: tolbukhin, claims: {tanks: 5}}
  - {source: two, at: "¶2", date: 1944-10-18, claims: {tanks: 9}}
- event: bridge-blown-again
  date: 1944-10-21
  title: The bridge is blown again
  kind: battle
  distinct: [{event: bridge-blown, because: It was rebuilt in between.}]
  accounts:
  - {source: two, at: "¶9", date: 1944-10-21}
- event: mistaken
  date: 1944-10-22
  title: It is mistaken
  kind: battle
"""
TAKEN_BACK = """\
format: 1
batch: taken-back
recorded: 2026-01-04T00:00:00Z
records:
- retract: event/mistaken
  because: No source says so.
- correct: event/bridge-blown-again
  set: {places: [nis]}
  because: It was at Niš.
"""


@contextmanager
def small_chronology(folder: Path) -> Iterator[httpx.Client]:
    batches = {
        "0001-a.yml": START,
        "0002-b.yml": EVENTS,
        "0003-c.yml": MORE,
        "0004-d.yml": TAKEN_BACK,
    }
    with in_process(publish(folder, batches)) as client:
        yield client


def words(answer: httpx.Response) -> str:
    """A page without its markup, on one line."""
    body = answer.text.partition("<body")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())
