"""The files around the code: links lead somewhere, versions agree, no contact is invented."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from conftest import ROOT

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([^)\s]+))?\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def links(page: Path) -> list[tuple[str, str]]:
    return LINK.findall(FENCE.sub("", page.read_text("utf-8")))


def anchors(page: Path) -> set[str]:
    """The anchors of the headings, as forges make them."""
    text = FENCE.sub("", page.read_text("utf-8"))
    titles = (re.sub(r"[^\w\- ]", "", title.lower()) for title in HEADING.findall(text))
    return {title.replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_relative_links_lead_to_files_and_headings(page: Path) -> None:
    for name, anchor in links(page):
        target = page.parent / name if name else page
        assert target.exists(), name
        assert not anchor or anchor in anchors(target), f"{name}#{anchor}"


def test_the_files_that_the_architecture_names_exist() -> None:
    text = FENCE.sub("", (ROOT / "docs" / "architecture.md").read_text("utf-8"))
    names = set(re.findall(r"`([\w/.-]+(?:/|\.py|\.html))`", text))
    inner = [path.relative_to(ROOT) for path in (ROOT / "chronology").rglob("*")]
    known = [f"/{path.as_posix()}" for path in inner]
    assert len(names) > 40
    lost = [
        name
        for name in names
        if not (ROOT / name).exists()
        and not any(path.endswith(f"/{name.rstrip('/')}") for path in known)
    ]
    assert sorted(lost) == []


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    released = re.findall(r"^## \[(\d[^]]*)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert project["version"] == citation["version"] == released[0]
    assert project["license"] == citation["license"]


def test_the_citation_names_no_person_and_no_address() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["authors"] == [{"name": "datasette-chronology contributors"}]
    assert not {"doi", "identifiers", "url", "repository-code", "contact"} & citation.keys()


def test_the_hook_and_the_workflow_run_the_targets_of_the_makefile() -> None:
    targets = re.findall(r"^([a-z][\w.-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    (repo,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    (hook,) = repo["hooks"]
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))
    steps = workflow["jobs"]["test"]["steps"]
    assert hook["entry"] == "make check"
    assert any(step.get("run", "").startswith("make test") for step in steps)
    assert {"check", "test", "serve"} <= set(targets)
