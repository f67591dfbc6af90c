"""python-edtf as a second opinion on dates: one in thirty of 2,300, or all with `--long`.

Where the two differ, the difference has a name below, and every name has to be needed still.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import product
from time import struct_time

import edtf
import pytest

from chronology.model.edtf import parse
from chronology.model.errors import DateError

DAYS = [(date(1944, 8, 1) + timedelta(days=n)).isoformat() for n in range(122)]
MONTHS = [f"{year}-{month:02}" for year in (1943, 1944, 1945) for month in range(1, 13)]
YEARS = [str(year) for year in range(1830, 2020)]
SEASONS = [f"{year}-{season}" for year in range(1940, 1950) for season in range(21, 25)]
UNSPECIFIED = [
    *(f"{year[:3]}X" for year in YEARS[::10]),
    *(f"{century}XX" for century in range(10, 21)),
    *(f"{year}-XX" for year in YEARS),
    *(f"{year}-XX-XX" for year in YEARS[::5]),
    *(f"{month}-XX" for month in MONTHS),
    *(f"1944-{tens}X" for tens in "01"),
    *(f"1944-{month}-{tens}X" for month, tens in product(("02", "09", "10"), "0123")),
]
IMPOSSIBLE = ["1944-09-31", "1943-02-29", "1900-02-29", "1944-13", "1944-00", "1944-10-00"]
TIMES = ["T05:00", "T17:30:00", "T17:30:00Z"]

Bounds = tuple[str, str, str]  # first day, last day (or none), time


def texts() -> Iterator[str]:
    """The same texts in the same order, whenever and wherever it runs."""
    yield from map("".join, product(DAYS, ("", "?", "~", "%")))
    yield from map("".join, product(MONTHS, ("", "?", "~", "%")))
    yield from map("".join, product(YEARS, ("", "?", "~", "%")))
    yield from map("".join, product(SEASONS, ("", "~")))
    yield from map("".join, product(DAYS[::20], TIMES))
    yield from (*UNSPECIFIED, *IMPOSSIBLE)
    yield from map("/".join, product(("1944-09", "1944-10"), DAYS[::4]))
    yield from map("".join, product(DAYS[::4], ("/..", "/", "/1945")))
    yield from map("".join, product(("../", "/", "1943~/"), DAYS[::4]))
    for step in (1, 6, 30, -2):
        yield from (f"{DAYS[n]}/{DAYS[n + step]}" for n in range(2, 90, 2))
    for step in (1, 5, -1):
        yield from (f"[{DAYS[n]}..{DAYS[n + step]}]" for n in range(1, 100, 6))
        yield from (f"[{DAYS[n]},{DAYS[n + step]}]" for n in range(1, 100, 20))
    yield from (f"[..{day}]" for day in DAYS[::4])
    yield from (f"[{day}..]" for day in DAYS[::4])


def disordered(text: str) -> bool:
    first, *others = re.findall(r"\d[\d-]+", text)
    return any(first[: len(other)] > other[: len(first)] for other in others)


DIFFERENCES: dict[str, Callable[[str], object]] = {
    "accepts 29 February in any year": re.compile(r"(1943|1900)-02-29").search,
    "raises on one unspecified digit of a month or a day": re.compile(r"-\dX").search,
    "raises on a time without seconds": re.compile(r"T\d\d:\d\d$").search,
    "raises on a qualified season": re.compile(r"^\d{4}-2[1-4][?~%]").search,
    "drops the time": re.compile(r"T\d\d:\d\d:").search,
    "ends winter with its year": re.compile(r"^\d{4}-24$").search,
    "takes ten years for an unknown end": re.compile(r"^/|/$").search,
    "accepts inverted intervals": lambda text: "/" in text and disordered(text),
    "accepts sets in disorder": lambda text: text.startswith("[") and disordered(text),
}


def ours(text: str) -> Bounds | None:
    try:
        read = parse(text)
    except DateError:
        return None
    return str(read.earliest), str(read.latest), (read.time or "00:00")[:5]


def theirs(text: str) -> Bounds | None:
    try:
        read = edtf.parse_edtf(text)
        low, high = read.lower_strict(), read.upper_strict()
    except Exception:  # it refuses with an exception of its own, and fails with any other
        return None
    return _day(low), _day(high), _time(low)


def _day(moment: struct_time | float) -> str:
    return str(None) if isinstance(moment, float) else "{:04}-{:02}-{:02}".format(*moment[:3])


def _time(moment: struct_time | float) -> str:
    return "00:00" if isinstance(moment, float) else f"{moment[3]:02}:{moment[4]:02}"


# The short form takes one date in thirty and three of each difference: python-edtf is slow.
STEP = 30
OF_EACH = 3


def test_bounds_agree_with_python_edtf_save_for_its_named_differences(
    pytestconfig: pytest.Config,
) -> None:
    step, of_each = (1, None) if pytestconfig.getoption("long") else (STEP, OF_EACH)
    named = {text: [name for name in DIFFERENCES if DIFFERENCES[name](text)] for text in texts()}
    undisputed = [text for text, names in named.items() if not names][::step]
    assert len(undisputed) >= 2_000 // step
    assert [text for text in undisputed if ours(text) != theirs(text)] == []
    for difference in DIFFERENCES:
        examples = [text for text, names in named.items() if difference in names][:of_each]
        differs = any(ours(text) != theirs(text) for text in examples)
        assert differs, f"{difference}: take it out, it is gone"
