"""`python -m tests.mutants`: draw mutants, run the tests that reach each, print the results.

Results are kept in build/mutants/: a run that was stopped goes on where it was. A mutant that
survived is tried again when a test file changes, one that was killed when its module does.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tests.mutants.baseline import Baseline, baseline, test_files
from tests.mutants.copy import Copy
from tests.mutants.forked import import_libraries
from tests.mutants.forked import run as run_tests
from tests.mutants.operators import has_cosmic_ray
from tests.mutants.report import KILLED, Equivalent, Result, load_equivalents, outdated, text
from tests.mutants.sample import Mutant, draw
from tests.mutants.selection import Chosen, ordered, reaching

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = ("model", "store", "projections", "timeline", "web/query")
# Pytest's statuses for an internal error and for no tests.
NOT_RUN = (3, 5)


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


def run(
    root: Path,
    build: Path,
    mutants: list[Mutant],
    equivalents: Sequence[Equivalent] = (),
    deadline: float = math.inf,
) -> list[Result]:
    """Try each mutant that has no result yet; return the results until the deadline."""
    import_libraries()
    copy = Copy(root, build / "tree")
    named = {(one.path, one.before, one.after) for one in equivalents}
    baselines = [baseline(copy, test, build / "tests") for test in test_files(root)]
    results: list[Result] = []
    for number, mutant in enumerate(mutants, 1):
        if time.monotonic() > deadline:
            break
        if (mutant.path, *mutant.lines) in named:
            results.append(_result(mutant, "equivalent"))
            continue
        results.append(_try(copy, mutant, baselines, build / "results"))
        last = results[-1]
        print(
            f"{number}/{len(mutants)} {last.outcome} in {last.seconds:.0f} s: "
            f"{last.path}:{last.line}",
            file=sys.stderr,
            flush=True,
        )
    return results


def _try(copy: Copy, mutant: Mutant, baselines: Sequence[Baseline], results: Path) -> Result:
    """Run the tests that reach the mutant, or read the result of an earlier run."""
    tests = ordered(baselines, reaching(baselines, copy.origin, mutant.path, mutant.line))
    files = sorted({name.partition("::")[0] for name in tests})
    digest = hashlib.sha256(b"".join((copy.origin / file).read_bytes() for file in files))
    kept = results / f"{mutant.key}.json"
    if kept.exists():
        stored = json.loads(kept.read_text("utf-8"))
        if stored["result"]["outcome"] in KILLED or stored["tests"] == digest.hexdigest():
            return Result(**stored["result"] | {"line": mutant.line})
    if not tests:
        result = _result(mutant, "not reached")
    else:
        record = results / "test.txt"
        results.mkdir(parents=True, exist_ok=True)
        with copy.changed(mutant.path, mutant.mutated):
            done = run_tests(copy, ["-x", *files], Chosen(tests, record), 60 + 3 * sum(tests.values()))
        outcome = {0: "survived", None: "timed out"}.get(done.status, "killed")
        if done.status in NOT_RUN:
            raise RuntimeError(f"pytest ran no tests:\n{done.output}")
        killer = record.read_text("utf-8") if outcome != "survived" and record.exists() else ""
        result = _result(mutant, outcome, done.seconds, killer)
        record.unlink(missing_ok=True)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps({"result": asdict(result), "tests": digest.hexdigest()}, indent=1))
    return result


def _result(mutant: Mutant, outcome: str, seconds: float = 0.0, test: str = "") -> Result:
    before, after = mutant.lines
    return Result(mutant.path, mutant.line, before, after, outcome, round(seconds, 1), test)


if __name__ == "__main__":
    sys.exit(main())
