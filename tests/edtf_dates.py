"""Strategies for dates of the EDTF profile."""

from __future__ import annotations

from datetime import date

from hypothesis import assume
from hypothesis import strategies as st

from chronology.model.days import FIRST as FIRST_DAY
from chronology.model.days import LAST as LAST_DAY
from chronology.model.days import Day
from chronology.model.edtf import parse

FIRST = date(1944, 9, 1)

days = st.dates(FIRST, date(1944, 11, 30)).map(date.isoformat)
months = st.dates(date(1, 1, 1), date(9999, 1, 1)).map(lambda day: day.isoformat()[:7])
any_days = st.integers(int(FIRST_DAY), int(LAST_DAY)).map(Day)
points = st.one_of(
    st.dates().map(date.isoformat),
    any_days.map(str),
    any_days.map(lambda day: str(day)[:-3]),
    any_days.map(lambda day: str(day)[:-7] + "X"),
    months,
    months.map(lambda text: text[:4]),
    months.map(lambda text: text[:4] + "-23"),
    months.map(lambda text: text[:3] + "X"),
    months.map(lambda text: text + "-1X"),
    st.dates().map(lambda day: f"{day}T05:00"),
)


def in_order(texts: list[str]) -> list[str]:
    """The texts without those that overlap an earlier one, in ascending order."""
    apart: list[str] = []
    for text in sorted(texts, key=lambda text: bounds(text)[0]):
        if not apart or bounds(apart[-1])[1] < bounds(text)[0]:
            apart.append(text)
    return apart


def bounds(text: str) -> tuple[Day, Day]:
    read = parse(text)
    assert read.earliest is not None
    assert read.latest is not None
    return read.earliest, read.latest


@st.composite
def intervals(draw: st.DrawFn, ends: st.SearchStrategy[str] = points) -> str:
    start, end = sorted([draw(ends), draw(ends)], key=lambda text: bounds(text)[0])
    return draw(st.sampled_from([f"{start}/{end}", f"{start}/..", f"{start}/", f"../{end}"]))


@st.composite
def sets(draw: st.DrawFn, members: st.SearchStrategy[str] = points) -> str:
    texts = in_order(draw(st.lists(members, min_size=2, max_size=8)))
    pairs = [texts[n : n + 2] for n in range(0, len(texts), 2)]
    written = [draw(st.sampled_from(["..", ","])).join(pair) for pair in pairs]
    written[0] = draw(st.sampled_from(["..", ""])) * (".." not in written[0]) + written[0]
    assume(len(written) > 1 or len(written[0]) > len(texts[0]))
    return f"[{','.join(written)}]"


qualified = points.filter(lambda text: "T" not in text).map(lambda text: text + "~")
profile = st.one_of(points, qualified, intervals(), sets())
autumn = st.one_of(days, intervals(days), sets(days))
