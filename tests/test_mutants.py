"""Mutation testing itself: the draw, the runs and the count. It takes no Cosmic Ray."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.mutants.baseline import Baseline
from tests.mutants.operators import changes
from tests.mutants.patch import NeedsImport, changed_functions, functions_with
from tests.mutants.report import Equivalent, Result, interval, load_equivalents, text
from tests.mutants.sample import Mutant, draw
from tests.mutants.selection import ordered, reaching, statement_lines
from tests.mutants.trial import run

ROOT = Path(__file__).resolve().parent.parent
MODULE = '''\
"""A module."""


def is_open(day: int | None, closed: bool) -> bool:
    return day is not None and not closed


QUERY = "SELECT id FROM events WHERE earliest <= ? AND latest >= ?"
'''
TEST = """\
from chronology.model.days import is_open


def test_a_closed_day_is_not_open():
    assert is_open(1, False)
    assert not is_open(1, True)


def test_every_day_is_open():
    assert all(is_open(day, False) for day in range(100_000))
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A repository of one module and one test."""
    for path, content in {
        "chronology/__init__.py": "",
        "chronology/model/__init__.py": "",
        "chronology/model/days.py": MODULE,
        "tests/test_days.py": TEST,
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content, "utf-8")
    return tmp_path


def drawn(root: Path, count: int, seed: int) -> list[Mutant]:
    return draw(root, ["model"], count, seed, cosmic_ray=False)


def test_one_seed_draws_the_same_mutants() -> None:
    first, second = drawn(ROOT, 20, 1944), drawn(ROOT, 20, 1944)
    assert len({mutant.key for mutant in first}) == 20
    assert [mutant.key for mutant in first] == [mutant.key for mutant in second]


def test_another_seed_draws_other_mutants(small: Path) -> None:
    assert {one.key for one in drawn(small, 4, 1)} != {one.key for one in drawn(small, 4, 2)}


def test_a_larger_sample_contains_the_smaller_one(small: Path) -> None:
    assert drawn(small, 6, 1944)[:4] == drawn(small, 4, 1944)


def test_an_edit_elsewhere_keeps_the_draw(small: Path) -> None:
    before = [mutant.lines for mutant in drawn(small, 100, 1)]
    (small / "chronology/model/days.py").write_text(MODULE.replace("A module", "Days\n\nMore"))
    assert [mutant.lines for mutant in drawn(small, 100, 1)] == before


def test_conditions_of_python_and_sql_are_changed() -> None:
    made = {change.apply(MODULE) for change in changes(MODULE, cosmic_ray=False)}
    assert MODULE.replace("and not closed", "and True") in made
    assert MODULE.replace("earliest <= ?", "earliest < ?") in made
    assert MODULE.replace(" AND ", " OR ") in made


def test_a_line_of_a_long_statement_belongs_to_all_of_it() -> None:
    source = "if (\n    a\n    and b\n):\n    c(\n        d\n    )\n"
    assert list(statement_lines(source, 3)) == [1, 2, 3, 4]
    assert list(statement_lines(source, 6)) == [5, 6, 7]


SOURCE = """\
from functools import cache

LIMIT = 3


@cache
def double(number):
    return 2 * number


def within(number):
    return number < LIMIT
"""


def test_a_change_in_a_function_gives_the_function_new_code() -> None:
    ((before, after),) = changed_functions(SOURCE, SOURCE.replace("2 *", "3 *"), "days.py")
    assert before.co_name == after.co_name == "double"
    names: dict[str, Any] = {}
    exec(compile(SOURCE, "days.py", "exec", dont_inherit=True), names)
    function = names["double"].__wrapped__
    assert functions_with([function], [(before, after)]) == [(function, after)]


@pytest.mark.parametrize(("old", "new"), [("LIMIT = 3", "LIMIT = 4"), ("@cache\n", "")])
def test_a_change_outside_of_functions_needs_an_import(old: str, new: str) -> None:
    with pytest.raises(NeedsImport):
        changed_functions(SOURCE, SOURCE.replace(old, new), "days.py")


BASELINE = Baseline(
    "tests/test_days.py",
    {"doubled": 3.0, "within": 1.0, "shared": 2.0, "fixture": 4.0},
    {"doubled": [], "within": [], "shared": ["fixture"]},
    ["doubled", "within", "fixture"],
    {"chronology/days.py": {"8": 0b001, "12": 0b010, "3": 0b100}},
)


@pytest.mark.parametrize(
    ("line", "tests"),
    [(8, {"doubled"}), (12, {"within"}), (6, {"doubled"}), (3, {"shared"}), (1, set())],
    ids=["statement", "last statement", "decorator", "line of a fixture", "import"],
)
def test_the_tests_of_a_line_execute_it_or_what_it_defines(
    tmp_path: Path, line: int, tests: set[str]
) -> None:
    (tmp_path / "chronology").mkdir()
    (tmp_path / "chronology/days.py").write_text(SOURCE, "utf-8")
    assert reaching([BASELINE], tmp_path, "chronology/days.py", line) == tests


def test_a_constant_has_the_tests_of_the_lines_that_use_it(tmp_path: Path) -> None:
    (tmp_path / "chronology").mkdir()
    (tmp_path / "chronology/days.py").write_text(SOURCE, "utf-8")
    lines = {"chronology/days.py": {"12": 0b010}}
    measured = replace(BASELINE, lines=lines)
    assert reaching([measured], tmp_path, "chronology/days.py", 3) == {"within"}


def test_the_shortest_tests_of_a_file_come_first_within_the_limit() -> None:
    tests = {"doubled", "within", "shared"}
    assert list(ordered([BASELINE], tests, "days.py", 20)) == ["within", "doubled", "shared"]
    assert list(ordered([BASELINE], tests, "days.py", 5)) == ["within", "doubled"]


def test_a_tested_change_is_killed_and_an_untested_one_survives(small: Path) -> None:
    mutants = [one for one in drawn(small, 100, 1) if one.lines[1].endswith("and True")]
    mutants += [one for one in drawn(small, 100, 1) if "True and not closed" in one.lines[1]]
    results = run(small, small / "build" / "mutants", mutants)
    assert [result.outcome for result in results] == ["killed", "survived"]
    assert results[0].test == "tests/test_days.py::test_a_closed_day_is_not_open"
    assert (small / "chronology/model/days.py").read_text("utf-8") == MODULE


def test_the_report_counts_and_lists_survivors() -> None:
    outcomes = ["killed", "timed out", "survived", "equivalent"]
    path = "chronology/model/days.py"
    report = text([Result(path, n, f"old {n}", f"new {n}", o, 1.0) for n, o in enumerate(outcomes)])
    assert "| model | 4 | 1 | 1 | 1 | 0 | 1 | 67% |" in report
    assert "Score: 2 of 3, 66.7% (95% confidence: 21% to 94%)" in report
    assert f"{path}:2: survived\n  - old 2\n  + new 2" in report


def test_the_interval_is_wilsons() -> None:
    assert interval(85, 100) == pytest.approx((0.767, 0.907), abs=0.001)


def test_an_equivalent_mutant_is_counted_apart(small: Path) -> None:
    (mutant,) = drawn(small, 1, 1)
    equivalent = Equivalent(mutant.path, *mutant.lines, "It is the same.")
    (result,) = run(small, small / "build" / "mutants", [mutant], [equivalent])
    assert result.outcome == "equivalent"


def test_every_equivalent_mutant_has_its_reason() -> None:
    for entry in load_equivalents(ROOT / "tests" / "equivalent_mutants.toml"):
        assert entry.before != entry.after
        assert entry.reason.endswith(".")
