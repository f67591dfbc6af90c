"""JSON and JSON Lines as tables: lists of objects, with a column for the path of each value."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from chronology.importing.tables import Row, Table, Unreadable, fitted

MAX_BYTES = 256 << 20
MAX_DEPTH = 6
LIST_SEPARATOR = "; "


def read(path: Path, settings: Mapping[str, str]) -> Table:
    """The objects of one list in a file; `settings` may name its path, as `results.bindings`."""
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        return _table(lambda: _lines(path), [], {})
    if path.stat().st_size > MAX_BYTES:
        raise Unreadable(f"{path} is larger than {MAX_BYTES >> 20} MiB; write it as JSON Lines")
    try:
        whole = json.loads(path.read_text("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{path} is not JSON: {error}; save it again as JSON") from None
    where = settings.get("rows")
    found = _lists(whole)
    if where is None:
        where = max(found, key=lambda name: len(found[name]), default=None)
    if where is None or where not in found:
        choices = ", ".join(found) or "none"
        raise Unreadable(f"{path} has no list of objects at {where!r}; lists: {choices}")
    rows = found[where]
    notes = [f"the list {name or 'at the top'} is left out" for name in found if name != where]
    notes += [f"{name} is left out: {value}" for name, value in _others(whole, where)]
    return _table(lambda: enumerate(rows, 1), notes, {"rows": where})


def _table(objects: Any, notes: list[str], settings: dict[str, str]) -> Table:
    columns: dict[str, None] = {}
    for _, item in objects():
        columns.update(dict.fromkeys(flat(item)))
    names = _by_value(list(columns))

    def rows() -> Iterator[Row]:
        for number, item in objects():
            values = flat(item)
            yield fitted(number, [values.get(column, "") for column in columns], len(names))

    return Table(names, rows, settings=settings, notes=notes, unit="object")


def _by_value(columns: list[str]) -> list[str]:
    """SPARQL gives each value beside its type: `label.value` is the column `label`."""
    short = [c.removesuffix(".value") for c in columns]
    return short if len({*short}) == len(short) else columns


def _lines(path: Path) -> Iterator[tuple[int, Any]]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    yield number, json.loads(line)
                except (ValueError, RecursionError) as error:
                    description = f"{path}, line {number} is not JSON: {error}"
                    raise Unreadable(f"{description}; write one object on each line") from None


def _lists(value: Any, where: str = "", depth: int = 0) -> dict[str, list[Any]]:
    """The lists of objects in a value by their paths."""
    if isinstance(value, list):
        return {where: value} if value and all(isinstance(v, dict) for v in value) else {}
    found: dict[str, list[Any]] = {}
    if isinstance(value, dict) and depth < MAX_DEPTH:
        for key, item in value.items():
            found.update(_lists(item, f"{where}.{key}" if where else key, depth + 1))
    return found


def _others(whole: Any, where: str) -> Iterable[tuple[str, str]]:
    """The single values of a file that are outside its list of objects."""
    if isinstance(whole, dict):
        for name, text in flat(whole, skip=where).items():
            if text:
                yield name, text


def flat(value: Any, where: str = "", skip: str | None = None) -> dict[str, str]:
    """The single values of an object as texts by their paths; lists of single values as one."""
    if where and where == skip:
        return {}
    if isinstance(value, dict):
        flattened: dict[str, str] = {}
        for key, item in value.items():
            flattened.update(flat(item, f"{where}.{key}" if where else str(key), skip))
        return flattened
    if isinstance(value, list):
        if not any(isinstance(item, (dict, list)) for item in value):
            return {where: LIST_SEPARATOR.join(map(_text, value))}
        flattened = {}
        for number, item in enumerate(value):
            flattened.update(flat(item, f"{where}.{number}", skip))
        return flattened
    return {where: _text(value)}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
