"""Batches in YAML: the header and the records as plain values, every scalar a text.

Scalars are typed by their field later, so that a date or a time stays as it was written. Anchors,
aliases, tags and second documents are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import yaml

from chronology.batches import source_text
from chronology.batches.source_text import MAX_DEPTH, MAX_LINE_BYTES, Raw, below, refused, tidy
from chronology.model.errors import BatchRefused
from chronology.model.records import Path

MAX_YAML_BYTES = 32 << 20


def read(stream: BinaryIO, file: str) -> tuple[Raw, Iterator[Raw]]:
    data = stream.read(MAX_YAML_BYTES + 1)
    if len(data) > MAX_YAML_BYTES:
        what = f"the file is larger than {MAX_YAML_BYTES >> 20} MiB"
        raise refused(file, 1, what, "split it, or use JSON Lines")
    _check_lines(data, file)
    top, lines = _Tree(source_text.decode(data, file), file).read()
    if not isinstance(top, dict):
        raise refused(file, 1, "the batch has no header", "begin with format: 1")
    found = top.pop("records", None)
    if not isinstance(found, list) or not found:
        what = "the batch has no records"
        raise refused(file, lines(("records",)), what, "add them under 'records:'")
    return (top, lines), ((raw, below(lines, "records", i)) for i, raw in enumerate(found))


def _check_lines(data: bytes, file: str) -> None:
    if not data.strip():
        raise source_text.empty_file(file)
    start = 0
    for line in range(1, data.count(b"\n") + 2):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        if end - start > MAX_LINE_BYTES:
            raise refused(file, line, "the line is longer than 1 MiB", "break it")
        start = end + 1


class _Tree:
    """Plain values out of YAML's events: every scalar a text, and the line of each path.

    Aliases are refused where they stand, so that nothing can be multiplied.
    """

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.lines: dict[Path, int] = {}
        self.events: Iterator[Any] = iter(())

    def read(self) -> Raw:
        try:
            self.events = yaml.parse(self.text, Loader=yaml.CSafeLoader)
            top: Any = None
            for event in self.events:
                if isinstance(event, yaml.DocumentStartEvent):
                    if top is not None:
                        raise self._refused(event, "a second document begins", "one batch a file")
                    top = self._value(next(self.events), ())
        except yaml.YAMLError as error:
            what, line = self._explain(error)
            remedy = "check quotes and indents"
            raise refused(self.file, line, f"this is no YAML: {what}", remedy) from None
        return top, self._line

    def _explain(self, error: yaml.YAMLError) -> tuple[str, int]:
        what, line = str(error).splitlines()[0], 1
        if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
            what, line = error.problem or what, error.problem_mark.line + 1
        elif isinstance(error, yaml.reader.ReaderError):
            line += self.text.encode()[: error.position].count(b"\n")
        return what, line

    def _line(self, path: Path) -> int:
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def _refused(self, event: Any, what: str, remedy: str) -> BatchRefused:
        return refused(self.file, _line_of(event), what, remedy)

    def _value(self, event: Any, path: Path) -> Any:
        self.lines.setdefault(path, _line_of(event))
        self._check_plain(event)
        if len(path) > MAX_DEPTH:
            raise self._refused(event, "the nesting is too deep", "see docs/format.md")
        if isinstance(event, yaml.ScalarEvent):
            return tidy(event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path)
        return self._mapping(path)

    def _check_plain(self, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise self._refused(event, "anchors and aliases are not allowed", "write the value out")
        if getattr(event, "tag", None) not in (None, "!"):
            raise self._refused(event, f"the tag {event.tag!r} is not allowed", "leave it out")

    def _list(self, path: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*path, len(items))))
        return items

    def _mapping(self, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            self._check_plain(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise self._refused(event, "a key is no text", "quote it")
            key = tidy(event.value)
            if key in found:
                raise self._refused(event, f"the key {key!r} stands twice", "keep one of them")
            self.lines[(*path, key)] = _line_of(event)
            found[key] = self._value(next(self.events), (*path, key))
        return found


def _line_of(event: Any) -> int:
    return int(event.start_mark.line) + 1
