"""A page that is asked for again: how many a second, and whether any answer is stale.

Eight clients ask at once; they share the machine with the server. An answer is stale if it lacks
what a batch was acknowledged to have committed before the request was sent, while batches of one
event follow one another.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from threading import Event

import httpx

from benchmarks import files, generator, servers
from benchmarks.lines import Floor, Line, Measured
from benchmarks.measuring import CLIENTS, in_turns, requests_per_second
from benchmarks.pages import PAGE, fresh
from benchmarks.run import Run
from chronology.batches.batch import Batch
from chronology.batches.batch_reader import read_batch
from chronology.ingest import pipeline
from chronology.store.database import connect

LASTING_S = 3.0
REQUESTS = 5_000
NEWEST = "/timeline/events.json?_shape=objects&_sort_desc=position&_size=1&_nofacet=1"

Ask = Callable[[httpx.Client], None]


def _uncached(client: httpx.Client) -> None:
    client.get(fresh(PAGE)).raise_for_status()


def _again(client: httpx.Client) -> None:
    client.get(PAGE).raise_for_status()


def _beside_uncached(run: Run, size: int, ask: Ask) -> Measured:
    """Requests a second of eight clients: what may be kept, beside what was never asked for."""
    address = run.server(size).address
    return in_turns(
        lambda: requests_per_second(address, ask, LASTING_S),
        lambda: requests_per_second(address, _uncached, LASTING_S),
        runs=3,
    )


def again(run: Run, size: int) -> Measured:
    return _beside_uncached(run, size, _again)


def unchanged(run: Run, size: int) -> Measured:
    """Requests that say which answer the client has, as browsers do."""
    tag = run.ours(size).get(PAGE).headers.get("etag")
    if tag is None:
        return Measured([], failed="the page has no ETag")

    def ask(client: httpx.Client) -> None:
        answer = client.get(PAGE, headers={"If-None-Match": tag})
        if answer.status_code != httpx.codes.NOT_MODIFIED:
            raise RuntimeError(f"the page is unchanged and was answered with {answer.status_code}")

    return _beside_uncached(run, size, ask)


# Staleness ------------------------------------------------------------------------------------


class Feed:
    """Ingests one small batch after another; `committed` is the last position acknowledged."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self.stop = Event()
        self.committed = 0
        self.batches = 0

    def run(self) -> None:
        db = connect(self._database, write=True)
        try:
            while not self.stop.is_set():
                self.batches += 1
                batch = _batch(self.batches)
                self.committed = pipeline.ingest(db, batch).head.position
        finally:
            db.close()


def _batch(number: int) -> Batch:
    """One event more."""
    event = next(generator.events(1)) | {"event": f"added-{number}"}
    header = generator.header(f"added-{number}", 4, "One event more")
    lines = "".join(json.dumps(line) + "\n" for line in (header, event))
    return read_batch(BytesIO(lines.encode()), f"{number}.jsonl", "jsonl")


class Watcher:
    """A client that keeps its last answer, as a browser does, and tells which are stale."""

    def __init__(self, client: httpx.Client, feed: Feed) -> None:
        self._client = client
        self._feed = feed
        self._tag = ""
        self._position = 0
        self.states: set[int] = set()
        self.stale = 0
        self.errors = 0

    def ask(self) -> None:
        committed = self._feed.committed
        answer = self._client.get(NEWEST, headers={"If-None-Match": self._tag} if self._tag else {})
        if answer.status_code == httpx.codes.OK:
            self._tag = answer.headers.get("etag", "")
            self._position = answer.json()["rows"][0]["position"]
        elif answer.status_code != httpx.codes.NOT_MODIFIED:
            self.errors += 1
            return
        self.states.add(self._position)
        self.stale += self._position < committed


@contextmanager
def _served_copy(run: Run, size: int) -> Iterator[tuple[str, Path]]:
    with files.scratch() as folder:
        copy = Path(shutil.copytree(run.timeline(size).parent, folder / "copy"))
        with servers.serving(copy) as server:
            yield server.address, copy / "timeline.db"


def stale(run: Run, size: int) -> Measured:
    """Answers that lack what was acknowledged before they were asked for, out of 5,000."""
    with _served_copy(run, size) as (address, database), ThreadPoolExecutor(CLIENTS + 1) as pool:
        feed = Feed(database)
        feeding = pool.submit(feed.run)
        try:
            watchers = list(pool.map(lambda _: _watch(address, feed), range(CLIENTS)))
        finally:
            feed.stop.set()
        feeding.result()
    errors = sum(watcher.errors for watcher in watchers)
    states = len(set[int]().union(*(watcher.states for watcher in watchers)))
    found = Measured([float(sum(watcher.stale for watcher in watchers))])
    found.note = f"{REQUESTS:,} requests, {feed.batches} batches, {states} states seen"
    found.failed = f"{errors} errors" if errors else ""
    return found


def _watch(address: str, feed: Feed) -> Watcher:
    with servers.client(address) as client:
        watcher = Watcher(client, feed)
        for _ in range(REQUESTS // CLIENTS):
            watcher.ask()
        return watcher


LINES = (
    Line(
        *("caching-again", "A page asked for again, 8 clients", "/s", again),
        peer="never asked for before",
        floor=Floor(ratio=10),
    ),
    Line(
        *("caching-unchanged", "A page unchanged since (304), 8 clients", "/s", unchanged),
        peer="never asked for before",
        floor=Floor(ratio=10),
    ),
    Line(
        *("caching-stale", "Stale answers during ingest", "stale", stale),
        floor=Floor(most=0),
        sizes=(10_000,),
    ),
)
