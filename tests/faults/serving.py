"""`python -m tests.faults.serving [EVENTS]`: the responses of Datasette during writes.

Two writers ingest the same folder, and then the tables are rebuilt. Exits with 1 if any response
has another status than 200.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import time
from contextlib import closing, redirect_stdout
from pathlib import Path
from threading import Event, Thread

import datasette
import httpx

from chronology.store import verification
from chronology.store.database import connect
from tests import server
from tests.faults.case import SIZE, text

ADDRESSES = (
    "/",
    "/timeline/events.json?_shape=array",
    "/timeline/events?_front=f3",
    "/timeline/log.json?_size=10&_sort=position",
    "/timeline/events.csv",
    "/timeline/places.json",
)
READERS = 2
WRITERS = 2


class Readers:
    """Threads that request one page after another until `close`."""

    def __init__(self, url: httpx.URL) -> None:
        self.url = url
        self.stop = Event()
        self.statuses: list[int] = []
        self.seconds: list[float] = []
        self.threads = [
            Thread(target=self._request_pages, args=(number,)) for number in range(READERS)
        ]
        for thread in self.threads:
            thread.start()

    def _request_pages(self, start: int) -> None:
        with httpx.Client(base_url=self.url, timeout=60, trust_env=False) as client:
            while not self.stop.is_set():
                for address in (*ADDRESSES[start:], *ADDRESSES[:start]):
                    started = time.monotonic()
                    self.statuses.append(client.get(address).status_code)
                    self.seconds.append(time.monotonic() - started)

    def close(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()


def main(events: int) -> int:
    with tempfile.TemporaryDirectory(prefix="chronology-") as place, redirect_stdout(io.StringIO()):
        folder = server.publish(Path(place) / "folder", {"0000.jsonl": text(0)})
        (folder / "events" / "0001.jsonl").write_text(text(1, events), "utf-8")
        with server.serving(folder) as client, closing(Readers(client.base_url)) as readers:
            _together([["ingest.py"]] * WRITERS, folder)
            _together([["-m", "chronology.cli", "rebuild"]], folder)
        with closing(connect(folder / "timeline.db")) as db:
            records = verification.verify(db).position
    errors = sum(status != 200 for status in readers.statuses)
    print("| served by Datasette | records | requests | errors | slowest, s |")
    print("|---|---:|---:|---:|---:|")
    figures = f"{records:,} | {len(readers.statuses):,} | {errors} | {max(readers.seconds):.1f}"
    print(f"| {datasette.__version__} | {figures} |")
    return 1 if errors or records != SIZE + 1 + events else 0


def _together(commands: list[list[str]], folder: Path) -> None:
    """Runs commands at the same time; each must succeed."""
    processes = [
        subprocess.Popen(
            [sys.executable, *command],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for command in commands
    ]
    for process in processes:
        output, _ = process.communicate(timeout=300)
        assert process.returncode == 0, output


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 1_000))
