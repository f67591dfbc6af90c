"""The budget of an attack, its report, and the memory of the attacked process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Budget:
    """The most cases and seconds of an attack; the same seed gives the same cases."""

    cases: int
    seconds: float
    seed: int = 1944

    def random(self) -> Random:
        return Random(self.seed)


SHORT = Budget(cases=60, seconds=6)
"""The budget of an attack within the tests."""
LONG = Budget(cases=10_000, seconds=600)
"""The budget of an attack of `make attack`."""


@dataclass
class Report:
    """The result of an attack: its cases, a line for each finding, and the figures.

    `peak_mb` is the most memory of the attacked process, `stall_ms` the longest that another
    visitor waited for a response; both are 0 where they do not apply.
    """

    cases: int = 0
    findings: list[str] = field(default_factory=list)
    peak_mb: float = 0
    stall_ms: float = 0


class Finished(NamedTuple):
    """A command that ended: its status, both outputs as text, and the most memory that it had."""

    status: int
    output: str
    peak_mb: float


def run_command(arguments: Sequence[str], **environment: str) -> Finished:
    """Runs `python` with arguments from the root of the project, and measures its memory."""
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "NO_PROXY": "127.0.0.1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        peak, output = 0.0, ""
        while process.returncode is None:
            # The figure at the end is the parent's if that is larger, so it cannot be used.
            peak = max(peak, peak_mb(process.pid))
            with suppress(subprocess.TimeoutExpired):
                output, _ = process.communicate(timeout=0.05)
    return Finished(process.returncode, output, peak)


def peak_mb(pid: int) -> float:
    """The most memory that a process ever had; 0 if it ended, and on systems without /proc."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return sum(
        int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")
    )
