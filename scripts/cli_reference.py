"""Write docs/cli.md from the help texts of the commands: `python -m scripts.cli_reference`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from chronology.cli import main as chronology

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cli.md"
WIDTH = 92
BEGINNING = """\
# The commands

This page is generated from the help texts of the commands: change those in `chronology/cli/`, then
run `python -m scripts.cli_reference`. In a clone the commands are in `.venv/bin/` once
`make serve` or `make test` has run; `pip install .` puts them on the path.
"""


def reference() -> str:
    """The page: every command with its arguments, options and examples."""
    commands = dict(sorted(chronology.commands.items()))
    contents = "\n".join(f"- [`chronology {name}`](#chronology-{name})" for name in commands)
    sections = [
        _section("chronology", chronology),
        *(_section(f"chronology {name}", command) for name, command in commands.items()),
    ]
    return "\n".join([BEGINNING, contents + "\n", *sections])


def _section(title: str, command: click.Command) -> str:
    return f"## {title}\n\n```\n{_help(title, command)}\n```\n"


def _help(title: str, command: click.Command) -> str:
    """The text of `--help` at one width, whatever the terminal."""
    with click.Context(command, info_name=title, terminal_width=WIDTH) as context:
        return command.get_help(context)


def undocumented() -> Iterator[str]:
    """The commands and options that lack a help text, and the commands without an example."""
    for name, command in chronology.commands.items():
        if "Example" not in (command.help or ""):
            yield f"{name} has no example"
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.help:
                yield f"{name} {parameter.opts[0]} has no help text"


if __name__ == "__main__":
    PAGE.write_text(reference(), "utf-8")
