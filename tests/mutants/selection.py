"""The tests of one change: those that execute its line, the shortest first."""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from pathlib import Path

from tests.mutants.baseline import Baseline

# The processor time of the tests of one change. Those that would exceed it are left out.
LIMIT_S = 10.0


def statement_lines(source: str, line: int) -> range:
    """Return the lines of the innermost statement at a line, without those of its body."""
    lines = range(line, line + 1)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0):
            body = getattr(node, "body", None)
            end = body[0].lineno if body else (node.end_lineno or 0) + 1
            lines = range(node.lineno, max(end, line + 1))
    return lines


def reaching(baselines: Sequence[Baseline], root: Path, path: str, line: int) -> set[str]:
    """Return the tests that execute the statement at a line of a module.

    An import executes the statements outside of functions, before any test. Their tests are those
    that execute the decorated function or, for a name, a line that has the name. If there are
    none, they are the tests of the whole module.
    """
    source = (root / path).read_text("utf-8")
    tests = executing(baselines, path, statement_lines(source, line))
    if tests:
        return tests
    body = _decorated(source, line)
    if body:
        return executing(baselines, path, body)
    names = set(_assigned(source, line))
    if names:
        pattern = re.compile(rf"\b({'|'.join(map(re.escape, names))})\b")
        for module in sorted((root / "chronology").rglob("*.py")):
            text = module.read_text("utf-8").splitlines()
            numbers = [number for number, one in enumerate(text, 1) if pattern.search(one)]
            tests |= executing(baselines, module.relative_to(root).as_posix(), numbers)
    if names and not tests:
        tests = executing(baselines, path, range(1, source.count("\n") + 2))
    return tests


def executing(baselines: Sequence[Baseline], path: str, lines: Iterable[int]) -> set[str]:
    """Return the tests that execute one of the lines of a module."""
    numbers = list(lines)
    return {test for one in baselines for test in one.executing(path, numbers)}


def _decorated(source: str, line: int) -> range | None:
    """Return the body of the function whose decorators or defaults are at a line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            if first <= line < node.body[0].lineno:
                return range(node.body[0].lineno, (node.end_lineno or 0) + 1)
    return None


def _assigned(source: str, line: int) -> Iterator[str]:
    """Return the names that an assignment or a class at a line outside of functions binds."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.ClassDef):
            if not node.lineno <= line <= (node.end_lineno or 0):
                continue
            if isinstance(node, ast.ClassDef):
                if line < node.body[0].lineno:
                    yield node.name
                continue
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                yield from (name.id for name in ast.walk(target) if isinstance(name, ast.Name))


# So many tests of a file run before the next file has its turn: more of one that imports from the
# module's folder, and most of the module's own.
TURN = 3
FOLDER_TURN = 10
OWN_TURN = 30


def files_of_folder(baselines: Sequence[Baseline], root: Path, path: str) -> set[str]:
    """Return the test files that import from the folder of a module."""
    folder = ".".join(Path(path).parts[:-1])
    return {one.test for one in baselines if folder in (root / one.test).read_text("utf-8")}


def ordered(
    baselines: Sequence[Baseline],
    tests: Iterable[str],
    path: str,
    limit_s: float = LIMIT_S,
    related: Container[str] = (),
) -> dict[str, float]:
    """Put the tests of a module in order, up to the time limit, with the time of each.

    The files take turns, each with its shortest tests, so that a mutant of which the limit leaves
    out many tests meets different ones. Tests that share a slow fixture stay together at the end.
    """
    own = f"tests/test_{Path(path).stem}.py"
    wanted = set(tests)
    ranked: list[tuple[float, tuple[str, ...], int, float, str]] = []
    for one in baselines:
        turn = FOLDER_TURN if one.test in related else TURN
        turn = OWN_TURN if one.test == own else turn
        reached = sorted(wanted & set(one.fixtures), key=lambda test: (one.seconds[test], test))
        for number, test in enumerate(reached):
            slow = tuple(sorted(name for name in one.fixtures[test] if _is_slow(one, name)))
            cost = sum(one.seconds[name] for name in slow)
            ranked.append((cost, slow, number // turn, one.seconds[test], test))
    chosen: dict[str, float] = {}
    made: set[tuple[str, ...]] = set()
    for cost, slow, _, seconds, test in sorted(ranked):
        total = seconds if slow in made else cost + seconds
        if chosen and sum(chosen.values()) + total > limit_s:
            continue
        chosen[test] = total
        made.add(slow)
    return chosen


def _is_slow(baseline: Baseline, fixture: str) -> bool:
    return baseline.seconds.get(fixture, 0.0) >= 0.01
