"""Batches in JSON Lines: one object a line, the header first. Lines are read one at a time."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from chronology.batches import source_text
from chronology.batches.source_text import MAX_DEPTH, OneLine, Raw, tidy
from chronology.model.errors import BatchRefused, Fault

_UNREADABLE = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)
_PADDED_TEXT = re.compile(r'"\s|\s"')


def read(stream: BinaryIO, file: str) -> tuple[Raw, Iterator[Raw]]:
    """The header and the records after it; a line that is no JSON gives a `Fault` instead."""
    values = _values(stream, file)
    header, lines = next(values, ({}, OneLine(1)))
    if isinstance(header, Fault):
        raise BatchRefused([header])
    return (header, lines), values


def _values(stream: BinaryIO, file: str) -> Iterator[Raw]:
    for number, line in source_text.numbered_lines(stream, file):
        if not line.isspace():
            yield value(line, file, number), OneLine(number)


def value(line: bytes, file: str, number: int) -> Any:
    """The tidy value of a line, or a `Fault`."""
    try:
        found = msgspec.json.decode(line)
        if _is_tidy(line, found):
            return found
    except _UNREADABLE:
        pass  # It may only begin with a byte order mark; otherwise the fault is found below.
    return _tidied_value(line, file, number)


def _is_tidy(line: bytes, found: Any) -> bool:
    """Whether a line certainly has no key twice, no text to tidy, and is not nested too deeply.

    Without escapes every quotation mark begins or ends a text, and every other character of a text
    is itself. So a value that is encoded again with fewer colons had a key twice, a space beside
    a quotation mark is at the edge of a text, and few brackets cannot nest deeply.
    """
    if b"\\" in line:
        return False
    again = msgspec.json.encode(found)
    return (
        again.count(b":") == line.count(b":")
        and again.count(b"{") + again.count(b"[") <= MAX_DEPTH
        and b'" ' not in again
        and b' "' not in again
        and (again.isascii() or _is_tidy_text(again.decode()))
    )


def _is_tidy_text(text: str) -> bool:
    return unicodedata.is_normalized("NFC", text) and not _PADDED_TEXT.search(text)


def _tidied_value(line: bytes, file: str, number: int) -> Any:
    text = source_text.decode(line, file, number)
    try:
        # msgspec refuses lone surrogates, NaN and 1e400, which the standard library reads; the
        # standard library shows the keys that occur twice.
        msgspec.json.decode(text)
        return _tidied(json.loads(text, object_pairs_hook=_unique_keys))
    except _UNREADABLE as error:
        return Fault(file, number, f"this is no JSON: {error}", "write one object a line")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, item in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} stands twice")
        found[key] = item
    return found


def _tidied(found: Any, depth: int = 0) -> Any:
    if isinstance(found, str):
        return tidy(found)
    if depth > MAX_DEPTH:
        raise ValueError("the nesting is too deep")
    if isinstance(found, dict):
        return {tidy(key): _tidied(item, depth + 1) for key, item in found.items()}
    if isinstance(found, list):
        return [_tidied(item, depth + 1) for item in found]
    return found
