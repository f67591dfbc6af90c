"""The tests of each folder of the package, and the lines that each test file executes."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from xml.etree import ElementTree

from coverage import CoverageData

from tests.mutants.copy import Copy

# Tests of the web layer call a server and need not import the code; those of others import it and
# call none. Tests with a browser take too long.
SERVED = re.compile(r"datasette|serving|client", re.IGNORECASE)
LEFT_OUT = re.compile(r"playwright|mark\.browser|tests\.(faults|mutants)")
# A file that takes longer than this on unchanged code is left out.
LIMIT_S = 150


@dataclass(frozen=True)
class Baseline:
    """One run of a test file on unchanged code.

    `seconds` has the time of each test function that passed. `lines` has the executed lines by
    module, each with the functions that executed it; none if a server or an import did.
    """

    test: str
    seconds: dict[str, float]
    lines: dict[str, dict[str, list[str]]]


def tests_of(root: Path, folder: str) -> list[Path]:
    """List the test files that belong to a folder."""
    package = "chronology." + folder.replace("/", ".")
    listed = []
    for path in sorted((root / "tests").glob("test_*.py")):
        text = path.read_text("utf-8")
        if LEFT_OUT.search(text):
            continue
        imports = any(f"{name}.".startswith(f"{package}.") for name in _imports(text))
        served = bool(SERVED.search(text))
        if (imports or served) if folder.startswith("web") else (imports and not served):
            listed.append(path)
    return listed


def _imports(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def baseline(copy: Copy, test: Path, results: Path) -> Baseline:
    """Run a test file once with coverage, or read the result of the same code and test."""
    name = test.relative_to(copy.origin).as_posix()
    kept = results / f"{test.stem}-{_digest(copy.origin, test)}.json"
    if kept.exists():
        return Baseline(**json.loads(kept.read_text("utf-8")))
    data, times = results / "coverage", results / "times.xml"
    results.mkdir(parents=True, exist_ok=True)
    times.write_text("<none/>", "utf-8")
    options = ["--cov=chronology", "--cov-context=test", "--cov-report=", "--cov-fail-under=0"]
    options += [f"--junitxml={times}", "--maxfail=1000"]
    copy.run([name], LIMIT_S, *options, COVERAGE_FILE=str(data))
    measured = Baseline(name, _seconds(times), _lines(copy.folder, data))
    kept.write_text(json.dumps(asdict(measured)), "utf-8")
    return measured


def _seconds(times: Path) -> dict[str, float]:
    """Read the time of each test function, over all of its parameters; those that failed go."""
    seconds: dict[str, float] = {}
    failed = set()
    for case in ElementTree.parse(times).iter("testcase"):
        function = case.attrib["name"].partition("[")[0]
        seconds[function] = seconds.get(function, 0.0) + float(case.attrib["time"])
        if len(case):
            failed.add(function)
    return {name: round(value, 3) for name, value in seconds.items() if name not in failed}


def _lines(root: Path, data: Path) -> dict[str, dict[str, list[str]]]:
    measured = CoverageData(str(data))
    measured.read()
    lines: dict[str, dict[str, list[str]]] = {}
    for file in measured.measured_files():
        path = Path(file).relative_to(root).as_posix()
        lines[path] = {
            str(line): sorted({_function(context) for context in contexts} - {""})
            for line, contexts in measured.contexts_by_lineno(file).items()
        }
    measured.close()
    data.unlink(missing_ok=True)
    return lines


def _function(context: str) -> str:
    """Take the function from a context such as `tests/test_log.py::test_head[2]|run`."""
    return context.partition("[")[0].partition("|")[0].rpartition("::")[2]


def _digest(root: Path, test: Path) -> str:
    """Identify the code that a test runs: the package, the test and what the tests share."""
    digest = hashlib.sha256()
    shared = [path for path in (root / "tests").glob("*.py") if not path.name.startswith("test_")]
    for path in sorted([*(root / "chronology").rglob("*.py"), *shared, test]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def statement_lines(source: str, line: int) -> range:
    """Return the lines of the innermost statement at a line, without those of its body."""
    lines = range(line, line + 1)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0):
            body = getattr(node, "body", None)
            end = body[0].lineno if body else (node.end_lineno or 0) + 1
            lines = range(node.lineno, max(end, line + 1))
    return lines


def reaching(baselines: list[Baseline], path: str, lines: range) -> dict[str, float]:
    """Return the tests that execute one of the lines with their time, the fastest file first."""
    reached: list[tuple[float, dict[str, float]]] = []
    for one in baselines:
        executed = [
            one.lines[path][str(line)] for line in lines if str(line) in one.lines.get(path, {})
        ]
        if not executed:
            continue
        functions = {name for names in executed for name in names} or set(one.seconds)
        tests = {f"{one.test}::{name}": one.seconds.get(name) for name in functions}
        passed = {name: value for name, value in tests.items() if value is not None}
        reached.append((sum(passed.values()), passed))
    ordered = sorted(reached, key=lambda pair: pair[0])
    return {name: value for _, tests in ordered for name, value in sorted(tests.items())}
