"""Replay the stored inputs of the fuzzing: each is read or refused, without any other error."""

from __future__ import annotations

import subprocess
import sys

from conftest import ROOT

REPLAY = """
import sys
from pathlib import Path
from tests.fuzz.targets import TARGETS

for name, target in TARGETS.items():
    files = sorted((Path("tests/corpus") / name).iterdir())
    assert files, name
    outcomes = set()
    for file in files:
        try:
            outcomes.add(target(file.read_bytes()))
        except BaseException:
            print(file, file=sys.stderr)
            raise
    assert outcomes == {True, False}, name
"""


def test_every_stored_input_is_read_or_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-c", REPLAY], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
