"""Samples of the columns of a table, from which their roles are guessed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from chronology.importing.tables import Table
from chronology.model import written_dates
from chronology.model.date_words import fold
from chronology.model.errors import DateError

ROWS = 5_000
_MAX_VALUES = 1_000
_TRIED = 200
NOTHING = frozenset(
    {"na", "n/a", "#n/a", "-", "--", "–", "—", "null", "none", "nan", "nil", "#null!", ".", "?"}
)
"""Texts that spreadsheets and programs write into cells without a value."""
_NUMBER = re.compile(r"[-+]?(?=\.?\d)(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?([eE][-+]?\d{1,3})?")
_ELAPSED = re.compile(r"-?\d{2,4}:\d\d(:\d\d)?")
_URL = re.compile(r"https?://\S+")
_POINT = re.compile(r"point\s*\(\s*-?[\d.]+\s+-?[\d.]+\s*\)", re.IGNORECASE)


@dataclass
class Sample:
    """The values of one column in the first rows."""

    name: str
    rows: int = 0
    values: Counter[str] = field(default_factory=Counter)
    filled: int = 0
    longest: int = 0
    is_unique: bool = True
    empty: set[str] = field(default_factory=set)

    @property
    def words(self) -> str:
        """The name of the column without punctuation."""
        return " ".join(
            re.findall(r"[^\W_]+", fold(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", self.name)))
        )

    def add(self, cell: str) -> None:
        self.rows += 1
        if not cell:
            return
        if fold(cell) in NOTHING:
            self.empty.add(cell)
            return
        self.filled += 1
        self.longest = max(self.longest, len(cell))
        if cell in self.values:
            self.is_unique = False
        if cell in self.values or len(self.values) < ROWS:
            self.values[cell] += 1

    def share(self, test: Callable[[str], object]) -> float:
        """The share of some values that pass a test."""
        tried = list(islice(self.values, _TRIED))
        return sum(1 for value in tried if test(value)) / len(tried) if tried else 0.0

    @property
    def fill(self) -> float:
        return self.filled / self.rows if self.rows else 0.0

    @cached_property
    def numbers(self) -> float:
        return self.share(_NUMBER.fullmatch)

    @cached_property
    def urls(self) -> float:
        return self.share(_URL.fullmatch)

    @cached_property
    def points(self) -> float:
        return self.share(_POINT.fullmatch)

    @cached_property
    def is_elapsed(self) -> bool:
        """Whether the values are times since a zero: hours and minutes, and more than a day."""
        return self.share(_ELAPSED.fullmatch) > 0.9 and any(
            int(value.lstrip("-").partition(":")[0]) > 24
            for value in self.values
            if _ELAPSED.fullmatch(value)
        )

    @cached_property
    def dates(self) -> float:
        """The share of values that are dates; numbers that could be anything count little."""
        return sum(map(_clarity, islice(self.values, _TRIED))) / max(
            1, min(_TRIED, len(self.values))
        )

    def within(self, low: float, high: float) -> bool:
        """Whether all values are numbers within bounds."""
        return self.share(lambda v: _NUMBER.fullmatch(v) and low <= number(v) <= high) > 0.95


def number(text: str) -> float:
    """The number that a text means; raises ValueError."""
    if not _NUMBER.fullmatch(text.replace(" ", "").replace("\u00a0", "")):
        raise ValueError(text)
    return float(text.replace(",", "").replace(" ", "").replace("\u00a0", ""))


def _clarity(value: str) -> float:
    try:
        found = written_dates.read(value)
    except DateError:
        return 0.0
    if any("number" in remark for remark in found.remarks):
        return 0.2
    if re.fullmatch(r"\d{1,4}", value):
        return 0.7 if len(value) == 4 else 0.1
    return 0.95 if found.remarks else 1.0


def take_samples(table: Table) -> list[Sample]:
    """Samples of all columns, from the first rows."""
    samples = [Sample(name) for name in table.columns]
    for row in islice(table.rows(), ROWS):
        if any(row.cells):
            for sample, cell in zip(samples, row.cells, strict=True):
                sample.add(cell)
    return samples
