"""Batches in JSON Lines: one object per line, the header first. Lines are read one at a time."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from chronology.batches import source_text
from chronology.batches.source_text import MAX_DEPTH, RawRecord, SingleLine, normalise
from chronology.model.errors import BatchRefused, Fault

_UNREADABLE = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)
_PADDED_TEXT = re.compile(r'"\s|\s"')


def read(stream: BinaryIO, file: str) -> tuple[RawRecord, Iterator[RawRecord]]:
    """The header and the records; a line that is not valid JSON becomes a `Fault`."""
    values = _values(stream, file)
    header, lines = next(values, ({}, SingleLine(1)))
    if isinstance(header, Fault):
        raise BatchRefused([header])
    return (header, lines), values


def _values(stream: BinaryIO, file: str) -> Iterator[RawRecord]:
    for number, line in source_text.numbered_lines(stream, file):
        if not line.isspace():
            yield parse_line(line, file, number), SingleLine(number)


def parse_line(line: bytes, file: str, number: int) -> Any:
    """The normalised value of a line, or a `Fault`."""
    try:
        decoded = msgspec.json.decode(line)
        if _is_normal(line, decoded):
            return decoded
    except _UNREADABLE:
        pass  # A byte order mark is allowed; any other fault is found below.
    return parse_line_slowly(line, file, number)


def _is_normal(line: bytes, decoded: Any) -> bool:
    """Fast test that a line has no key twice, no text to normalise, and no deep nesting.

    Without escapes, every quotation mark begins or ends a text. So if the value encoded again has
    fewer colons, a key occurred twice; a space beside a quotation mark is at the edge of a text;
    and a few brackets cannot nest deeply.
    """
    if b"\\" in line:
        return False
    encoded = msgspec.json.encode(decoded)
    return (
        encoded.count(b":") == line.count(b":")
        and encoded.count(b"{") + encoded.count(b"[") <= MAX_DEPTH
        and b'" ' not in encoded
        and b' "' not in encoded
        and (encoded.isascii() or _is_normal_text(encoded.decode()))
    )


def _is_normal_text(text: str) -> bool:
    return unicodedata.is_normalized("NFC", text) and not _PADDED_TEXT.search(text)


def parse_line_slowly(line: bytes, file: str, number: int) -> Any:
    text = source_text.decode(line, file, number)
    try:
        # msgspec refuses lone surrogates, NaN and 1e400. The standard library accepts these, but
        # shows keys that occur twice.
        msgspec.json.decode(text)
        return _normalised(json.loads(text, object_pairs_hook=_unique_keys))
    except _UNREADABLE as error:
        return Fault(file, number, f"invalid JSON: {error}", "write one object per line")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, item in pairs:
        if key in values:
            raise ValueError(f"the key {key!r} occurs twice")
        values[key] = item
    return values


def _normalised(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return normalise(value)
    if depth > MAX_DEPTH:
        raise ValueError("the nesting is too deep")
    if isinstance(value, dict):
        return {normalise(key): _normalised(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_normalised(item, depth + 1) for item in value]
    return value
