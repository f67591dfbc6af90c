"""The pages of a search index, read without FTS5: see fts5_index.c of SQLite for their form.

FTS5's own check proves the words of the pages, but does not read a page through the table `_idx`,
which lists the pages by their first words. This reads each page once, whatever it contains.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

_STRUCTURE = 10
"""The row of the structure; 1 is the row of the averages."""
_VARINT_BYTES = 9


class Page(NamedTuple):
    """A page by its segment and its number within it.

    `level` is 0 for a page of words. Others list the pages on which one word occurs, for the page
    of that number where the word begins, from level 1 up.
    """

    segment: int
    number: int
    level: int


class _Listed(NamedTuple):
    """A page as `_idx` lists it: the start of its first word, and whether its last has a list."""

    word: object
    has_list: bool


_ListedPages = dict[tuple[object, object], _Listed]


def faults(db: sqlite3.Connection, index: str) -> list[str]:
    """A line for each table of a search index whose rows do not fit its pages."""
    segments = _segments(db, index)
    numbers = db.execute(
        f"SELECT id FROM {index}_data WHERE id NOT IN (1, {_STRUCTURE}) ORDER BY id"
    ).fetchall()
    pages = [_page(number) for (number,) in numbers]
    listed = _listed(db, index, segments)
    lines = []
    stray = sum(not _is_of(segments, page) for page in pages)
    if stray := stray + _stray_lists(segments, pages, listed):
        lines.append(f"{index}_data: {stray} rows belong to no part of the index")
    if not _are_listed(db, index, segments, pages, listed):
        lines.append(f"{index}_idx: it does not list the pages of the index")
    return lines


def _page(number: int) -> Page:
    """The page of a rowid: its segment, a bit for lists, 5 bits for their level, and its number."""
    is_list = number >> 36 & 1
    return Page(number >> 37, number % (1 << 31), (number >> 31 & 31) + 1 if is_list else 0)


def _segments(db: sqlite3.Connection, index: str) -> dict[int, range]:
    """The pages of each segment, from the structure of a search index."""
    sql = f"SELECT CAST(block AS BLOB) FROM {index}_data WHERE id = {_STRUCTURE}"
    structure = db.execute(sql).fetchone()
    if structure is None or structure[0] is None:
        return {}
    numbers = _varints(structure[0][4:])
    levels = next(numbers, 0)
    next(numbers, None)
    next(numbers, None)
    segments = {}
    # The numbers end with the bytes, so that a forged count ends too.
    for _, (_, count) in zip(range(levels), _pairs(numbers), strict=False):
        for segment, first, last in islice(_triples(numbers), count):
            segments[segment] = range(first, last + 1)
    return segments


def _pairs(numbers: Iterator[int]) -> Iterator[tuple[int, int]]:
    return zip(numbers, numbers, strict=False)


def _triples(numbers: Iterator[int]) -> Iterator[tuple[int, int, int]]:
    return zip(numbers, numbers, numbers, strict=False)


def _is_of(segments: dict[int, range], page: Page) -> bool:
    pages = segments.get(page.segment, range(0))
    return bool(pages) and (page.level > 0 or page.number in pages or _is_merged(pages))


def _is_merged(pages: range) -> bool:
    """Whether an unfinished merge has copied the whole segment, and will remove it at its end."""
    return pages.stop == 1


def _listed(db: sqlite3.Connection, index: str, segments: dict[int, range]) -> _ListedPages:
    """The rows of `_idx` by segment and page, without those that an unfinished merge leaves."""
    listed: _ListedPages = {}
    for segment, number, word in db.execute(f"SELECT segid, pgno, term FROM {index}_idx"):
        if not isinstance(number, int):
            listed[segment, number] = _Listed(word, False)
            continue
        pages = segments.get(segment)
        if pages is None or not (_is_merged(pages) or number >> 1 < pages.start):
            listed[segment, number >> 1] = _Listed(word, bool(number & 1))
    return listed


def _stray_lists(segments: dict[int, range], pages: list[Page], listed: _ListedPages) -> int:
    """How many lists are of no page that has one; a long list goes on under the next numbers."""
    lists = {page[:2] for page in pages if page.level}
    long = {page.segment for page in pages if page.level > 1}
    return sum(
        page.number >= segments.get(page.segment, range(0)).start
        and not _is_merged(segments.get(page.segment, range(0)))
        and not (page[:2] in listed and listed[page[:2]].has_list)
        and not (page.segment in long and (page.segment, page.number - 1) in lists)
        for page in pages
        if page.level
    )


def _are_listed(
    db: sqlite3.Connection,
    index: str,
    segments: dict[int, range],
    pages: list[Page],
    listed: _ListedPages,
) -> bool:
    """Whether `_idx` lists exactly the pages on which words begin, each as it is."""
    lists = {page[:2] for page in pages if page.level}
    unseen, segment, last = dict(listed), 0, None
    sql = f"SELECT CAST(block AS BLOB) FROM {index}_data WHERE id = ?"
    for page in pages:
        if page.level or page.number not in segments.get(page.segment, ()):
            continue
        if page.segment != segment:
            segment, last = page.segment, None
        (block,) = db.execute(sql, (page.segment << 37 | page.number,)).fetchone()
        words = _first_and_last_word(block or b"")
        if words:
            entry = unseen.pop(page[:2], None)
            if entry is None or entry.has_list != (page[:2] in lists):
                return False
            if not _is_start(entry.word, words[0], last, page.number):
                return False
            last = words[1]
    return not unseen


def _is_start(listed: object, word: bytes, before: bytes | None, number: int) -> bool:
    """Whether a page may be listed so: its first word, and the word before the page.

    The first page is listed without a word. Others are listed with the word, or with its start up
    to the first byte by which it differs from the word before. If an unfinished merge has removed
    what was before the word, it may be listed by any earlier word.
    """
    if number == 1:
        return listed == b""
    if before is None:
        return isinstance(listed, bytes) and listed <= word
    pairs = enumerate(zip(word, before, strict=False))
    shared = next((n for n, (one, other) in pairs if one != other), min(len(word), len(before)))
    return listed in (word, word[: shared + 1])


def _first_and_last_word(block: bytes) -> tuple[bytes, bytes] | None:
    """The words that begin first and last on a page; None if there are none.

    A word after the first shares its start with the word before it.
    """
    first, word, start = None, b"", 0
    for offset in _varints(block[int.from_bytes(block[2:4], "big") :]):
        start += offset
        numbers = _varints(block[start : start + 2 * _VARINT_BYTES])
        shared = 0 if first is None else next(numbers, 0)
        length = next(numbers, 0)
        text = start + _size(length) + (0 if first is None else _size(shared))
        word = word[:shared] + block[text : text + length]
        first = word if first is None else first
    return None if first is None else (first, word)


def _size(number: int) -> int:
    """The bytes of a variable-length number."""
    return max(1, -(-number.bit_length() // 7))


def _varints(data: bytes) -> Iterator[int]:
    """The variable-length numbers of SQLite: seven bits a byte, the highest first."""
    value = length = 0
    for byte in data:
        value, length = value << 7 | byte & 0x7F, length + 1
        if byte < 0x80 or length == _VARINT_BYTES:
            yield value
            value = length = 0
