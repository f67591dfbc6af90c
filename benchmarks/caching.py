"""A page that is requested again: requests per second, and stale responses.

Eight concurrent clients share the machine with the server. Meanwhile, batches of one event are
ingested one after another. A response is stale if it lacks an event whose commit was acknowledged
before the request was sent.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from io import BytesIO
from pathlib import Path
from threading import Event

import httpx

from benchmarks import files, generator, servers
from benchmarks.benchmark import Benchmark, Floor, Measurement
from benchmarks.measuring import CLIENTS, measure_in_turns, request_rate
from benchmarks.pages import PAGE, uncached_path
from benchmarks.run import Run
from chronology.batches.batch import Batch
from chronology.batches.batch_reader import read_batch
from chronology.ingest import pipeline
from chronology.store.database import connect

DURATION_S = 3.0
REQUESTS = 5_000
NEWEST = "/timeline/events.json?_shape=objects&_sort_desc=position&_size=1&_nofacet=1"

Request = Callable[[httpx.Client], None]


def _request_uncached(client: httpx.Client) -> None:
    client.get(uncached_path(PAGE)).raise_for_status()


def _request_page(client: httpx.Client) -> None:
    client.get(PAGE).raise_for_status()


def _against_uncached(run: Run, size: int, request: Request) -> Measurement:
    """Requests per second of eight clients, compared with requests for uncached pages."""
    address = run.server(size).address
    return measure_in_turns(
        lambda: request_rate(address, request, DURATION_S),
        lambda: request_rate(address, _request_uncached, DURATION_S),
        runs=3,
    )


def cached(run: Run, size: int) -> Measurement:
    return _against_uncached(run, size, _request_page)


def unchanged(run: Run, size: int) -> Measurement:
    """Requests with the ETag of the client's copy, as browsers send them."""
    tag = run.ours(size).get(PAGE).headers.get("etag")
    if tag is None:
        return Measurement([], failed="the page has no ETag")

    def request(client: httpx.Client) -> None:
        response = client.get(PAGE, headers={"If-None-Match": tag})
        if response.status_code != httpx.codes.NOT_MODIFIED:
            raise RuntimeError(f"expected 304 for an unchanged page, not {response.status_code}")

    return _against_uncached(run, size, request)


# Staleness ------------------------------------------------------------------------------------


class Writer:
    """Ingests one small batch after another; `committed` is the last acknowledged position."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self.stop = Event()
        self.committed = 0
        self.batches = 0

    def run(self) -> None:
        with closing(connect(self._database, write=True)) as db:
            while not self.stop.is_set():
                self.batches += 1
                batch = _batch(self.batches)
                self.committed = pipeline.ingest(db, batch).head.position


def _batch(number: int) -> Batch:
    """A batch of one new event."""
    event = next(generator.events(1)) | {"event": f"added-{number}"}
    header = generator.header(f"added-{number}", 4, "One more event")
    lines = "".join(json.dumps(line) + "\n" for line in (header, event))
    return read_batch(BytesIO(lines.encode()), f"{number}.jsonl", "jsonl")


class Reader:
    """A client with a cache of one response, as a browser has it; counts stale responses."""

    def __init__(self, client: httpx.Client, writer: Writer) -> None:
        self._client = client
        self._writer = writer
        self._tag = ""
        self._position = 0
        self.states: set[int] = set()
        self.stale = 0
        self.errors = 0

    def request(self) -> None:
        committed = self._writer.committed
        headers = {"If-None-Match": self._tag} if self._tag else {}
        response = self._client.get(NEWEST, headers=headers)
        if response.status_code == httpx.codes.OK:
            self._tag = response.headers.get("etag", "")
            self._position = response.json()["rows"][0]["position"]
        elif response.status_code != httpx.codes.NOT_MODIFIED:
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


def stale(run: Run, size: int) -> Measurement:
    """Stale responses to 5,000 requests."""
    with _served_copy(run, size) as (address, database), ThreadPoolExecutor(CLIENTS + 1) as pool:
        writer = Writer(database)
        writing = pool.submit(writer.run)
        try:
            readers = list(pool.map(lambda _: _read(address, writer), range(CLIENTS)))
        finally:
            writer.stop.set()
        writing.result()
    errors = sum(reader.errors for reader in readers)
    states = len(set[int]().union(*(reader.states for reader in readers)))
    return Measurement(
        [float(sum(reader.stale for reader in readers))],
        note=f"{REQUESTS:,} requests, {writer.batches} batches, {states} states seen",
        failed=f"{errors} errors" if errors else "",
    )


def _read(address: str, writer: Writer) -> Reader:
    with servers.client(address) as client:
        reader = Reader(client, writer)
        for _ in range(REQUESTS // CLIENTS):
            reader.request()
        return reader


BENCHMARKS = (
    Benchmark(
        *("caching-again", "A page requested again, 8 clients", "/s", cached),
        peer="uncached pages",
        floor=Floor(ratio=10),
    ),
    Benchmark(
        *("caching-unchanged", "An unchanged page (304), 8 clients", "/s", unchanged),
        peer="uncached pages",
        floor=Floor(ratio=10),
    ),
    Benchmark(
        *("caching-stale", "Stale responses during ingest", "stale", stale),
        floor=Floor(most=0),
        sizes=(10_000,),
    ),
)
