"""A synthetic chronology of any size, the same for the same number."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

SEED = 1944
FRONTS, ARMIES, PLACES = 4, 30, 300
FIRST = date(1944, 9, 1)


def header() -> dict[str, Any]:
    return {"format": 1, "batch": "synthetic", "recorded": "2026-01-01T00:00:00Z"}


def catalogue() -> Iterator[dict[str, Any]]:
    """The chronology's record, one source, the fronts with their armies, and the places."""
    yield {
        "chronology": "synthetic",
        "title": "A synthetic chronology",
        "window": "1944-09-01/1944-11-30",
        "kinds": {"capture": "Capture", "battle": "Battle", "advance": "Advance"},
        "sides": {"red": "Red"},
        "levels": {"front": "Fronts", "army": "Armies"},
        "dimensions": {"fronts": "front", "armies": "army"},
    }
    yield {"source": "synthetic", "name": "Synthetic source"}
    for number in range(FRONTS):
        name = {"formation": f"f{number}", "name": f"Front {number}"}
        yield {**name, "level": "front", "side": "red"}
    for number in range(ARMIES):
        attached = [{"to": f"f{number % FRONTS}", "source": "synthetic", "at": str(number)}]
        yield {
            "formation": f"a{number}",
            "name": f"Army {number}",
            "level": "army",
            "side": "red",
            "attached": attached,
        }
    for number in range(PLACES):
        yield {
            "place": f"p{number}",
            "name": f"Place {number}",
            "latitude": round(42 + number / 60, 4),
            "longitude": round(19 + number / 60, 4),
        }


def events(count: int) -> Iterator[dict[str, Any]]:
    """Events with one account each; a tenth of them with an uncertain date."""
    chance = random.Random(SEED)
    for number in range(count):
        day = FIRST + timedelta(days=chance.randrange(91))
        text = day.isoformat()
        if chance.random() < 0.1:
            text = f"[{text}..{(day + timedelta(days=3)).isoformat()}]"
        yield {
            "event": f"e{number}",
            "date": text,
            "title": f"Event {number} near place {chance.randrange(PLACES)}",
            "kind": chance.choice(("capture", "battle", "advance")),
            "places": [f"p{chance.randrange(PLACES)}"],
            "formations": [f"a{min(chance.randrange(ARMIES), chance.randrange(ARMIES))}"],
            "accounts": [{"source": "synthetic", "at": f"p. {number}", "date": text}],
        }


def write(path: Path, count: int) -> None:
    """The whole as one JSON Lines batch."""
    with path.open("w", encoding="utf-8") as file:
        for record in (header(), *catalogue()):
            file.write(json.dumps(record) + "\n")
        file.writelines(json.dumps(event) + "\n" for event in events(count))
