"""Batches in YAML, with every scalar read as text.

The field decides the type of a scalar later, so that dates and times keep the form in which they
were written. Anchors, aliases, tags and second documents are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import yaml

from chronology.batches import source_text
from chronology.batches.source_text import (
    MAX_DEPTH,
    MAX_LINE_BYTES,
    RawRecord,
    lines_below,
    normalise,
    refusal,
)
from chronology.model.errors import BatchRefused
from chronology.model.validation import FieldPath

MAX_YAML_BYTES = 32 << 20
MAX_VALUES = 1_000_000
"""The most values in a file: each takes some 500 bytes, however short it is."""


def read(stream: BinaryIO, file: str) -> tuple[RawRecord, Iterator[RawRecord]]:
    """The header and the records."""
    data = stream.read(MAX_YAML_BYTES + 1)
    if len(data) > MAX_YAML_BYTES:
        description = f"the file is larger than {MAX_YAML_BYTES >> 20} MiB"
        raise refusal(file, 1, description, "split it, or use JSON Lines")
    _check_lines(data, file)
    top, lines = _Tree(source_text.decode(data, file), file).read()
    if not isinstance(top, dict):
        raise refusal(file, 1, "the batch header is missing", "start with format: 1")
    records = top.pop("records", None)
    if not isinstance(records, list) or not records:
        description = "the batch has no records"
        raise refusal(file, lines(("records",)), description, "add them under 'records:'")
    return (top, lines), ((raw, lines_below(lines, "records", i)) for i, raw in enumerate(records))


def _check_lines(data: bytes, file: str) -> None:
    if not data.strip():
        raise source_text.empty_file(file)
    start = 0
    for line in range(1, data.count(b"\n") + 2):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        if end - start > MAX_LINE_BYTES:
            raise refusal(file, line, "the line is longer than 1 MiB", "split the line")
        start = end + 1


class _Tree:
    """Builds plain values from YAML events, and keeps the line of each path.

    Aliases are refused, so that a small file cannot expand to a large value.
    """

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.lines: dict[FieldPath, int] = {}
        self.count = 0
        self.events: Iterator[Any] = iter(())

    def read(self) -> RawRecord:
        try:
            self.events = yaml.parse(self.text, Loader=yaml.CSafeLoader)
            top: Any = None
            for event in self.events:
                if isinstance(event, yaml.DocumentStartEvent):
                    if top is not None:
                        raise self._refused(
                            event, "a second document begins", "write one batch per file"
                        )
                    top = self._value(next(self.events), ())
        except yaml.YAMLError as error:
            description, line = self._explain(error)
            remedy = "check quotes and indents"
            raise refusal(self.file, line, f"invalid YAML: {description}", remedy) from None
        return top, self._line

    def _explain(self, error: yaml.YAMLError) -> tuple[str, int]:
        description, line = str(error).splitlines()[0], 1
        if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
            description, line = error.problem or description, error.problem_mark.line + 1
        elif isinstance(error, yaml.reader.ReaderError):
            line += self.text.encode()[: error.position].count(b"\n")
        return description, line

    def _line(self, path: FieldPath) -> int:
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def _refused(self, event: Any, description: str, remedy: str) -> BatchRefused:
        return refusal(self.file, _line_of(event), description, remedy)

    def _value(self, event: Any, path: FieldPath) -> Any:
        self.lines.setdefault(path, _line_of(event))
        self._check_anchor_and_tag(event)
        self.count += 1
        if self.count > MAX_VALUES:
            description = f"the file has more than {MAX_VALUES:,} values"
            raise self._refused(event, description, "split it, or use JSON Lines")
        if len(path) > MAX_DEPTH:
            raise self._refused(event, "the nesting is too deep", "see docs/format.md")
        if isinstance(event, yaml.ScalarEvent):
            return normalise(event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path)
        return self._mapping(path)

    def _check_anchor_and_tag(self, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise self._refused(event, "anchors and aliases are not allowed", "write out the value")
        if getattr(event, "tag", None) not in (None, "!"):
            raise self._refused(event, f"the tag {event.tag!r} is not allowed", "leave it out")

    def _list(self, path: FieldPath) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*path, len(items))))
        return items

    def _mapping(self, path: FieldPath) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            self._check_anchor_and_tag(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise self._refused(event, "a key is not text", "quote it")
            key = normalise(event.value)
            if key in mapping:
                raise self._refused(event, f"the key {key!r} occurs twice", "keep one of them")
            self.lines[(*path, key)] = _line_of(event)
            mapping[key] = self._value(next(self.events), (*path, key))
        return mapping


def _line_of(event: Any) -> int:
    return int(event.start_mark.line) + 1
