"""The architecture: which module may import which, read from the source."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "chronology"

# Each imports only from tiers before its own.
TIERS = (
    {"errors", "lru_cache"},
    {"dates"},
    {"records"},
    {"source_text"},
    {"csv_reader", "json_reader", "yaml_reader"},
    {"batches", "schema"},
    {"log"},
    {"projections", "checkpoints", "remote", "verification"},
    {"index", "ingest_unchanged", "references"},
    {"ingest_checks", "ingest_sources", "timeline"},
    {"defaults", "ingest", "follow", "sheets"},
    {"comparisons", "hierarchy", "related"},
    {"disagreements", "dossiers", "duplicates", "formats", "profiles", "report"},
    {"cli", "web"},
)
PROJECTIONS = (
    {"state"},
    {"disputes", "order_of_battle"},
    {"events", "subjects"},
    {"tables", "taking"},
    {"publish"},
    {"fold"},
    {"__init__"},
)
KNOW_NO_SQLITE = {
    *(
        "errors",
        "dates",
        "records",
        "source_text",
        "csv_reader",
        "json_reader",
        "yaml_reader",
        "batches",
        "checkpoints",
        "remote",
    ),
}
OPEN_FILES = {"schema", "ingest_sources", "cli", "web"}
INPUT_AND_OUTPUT = {
    *("asyncio", "httpx", "io", "os", "pathlib", "shutil", "socket", "sqlite3", "subprocess"),
    *("sys", "tempfile", "threading", "time", "urllib"),
}


def modules() -> dict[str, Path]:
    """All modules by their dotted names within the package; a package is its `__init__`."""
    paths = [path.relative_to(PACKAGE) for path in sorted(PACKAGE.rglob("*.py"))]
    code = [path for path in paths if path.parts[0] != "template"]
    return {".".join(path.with_suffix("").parts): PACKAGE / path for path in code}


def imported(path: Path) -> set[str]:
    """The dotted names that a module imports, those inside functions included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def own(path: Path) -> set[str]:
    """The modules of this package that one imports, as `modules` names them."""
    known = modules()
    found = set()
    for name in imported(path):
        parts = name.split(".")
        if parts[0] != PACKAGE.name:
            continue
        while parts:
            dotted = ".".join(parts[1:])
            module = dotted if dotted in known else f"{dotted}.__init__".lstrip(".")
            if module in known:
                found.add(module)
                break
            parts.pop()
    return found


def outer(module: str) -> str:
    return module.partition(".")[0]


def users_of(library: str) -> set[str]:
    """The modules at the top that import a library."""
    return {
        outer(module)
        for module, path in modules().items()
        if any(outer(name) == library for name in imported(path))
    }


IMPORTS = {module: own(path) for module, path in modules().items()}
TOP = {outer(module) for module in IMPORTS} - {"__init__"}


def test_every_module_has_its_tier():
    assert set.union(*TIERS) == TOP


@pytest.mark.parametrize("module", sorted(TOP))
def test_a_module_imports_only_from_the_tiers_before_its_own(module):
    earlier: set[str] = set()
    for tier in TIERS:
        if module in tier:
            break
        earlier |= tier
    used = {outer(name) for m in IMPORTS if outer(m) == module for name in IMPORTS[m]}
    assert used - {module, "__init__"} <= earlier


def test_projections_are_made_in_one_order():
    inner = {m.partition(".")[2]: used for m, used in IMPORTS.items() if outer(m) == "projections"}
    assert set.union(*PROJECTIONS) == set(inner)
    earlier: set[str] = set()
    for tier in PROJECTIONS:
        for module in tier:
            used = {m.partition(".")[2] for m in inner[module] if outer(m) == "projections"}
            assert used <= earlier, module
        earlier |= tier


def test_no_module_imports_itself_on_any_way():
    assert len(list(TopologicalSorter(IMPORTS).static_order())) == len(IMPORTS)


def test_the_package_itself_imports_none_of_its_modules():
    assert IMPORTS["__init__"] == set()


def test_only_the_web_layer_imports_datasette():
    assert users_of("datasette") == {"web"}


def test_what_is_no_storage_knows_nothing_of_sqlite():
    assert not users_of("sqlite3") & KNOW_NO_SQLITE


def test_only_projections_use_sqlite_utils():
    assert users_of("sqlite_utils") == {"projections"}


@pytest.mark.parametrize("module", ["errors", "dates", "records"])
def test_what_is_at_the_bottom_reads_and_writes_nothing(module):
    path = PACKAGE / f"{module}.py"
    assert not {outer(name) for name in imported(path)} & INPUT_AND_OUTPUT
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    assert not {call.func.id for call in calls if isinstance(call.func, ast.Name)} & {
        "open",
        "print",
        "input",
    }


def test_files_are_opened_only_where_they_are_asked_for():
    assert users_of("pathlib") - {"remote"} <= OPEN_FILES


@pytest.mark.parametrize("module", sorted(TOP - {"cli", "web"}))
def test_exit_codes_and_http_statuses_are_for_the_outermost(module):
    names = {name for m in IMPORTS if outer(m) == module for name in imported(modules()[m])}
    assert not {outer(name) for name in names} & {"sys", "click", "datasette"}
