"""The documentation: its links, and the files, commands and make targets that it names, exist."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest
from conftest import ROOT

from chronology.cli import main

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
INLINE = re.compile(r"`([^`\n]+)`")
BLOCK = re.compile(r"^```.*?\n(.*?)^```|^ {4}(.*?)$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
FILE = re.compile(r"[\w./-]+\.(?:py|md|js|toml)")
COMMAND = re.compile(r"(?:^|&& |bin/)chronology ([a-z]+)\b([^#\n]*)", re.MULTILINE)
TARGET = re.compile(r"^make ([a-z][\w.-]*)")

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def code(page: Path) -> list[str]:
    """The inline code and the lines of code blocks of a page."""
    text = page.read_text("utf-8")
    blocks = ["".join(groups) for groups in BLOCK.findall(text)]
    inline = INLINE.findall(BLOCK.sub("", text))
    return [*inline, *(line.strip() for block in blocks for line in block.splitlines())]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as forges make them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page
def test_relative_links_lead_to_files_and_headings(page: Path) -> None:
    for name, anchor in LINK.findall(page.read_text("utf-8")):
        target = page.parent / name if name else page
        assert target.exists(), name
        assert not anchor or anchor in anchors(target), f"{name}#{anchor}"


@each_page
def test_named_files_exist(page: Path) -> None:
    folders = ("chronology", "tests", "benchmarks", "scripts", "docs")
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.*")]
    known = [f"/{path.relative_to(ROOT)}" for path in [*paths, *ROOT.glob("*.*")]]
    names = {name for name in code(page) if FILE.fullmatch(name)}

    assert [name for name in names if not any(path.endswith(f"/{name}") for path in known)] == []


@each_page
def test_named_commands_and_options_exist(page: Path) -> None:
    for name, arguments in COMMAND.findall("\n".join(code(page))):
        command = main.commands.get(name)
        assert command is not None, name
        options = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"(?<!\S)--[a-z-]+", arguments)) <= {*options, "--help"}, arguments


@each_page
def test_named_make_targets_exist(page: Path) -> None:
    targets = re.findall(r"^([a-z][\w.-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    names = {match[1] for line in code(page) if (match := TARGET.match(line))}

    assert names <= set(targets)


def test_the_example_of_dates_gives_the_documented_results() -> None:
    assert doctest.testfile(str(ROOT / "docs" / "dates.md"), module_relative=False).failed == 0
