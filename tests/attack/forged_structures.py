"""Logs of well-formed records that contradict each other, or that exhaust what a record may hold.

Each record passes the check of its own form, so `verify` accepts what ingesting would refuse:
unknown references, circles, subjects recorded twice, batches without a header.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import hostile
from peers import Row

from tests.attack.forged_logs import row

Case = tuple[str, list[Row]]
BECAUSE = {"because": "so"}
CITED = {"source": "s", "at": "1"}
EVENT = {"date": "1944-10-14", "title": "New", "kind": "battle"}
UNIT = {"level": "army", "side": "soviet"}
CHRONOLOGY = {
    "title": "New",
    "window": "1944",
    "kinds": {"battle": "B"},
    "sides": {"soviet": "S"},
    "levels": [{"id": "front", "description": "F"}, {"id": "army", "description": "A"}],
    "dimensions": {"fronts": "front", "armies": "army"},
}
HEADER = row("0", "batch/x", "recorded", {"format": 1})
DATES = (
    *("..", "../..", "/", "1944/..", "../1944", "1944/", "[..1944]", "[1944..]", "0001", "9999"),
    *("0001/9999", "[0001..9999]", "1944-10-14T17:00", "1944-10-14T17:00Z", "XXXX", "1XXX"),
    *("1944-21", "1944-1X-XX", "[1944-01-01,1944-12-31]", "9999-12-31", "0001-01-01", "9999-12"),
    *("1944-10-14T23:59:59.999999+14:00", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"),
    *("-0001", "-9999", "0000", "-9999/9999", "0000-02-29", "1944?", "1944~/1945%", "1944-10-XX"),
    "[" + ",".join(f"1944-{1 + n % 12:02}-{1 + n % 28:02}" for n in range(80)) + "]",
)
URLS = (
    *("http://[", "http://]", "http://[::1", "https://%", "https://%zz/%00", "http://a:99999999/"),
    *("http://a:b/", "http:///", "http://\u2100/", "http://xn--/", "http://.../..", "https://@"),
    *("http://a@b@c", "http://\\", "https://a/{b}|c^d`", "http://" + "a" * 1_990),
)
FIGURES = (
    *("9" * 300, "1..2", "9" * 99 + ".." + "9" * 99, "~0", "0-", "0+", "-1", "1e999", "2..1"),
    *("~" + "9" * 298, "0" * 300, "1.5", "٣", "½", "1,000", "+1", "1..", "..1", "0.0000001"),
)


def cases() -> Iterator[Case]:
    """The name of each case, and the records after those of the base."""
    yield from _unknown_references()
    yield from _circles_and_chains()
    yield from _values()
    yield from _vocabularies()
    yield from _lives()
    yield from _batches()
    yield from _amounts()


def batch(*records: tuple[str, str, Any]) -> list[Row]:
    """The rows of one batch, with its header."""
    return [HEADER, *(row(str(n), *record) for n, record in enumerate(records, 1))]


def _new(name: str, stream: str, data: dict[str, Any]) -> Case:
    return name, batch((stream, "recorded", data))


def _changed(name: str, stream: str, **fields: Any) -> Case:
    return name, batch((stream, "corrected", {"set": fields, **BECAUSE}))


def _unknown_references() -> Iterator[Case]:
    cited = {"source": "none", "at": "1"}
    yield _new("event, unknown place", "event/new", {**EVENT, "places": [{"place": "none"}]})
    for field in ("formations", "people"):
        yield _new(f"event, unknown {field}", "event/new", {**EVENT, field: ["none"]})
        yield _changed(f"event corrected, unknown {field}", "event/e", **{field: ["none"]})
    distinct = [{"event": name, "because": "so"} for name in ("none", "new", "gone", "e")]
    yield _new("event, unknown distinct", "event/new", {**EVENT, "distinct": distinct})
    yield _new("account, unknown event", "account/new", {"event": "none", **CITED, "at": ["1"]})
    account = {"event": "e", "source": "none", "at": ["1"], "claims": {"tanks": "1"}}
    yield _new("account, unknown source", "account/new", account)
    yield _new("account, unknown speaker", "account/new", {**account, "source": "s", "by": "none"})
    for key, tie in (("attached", {"to": "none"}), ("commanders", {"person": "none"})):
        for source in ("none", "s"):
            name = f"formation, unknown {key}, source {source}"
            ties = [{**tie, **cited, "source": source}]
            yield _changed(name, "formation/a", **{key: ties})
    yield _changed("place within an unknown one", "place/q", within="none")
    for subject, name in (("place", "q"), ("person", "n"), ("formation", "a"), ("source", "s")):
        statements = [{**cited, "says": "So."}]
        yield _changed(f"{subject}, unknown source", f"{subject}/{name}", statements=statements)
    yield _changed("account of an unknown event", "account/e-s-1", event="none")
    yield _changed("account of an unknown source", "account/e-s-1", source="none")


def _circles_and_chains() -> Iterator[Case]:
    above = [{"to": "a", **CITED}]
    yield _changed("formations in a circle", "formation/f", attached=above)
    yield _changed("a formation above itself", "formation/a", attached=above)
    yield _changed("places in a circle", "place/p", within="q")
    yield _changed("a place within itself", "place/q", within="q")
    for length in (60, 400, 1_500):
        units = [{"name": f"Unit {n}", **UNIT} for n in range(length)]
        for n, unit in enumerate(units[1:]):
            unit["attached"] = [{"to": f"u{n}", **CITED}]
        event = ("event/new", "recorded", {**EVENT, "formations": [f"u{length - 1}"]})
        records = [(f"formation/u{n}", "recorded", unit) for n, unit in enumerate(units)]
        yield f"{length} superiors", batch(*records, event)
        places: list[dict[str, Any]] = [{"name": f"Place {n}"} for n in range(length)]
        for n, place in enumerate(places[1:]):
            place["within"] = f"p{n}"
        event = ("event/new", "recorded", {**EVENT, "places": [{"place": f"p{length - 1}"}]})
        records = [(f"place/p{n}", "recorded", place) for n, place in enumerate(places)]
        yield f"{length} places within each other", batch(*records, event)


def _values() -> Iterator[Case]:
    for date in DATES:
        yield _new(f"event of {date[:40]}", "event/new", {**EVENT, "date": date})
        yield _changed(f"account of {date[:40]}", "account/e-s-1", date=date, said=date)
        yield _changed(f"window of {date[:40]}", "chronology/hostile", window=date)
        tie = [{"to": "f", **CITED, "from": date, "until": date}]
        yield _changed(f"attachment of {date[:40]}", "formation/a", attached=tie)
        yield _changed(f"life of {date[:40]}", "person/n", born=date, died=date)
    for url in URLS:
        yield _changed(f"source at {url[:40]}", "source/s", url=url)
    for figure in FIGURES:
        name = f"figure {figure[:20]}"
        yield _changed(name, "account/e-s-1", claims={"tanks": figure, "cause": figure})
    for number in (1e-300, 5e-324, 1e-7, 180, -0.0, 20_040):
        size = {"longitude": number, "latitude": min(number, 90), "radius_km": abs(number) or 1}
        yield _changed(f"place at {number}", "place/p", **size)
    yield _changed("a place with latitude alone", "place/q", latitude=44.0)
    yield _changed("a place with longitude alone", "place/q", longitude=20.0)
    for subject, name in (("place", "q"), ("person", "n"), ("formation", "a"), ("source", "s")):
        data = {"name": hostile.TEXT, **(UNIT if subject == "formation" else {})}
        yield _new(f"{subject} of a name in use", f"{subject}/new", data)
        for language in ("x" * 300, "en", "zh-Hant", "-"):
            names = [{"name": "Other", "language": language, "use": "source"}]
            yield _changed(f"{name} in {language[:20]}", f"{subject}/{name}", names=names)


def _vocabularies() -> Iterator[Case]:
    stream = "chronology/hostile"
    yield _new("event, unknown kind", "event/new", {**EVENT, "kind": "none"})
    yield _changed("formation, unknown level", "formation/a", level="none")
    yield _changed("formation, unknown side", "formation/a", side="none")
    yield _changed("person, unknown side", "person/n", side="none")
    yield _changed("no kinds", stream, kinds={})
    yield _changed("no sides", stream, sides={})
    yield _changed("no levels", stream, levels=[])
    yield _changed("no dimensions", stream, dimensions={})
    yield _changed("no levels and dimensions", stream, levels=[], dimensions={})
    yield _changed("a level twice", stream, levels=[*CHRONOLOGY["levels"], *CHRONOLOGY["levels"]])
    names = ("day", "within", "place", "search", "lane", "db", "sort", "facet", "size", "where")
    for name in names:
        levels = [*CHRONOLOGY["levels"], {"id": name, "description": "L"}]
        dimensions = {"fronts": "front", "armies": name}
        yield _changed(f"the level {name}", stream, levels=levels, dimensions=dimensions)
    for name in (*names, "kind", "title", "rowid", "number", "chain", "person", "select", "index"):
        yield _changed(f"the dimension {name}", stream, dimensions={name: "army"})
    for count in (101, 400):
        dimensions = {f"d{n}": "army" for n in range(count)}
        yield _changed(f"{count} dimensions", stream, dimensions=dimensions)
    kinds = {f"k{n}": "K" for n in range(3_000)}
    yield _changed("3,000 kinds", stream, kinds={"battle": "B", **kinds})
    levels = [{"id": f"l{n}", "description": "L"} for n in range(3_000)]
    yield _changed("3,000 levels", stream, levels=[*CHRONOLOGY["levels"], *levels])


_STREAMS = (
    *("chronology/hostile", "source/s", "place/p", "place/q", "person/n", "formation/f"),
    *("formation/a", "event/e", "account/e-s-1"),
)


def _lives() -> Iterator[Case]:
    for stream in _STREAMS:
        retracted = (stream, "retracted", BECAUSE)
        corrected = (stream, "corrected", {"set": {"note": "new"}, **BECAUSE})
        subject = stream.partition("/")[0]
        again = (stream, "recorded", _again(subject))
        yield f"{stream} retracted", batch(retracted)
        yield f"{stream} retracted twice", batch(retracted, retracted)
        yield f"{stream} corrected afterwards", batch(retracted, corrected)
        yield f"{stream} recorded twice", batch(again)
        yield f"{stream} recorded again", batch(retracted, again)
        other = f"{subject}/none"
        yield f"{other} retracted", batch((other, "retracted", BECAUSE))
        yield f"{other} corrected", batch((other, "corrected", {"unset": ["note"], **BECAUSE}))
        yield f"{stream} unset", batch((stream, "corrected", {"unset": _REQUIRED, **BECAUSE}))
    for into in ("e", "none", "gone"):
        data = {"into": into, **BECAUSE}
        yield f"event/e moved into {into}", batch(("event/e", "retracted", data))
    yield _new("a second chronology", "chronology/new", CHRONOLOGY)
    second = ("chronology/new", "recorded", {**CHRONOLOGY, "dimensions": {"units": "army"}})
    gone = ("chronology/hostile", "retracted", BECAUSE)
    yield "another chronology", batch(gone, second)
    everything = [(stream, "retracted", BECAUSE) for stream in reversed(_STREAMS[1:])]
    yield "everything retracted", batch(*everything)


_REQUIRED = ["name", "title", "date", "kind", "event", "source", "at", "level", "window", "kinds"]


def _again(subject: str) -> dict[str, Any]:
    return {
        "chronology": CHRONOLOGY,
        "formation": {"name": "Again", **UNIT},
        "event": EVENT,
        "account": {"event": "e", "source": "s", "at": ["1"]},
    }.get(subject, {"name": "Again"})


def _batches() -> Iterator[Case]:
    place = row("1", "place/new", "recorded", {"name": "New"})
    event = row("2", "event/new", "recorded", EVENT)
    yield "no header", [place, event]
    yield "a header alone", [HEADER]
    yield "the header last", [place, HEADER]
    yield "two headers", [HEADER, place, {**HEADER, "record_id": "x/0"}, event]
    yield "records in disorder", [HEADER, {**event, "record_id": "x/9"}, place]
    again = [{**one, "batch": "first", "record_id": f"first/{n}"} for n, one in _numbered(place)]
    yield "a batch that goes on later", [HEADER, event, *again]
    for time in ("0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        yield f"recorded {time}", [{**one, "recorded_at": time} for one in (HEADER, place, event)]
        yield f"one recorded {time}", [HEADER, place, {**event, "recorded_at": time}]
    other = row("0", "batch/y", "recorded", {"format": 1, "note": hostile.TEXT})
    other = {**other, "record_id": "y/0", "batch": "y"}
    yield "batches in turn", [HEADER, other, place, {**event, "batch": "y", "record_id": "y/2"}]


def _numbered(*rows: Row) -> Iterable[tuple[int, Row]]:
    return enumerate(rows, 900)


def _amounts() -> Iterator[Case]:
    many = range(2_000)
    places = [{"place": "p", "role": "near"}, {"place": "q"}] * 1_000
    yield _new("an event with a place 2,000 times", "event/new", {**EVENT, "places": places})
    for field, name in (("formations", "a"), ("people", "n")):
        data = {**EVENT, field: [name] * 2_000}
        yield _new(f"an event with {field} 2,000 times", "event/new", data)
    distinct = [{"event": "e", "because": "so"} for _ in many]
    yield _new("an event distinct 2,000 times", "event/new", {**EVENT, "distinct": distinct})
    account = {"event": "e", "source": "s", "at": [f"¶{n}" for n in many]}
    yield _new("an account with 2,000 locators", "account/new", account)
    claims = {f"c{n}": str(n) for n in many}
    yield _new("an account with 2,000 claims", "account/new", {**account, "claims": claims})
    statements = [{**CITED, "says": "So."} for _ in many]
    names = [{"name": f"N {n}"} for n in many]
    for subject, name in (("place", "q"), ("person", "n"), ("formation", "a"), ("source", "s")):
        fields = {"names": names, "statements": statements, "note": "x" * 20_000}
        yield _changed(f"{subject} with 2,000 names", f"{subject}/{name}", **fields)
    attached = [{"to": "f", **CITED, "from": f"1944-10-{1 + n % 28:02}"} for n in many]
    commanders = [{"person": "n", **CITED} for _ in many]
    fields = {"attached": attached, "commanders": commanders}
    yield _changed("a formation with 2,000 ties", "formation/a", **fields)
    accounts = [
        (f"account/new-{n}", "recorded", {**account, "at": ["1"], "claims": {"tanks": str(n)}})
        for n in range(600)
    ]
    yield "an event with 600 disputed accounts", batch(*accounts)
