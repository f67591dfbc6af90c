"""One run of each test file on unchanged code: which tests execute which lines."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path

import pytest
from coverage import Coverage, CoverageData

from tests.mutants.copy import Copy
from tests.mutants.forked import end_of, enter, fork, run_limited
from tests.mutants.session import Session, collect

# Tests of programs, servers and texts start processes or read files, and take long.
LEFT_OUT = (
    *("accessibility", "architecture", "benchmarks", "between_servers", "browser", "cli_ingest"),
    *("cli_reference", "copies", "corpus", "docs", "fuzz", "mutants", "proxy", "security"),
    *("served", "sqlite_version", "starting", "test_faults", "vendor", "wheel", "writers"),
)
MARKS = "not browser and not strace"
LIMIT_S = 1200.0
# The processor time of the tests of a file; those that come later are left out.
FILE_S = 20.0


@dataclass(frozen=True)
class Baseline:
    """The tests of a file that passed, and the lines of the package that each executes.

    A context is a test or a fixture that tests share. `seconds` has its processor time;
    `fixtures` has the shared fixtures of each test. `lines` has the executed lines by module: the
    number whose bit `n` is set if the context `contexts[n]` executed the line.
    """

    test: str
    seconds: dict[str, float] = field(default_factory=dict)
    fixtures: dict[str, list[str]] = field(default_factory=dict)
    contexts: list[str] = field(default_factory=list)
    lines: dict[str, dict[str, int]] = field(default_factory=dict)

    def executing(self, path: str, lines: Iterable[int]) -> set[str]:
        """Return the tests that execute one of the lines, themselves or in a shared fixture."""
        executed = self.lines.get(path, {})
        mask = 0
        for line in lines:
            mask |= executed.get(str(line), 0)
        contexts = {name for n, name in enumerate(self.contexts) if mask >> n & 1}
        return {
            test
            for test, fixtures in self.fixtures.items()
            if test in contexts or not contexts.isdisjoint(fixtures)
        }


# Tests of pages are for the web layer alone: the others have tests of their own.
SERVED = re.compile(r"\bhttpx\b|datasette|\b(attacked|growing)\b")


def test_files(root: Path, web: bool) -> list[Path]:
    """List the test files that may test the web layer, or the folders below it."""
    paths = [
        path
        for path in sorted((root / "tests").glob("test_*.py"))
        if not any(name in path.stem for name in LEFT_OUT)
    ]
    texts = {path: path.read_text("utf-8") for path in paths}
    if web:
        # Those of the pages and formats of events, and those that call the layer itself.
        return [
            path
            for path in paths
            if path.stem.startswith("test_web_") or "chronology.web.query" in texts[path]
        ]
    return [path for path in paths if not SERVED.search(texts[path])]


def baselines(copy: Copy, tests: Sequence[Path], results: Path) -> list[Baseline]:
    """Run each test file with coverage, or read the result of the same code and test."""
    results.mkdir(parents=True, exist_ok=True)
    paths = {test: results / f"{test.stem}-{_digest(copy.origin, test)}.json" for test in tests}
    names = {test: test.relative_to(copy.origin).as_posix() for test in tests}
    missing = [test for test, path in paths.items() if not path.exists()]

    def measure(session: Session) -> int:
        for test in missing:
            measured = _measure(copy, session, names[test], results)
            paths[test].write_text(json.dumps(asdict(measured)), "utf-8")
        return 0

    if missing:
        files = [names[test] for test in missing]
        if end_of(fork(lambda: collect(copy, files, measure, "-m", MARKS))):
            raise RuntimeError("The tests of the unchanged code were not measured.")
    return [Baseline(**json.loads(path.read_text("utf-8"))) for path in paths.values()]


def _measure(copy: Copy, session: Session, name: str, results: Path) -> Baseline:
    data, record = results / "coverage", results / "record.json"
    for path in (data, record):
        path.unlink(missing_ok=True)
    recorder = Recorder(copy.folder, data, record)
    tests = [test for test in session.items if test.partition("::")[0] == name]
    done = run_limited(copy, lambda: recorder.run(session, tests), LIMIT_S)
    print(f"{name}: {done.seconds:.0f} s", file=sys.stderr, flush=True)
    if done.status != 0:
        print(f"It has no baseline:\n{done.output[-2000:]}", file=sys.stderr)
        return Baseline(name)
    return _read(copy.folder, name, data, json.loads(record.read_text("utf-8")))


def _read(root: Path, name: str, data: Path, record: dict[str, dict[str, object]]) -> Baseline:
    measured = CoverageData(str(data))
    measured.read()
    contexts = sorted(measured.measured_contexts() - {""})
    numbers = {context: number for number, context in enumerate(contexts)}
    lines: dict[str, dict[str, int]] = {}
    for file in measured.measured_files():
        lines[Path(file).relative_to(root).as_posix()] = {
            str(line): sum(1 << numbers[context] for context in set(named) - {""})
            for line, named in measured.contexts_by_lineno(file).items()
        }
    measured.close()
    data.unlink(missing_ok=True)
    return Baseline(name, contexts=contexts, lines=lines, **record)  # type: ignore[arg-type]


def _digest(root: Path, test: Path) -> str:
    """Identify the code that a test runs: the package, the test and what the tests share."""
    digest = hashlib.sha256()
    shared = [path for path in (root / "tests").glob("*.py") if not path.name.startswith("test_")]
    for path in sorted([*(root / "chronology").rglob("*.py"), *shared, test]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def lines_of_import(copy: Copy, results: Path) -> dict[str, list[int]]:
    """List the lines of each module that its import executes, also those of functions."""
    path = results / "imported.json"

    def measure() -> int:
        enter(copy)
        include = [f"{copy.folder}/chronology/*"]
        coverage = Coverage(data_file=None, include=include, config_file=False, messages=False)
        coverage.start()
        import_module("datasette.app")  # It imports the plugin.
        for module in sorted((copy.folder / "chronology").rglob("*.py")):
            parts = module.relative_to(copy.folder).with_suffix("").parts
            if not {"template", "__main__"} & {*parts}:
                import_module(".".join(parts).removesuffix(".__init__"))
        coverage.stop()
        data = coverage.get_data()
        lines = {
            Path(file).relative_to(copy.folder).as_posix(): sorted(data.lines(file) or ())
            for file in data.measured_files()
        }
        path.write_text(json.dumps(lines), "utf-8")
        return 0

    if end_of(fork(measure)):
        raise RuntimeError("The unchanged code could not be imported.")
    lines: dict[str, list[int]] = json.loads(path.read_text("utf-8"))
    return lines


class Recorder:
    """A plugin of pytest that measures each test and each shared fixture apart."""

    def __init__(self, root: Path, data: Path, record: Path) -> None:
        self.record = record
        self.seconds: dict[str, float] = {}
        self.fixtures: dict[str, list[str]] = {}
        self.failed: set[str] = set()
        self.context = ""
        self.coverage = Coverage(
            data_file=str(data), include=[f"{root}/chronology/*"], config_file=False, messages=False
        )

    def run(self, session: Session, tests: Sequence[str]) -> int:
        """Run tests, and write what they executed."""
        session.session.config.pluginmanager.register(self)
        self.coverage.start()
        started = cpu_seconds()

        def start(_: pytest.Item) -> bool:
            clear_caches()
            return cpu_seconds() - started < FILE_S

        session.run(tests, start)
        self.coverage.stop()
        self.coverage.save()
        passed = {name: used for name, used in self.fixtures.items() if name not in self.failed}
        text = json.dumps({"seconds": self.seconds, "fixtures": passed})
        self.record.write_text(text, "utf-8")
        return 0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        definitions = (
            item._fixtureinfo.name2fixturedefs if isinstance(item, pytest.Function) else {}
        )
        self.fixtures[item.nodeid] = [
            _key(found[-1]) for found in definitions.values() if found[-1].scope != "function"
        ]
        with self._measured(item.nodeid):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Iterator[None]:
        if fixturedef.scope == "function":
            return (yield)
        with self._measured(_key(fixturedef)):
            return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.outcome != "passed":
            self.failed.add(report.nodeid)

    @contextmanager
    def _measured(self, context: str) -> Iterator[None]:
        """Measure lines and time under a name; the outer one does not get them."""
        outer, self.context = self.context, context
        self.coverage.switch_context(context)
        started = cpu_seconds()
        try:
            yield
        finally:
            seconds = cpu_seconds() - started
            self.seconds[context] = round(self.seconds.get(context, 0.0) + seconds, 4)
            if outer:
                self.seconds[outer] = self.seconds.get(outer, 0.0) - seconds
            self.context = outer
            self.coverage.switch_context(outer)


def cpu_seconds() -> float:
    """Return the processor time of this process and of those that it has started and awaited."""
    return sum(os.times()[:4])


def _key(fixture: pytest.FixtureDef[object]) -> str:
    return f"fixture {fixture.baseid}::{fixture.argname}"


def clear_caches() -> None:
    """Empty the caches of functions, so that each test executes the lines that it needs."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "chronology":
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()
