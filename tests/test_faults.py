"""Faults in short form; `make soak` runs the long one. See docs/trust.md."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from conftest import ROOT

from tests.faults.__main__ import FAULTS

ROW = re.compile(r"^\| (\S+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \| [\d.]+ \|$", re.MULTILINE)
LIMIT_S = 300


@pytest.fixture(scope="module")
def output() -> str:
    """The output of all faults, in a process of its own, since they fork."""
    command = [sys.executable, "-m", "tests.faults"]
    result = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    return result.stdout + result.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.strace if name == "failing-calls" else ())
        for name in FAULTS
    ],
)
def test_nothing_that_was_acknowledged_is_lost(output: str, name: str) -> None:
    if f"| {name} | NOT RUN" in output:
        pytest.skip(output)
    rows = {row[0]: row[1:] for row in ROW.findall(output)}
    assert name in rows, output
    cases, acknowledged, lost = (int(figure.replace(",", "")) for figure in rows[name])
    assert cases
    assert acknowledged
    assert not lost
