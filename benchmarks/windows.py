"""Windows from eight hours to 19,998 years, with 10,000 events each.

The home page is measured uncompressed. Processor time is that of the server, for pages that no
cache has. The file is compared with that of a window of one year.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import NamedTuple

import httpx
import psutil

from benchmarks import files, servers
from benchmarks.benchmark import Benchmark, Floor, Measurement
from benchmarks.run import Run

EVENTS = 10_000
VERSION = 1
"""Raised whenever the same windows get other events."""
SAMPLES = 5
KINDS = ("cause", "change", "report", "effect", "answer")
PLACES = 200
_MINUTES_A_DAY = 1_440


class Window(NamedTuple):
    """A window of whole years, or of some hours without any years."""

    name: str
    first_year: int
    years: int
    hours: int = 0

    @property
    def text(self) -> str:
        if self.hours:
            return f"{self.first_year}-03-01T00:00Z/{self.first_year}-03-01T{self.hours:02}:00Z"
        return f"{_year(self.first_year)}/{_year(self.first_year + self.years - 1)}"

    def date(self, chance: random.Random) -> str:
        """A date in the window: mostly exact, some vague, lasting or open."""
        if self.hours:
            minute = chance.randrange(60 * self.hours)
            return f"{self.first_year}-03-01T{minute // 60:02}:{minute % 60:02}Z"
        year = _year(chance.randrange(self.first_year, self.first_year + self.years))
        day = f"{year}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
        forms = (day, day, day, day, day, day, day[:-3], year, f"{day}/{year}-12-31", f"{day}/..")
        return chance.choice(forms)


def _year(year: int) -> str:
    return f"{'-' if year < 0 else ''}{abs(year):04}"


WINDOWS = (
    Window("8 hours", 2023, 0, 8),
    Window("1 year", 1950, 1),
    Window("60 years", 1940, 60),
    Window("1,500 years", 500, 1_500),
    Window("10,000 years", -8_000, 10_000),
    Window("19,998 years", -9_999, 19_998),
)
_REFERENCE = WINDOWS[1]
_new = count()


def folder(window: Window, report_progress: files.Progress) -> Path:
    """A folder to serve, with the ingested events of a window."""
    name = f"{window.name.replace(' ', '-').replace(',', '')}-{VERSION}-{files.code_digest()}"
    path = files.BUILD / "windows" / name
    if not path.exists():
        report_progress(f"ingesting {EVENTS:,} events in a window of {window.name} (once)")
        part = path.with_name(f"{name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        batch = part / "events.jsonl"
        batch.write_text("".join(f"{json.dumps(line)}\n" for line in _lines(window)), "utf-8")
        command = ("ingest", str(batch), "--db", str(part / "timeline.db"), "--quiet")
        subprocess.run([*files.CHRONOLOGY, *command], check=True)
        batch.unlink()
        part.rename(path)
    return path


def _lines(window: Window) -> Iterator[dict[str, object]]:
    chance = random.Random(16)
    yield {"format": 1, "batch": "window", "recorded": "2026-01-01T00:00:00Z"}
    kinds = {kind: f"Events of the kind {kind}" for kind in KINDS}
    yield {"chronology": "window", "title": window.name, "window": window.text, "kinds": kinds}
    yield {"source": "book", "name": "The book"}
    for number in range(PLACES):
        latitude, longitude = chance.uniform(-60, 70), chance.uniform(-179, 179)
        place = {"latitude": round(latitude, 4), "longitude": round(longitude, 4)}
        yield {"place": f"p{number}", "name": f"Place {number}", **place}
    for number in range(EVENTS):
        yield {
            "event": f"e{number}",
            "date": window.date(chance),
            "title": f"Event {number} of the window",
            "kind": chance.choice(KINDS),
            "places": [f"p{int(PLACES * chance.random() ** 3)}"],
            "accounts": [{"source": "book", "at": str(number)}],
        }


# Measuring ------------------------------------------------------------------------------------


@contextmanager
def _serving(run: Run, window: Window) -> Iterator[tuple[httpx.Client, servers.Server]]:
    path = folder(window, run.report_progress)
    with servers.serving(path) as server, servers.client(server.address) as client:
        # Compiles the templates and loads the index.
        for page in ("/", "/timeline/events"):
            client.get(page).raise_for_status()
        yield client, server


def page_size(window: Window, run: Run, size: int) -> Measurement:
    with _serving(run, window) as (client, _):
        page = client.get("/", headers={"accept-encoding": "identity"})
        return Measurement([len(page.content) / 1e3])


def processor_time(window: Window, paths: Sequence[str], run: Run, size: int) -> Measurement:
    """The mean of each sample, since the system counts processor time in steps of 10 ms."""
    with _serving(run, window) as (client, server):
        process = psutil.Process(server.process_id)
        samples = []
        for _ in range(SAMPLES):
            before = sum(process.cpu_times()[:2])
            for path in paths:
                client.get(f"{path}&_new={next(_new)}").raise_for_status()
            spent = sum(process.cpu_times()[:2]) - before
            samples.append(1_000 * spent / len(paths))
        return Measurement(samples)


def file_size(window: Window, run: Run, size: int) -> Measurement:
    ours, peer = (
        (folder(each, run.report_progress) / "timeline.db").stat().st_size / 1e6
        for each in (window, _REFERENCE)
    )
    return Measurement([ours], [peer])


HOME = tuple(f"/?kind={kind}" for kind in KINDS)
LIST = tuple(f"/timeline/events?kind={kind}" for kind in KINDS)
Measure = Callable[[Run, int], Measurement]


def _benchmarks(window: Window) -> Iterator[Benchmark]:
    name = window.name.replace(" ", "-").replace(",", "")

    def benchmark(what: str, operation: str, unit: str, measure: Measure, most: float) -> Benchmark:
        return Benchmark(
            *(f"windows-{what}-{name}", f"{operation}, {window.name}", unit, measure),
            floor=Floor(most=most),
            sizes=(EVENTS,),
        )

    yield benchmark("page", "The home page", "KB", partial(page_size, window), 120)
    home, listed = (partial(processor_time, window, paths) for paths in (HOME, LIST))
    yield benchmark("home", "Its processor time", "ms", home, 150)
    yield benchmark("list", "Processor time of the list", "ms", listed, 100)
    yield Benchmark(
        *(f"windows-file-{name}", f"Size of the file, {window.name}", "MB"),
        partial(file_size, window),
        *("a window of one year", Floor(ratio=0.8), (EVENTS,)),
    )


BENCHMARKS = tuple(benchmark for window in WINDOWS for benchmark in _benchmarks(window))
