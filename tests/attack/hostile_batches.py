"""Batches with huge, deep, odd and colliding content: refused with faults, or taken as a whole."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from typing import Any

from small_chronology import START

from chronology import projections
from chronology.batches.batch_reader import read_batch
from chronology.ingest.pipeline import ingest
from chronology.model.errors import BatchRefused
from chronology.store import log, verification
from chronology.store.database import connect
from tests.attack.report import Budget, Report

SECONDS = 10
HEADER = {"format": 1, "batch": "x", "recorded": "2026-01-02T00:00:00Z"}
EVENT = {"event": "e", "date": "1944-10-14", "title": "T", "kind": "battle"}
ACCOUNT = {"source": "one", "at": "1"}
CHRONOLOGY = {"title": "T", "window": "1944", "kinds": {"k": "K"}}


def run(budget: Budget) -> Report:
    report, started = Report(), time.monotonic()
    for name, batch, form in _cases():
        if report.cases >= budget.cases or time.monotonic() - started > budget.seconds:
            break
        report.cases += 1
        before = time.process_time()
        if finding := _try(batch, form):
            report.findings.append(f"{name}: {finding}")
        if time.process_time() - before > SECONDS:
            report.findings.append(f"{name}: {time.process_time() - before:.0f} s")
    return report


def _try(batch: bytes, form: str) -> str | None:
    db = connect(":memory:", write=True)
    ingest(db, read_batch(io.BytesIO(START.encode()), "start", "yml"))
    before = log.head(db)
    try:
        ingest(db, read_batch(io.BytesIO(batch), "x", form))
    except BatchRefused as error:
        if log.head(db) != before:
            return "refused, but something was appended"
        return None if len(str(error)) < 1_000_000 else "a message of more than 1 MB"
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:200]}"
    faults = verification.record_faults(db) + projections.verify(db)
    return f"taken, but not verified: {faults}" if faults else None


def lines(*records: Any) -> bytes:
    return "\n".join(json.dumps(record) for record in (HEADER, *records)).encode()


def _cases() -> Iterator[tuple[str, bytes, str]]:
    for name, records in _records():
        yield name, lines(*records), "jsonl"
    yield from _files()


def _records() -> Iterator[tuple[str, list[Any]]]:
    many = range(20_000)
    ties = [{"to": "f3", "source": "one", "at": "1"}]
    formation = {"level": "corps", "side": "soviet"}
    yield (
        "a chain of formations",
        [
            {
                "formation": f"x{n}",
                "name": f"X {n}",
                **formation,
                "attached": [{**ties[0], "to": f"x{n - 1}" if n else "f3"}],
            }
            for n in range(3_000)
        ],
    )
    yield (
        "a circle of formations",
        [
            {
                "formation": f"x{n}",
                "name": f"X {n}",
                **formation,
                "attached": [{**ties[0], "to": f"x{(n + 1) % 1_000}"}],
            }
            for n in range(1_000)
        ],
    )
    yield (
        "a circle of places",
        [
            {"place": f"x{n}", "name": f"X {n}", "within": f"x{(n + 1) % 3_000}"}
            for n in range(3_000)
        ],
    )
    yield "unknown places", [{**EVENT, "places": [f"p{n}" for n in many]}]
    yield "unknown fields", [{**EVENT, **{f"f{n}": 1 for n in many}}]
    yield "places twice", [{**EVENT, "places": ["nis"] * 20_000}]
    yield "many accounts", [{**EVENT, "accounts": [ACCOUNT] * 5_000}]
    yield (
        "many claims",
        [{**EVENT, "accounts": [{**ACCOUNT, "claims": {f"c{n}": n for n in many}}]}],
    )
    yield "many locators", [{**EVENT, "accounts": [{**ACCOUNT, "at": ["x"] * 20_000}]}]
    yield (
        "many corrections",
        [
            EVENT,
            *(
                {"correct": "event/e", "set": {"title": f"T {n}"}, "because": "x"}
                for n in range(500)
            ),
        ],
    )
    yield "a large set of dates", [{**EVENT, "date": f"[{','.join(['1944-10-01'] * 90)}]"}]
    yield "deep nesting", [json.loads("[" * 900 + "]" * 900)]
    for name in ("id", "number", "kind", "rowid", "_where", "order", "select", "group", "a" * 41):
        for key in ("levels", "dimensions", "kinds", "sides"):
            declared = {"levels": {"front": "F"}, key: {name: "front"}}
            change = {"correct": "chronology/test", "set": {**CHRONOLOGY, **declared}}
            yield f"{name} among {key}", [{**change, "because": "x"}]
    columns = {f"c{n}": "front" for n in range(3_000)}
    change = {"correct": "chronology/test", "set": {"dimensions": columns}, "because": "x"}
    yield "3,000 dimensions", [change]
    for value in (float("nan"), 1e999, -1, "9" * 5_000, True, None, [[]], {"a": {}}, "\ud800"):
        for field in EVENT:
            yield f"{field} = {str(value)[:20]!a}", [{**EVENT, field: value}]


def _files() -> Iterator[tuple[str, bytes, str]]:
    start = b"format: 1\nbatch: x\nrecorded: 2026-01-02T00:00:00Z\n"
    yield "no header", b"[]", "jsonl"
    yield "binary", bytes(range(256)) * 100, "jsonl"
    yield "a long line", b"x" * (2 << 20), "jsonl"
    yield "aliases", start + b"records: &a [*a, *a]\n", "yml"
    yield "deep YAML", start + b"records: " + b"[" * 5_000, "yml"
    yield "deep mappings", start + b"records: " + b"{a: " * 5_000, "yml"
    yield "tags", start + b"records: [!!python/object/apply:os.system ['true']]\n", "yml"
    yield "a key that is a list", start + b"? [a]\n: b\n", "yml"
    yield "many documents", start + b"---\n" * 10_000, "yml"
    yield "UTF-16", (start + b"records: []").decode().encode("utf-16"), "yml"
    yield "one column", b"id\n" * 10_000, "csv"
    for form in ("yml", "jsonl"):
        yield f"empty {form}", b"", form
        yield f"NUL in {form}", b"\0" * 10_000, form
