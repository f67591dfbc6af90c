"""`python -m tests.faults [--long] [--list] [NAME]...`: runs faults and prints a table.

Exits with 1 if an acknowledged record is lost or a check fails.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.faults import calls, damage, kills, writers
from tests.faults.case import NotRun, Outcome, Setting

SEED = 1944


class Fault(NamedTuple):
    """A fault, with its number of cases in the suite and in the soak."""

    run: Callable[[Setting], Outcome]
    short: int
    long: int


FAULTS = {
    "killed-ingest": Fault(kills.killed_ingest, 4, 100),
    "killed-rebuild": Fault(kills.killed_rebuild, 3, 100),
    "killed-follow": Fault(kills.killed_follow, 3, 50),
    "competing-versions": Fault(writers.competing_versions, 60, 3_000),
    "competing-batches": Fault(writers.competing_batches, 1, 25),
    "torn-wal": Fault(damage.torn_wal, 10, 600),
    "torn-journal": Fault(damage.torn_journal, 10, 600),
    "torn-file": Fault(damage.torn_file, 10, 600),
    "forged-rows": Fault(damage.forged_rows, 20, 1_000),
    "failing-calls": Fault(calls.failing_calls, 5, 80),
    "full-disk": Fault(calls.full_disk, 1, 6),
    "read-only": Fault(calls.read_only, 2, 9),
}


def main(arguments: list[str]) -> int:
    if "--list" in arguments:
        print("\n".join(FAULTS))
        return 0
    os.environ["NO_PROXY"] = "127.0.0.1"
    long = "--long" in arguments
    names = [name for name in arguments if not name.startswith("--")] or list(FAULTS)
    print("| fault | cases | acknowledged | lost | seconds |")
    print("|---|---:|---:|---:|---:|")
    return max([_run(name, long) for name in names])


def _run(name: str, long: bool) -> int:
    fault, started = FAULTS[name], time.monotonic()
    with tempfile.TemporaryDirectory(prefix="chronology-", dir=_place()) as folder:
        cases = fault.long if long else fault.short
        setting = Setting(Path(folder), cases, Random(SEED))
        try:
            outcome = fault.run(setting)
        except NotRun as reason:
            print(f"| {name} | NOT RUN: {reason} | | | |", flush=True)
            return 0
        except Exception:
            traceback.print_exc()
            print(f"| {name} | FAILED | | | |", flush=True)
            return 1
    seconds = time.monotonic() - started
    figures = (f"{number:,}" for number in outcome)
    print(f"| {name} | {' | '.join(figures)} | {seconds:.1f} |", flush=True)
    return 1 if outcome.lost or not outcome.cases else 0


def _place() -> str | None:
    """A folder in memory if possible; no fault here depends on a disk."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
