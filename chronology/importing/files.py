"""Open a file of any known kind as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from chronology.importing import (
    calendars,
    dated_lines,
    delimited,
    family_trees,
    json_tables,
    workbooks,
)
from chronology.importing.tables import Table, Unreadable

_Reader = Callable[[Path, Mapping[str, str]], Table]
_READERS: dict[str, _Reader] = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".psv"), delimited.read),
    **dict.fromkeys((".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"), workbooks.read),
    **dict.fromkeys((".json", ".jsonl", ".ndjson", ".srj"), json_tables.read),
    **dict.fromkeys((".ics", ".ical"), calendars.read),
    **dict.fromkeys((".ged", ".gedcom"), family_trees.read),
    **dict.fromkeys((".md", ".txt"), dated_lines.read),
}


def open_table(path: Path, settings: Mapping[str, str]) -> Table:
    """The table in a file; raises `Unreadable` with a remedy."""
    if not path.is_file():
        raise Unreadable(f"there is no file {path}; name an existing one")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        known = ", ".join(sorted(_READERS))
        raise Unreadable(f"the ending of {path.name} is not known; save it as one of {known}")
    return reader(path, settings)
