"""A chronology that has markup in every text that a batch may hold."""

from __future__ import annotations

import json
from typing import Any

ALERT = "<script>alert(1)</script>"
BREAK_OUT = '"><img src=x onerror=alert(2)>'
TEXT = f"{ALERT}'{BREAK_OUT}"

NAMES = [{"name": TEXT, "language": TEXT, "use": "period"}]
STATEMENTS = [{"source": "s", "at": TEXT, "says": TEXT}]
COMMON = {"names": NAMES, "statements": STATEMENTS, "note": TEXT}
TIES = {"source": "s", "at": TEXT, "basis": TEXT, "from": "1944-10"}
ACCOUNT = {"source": "s", "at": [TEXT, TEXT], "by": TEXT, "said": "1944-11-02", "basis": TEXT}
_MEDIUM = {**dict.fromkeys(("credit", "licence", "alt", "caption"), TEXT), "source": "s"}
ATTACHED = {
    "links": [{"url": "https://example.org/'onmouseover='alert(4)", "label": TEXT}],
    "media": [
        {"url": "https://example.org/'onmouseover='alert(5)", **_MEDIUM},
        {"file": f"{'0' * 64}.png", **_MEDIUM},
    ],
}
LEVELS = {"front": TEXT, "army": TEXT}

FIRST: list[dict[str, Any]] = [
    {
        "chronology": "hostile",
        "title": TEXT,
        "summary": TEXT,
        "window": "1944-09-01/1944-11-30",
        "zero": "1944-09-01T00:00:00Z",
        "clock": TEXT,
        "kinds": {"battle": TEXT},
        "sides": {"soviet": TEXT},
        "levels": LEVELS,
        "dimensions": {"fronts": "front", "armies": "army"},
    },
    {
        "source": "s",
        "name": TEXT,
        **dict.fromkeys(("title", "author", "publisher", "type", "language", "rights"), TEXT),
        "url": "https://example.org/'onmouseover='alert(3)",
        "locators": TEXT,
        "cites": [TEXT],
        **COMMON,
    },
    {
        "place": "p",
        "name": TEXT,
        "type": TEXT,
        "latitude": 44,
        "longitude": 20,
        "ids": {"geonames": TEXT},
        **COMMON,
        **ATTACHED,
    },
    {"place": "q", "name": f"Q {TEXT}", "within": "p"},
    {"person": "n", "name": TEXT, "role": TEXT, "ids": {"gnd": TEXT}, **COMMON, **ATTACHED},
    {"formation": "f", "name": TEXT, "level": "front", "side": "soviet", **COMMON},
    {
        "formation": "a",
        "name": f"A {TEXT}",
        "level": "army",
        "side": "soviet",
        "attached": [{"to": "f", **TIES}],
        "commanders": [{"person": "n", **TIES}],
        "ids": {"gnd": TEXT},
    },
    {
        "event": "e",
        "date": "[1944-10-13,1944-10-14]",
        **dict.fromkeys(("title", "summary", "basis", "as_written"), TEXT),
        "kind": "battle",
        "places": ["q"],
        "formations": ["a"],
        "people": ["n"],
        **ATTACHED,
        "accounts": [
            {**ACCOUNT, **ATTACHED, "date": "1944-10-13", "says": TEXT, "claims": {"cause": TEXT}},
            {**ACCOUNT, "date": "1944-10-14", "says": TEXT, "claims": {"cause": f"no {TEXT}"}},
            {**ACCOUNT, "stance": "denies", "says": TEXT, "as_written": TEXT},
        ],
    },
    {"event": "gone", "date": "1944-10-01", "title": TEXT, "kind": "battle"},
]
SECOND: list[dict[str, Any]] = [
    {"correct": "event/e", "set": {"title": f"Now {TEXT}"}, "because": TEXT},
    {"retract": "event/gone", "into": "e", "because": TEXT},
]


def batches() -> dict[str, str]:
    """The batches by file name."""
    first, second = lines("first", FIRST), lines("second", SECOND)
    return {"0001-first.jsonl": first, "0002-second.jsonl": second}


def lines(name: str, records: list[dict[str, Any]]) -> str:
    header = {"format": 1, "batch": name, "recorded": "2026-01-01T00:00:00Z", "note": TEXT}
    return "".join(json.dumps(line) + "\n" for line in (header, *records))
