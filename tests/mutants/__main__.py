"""`python -m tests.mutants`: draw mutants, run the tests that reach each, print the results.

Results are kept in build/mutants/: a run that was stopped goes on where it was. A mutant that
survived is tried again when a test file changes, one that was killed when its module does.
"""

from __future__ import annotations

import argparse
import math
import signal
import sys
import time
from pathlib import Path

from tests.mutants.operators import has_cosmic_ray
from tests.mutants.report import load_equivalents, outdated, text
from tests.mutants.sample import draw
from tests.mutants.trial import run

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = ("model", "store", "projections", "timeline", "web/query")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("--count", type=int, default=500, help="how many mutants to draw")
    parser.add_argument("--seed", type=int, default=1944)
    parser.add_argument("--folders", nargs="+", default=FOLDERS, help="folders of chronology/")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after this time")
    given = parser.parse_args()
    if not has_cosmic_ray():
        print("Cosmic Ray is not installed. Remedy: make mutants", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped; `make mutants` goes on from here."))
    mutants = draw(ROOT, given.folders, given.count, given.seed)
    equivalents = load_equivalents(ROOT / "tests" / "equivalent_mutants.toml")
    deadline = time.monotonic() + given.minutes * 60
    results = run(ROOT, ROOT / "build" / "mutants", mutants, equivalents, deadline)
    print(text(results))
    for entry in outdated(equivalents, ROOT):
        print(f"\ntests/equivalent_mutants.toml: {entry.path} has no line {entry.before!r}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
