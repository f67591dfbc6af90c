"""A synthetic chronology of any size; the same number of events gives the same bytes.

It is skewed like real ones: a few armies, places and sources are in most events and others in
hardly any, dates have every form, and a later batch corrects, retracts and disputes some events.
The line of an event has about 520 bytes. The files are streamed, never held in memory.

`python -m benchmarks.generator COUNT FOLDER` writes the batches into a folder.
"""

from __future__ import annotations

import random
import sys
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from itertools import accumulate, chain
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import words

VERSION = 1
"""To be increased when the same number gives different bytes."""
SEED = 1944
FIRST, DAYS = date(1944, 9, 1), 91
REGIONS, PLACES = 12, 300
FRONTS, ARMIES, CORPS, PEOPLE, SOURCES = 5, 30, 60, 40, 20
CHANGE_EVERY = {"account": 50, "correction": 60, "retraction": 500}
"""One in this many events gets a second account, gets another date, or is retracted."""
NAMES = ("0001-start.jsonl", "0002-events.jsonl", "0003-second-reading.jsonl")

Row = dict[str, Any]
_ASCII = str.maketrans("š ", "s-")


def header(batch: str, day: int, note: str) -> Row:
    return {"format": 1, "batch": batch, "recorded": f"2026-01-{day:02}T12:00:00Z", "note": note}


# The catalogue --------------------------------------------------------------------------------


def catalogue() -> Iterator[Row]:
    """The chronology, its sources, places, people and formations."""
    yield {
        "chronology": "synthetic",
        "title": "A synthetic chronology",
        "window": f"{FIRST}/{FIRST + timedelta(DAYS - 1)}",
        "kinds": {kind: f"Events of the kind {kind}" for kind in words.KINDS},
        "sides": {"red": "Red", "blue": "Blue"},
        "levels": {"front": "Fronts", "army": "Armies", "corps": "Corps"},
        "dimensions": {"fronts": "front", "armies": "army"},
    }
    for number in range(SOURCES):
        yield {"source": source(number), "name": f"Source {number + 1}", "locators": "pages"}
    for number in range(PLACES):
        yield _place(number)
    for number in range(PEOPLE):
        name = f"{words.pick(words.GIVEN, number)} {words.name(number + 7)}"
        yield {"person": person(number), "name": f"{name} {number + 1}", "side": "red"}
    yield from _formations()


def _place(number: int) -> Row:
    record: Row = {"place": place(number), "name": place_name(number)}
    if number < REGIONS:
        return {**record, "type": "region"}
    return {
        **record,
        "type": "town",
        "latitude": round(41.5 + number * 0.6180339 % 5, 4),
        "longitude": round(18.5 + number * 0.7548776 % 6, 4),
        "within": place(number % REGIONS),
    }


def _formations() -> Iterator[Row]:
    red = {"side": "red"}
    for number in range(FRONTS):
        yield {"formation": front(number), "name": front_name(number), "level": "front", **red}
    for number in range(ARMIES):
        under = {"source": source(0), "at": f"table {number + 1}"}
        attached: list[Row] = [{"to": front(number % FRONTS), **under}]
        if number % 10 == 9:  # Some change to another front halfway.
            attached[0]["until"] = "1944-10-15"
            attached.append({"to": front((number + 1) % FRONTS), "from": "1944-10-16", **under})
        record = {"formation": army(number), "name": army_name(number), "level": "army", **red}
        yield {**record, "attached": attached}
    for number in range(CORPS):
        attached = [{"to": army(number % ARMIES), "source": source(0), "at": f"list {number + 1}"}]
        name = f"Corps {number + 1}"
        record = {"formation": corps(number), "name": name, "level": "corps", **red}
        yield {**record, "attached": attached}


def source(number: int) -> str:
    return f"source-{number + 1}"


def place_name(number: int) -> str:
    """A name; one in ten has a letter outside ASCII."""
    return f"{words.name(number)}{'ški' if number % 10 == 1 else ''} {number + 1}"


