"""Extras: the libraries of single commands, which the base does not install."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

import click


def require_extra(extra: str, modules: Sequence[str]) -> None:
    """Raises a usage error that names the extra if one of its modules is not installed."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise click.UsageError(
            f"this command needs {', '.join(missing)};"
            f" install the extra: pip install 'datasette-chronology[{extra}]'"
        )
