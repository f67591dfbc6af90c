"""Generate a chronology with more events than the largest page of Datasette."""

from __future__ import annotations

import json
import random
from typing import Any

COUNT = 1_100

MORE = """\
format: 1
batch: more
recorded: 2026-01-02T00:00:00Z
records:
- {place: macedonia, name: Macedonia}
- {place: skopje, name: Skopje, latitude: "41.9961", longitude: "21.4317", within: macedonia}
- {place: novi-beograd, name: New Belgrade, within: belgrade}
- {place: lisbon, name: Lisbon, latitude: "38.7223", longitude: "-9.1393"}
- {formation: f2, name: 2nd Ukrainian Front, level: front, side: soviet}
- {formation: a46, name: 46th Army, level: army, side: soviet,
   attached: [{to: f2, source: one, at: "5"}]}
- {formation: c31, name: 31st Rifle Corps, level: corps, side: soviet,
   attached: [{to: a46, source: one, at: "6"}]}
"""

DATES = (
    "1944-09-{day:02}",
    "1944-10-{day:02}",
    "1944-11-{day:02}",
    "1944-10-{day:02}~",
    "1944-10",
    "1944-10-1X",
    "[1944-10-{day:02},1944-11-{day:02}]",
    "[1944-09-28..1944-10-{day:02}]",
    "[..1944-10-{day:02}]",
    "[1944-10-{day:02}..]",
    "1944-10-{day:02}/1944-11-{day:02}",
    "1944-10-{day:02}/..",
)
PLACES = ("nis", "belgrade", "serbia", "skopje", "macedonia", "novi-beograd", "lisbon")
FORMATIONS = ("c68", "a57", "c31", "a46", "f2", "f3")
FORMULAS = ("=1+1", "+1", "-1", "@A1")


def batches(start: str, count: int = COUNT) -> dict[str, str]:
    """The batches by file name, with `start` as the first; the same in every run."""
    chance = random.Random(1944)
    header = {"format": 1, "batch": "many", "recorded": "2026-01-03T00:00:00Z"}
    lines = [header, *(_event(number, chance) for number in range(count))]
    many = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    return {"0001-start.yml": start, "0002-more.yml": MORE, "0003-many.jsonl": many}


def _event(number: int, chance: random.Random) -> dict[str, Any]:
    date = chance.choice(DATES).format(day=chance.randint(1, 28))
    accounts = [
        {"source": source, "at": f"¶{number}", "date": date, "says": f"Passage {number}."}
        for source in chance.choice((["one"], ["two"], ["one", "two"]))
    ]
    return {
        "event": f"event-{number}",
        "date": date,
        "title": f"Đorđe, event “{number}”, comes to pass",
        "kind": chance.choice(("capture", "battle", "death")),
        "summary": FORMULAS[number] if number < len(FORMULAS) else f"Line one\nline {number}",
        "places": chance.sample(PLACES, chance.randint(0, 2)),
        "formations": chance.sample(FORMATIONS, chance.randint(0, 2)),
        "people": chance.sample(["tolbukhin"], chance.randint(0, 1)),
        "accounts": accounts,
    }