def place(number: int) -> str:
    return place_name(number).lower().translate(_ASCII)


_PLACE_IDS = tuple(map(place, range(PLACES)))


def person(number: int) -> str:
    return f"person-{number + 1}"


def front(number: int) -> str:
    return f"front-{number + 1}"


def front_name(number: int) -> str:
    return f"Front {number + 1}"


def army(number: int) -> str:
    return f"army-{number + 1}"


def army_name(number: int) -> str:
    return f"Army {number + 1}"


def corps(number: int) -> str:
    return f"corps-{number + 1}"


# The events -----------------------------------------------------------------------------------


class _Random:
    """Choices from one seed, with `random.random` alone, which is stable between Pythons."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed).random

    def below(self, count: int) -> int:
        return int(self.random() * count)

    def of(self, items: tuple[str, ...]) -> str:
        return items[int(self.random() * len(items))]


class _Weighted:
    """Numbers from 0 on, with a probability in proportion to their weights."""

    def __init__(self, weights: Iterable[float]) -> None:
        self._sums = list(accumulate(weights))

    def pick(self, rng: _Random) -> int:
        return bisect(self._sums, rng.random() * self._sums[-1], 0, len(self._sums) - 1)


_ARMY = _Weighted(0.8**number for number in range(ARMIES))
_PLACE = _Weighted(1 / (number + 4) for number in range(PLACES))
_PERSON = _Weighted(1 / (number + 1) for number in range(PEOPLE))
_SOURCE = _Weighted(0.75**number for number in range(SOURCES))
_KIND = _Weighted(0.7**number for number in range(len(words.KINDS)))
# Each word repeated by its share: sentences take most of the time, and this is the fastest way.
_PROSE = tuple(chain(*([word] * (60_000 // (n + 50)) for n, word in enumerate(words.ALL))))

# The weights of zero, one and two per event.
_FORMATIONS_EACH = _Weighted((63, 33, 4))
_PLACES_EACH = _Weighted((6, 58, 36))
_PEOPLE_EACH = _Weighted((75, 22, 3))

_FORMS: dict[str, float] = {
    "{0}": 78,
    "{0}T{hour:02}:30": 5,
    "[{0},{1}]": 4,
    "[{0}..{2}]": 4,
    "{0}/{2}": 3,
    "{0}~": 2,
    "{month}": 1.5,
    "[..{0}]": 1,
    "{month}-1X": 0.5,
    "{0}/..": 0.5,
    "[{0}..]": 0.5,
}
_FORM = _Weighted(_FORMS.values())
_FORM_TEXTS = tuple(_FORMS)
_LATER = (1, 4)
"""Days by which an uncertain date may extend past its day, even past the window."""
_DAY_TEXTS = tuple((FIRST + timedelta(n)).isoformat() for n in range(DAYS + max(_LATER)))


def event_id(number: int) -> str:
    """A unique id, in another order than the numbers, like ids that describe the event."""
    return f"{_PLACE_IDS[number * 7919 % PLACES]}-{number}"


def events(count: int, *, accounts: bool = True) -> Iterator[Row]:
    """The events, all with one nested account or all without."""
    rng = _Random(SEED)
    for number in range(count):
        event = _event(number, rng)
        if not accounts:
            del event["accounts"]
        yield event


def _event(number: int, rng: _Random) -> Row:
    day = rng.below(DAYS)
    places = _distinct(_PLACE, _PLACES_EACH, rng)
    where = place_name(places[0]) if places else "the border"
    kind = words.KINDS[_KIND.pick(rng)]
    return {
        "event": event_id(number),
        "date": _date(day, rng),
        "title": f"{rng.of(words.SUBJECTS)} {words.VERBS[kind]} {where}",
        "kind": kind,
        "summary": _sentence(13, rng),
        "places": [_PLACE_IDS[index] for index in places],
        "formations": _choose_formations(rng),
        "people": [person(index) for index in _distinct(_PERSON, _PEOPLE_EACH, rng)],
        "accounts": [_account(number, day, rng)],
    }


def _distinct(weighted: _Weighted, each: _Weighted, rng: _Random) -> list[int]:
    """Different numbers; `each` picks how many."""
    return list(dict.fromkeys([weighted.pick(rng) for _ in range(each.pick(rng))]))


def _choose_formations(rng: _Random) -> list[str]:
    """No formation for three events in five; otherwise one or two armies or their corps."""
    formations = []
    for _ in range(_FORMATIONS_EACH.pick(rng)):
        number = _ARMY.pick(rng)
        choice = rng.below(3)
        formations.append(army(number) if choice == 2 else corps(number + choice * ARMIES))
    return list(dict.fromkeys(formations))


def _date(day: int, rng: _Random) -> str:
    form = _FORM_TEXTS[_FORM.pick(rng)]
    text = _DAY_TEXTS[day]
    if form == "{0}":
        return text
    later = (_DAY_TEXTS[day + after] for after in _LATER)
    return form.format(text, *later, hour=rng.below(24), month=text[:7])


def _account(number: int, day: int, rng: _Random) -> Row:
    """An account with the day itself, and usually a figure."""
    record: Row = {
        "source": source(_SOURCE.pick(rng)),
        "at": f"p. {number % 900 + 1}",
        "date": _DAY_TEXTS[day],
        "says": _sentence(9, rng),
    }
    if rng.random() < 0.7:
        key, figure = rng.of(words.COUNTED), 10 + rng.below(900)
        record["claims"] = {key: rng.of(("{}", "{}+", "~{}")).format(figure)}
    return record


def _sentence(length: int, rng: _Random) -> str:
    draw, size = rng.random, len(_PROSE)
    prose = " ".join([_PROSE[int(draw() * size)] for _ in range(length)])
    return f"{rng.of(words.SUBJECTS)} {prose}."


# The second reading ---------------------------------------------------------------------------


def corrections(count: int) -> Iterator[Row]:
    """The changes of a second reading of `count` events: two or three in a hundred."""
    rng = _Random(SEED + 1)
    for number in range(0, count, CHANGE_EVERY["account"]):
        day = rng.below(DAYS)
        yield {"account": "", "event": event_id(number), **_account(number + 1, day, rng)}
    for number in range(1, count, CHANGE_EVERY["correction"]):
        change: Row = {"correct": f"event/{event_id(number)}"}
        change["set"] = {"date": _date(rng.below(DAYS), rng), "summary": _sentence(9, rng)}
        yield {**change, "because": "The source was read again."}
    for number in range(3, count, CHANGE_EVERY["retraction"]):
        target = event_id(number)
        yield {"retract": f"event/{target}", "into": event_id(number - 1), "because": "The same."}


# Files ----------------------------------------------------------------------------------------


def write(path: Path, records: Iterable[Row]) -> None:
    """Writes records as JSON Lines; the file is moved into place when it is complete."""
    encode: Callable[[Row], bytes] = msgspec.json.Encoder().encode
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.writelines(encode(record) + b"\n" for record in records)
    part.replace(path)


def write_batches(folder: Path, count: int, *, accounts: bool = True) -> list[Path]:
    """Writes the three batches: the catalogue, the events, and the second reading."""
    headers = (
        header("start", 1, "The catalogue of a synthetic chronology"),
        header("events", 2, f"{count} synthetic events"),
        header("second-reading", 3, "Corrections after a second reading"),
    )
    bodies = (catalogue(), events(count, accounts=accounts), corrections(count))
    paths = [folder / name for name in NAMES]
    for path, first, body in zip(paths, headers, bodies, strict=True):
        write(path, chain([first], body))
    return paths


if __name__ == "__main__":
    for path in write_batches(Path(sys.argv[2]), int(sys.argv[1])):
        print(path)
