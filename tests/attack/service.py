"""A server over a copy of the chronology, and another visitor of it while an attack runs."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from chronology.web.query.selection import WARM_AFTER_S
from tests.attack.report import ROOT, Report, peak_mb

MEDIAN_LIMIT_MS = 300
WORST_LIMIT_MS = 2_000
MEMORY_LIMIT_MB = 300
"""The limits while one hostile client runs, on the committed chronology."""
_PAUSE_S = 0.05
# Some are in the cache; `{}` makes the others new each time.
_VISITED = (
    "/",
    "/timeline/events",
    "/timeline/events?_size={}",
    "/timeline/events/schneckenburger-killed?_={}",
    "/timeline/events.json?_shape=objects&_size={}",
    "/?_within=1944-10-{:02}",
    "/-/chronology/points.json?_front=3rd+Ukrainian+Front&_={}",
)


class Service:
    """A running server: its address, its process, and what its visitor waited for."""

    def __init__(self, url: str, pid: int) -> None:
        parts = urlsplit(url)
        self.url = url
        self.host, self.port = str(parts.hostname), int(parts.port or 80)
        self.pid = pid
        self.waits_ms: list[float] = []
        self.refusals: list[str] = []

    @contextmanager
    def visited(self) -> Iterator[None]:
        """Another visitor reads pages during the context; the waits are kept."""
        ended = threading.Event()
        visitor = threading.Thread(target=self._visit, args=(ended,))
        visitor.start()
        try:
            yield
        finally:
            ended.set()
            visitor.join()

    def _visit(self, ended: threading.Event) -> None:
        # Another address, since places are shared out by address.
        transport = httpx.HTTPTransport(local_address="127.0.0.2", trust_env=False)
        with httpx.Client(base_url=self.url, timeout=60, transport=transport) as client:
            for number in count():
                if ended.is_set():
                    return
                address = _VISITED[number % len(_VISITED)].format(1 + number % 28)
                started = time.monotonic()
                response = client.get(address)
                self.waits_ms.append((time.monotonic() - started) * 1_000)
                if response.status_code != 200:
                    self.refusals.append(f"{address} is {response.status_code} for a visitor")
                ended.wait(_PAUSE_S)

    def judge(self, report: Report) -> Report:
        """Adds the figures of the server and its visitor to a report, and what exceeds a limit."""
        report.peak_mb = peak_mb(self.pid)
        report.stall_ms = max(self.waits_ms, default=0)
        median = statistics.median(self.waits_ms) if self.waits_ms else 0
        report.findings += self.refusals
        for value, limit, figure in (
            (median, MEDIAN_LIMIT_MS, "ms: the median wait of another visitor"),
            (report.stall_ms, WORST_LIMIT_MS, "ms: the longest wait of another visitor"),
            (report.peak_mb, MEMORY_LIMIT_MB, "MB: the memory of the server"),
        ):
            if value > limit:
                report.findings.append(f"{value:,.0f} of {limit} {figure}")
        return report


@contextmanager
def service() -> Iterator[Service]:
    """A server over a copy of the committed chronology, with the settings of the repository."""
    from server import serving_process

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in ("timeline.db", "metadata.yml", "settings.json", "datasette.yaml"):
            shutil.copy(ROOT / file, folder)
        with serving_process(folder) as (client, process):
            # The first requests load templates and the index.
            for address in _VISITED:
                client.get(address.format(1))
            time.sleep(WARM_AFTER_S + 1)
            yield Service(str(client.base_url), process.pid)
