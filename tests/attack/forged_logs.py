"""Logs of peers with valid digests, in which each field of each record is malformed in turn.

Whatever copying accepts, ingesting a file with the same content has to accept too.
"""

from __future__ import annotations

import io
import json
import sqlite3
import time
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import hostile
from peers import Row, chained, rows_of

from chronology import projections
from chronology.batches.batch_reader import read_batch
from chronology.ingest import replication
from chronology.ingest.pipeline import ingest
from chronology.model.errors import BatchRefused
from chronology.store import verification
from chronology.store.database import connect
from chronology.store.log import Entry
from tests.attack.report import Budget, Report

RECORDED = "2026-01-02T00:00:00Z"
SUBJECTS = ("chronology", "source", "place", "tag", "person", "formation", "event", "account")
ENVELOPE = ("record_id", "stream", "type", "recorded_at", "batch", "data")
VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, 1e308, 2**70, [], {}, [[]], [None], {"": ""}, {"a": None}, [{}]),
    *("", " ", " x ", "x", "a\nb", "a\x00b", "a\x1bb", "\x85", "\u2028", "e\u0301", "\ufeff"),
    *("x" * 81, "x" * 301, "x" * 20_001, "a-" * 250 + "a", "-", "A", "../x", "1"),
    *("9999-99-99T99:99:99Z", "9999-12-31T23:59:59Z", "1944-02-30", "1944-13", "2026-01-02"),
    *("http://", "javascript:alert(1)", "id", "_where", "number", "nis"),
)


class ForgedPeer(replication.Peer):
    """A peer in this process, with the rows of a log."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.name = "peer"

    def after(self, position: int, sizes: Any = ("max",)) -> list[Entry]:
        end = position + 1 if sizes[0] == "1" else None
        return [Entry(**row) for row in self.rows[position:end]]


def run(budget: Budget) -> Report:
    report, started = Report(), time.monotonic()
    base = base_log()
    forged = list(cases())
    budget.random().shuffle(forged)
    for name, records in forged[: budget.cases]:
        if time.monotonic() - started > budget.seconds:
            break
        report.cases += 1
        try:
            if finding := _try(base, records):
                report.findings.append(f"{name}: {finding}")
        except Exception as error:
            report.findings.append(f"{name}: {type(error).__name__}: {error}"[:300])
    return report


def base_log() -> sqlite3.Connection:
    """A valid log in memory, with a record of each subject."""
    base = connect(":memory:", write=True)
    for name, text in hostile.batches().items():
        ingest(base, read_batch(io.BytesIO(text.encode()), name, "jsonl"))
    return base


def _try(base: sqlite3.Connection, records: list[Row]) -> str | None:
    """Follows a log with some more records; the finding if it is accepted wrongly."""
    copy = connect(":memory:", write=True)
    base.backup(copy)
    before = copy.total_changes
    try:
        rows = chained([*rows_of(base), *records])
        replication.follow(copy, ForgedPeer(rows))
    except (replication.PeerRefused, UnicodeEncodeError):
        return None if rows_of(copy) == rows_of(base) else "refused, but something was appended"
    finally:
        assert copy.total_changes >= before
    if not _is_ingested(base, records):
        return "copied, but not ingested"
    verification.verify(copy)
    faults = verification.schema_faults(copy) + projections.verify(copy)
    return f"copied, but not verified: {faults}" if faults else None


def _is_ingested(base: sqlite3.Connection, records: list[Row]) -> bool:
    other = connect(":memory:", write=True)
    base.backup(other)
    header, *rest = records
    lines = [{**json.loads(header["data"]), "batch": header["batch"], "recorded": RECORDED}]
    for record in rest:
        subject, _, name = record["stream"].partition("/")
        data, action = json.loads(record["data"]), record["type"].partition(".")[2]
        verb = {"corrected": "correct", "retracted": "retract"}.get(action)
        lines.append({verb: record["stream"], **data} if verb else {subject: name, **data})
    text = "\n".join(map(json.dumps, lines)).encode()
    try:
        ingest(other, read_batch(io.BytesIO(text), "batch", "jsonl"))
    except BatchRefused:
        return False
    return True


def row(number: str, stream: str, action: str, data: Any) -> Row:
    """The record of a batch `x`, without its position, version and digest."""
    subject = stream.partition("/")[0]
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    fields = {"record_id": f"x/{number}", "stream": stream, "type": f"{subject}.{action}"}
    return {**fields, "recorded_at": RECORDED, "batch": "x", "data": text}


def _records() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """A valid record of each subject and action: its stream, its action and its data."""
    for raw in deepcopy(hostile.FIRST[1:]):
        subject = next(key for key in raw if key in SUBJECTS)
        raw.pop("accounts", None)
        raw["name" if "name" in raw else "title"] = "new"
        yield f"{subject}/new-{raw.pop(subject)}", "recorded", raw
    yield "account/new", "recorded", {**hostile.ACCOUNT, "event": "e", "claims": {"tanks": "160"}}
    because = {"because": "so"}
    for stream, field in (
        ("event/e", "title"),
        ("source/s", "note"),
        ("chronology/hostile", "title"),
    ):
        yield stream, "corrected", {"set": {field: "new"}, "unset": [], **because}
    yield "event/e", "corrected", {"unset": ["summary"], **because}
    yield "event/e", "retracted", because
    yield "account/e-s-1", "retracted", because


def cases() -> Iterator[tuple[str, list[Row]]]:
    """The name of each case, and the records after those of the base."""
    header = row("0", "batch/x", "recorded", {"format": 1, "note": "new"})
    for path, data in _mutations({"format": 1, "note": "new"}):
        place = row("1", "place/new", "recorded", {"name": "new"})
        yield f"header {path}", [row("0", "batch/x", "recorded", data), place]
    for stream, action, data in _records():
        yield f"{stream} {action}", [header, row("1", stream, action, data)]
        for path, mutated in _mutations(data):
            name = f"{stream} {action} {path}"
            yield name, [header, row("1", stream, action, mutated)]
        for field in ENVELOPE:
            for value in VALUES:
                if isinstance(value, str):
                    record = {**row("1", stream, action, data), field: value}
                    yield f"{stream} {action} {field} = {value[:20]!r}", [header, record]
                    name = f"header {field} = {value[:20]!r}"
                    yield name, [{**header, field: value}, row("1", stream, action, data)]


def _mutations(data: Any) -> Iterator[tuple[str, Any]]:
    """The data with one value replaced, removed or added, at every depth."""
    for path in _paths(data):
        for value in (*VALUES, "remove"):
            mutated = deepcopy(data)
            at = mutated
            for key in path[:-1]:
                at = at[key]
            if value == "remove":
                del at[path[-1]]
            else:
                at[path[-1]] = value
            yield f"{'.'.join(map(str, path))} = {str(value)[:20]!r}", mutated
    for value in VALUES:
        yield f"unknown = {str(value)[:20]!r}", {**data, "unknown": value}


def _paths(data: Any) -> Iterator[tuple[Any, ...]]:
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in items:
        yield (key,)
        if isinstance(value, (dict, list)):
            yield from ((key, *rest) for rest in _paths(value))
