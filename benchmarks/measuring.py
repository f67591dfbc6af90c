"""Measuring: ours and a peer in turns, peak memory, requests in a second."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from resource import RUSAGE_CHILDREN, getrusage
from time import perf_counter

import httpx
import psutil

from benchmarks import servers
from benchmarks.files import PYTHON
from benchmarks.lines import Measured

RUNS, PEER_RUNS = 5, 3
BUDGET_S = 60.0
"""Once a side has taken so long, its further runs are left out."""
LOOK_EVERY_S = 0.05
CLIENTS = 8

Sample = Callable[[], float]


class GaveUp(Exception):
    """A peer that is absent or did not answer; `bound` is what it would only have exceeded."""

    def __init__(self, why: str, bound: float | None = None) -> None:
        super().__init__(why)
        self.bound = bound


@dataclass(slots=True)
class _Side:
    sample: Sample
    runs: int
    budget_s: float
    samples: list[float] = field(default_factory=list)

    def take(self) -> None:
        if len(self.samples) < self.runs and self.budget_s > 0:
            self.budget_s -= seconds(lambda: self.samples.append(self.sample()))


def seconds(action: Callable[[], object]) -> float:
    """How long an action takes."""
    start = perf_counter()
    action()
    return perf_counter() - start


def in_turns(
    ours: Sample,
    peer: Sample | None = None,
    *,
    runs: int = RUNS,
    peer_runs: int = PEER_RUNS,
    budget_s: float = BUDGET_S,
) -> Measured:
    """Samples of both, one after the other, so that a busy moment of the machine meets both.

    A peer that raises `GaveUp` is asked no more; its bound, if it has one, is its sample.
    """
    mine, other = _Side(ours, runs, budget_s), None
    if peer:
        other = _Side(peer, peer_runs, budget_s)
    found = Measured(mine.samples)
    for _ in range(max(runs, peer_runs)):
        mine.take()
        if other:
            try:
                other.take()
            except GaveUp as error:
                found.note, other = str(error), None
                if error.bound is not None:
                    found.peer, found.peer_bound = [error.bound], True
    if other:
        found.peer = other.samples
    return found


def run(*command: str) -> float:
    """Seconds that a module of Python takes as a process of its own."""
    asked = [PYTHON, "-m", *command]
    return seconds(lambda: subprocess.run(asked, check=True, stdout=subprocess.DEVNULL))


def processor_time(*command: str) -> float:
    """Processor seconds that a module of Python takes as a process of its own."""
    before = getrusage(RUSAGE_CHILDREN)
    run(*command)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def peak_memory(*command: str) -> float:
    """The most memory that a module of Python and its children hold at once, in MB (10^6)."""
    peak = 0
    process = psutil.Popen([PYTHON, "-m", *command], stdout=subprocess.DEVNULL)
    try:
        while process.poll() is None:
            peak = max(peak, held(process))
            with suppress(psutil.TimeoutExpired):
                process.wait(LOOK_EVERY_S)
    finally:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    if process.wait():
        raise RuntimeError(f"{' '.join(command)} ended with status {process.wait()}")
    return peak / 1e6


def held(process: psutil.Process) -> int:
    """The bytes that a process and its children hold; what they share is counted for each.

    The children that end meanwhile hold none.
    """
    total = 0
    with suppress(psutil.NoSuchProcess):
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += one.memory_info().rss
    return total


def requests_per_second(
    address: str, ask: Callable[[httpx.Client], None], lasting_s: float
) -> float:
    """How often a second some clients at once get what they ask for."""

    def one_client() -> int:
        count = 0
        with servers.client(address) as client:
            while perf_counter() < end:
                ask(client)
                count += 1
        return count

    start = perf_counter()
    end = start + lasting_s
    with ThreadPoolExecutor(CLIENTS) as pool:
        counts = [pool.submit(one_client) for _ in range(CLIENTS)]
        total = sum(count.result() for count in counts)
    return total / (perf_counter() - start)
