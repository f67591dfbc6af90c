"""Measure ours and a peer in turns, peak memory, and requests per second."""

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
from benchmarks.benchmark import Measurement
from benchmarks.files import PYTHON

RUNS, PEER_RUNS = 5, 3
BUDGET_S = 60.0
"""A side that has taken this long gets no further runs."""
MEMORY_INTERVAL_S = 0.05
CLIENTS = 8

Sample = Callable[[], float]


class PeerGaveUp(Exception):
    """The peer is absent or did not answer; if it is known, its figure is at least `bound`."""

    def __init__(self, reason: str, bound: float | None = None) -> None:
        super().__init__(reason)
        self.bound = bound


@dataclass(slots=True)
class _Sampler:
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


def measure_in_turns(
    ours: Sample,
    peer: Sample | None = None,
    *,
    runs: int = RUNS,
    peer_runs: int = PEER_RUNS,
    budget_s: float = BUDGET_S,
) -> Measurement:
    """Alternate samples of both, so that other load on the machine affects both.

    A peer that raises `PeerGaveUp` is not run again; its bound, if any, is its only sample.
    """
    our_sampler = _Sampler(ours, runs, budget_s)
    peer_sampler = _Sampler(peer, peer_runs, budget_s) if peer else None
    measurement = Measurement(our_sampler.samples)
    for _ in range(max(runs, peer_runs)):
        our_sampler.take()
        if peer_sampler:
            try:
                peer_sampler.take()
            except PeerGaveUp as error:
                measurement.note, peer_sampler = str(error), None
                if error.bound is not None:
                    measurement.peer, measurement.peer_bound = [error.bound], True
    if peer_sampler:
        measurement.peer = peer_sampler.samples
    return measurement


def run_module(*command: str) -> float:
    """Seconds that a Python module takes in a process of its own."""
    arguments = [PYTHON, "-m", *command]
    return seconds(lambda: subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL))


def processor_time(*command: str) -> float:
    """Processor seconds that a Python module takes in a process of its own."""
    before = getrusage(RUSAGE_CHILDREN)
    run_module(*command)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def peak_memory(*command: str) -> float:
    """The most memory that a Python module and its children use at once, in MB (10^6)."""
    peak = 0
    process = psutil.Popen([PYTHON, "-m", *command], stdout=subprocess.DEVNULL)
    try:
        while process.poll() is None:
            peak = max(peak, resident_bytes(process))
            with suppress(psutil.TimeoutExpired):
                process.wait(MEMORY_INTERVAL_S)
    finally:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    if process.wait():
        raise RuntimeError(f"{' '.join(command)} ended with status {process.wait()}")
    return peak / 1e6


def resident_bytes(process: psutil.Process) -> int:
    """The resident memory of a process and its children; shared memory counts for each.

    Children that end meanwhile count as zero.
    """
    total = 0
    with suppress(psutil.NoSuchProcess):
        for member in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += member.memory_info().rss
    return total


def request_rate(address: str, request: Callable[[httpx.Client], None], duration_s: float) -> float:
    """Requests per second of `CLIENTS` concurrent clients."""

    def run_client() -> int:
        count = 0
        with servers.client(address) as client:
            while perf_counter() < end:
                request(client)
                count += 1
        return count

    start = perf_counter()
    end = start + duration_s
    with ThreadPoolExecutor(CLIENTS) as pool:
        counts = [pool.submit(run_client) for _ in range(CLIENTS)]
        total = sum(count.result() for count in counts)
    return total / (perf_counter() - start)
