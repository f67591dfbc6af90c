"""Trials: run the tests of each change, and keep the results."""

from __future__ import annotations

import hashlib
import json
import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FunctionType

from tests.mutants.baseline import Baseline, baselines, lines_of_import, test_files
from tests.mutants.copy import Copy
from tests.mutants.forked import Outcome, end_of, fork, import_libraries, run_limited
from tests.mutants.patch import NeedsImport, changed_functions, functions_with, imported_functions
from tests.mutants.report import KILLED, Equivalent, Result, folder_of
from tests.mutants.sample import Mutant
from tests.mutants.selection import executing, files_of_folder, ordered, reaching, statement_lines
from tests.mutants.session import FAILED, Session, collect

# A change may make a test wait for ever; a busy machine makes it slow.
WAIT_S = 120
# So many test files are collected anew for a change outside of functions.
COLLECTED = 8
# So many changes are tried in tests that were collected once.
AT_ONCE = 250


@dataclass(frozen=True)
class Trial:
    """A mutant with the tests that reach it, in order, with the processor time of each."""

    mutant: Mutant
    tests: dict[str, float]
    digest: str
    at_import: bool = False
    """Whether an import executes the statement: a change of it has no effect afterwards."""

    @property
    def files(self) -> set[str]:
        return {name.partition("::")[0] for name in self.tests}

    @property
    def limit_s(self) -> float:
        return WAIT_S + 10 * sum(self.tests.values())


class Results:
    """The results of earlier runs and of this one, as files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def read(self, trial: Trial) -> Result | None:
        """Return the result, unless a test that reaches a survivor has changed since."""
        path = self.folder / f"{trial.mutant.key}.json"
        if not path.exists():
            return None
        stored = json.loads(path.read_text("utf-8"))
        if stored["result"]["outcome"] in KILLED or stored["tests"] == trial.digest:
            return Result(**stored["result"] | {"line": trial.mutant.line})
        return None

    def write(self, trial: Trial, outcome: str, seconds: float = 0.0, test: str = "") -> None:
        result = result_of(trial.mutant, outcome, seconds, test)
        text = json.dumps({"result": asdict(result), "tests": trial.digest}, indent=1)
        (self.folder / f"{trial.mutant.key}.json").write_text(text, "utf-8")
        print(f"{outcome} in {seconds:.0f} s: {result.path}:{result.line}", file=sys.stderr)
        sys.stderr.flush()


def result_of(mutant: Mutant, outcome: str, seconds: float = 0.0, test: str = "") -> Result:
    before, after = mutant.lines
    return Result(mutant.path, mutant.line, before, after, outcome, round(seconds, 1), test)


def run(
    root: Path,
    build: Path,
    mutants: Sequence[Mutant],
    equivalents: Sequence[Equivalent] = (),
    deadline: float = math.inf,
) -> list[Result]:
    """Try each mutant that has no result yet; return the results until the deadline."""
    import_libraries()
    copy, results = Copy(root, build / "tree"), Results(build / "results")
    named = {(one.path, one.before, one.after) for one in equivalents}
    known = [one for one in mutants if (one.path, *one.lines) in named]
    listed = [result_of(one, "equivalent") for one in known]
    others = [one for one in mutants if one not in known]
    imported = lines_of_import(copy, results.folder) if others else {}
    for web in (False, True):
        chosen = [one for one in others if folder_of(one.path).startswith("web") == web]
        measured = baselines(copy, test_files(root, web), build / "tests") if chosen else []
        for start in range(0, len(chosen), AT_ONCE):
            some = chosen[start : start + AT_ONCE]
            trials = [make_trial(copy, one, measured, imported) for one in some]
            _try_all(copy, trials, results, deadline)
            listed += [result for trial in trials if (result := results.read(trial))]
    return listed


def make_trial(
    copy: Copy, mutant: Mutant, measured: Sequence[Baseline], imported: Mapping[str, Sequence[int]]
) -> Trial:
    lines = statement_lines(mutant.source, mutant.line)
    at_import = not {*lines}.isdisjoint(imported.get(mutant.path, ()))
    reached = reaching(measured, copy.origin, mutant.path, mutant.line)
    if at_import and not reached:
        reached = executing(measured, mutant.path, range(1, mutant.source.count("\n") + 2))
    related = files_of_folder(measured, copy.origin, mutant.path)
    tests = ordered(measured, reached, mutant.path, related=related)
    digest = hashlib.sha256()
    for file in sorted({name.partition("::")[0] for name in tests}):
        digest.update((copy.origin / file).read_bytes())
    return Trial(mutant, tests, digest.hexdigest(), at_import)


def _try_all(copy: Copy, trials: Iterable[Trial], results: Results, deadline: float) -> None:
    open_trials = [trial for trial in trials if not results.read(trial)]
    for trial in open_trials:
        if not trial.tests:
            results.write(trial, "not reached")
    left = [trial for trial in open_trials if trial.tests]
    files = sorted({file for trial in left for file in trial.files})

    def try_patched(session: Session) -> int:
        functions = imported_functions()
        for trial in _until(deadline, [trial for trial in left if not trial.at_import]):
            with suppress(NeedsImport):
                _try(copy, trial, results, _patched(copy, trial, session, results, functions))
        return 0

    tried = left and time.monotonic() < deadline
    if tried and end_of(fork(lambda: collect(copy, files, try_patched))):
        raise RuntimeError("The tests of the unchanged code could not be collected.")
    for trial in _until(deadline, left):
        if not results.read(trial):
            _try(copy, trial, results, _imported(copy, trial, results))


def _until(deadline: float, trials: Iterable[Trial]) -> Iterator[Trial]:
    for trial in trials:
        if time.monotonic() > deadline:
            return
        yield trial


def _patched(
    copy: Copy, trial: Trial, session: Session, results: Results, functions: list[FunctionType]
) -> Callable[[], int]:
    """Run tests of this session after a change of functions."""
    mutant = trial.mutant
    pairs = changed_functions(mutant.source, mutant.mutated, str(copy.folder / mutant.path))
    changed = functions_with(functions, pairs)

    def job() -> int:
        for function, code in changed:
            function.__code__ = code
        return session.run_timed(trial.tests, results.folder / "test.txt")

    return job


def _imported(copy: Copy, trial: Trial, results: Results) -> Callable[[], int]:
    """Import the changed module, and run tests of the first files in a session of their own."""
    files = list(dict.fromkeys(name.partition("::")[0] for name in trial.tests))[:COLLECTED]

    def job() -> int:
        def work(session: Session) -> int:
            return session.run_timed(trial.tests, results.folder / "test.txt")

        # A module that cannot be imported fails before any test.
        return FAILED if collect(copy, files, work, "-x") else 0

    return job


def _try(copy: Copy, trial: Trial, results: Results, job: Callable[[], int]) -> None:
    record = results.folder / "test.txt"
    record.unlink(missing_ok=True)
    with copy.changed(trial.mutant.path, trial.mutant.mutated):
        done = run_limited(copy, job, trial.limit_s)
    outcome = _outcome(done)
    test = record.read_text("utf-8") if outcome in KILLED and record.exists() else ""
    results.write(trial, outcome, done.seconds, test)


def _outcome(done: Outcome) -> str:
    if done.status not in (0, FAILED, None):
        raise RuntimeError(f"The tests did not run:\n{done.output}")
    return {0: "survived", None: "timed out"}.get(done.status, "killed")
