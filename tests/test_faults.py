"""Faults in short form; `make soak` runs the long one. See docs/trust.md."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from conftest import ROOT

FAULTS = (
    *("killed-ingest", "killed-rebuild", "killed-follow"),
    *("competing-versions", "competing-batches"),
    *("torn-wal", "torn-journal", "torn-file", "forged-rows"),
    pytest.param("failing-calls", marks=pytest.mark.strace),
    *("full-disk", "read-only"),
)
ROW = re.compile(r"^\| (\S+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \| [\d.]+ \|$", re.MULTILINE)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The runner, as `make soak` starts it; a process of its own, since it forks."""
    return subprocess.run(
        [sys.executable, "-m", "tests.faults", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("name", FAULTS)
def test_nothing_that_was_acknowledged_is_lost(name: str) -> None:
    result = run(name)
    assert result.returncode == 0, result.stdout + result.stderr
    if "NOT RUN" in result.stdout:
        pytest.skip(result.stdout.splitlines()[-1])
    (row,) = ROW.findall(result.stdout)
    cases, acknowledged, lost = (int(figure.replace(",", "")) for figure in row[1:])
    assert row[0] == name
    assert cases
    assert acknowledged
    assert not lost


def test_every_fault_is_run_here_too() -> None:
    names = [fault if isinstance(fault, str) else fault.values[0] for fault in FAULTS]
    assert run("--list").stdout.split() == names
