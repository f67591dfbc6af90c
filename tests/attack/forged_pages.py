"""Pages and files of any log that `verify` accepts: none is a server error, and none breaks off.

The records are written straight into the log, as a hostile file has them, and not through
ingesting. What `verify` finds is left out; everything else is served and read whole.
"""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
from datasette.app import Datasette
from in_process import client_of
from peers import Row, chained, rows_of

from chronology import projections
from chronology.store import verification
from chronology.store.database import connect, transaction
from chronology.store.log import Entry
from chronology.web.permissions import TABLES
from scripts.api_catalogue import ADDRESSES, Address
from tests.attack import forged_logs, forged_structures
from tests.attack.report import Budget, Report

SUBJECTS = ("events", "sources", "places", "people", "formations", "tags")
ROWS_OF_EACH = 2
"""The rows of each table whose pages are read: the newest ones."""
_EXPECTED = (200, 302, 400, 404, 410)


def run(budget: Budget) -> Report:
    report, ends = Report(), time.monotonic() + budget.seconds
    base = forged_logs.base_log()
    cases = [*forged_structures.cases(), *forged_logs.cases()]
    budget.random().shuffle(cases)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "timeline.db"
        assert write(path, base, [])
        with crawler(path) as crawl:
            for name, records in cases:
                if report.cases >= budget.cases or time.monotonic() > ends:
                    break
                if write(path, base, records):
                    report.cases += 1
                    report.findings += [f"{name}: {finding}" for finding in crawl()]
    return report


def write(path: Path, base: sqlite3.Connection, records: list[Row]) -> bool:
    """Replaces a file by one with a log and its tables, if `verify` finds nothing wrong with it.

    Returns whether it did.
    """
    new = path.with_name("new")
    new.unlink(missing_ok=True)
    with closing(connect(new, write=True)) as db:
        try:
            entries = [Entry(**row) for row in chained([*rows_of(base), *records])]
            with transaction(db):
                db.executemany("INSERT INTO log VALUES (?,?,?,?,?,?,?,?,?)", entries)
                projections.rebuild(db)
        except (*projections.UNFIT, sqlite3.DatabaseError):
            return False
        verification.verify(db)
        faults = [*verification.record_faults(db), *verification.schema_faults(db)]
        if faults or projections.verify(db) or not projections.position(db):
            return False  # Without a chronology there are no pages.
    new.replace(path)
    return True


class _Watched:
    """An application that keeps the exceptions that reach the server, and unfinished responses."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.findings: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        is_whole = False

        async def watched(message: Any) -> None:
            nonlocal is_whole
            is_whole = message["type"] == "http.response.body" and not message.get("more_body")
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            self.findings.append(f"{type(error).__name__}: {error}"[:200])
        if not is_whole:
            self.findings.append("the response broke off")


@contextmanager
def crawler(path: Path) -> Iterator[Callable[[], Iterator[str]]]:
    """A function that reads all addresses of a served file, which may be replaced meanwhile.

    It gives a line for each that is a server error, malformed or incomplete.
    """
    watched: list[_Watched] = []

    def watch(app: Any) -> _Watched:
        watched.append(_Watched(app))
        return watched[0]

    settings = {"default_allow_sql": False, "num_sql_threads": 1}
    with client_of(Datasette([str(path)], settings=settings), watch) as client:
        yield lambda: _crawl(path, client, watched[0].findings)


def _crawl(path: Path, client: httpx.Client, noted: list[str]) -> Iterator[str]:
    with closing(connect(path)) as db:
        addresses = list(_addresses(db))
        (events,) = db.execute("SELECT count(*) FROM events").fetchone()
    for address in addresses:
        try:
            finding = _finding(client.get(address), address, events)
        except Exception as error:  # The application responds nothing, or not to the end.
            finding = f"no response: {type(error).__name__}"
        for text in (*noted, *([finding] if finding else ())):
            yield f"{address}: {text}"
        noted.clear()


def _addresses(db: sqlite3.Connection) -> Iterator[str]:
    """All own addresses, those of rows for some of these, and all tables."""
    (head,) = db.execute("SELECT max(position) FROM log").fetchone()
    rows = {table: _ids(db, table) for table in SUBJECTS}
    for address in ADDRESSES:
        for path in _paths(address, rows):
            yield path
            for query in _queries(address, head):
                yield f"{path}?{query}"
    for table in TABLES:
        for form in ("", ".json?_shape=objects&_labels=on&_size=max", ".csv?_stream=on"):
            yield f"/timeline/{table}{form}"
    for table, ids in rows.items():
        yield from (f"/timeline/{table}/{name}.json" for name in ids)
    columns = [row[1] for row in db.execute("PRAGMA table_info(events)")]
    facets = "&".join(f"_facet={column}" for column in columns[:20])
    yield f"/timeline/events.json?_facet_size=max&{facets}"


def _ids(db: sqlite3.Connection, table: str) -> list[str]:
    rows = db.execute(f"SELECT id FROM {table} ORDER BY rowid DESC LIMIT {ROWS_OF_EACH}")
    return [name for (name,) in rows]


def _paths(address: Address, rows: dict[str, list[str]]) -> Iterator[str]:
    path = address.path.replace("NAME", "timeline").replace("FILE", f"{'0' * 64}.png")
    if "ID" not in path:
        yield path
        return
    yield from (path.replace("ID", name) for name in rows[path.split("/")[2]])


def _queries(address: Address, head: int) -> Iterator[str]:
    values = {
        "_as_of": (str(head - 1),),
        "_day": ("1944-10-14", "0001-01-01"),
        "_lane": ("armies", "kind"),
        "_within": ("1944-10",),
        "_certain": ("1944",),
        "_army": ("a",),
        "_place": ("p",),
        "_by": ("passage", "time"),
        "_search": ("new",),
    }
    # A file shows the same events in the same way, whatever selects them.
    is_file = "events." in address.path and not address.path.endswith(".json")
    for name in ("_as_of",) if is_file else address.parameters:
        yield from (f"{name}={value}" for value in values.get(name, ()))


def _finding(response: httpx.Response, address: str, events: int) -> str | None:
    status = response.status_code
    if status not in _EXPECTED and not (status == 503 and "retry-after" in response.headers):
        return f"status {status}"
    ending = address.partition("?")[0].rpartition("/")[2].rpartition(".")[2]
    if status != 200:
        # Every address that does not choose is of something that the file has; it has no media.
        is_own = "?" not in address and not address.startswith(("/-/", "/timeline/media/"))
        return f"status {status}" if is_own and status != 302 else None
    try:
        if ending in ("json", "geojson", "jsonld", "timelinejs"):
            json.loads(response.text)
        elif ending == "atom":
            ElementTree.fromstring(response.content)
        elif address == "/timeline/events.csv":
            count = len(list(csv.reader(io.StringIO(response.text)))) - 1
            return f"{count} rows of {events}" if count != events else None
        elif ending == "ics" and not response.text.endswith("END:VCALENDAR\r\n"):
            return "the calendar has no end"
    except (ValueError, ElementTree.ParseError, csv.Error) as error:
        return f"malformed: {error}"
    return None
