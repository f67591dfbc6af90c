"""python-edtf as a second opinion on the bounds of some thousand dates.

Where the two differ, the difference has a name, and each name has to be needed still.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import product

import edtf
import pytest

from chronology.dates import parse
from chronology.errors import DateError

DAYS = [(date(1944, 9, 1) + timedelta(days=n)).isoformat() for n in range(91)]
MONTHS = [f"{year}-{month:02}" for year in (1943, 1944, 1945) for month in range(1, 13)]
YEARS = [str(year) for year in range(1900, 2000)]
SEASONS = [f"{year}-{season}" for year in range(1940, 1950) for season in range(21, 25)]
UNSPECIFIED = [
    *(f"{year[:3]}X" for year in YEARS[::10]),
    *(f"{century}XX" for century in range(10, 21)),
    *(f"{year}-XX" for year in YEARS),
    *(f"{year}-XX-XX" for year in YEARS[::5]),
    *(f"{month}-XX" for month in MONTHS),
    *(f"1944-{tens}X" for tens in "01"),
    *(f"{month}-{tens}X" for month in MONTHS[:14] for tens in "0123"),
]
IMPOSSIBLE = ["1944-09-31", "1943-02-29", "1900-02-29", "1944-13", "1944-00", "1944-10-00"]

DIFFERENCES: dict[str, Callable[[str], object]] = {
    "raises on one unspecified digit of a month or day": re.compile(r"-\dX").search,
    "ends winter with its year": re.compile(r"-24").search,
    "takes ten years for an unknown end": re.compile(r"^/|/$").search,
    "accepts inverted intervals": lambda text: "/" in text and _inverted(text),
    "accepts sets in disorder": lambda text: text[0] == "[" and _inverted(text),
}

Bounds = tuple[date | None, date | None]


def texts() -> Iterator[str]:
    """The same texts in the same order, always."""
    yield from (day + qualifier for day, qualifier in product(DAYS, ("", "?", "~", "%")))
    yield from (month + qualifier for month, qualifier in product(MONTHS, ("", "?", "~", "%")))
    yield from (year + qualifier for year, qualifier in product(YEARS, ("", "?", "~")))
    yield from (*SEASONS, *UNSPECIFIED, *IMPOSSIBLE)
    for step in (1, 6, 30, -2):
        yield from (f"{day}/{DAYS[n + step]}" for n, day in enumerate(DAYS[:61]) if n + step >= 0)
    yield from (f"{month}/{day}" for month, day in product(("1944-09", "1944-10"), DAYS[::2]))
    yield from (f"{day}{rest}" for day, rest in product(DAYS[::2], ("/..", "/1945", "/")))
    yield from (f"{rest}{day}" for day, rest in product(DAYS[::2], ("../", "1943~/", "/")))
    for step in (1, 5, -1):
        yield from (f"[{DAYS[n]},{DAYS[n + step]}]" for n in range(1, 80, 3))
        yield from (f"[{DAYS[n]}..{DAYS[n + step]}]" for n in range(1, 80, 3))
    yield from (f"[..{day}]" for day in DAYS[::2])
    yield from (f"[{day}..]" for day in DAYS[::2])
    yield from (f"[{month},{day}]" for month, day in product(("1944-07", "1944-08"), DAYS[::3]))
