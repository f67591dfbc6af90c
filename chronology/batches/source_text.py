"""Text of batch files: decoding, normalising, line numbers and size limits.

Every text is converted to NFC and stripped of white space, so that the same batch gives the same
records in every format.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from chronology.model.errors import BatchRefused, Fault
from chronology.model.validation import FieldPath

MAX_LINE_BYTES = 1 << 20
MAX_DEPTH = 12

LineLookup = Callable[[FieldPath], int]
"""Gives the line of a field, or of the nearest field around it that has a line."""
RawRecord = tuple[Any, LineLookup]
"""A plain value, or the `Fault` of an unreadable one, with its lines."""


class SingleLine:
    """The lines of a value that is on a single line."""

    __slots__ = ("line",)

    def __init__(self, line: int) -> None:
        self.line = line

    def __call__(self, path: FieldPath) -> int:
        return self.line


def lines_below(lines: LineLookup, *prefix: str | int) -> LineLookup:
    """The lines of a nested value, by paths that start at it."""
    if isinstance(lines, SingleLine):
        return lines
    return lambda path: lines((*prefix, *path))


def refusal(file: str, line: int, description: str, remedy: str) -> BatchRefused:
    """The error for a file with a single fault."""
    return BatchRefused([Fault(file, line, description, remedy)])


def empty_file(file: str) -> BatchRefused:
    return refusal(file, 1, "the file is empty", "write a batch, or delete the file")


def size(stream: BinaryIO) -> int | None:
    """The size of a file in bytes; None for a stream of unknown length."""
    try:
        position = stream.tell()
        end = stream.seek(0, 2)
        stream.seek(position)
    except OSError:
        return None
    return end


def numbered_lines(stream: BinaryIO, file: str) -> Iterator[tuple[int, bytes]]:
    """Each line with its number, from 1; raises for an empty file and for a line over 1 MiB."""
    number = 0
    while line := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            raise refusal(file, number, "the line is longer than 1 MiB", "split the record")
        yield number, line
    if not number:
        raise empty_file(file)


def decode(data: bytes, file: str, line: int = 1) -> str:
    """The text of UTF-8, without a byte order mark; `line` is the number of the first line."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line += data.count(b"\n", 0, error.start)
        raise refusal(file, line, "the file is not UTF-8", "save it as UTF-8") from None


def normalise(text: str) -> str:
    """The text in NFC, without white space around it."""
    return unicodedata.normalize("NFC", text.strip())
