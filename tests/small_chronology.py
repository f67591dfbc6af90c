"""A small chronology, and a longer one with a dispute, a correction and a retraction."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from in_process import in_process
from server import publish

ORDER = "/-/chronology/order-of-battle"
DISAGREEMENTS = "/-/chronology/disagreements"
SUBJECTS = ("sources", "places", "formations", "people")
START = """\
format: 1
batch: start
recorded: 2026-01-01T00:00:00Z
note: A small chronology for tests
records:
- chronology: test
  title: A test
  window: 1944-09-01/1944-11-30
  kinds: {capture: A place changes hands, battle: A battle, death: A death}
  sides: {soviet: Soviet, german: German}
  levels: {front: Fronts, army: Armies, corps: Corps, division: Divisions}
  dimensions: {fronts: front, armies: army}
- {source: one, name: First source}
- {source: two, name: Second source}
- {place: serbia, name: Serbia}
- {place: nis, name: Niš, latitude: "43.3211", longitude: "21.8958", within: serbia}
- {place: belgrade, name: Belgrade, latitude: "44.804", longitude: "20.4651", within: serbia,
   names: [{name: Beograd, use: translation}]}
- {person: tolbukhin, name: Fyodor Tolbukhin, side: soviet}
- {formation: f3, name: 3rd Ukrainian Front, level: front, side: soviet}
- {formation: a57, name: 57th Army, level: army, side: soviet,
   attached: [{to: f3, source: one, at: "1"}]}
- {formation: c68, name: 68th Rifle Corps, level: corps, side: soviet,
   attached: [{to: a57, source: one, at: "2", from: 1944-10-01}]}
"""

EVENTS = """\
format: 1
batch: events
recorded: 2026-01-02T00:00:00Z
records:
- event: nis-taken
  date: 1944-10-14
  title: Niš is taken
  kind: capture
  places: [nis]
  formations: [c68]
  accounts:
  - {source: one, at: "¶1", date: 1944-10-14, says: "The town falls.", claims: {tanks: 160}}
- event: belgrade-taken
  date: 1944-10-20
  title: Belgrade is taken
  kind: capture
  places: [belgrade]
  people: [tolbukhin]
  accounts:
  - {source: one, at: "¶2", date: 1944-10-20}
  - {source: two, at: ["¶3", "¶4"], date: "[1944-10-19..1944-10-20]"}
"""
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
