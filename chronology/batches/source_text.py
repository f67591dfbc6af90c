"""Text of a batch file, whatever its form: decoding, tidying, the lines of values, size limits.

Every text is NFC and has no white space around it, so that the same batch gives the same records
in every form.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from chronology.model.errors import BatchRefused, Fault
from chronology.model.records import Path

MAX_LINE_BYTES = 1 << 20
MAX_DEPTH = 12

Lines = Callable[[Path], int]
"""The line of a path into a value, or of the nearest outer path that has a line."""
Raw = tuple[Any, Lines]
"""A plain value, or the `Fault` of one that cannot be read, and its lines."""


class OneLine:
    """The lines of a value that is on one line."""

    __slots__ = ("line",)

    def __init__(self, line: int) -> None:
        self.line = line

    def __call__(self, path: Path) -> int:
        return self.line


def below(lines: Lines, *prefix: str | int) -> Lines:
    """The lines of the value at a path."""
    if isinstance(lines, OneLine):
        return lines
    return lambda path: lines((*prefix, *path))


def refused(file: str, line: int, what: str, remedy: str) -> BatchRefused:
    """The refusal of a file for a single fault."""
    return BatchRefused([Fault(file, line, what, remedy)])


def empty_file(file: str) -> BatchRefused:
    return refused(file, 1, "the file is empty", "write a batch, or delete the file")


def size(stream: BinaryIO) -> int | None:
    """The bytes of a file; None for a stream of unknown length."""
    try:
        here = stream.tell()
        end = stream.seek(0, 2)
        stream.seek(here)
    except OSError:
        return None
    return end


def numbered_lines(stream: BinaryIO, file: str) -> Iterator[tuple[int, bytes]]:
    """Each line with its number, from 1; refuses an empty file and a line that is too long."""
    number = 0
    while line := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            raise refused(file, number, "the line is longer than 1 MiB", "split the record")
        yield number, line
    if not number:
        raise empty_file(file)


def decode(data: bytes, file: str, line: int = 1) -> str:
    """UTF-8 as text, without a byte order mark; `line` is the number of the first line."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line += data.count(b"\n", 0, error.start)
        raise refused(file, line, "the file is not UTF-8", "save it again as UTF-8") from None


def tidy(text: str) -> str:
    """The text in NFC and without white space around it."""
    return unicodedata.normalize("NFC", text.strip())
