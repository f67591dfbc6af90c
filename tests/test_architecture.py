"""The architecture: the import contracts of pyproject.toml, and what each layer may do."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

PACKAGE = Path(__file__).resolve().parent.parent / "chronology"
LONGEST_MODULE = 350


def modules() -> list[Path]:
    """All modules of the package but the files that `chronology init` copies."""
    return [path for path in sorted(PACKAGE.rglob("*.py")) if "template" not in path.parts]


def imported(path: Path) -> set[str]:
    """The top-level packages that a module imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            found.add(str(node.module).partition(".")[0])
    return found


def users_of(library: str) -> set[str]:
    """The folders of the package whose modules import a library."""
    users = [path.relative_to(PACKAGE) for path in modules() if library in imported(path)]
    return {path.parts[0] for path in users}


def test_imports_go_one_way(capsys: pytest.CaptureFixture[str]) -> None:
    failed = lint_imports(config_filename=str(PACKAGE.parent / "pyproject.toml"), cache_dir=None)
    assert not failed, capsys.readouterr().out


def test_at_most_three_modules_are_outside_the_folders() -> None:
    assert len([path for path in PACKAGE.glob("*.py") if path.name != "__init__.py"]) <= 3


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_is_long(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_MODULE


def test_only_projections_use_sqlite_utils() -> None:
    assert users_of("sqlite_utils") == {"projections"}


def test_exit_codes_are_for_the_command_line_alone() -> None:
    assert users_of("click") == {"cli"}
    assert users_of("sys") <= {"cli", "web"}


def test_the_model_does_no_input_or_output() -> None:
    for path in (PACKAGE / "model").glob("*.py"):
        calls = [
            node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
        ]
        names = {call.func.id for call in calls if isinstance(call.func, ast.Name)}
        assert not names & {"open", "print", "input"}, path.name
