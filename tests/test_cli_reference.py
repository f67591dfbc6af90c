"""`docs/cli.md` is generated from the commands, and every command explains itself."""

from __future__ import annotations

import re
import shlex

import pytest
from conftest import ROOT

from chronology.cli import main
from scripts import cli_reference


def examples(name: str) -> list[list[str]]:
    """The arguments of each example in the help text of a command."""
    lines = re.findall(rf"^ *chronology {name}\b(.*)$", main.commands[name].help or "", re.M)
    return [shlex.split(line.partition("   ")[0].partition(" && ")[0]) for line in lines]


def test_the_page_is_what_the_commands_say() -> None:
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    assert page == cli_reference.reference(), "run 'python -m scripts.cli_reference'"


def test_every_command_and_option_has_a_help_text_and_every_command_an_example() -> None:
    assert list(cli_reference.undocumented()) == []


@pytest.mark.parametrize("name", sorted(main.commands))
def test_the_examples_use_only_options_that_exist(name: str) -> None:
    known = {option for parameter in main.commands[name].params for option in parameter.opts}
    used = {word for words in examples(name) for word in words if word.startswith("--")}
    assert examples(name)
    assert used <= known


def test_no_first_line_of_a_help_text_is_cut_off_in_the_list_of_commands() -> None:
    assert "..." not in cli_reference.reference().split("Commands:")[1].split("```")[0]
