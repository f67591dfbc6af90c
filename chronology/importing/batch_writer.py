"""Write the records of an import as a numbered batch: YAML, or JSON Lines for many events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import msgspec
import yaml

MAX_YAML_EVENTS = 1_000
_ORDER = ("event", "date", "as_written", "title", "kind", "summary")


class Draft:
    """The records of events, kept in a temporary file until all rows are read."""

    def __init__(self) -> None:
        self._lines: IO[bytes] = TemporaryFile()  # noqa: SIM115
        self.count = 0
        self.events = 0

    def add(self, record: Mapping[str, Any]) -> None:
        self._lines.write(msgspec.json.encode(record) + b"\n")
        self.count += 1
        self.events += "event" in record

    def __iter__(self) -> Iterator[dict[str, Any]]:
        self._lines.seek(0)
        for line in self._lines:
            yield msgspec.json.decode(line)

    def close(self) -> None:
        self._lines.close()


def ordered(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record with the fields that people read first in front, and the accounts at the end."""
    first = {key: record[key] for key in _ORDER if key in record}
    rest = {key: value for key, value in record.items() if key not in _ORDER and key != "accounts"}
    last = {"accounts": record["accounts"]} if "accounts" in record else {}
    return {**first, **rest, **last}


def write(
    folder: Path,
    number: int,
    header: Mapping[str, str],
    before: Iterable[Mapping[str, Any]],
    draft: Draft,
) -> Path:
    """Writes a batch with the records before the events and those of the draft."""
    is_large = draft.events > MAX_YAML_EVENTS
    path = folder / f"{number:04}-{header['batch']}.{'jsonl' if is_large else 'yml'}"
    new = path.with_name(f".{path.name}.new")
    with new.open("wb") as file:
        (_write_lines if is_large else _write_yaml)(file, header, before, draft)
    new.replace(path)
    return path


def _write_lines(
    file: IO[bytes], header: Mapping[str, str], before: Iterable[Mapping[str, Any]], draft: Draft
) -> None:
    file.write(msgspec.json.encode({**header, "format": 1}) + b"\n")
    for records in (before, draft):
        for record in records:
            file.write(msgspec.json.encode(record) + b"\n")


def _write_yaml(
    file: IO[bytes], header: Mapping[str, str], before: Iterable[Mapping[str, Any]], draft: Draft
) -> None:
    file.write(_yaml({**header, "format": 1}))
    file.write(b"records:\n")
    for records in (before, draft):
        for record in records:
            file.write(_yaml([record]))


def _yaml(value: Any) -> bytes:
    text: bytes = yaml.dump(
        value,
        Dumper=yaml.CSafeDumper,
        allow_unicode=True,
        sort_keys=False,
        width=100,
        encoding="utf-8",
    )
    return text
