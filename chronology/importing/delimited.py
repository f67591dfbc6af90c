"""CSV, TSV and other texts with separators, in any encoding, read row by row."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import charset_normalizer

from chronology.importing.header_row import LINES, find_header
from chronology.importing.tables import Row, Table, Unreadable, fitted, named

SEPARATORS = ",;\t|"
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_NAMES = {"\t": "tab"}
_CHUNK = 1 << 20
_SAMPLE = 256 << 10
MAX_CELL = 1 << 20
_UNDEFINED = {0x81, 0x8D, 0x8F, 0x90, 0x9D}
"""The bytes that Windows-1252 does not have."""
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def read(path: Path, settings: Mapping[str, str]) -> Table:
    """The table in a file; `settings` may name its encoding, its separator and its header line."""
    encoding = settings.get("encoding") or find_encoding(path)
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise Unreadable(f"{encoding!r} is not an encoding; write utf-8 or windows-1252") from None
    is_marked, found = _separator(path, encoding)
    name = settings.get("separator") or _NAMES.get(found, found)
    separator = next((key for key, value in _NAMES.items() if value == name), name)
    if len(separator) != 1:
        raise Unreadable(f"{name!r} is not a separator; write one character, or tab")
    first = list(islice(_lines(path, encoding, separator, is_marked), LINES))
    if not any(any(row) for row in first):
        raise Unreadable(f"{path} is empty; save the table again")
    header = _header_index(settings.get("header"), first)
    columns = named(first[header] if header >= 0 else [""] * max(map(len, first)))

    def rows() -> Iterator[Row]:
        lines = enumerate(_lines(path, encoding, separator, is_marked), 1)
        for number, cells in islice(lines, header + 1, None):
            yield fitted(number, cells, len(columns))

    used = {"encoding": encoding.removesuffix("-sig"), "separator": name, "header": str(header + 1)}
    above = [" ".join(filter(None, row)) for row in first[: max(header, 0)]]
    notes = [f"row {n}, above the header, is left out: {t}" for n, t in enumerate(above, 1) if t]
    return Table(columns, rows, settings=used, notes=notes)


def _header_index(setting: str | None, first: list[list[str]]) -> int:
    """The index of the header; -1 if there is none."""
    if setting is None:
        found = find_header(first)
        return -1 if found is None else found
    if not setting.isdecimal() or int(setting) > len(first):
        raise Unreadable(f"header: {setting!r} is not the number of a row; 0 is for none")
    return int(setting) - 1


def find_encoding(path: Path) -> str:
    """UTF-8 if the whole file is that, or the encoding that its letters suggest."""
    with path.open("rb") as file:
        start = file.read(4)
        for mark, name in _BOMS.items():
            if start.startswith(mark):
                return name
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            file.seek(0)
            return _guessed(file.read(_SAMPLE))
    return "utf-8"


def _guessed(sample: bytes) -> str:
    if b"\0" in sample[:200]:
        return "utf-16-le" if sample[1:2] == b"\0" else "utf-16-be"
    high = sum(byte > 127 for byte in sample)
    # A few letters of another language are too few for a guess by their frequency.
    if high * 20 < len(sample) and not _UNDEFINED & {*sample}:
        return "cp1252"
    best = charset_normalizer.from_bytes(sample).best()
    return best.encoding if best else "latin-1"


def _text(path: Path, encoding: str) -> io.TextIOWrapper:
    return path.open(encoding=encoding, newline="", errors="strict")


def _separator(path: Path, encoding: str) -> tuple[bool, str]:
    """Whether the first line names the separator, as spreadsheets do; and the separator."""
    try:
        with _text(path, encoding) as file:
            lines = list(islice(file, 5 * LINES))
    except UnicodeError as error:
        raise Unreadable(
            f"{path} is not {encoding}: {error}; name its encoding in the map"
        ) from None
    if lines and (match := _SEPARATOR_LINE.fullmatch(lines[0].lstrip("\ufeff"))):
        return True, match[1]
    return False, max(SEPARATORS, key=lambda separator: _fit(lines, separator))


def _fit(lines: list[str], separator: str) -> tuple[float, int]:
    """How well a separator divides lines: the share of rows of the usual width, and the width."""
    try:
        widths = [len(row) for row in islice(csv.reader(lines, delimiter=separator), LINES) if row]
    except csv.Error:
        return 0, 0
    usual = max(set(widths), key=widths.count, default=1)
    if usual < 2:
        return 0, 0
    return widths.count(usual) / len(widths), usual


def _lines(path: Path, encoding: str, separator: str, is_marked: bool) -> Iterator[list[str]]:
    csv.field_size_limit(MAX_CELL)
    with _text(path, encoding) as file:
        reader = csv.reader(file, delimiter=separator)
        try:
            yield from islice(reader, int(is_marked), None)
        except csv.Error as error:
            description = f"{path}, line {reader.line_num}: {error}"
            raise Unreadable(f"{description}; check the quotes and the separator") from None
        except UnicodeError as error:
            description = f"{path}, line {reader.line_num}: {error}"
            raise Unreadable(f"{description}; name its encoding in the map") from None
