"""Dates as people write them: the table of the documentation, and the laws of reading."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from edtf_dates import profile
from hypothesis import given
from hypothesis import strategies as st

from chronology.model import as_written
from chronology.model.date_words import MONTHS
from chronology.model.errors import DateError
from chronology.model.written_dates import read

DOCS = Path(__file__).parent.parent / "docs" / "import.md"
ROW = re.compile(r"^\| `(.+?)` \| (refused|`.+?`) \| (.*?) ?\|$", re.MULTILINE)
WAYS = ROW.findall(DOCS.read_text("utf-8").partition("## Ways of writing a date")[2])


def test_the_documentation_has_at_least_sixty_ways() -> None:
    assert len(WAYS) >= 60
    assert sum(result == "refused" for _, result, _ in WAYS) >= 5


@pytest.mark.parametrize(("text", "result", "remark"), WAYS, ids=[way[0] for way in WAYS])
def test_a_way_of_writing_is_read_as_documented(text: str, result: str, remark: str) -> None:
    if result == "refused":
        with pytest.raises(DateError) as refused:
            read(text)
        assert refused.value.reason == remark
    else:
        found = read(text)
        assert (f"`{found.text}`", "; ".join(found.remarks)) == (result, remark)


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("10/12/1944", "us", "1944-10-12"),
        ("10/12/1944", "eu", "1944-12-10"),
        ("10.12.1944", "us", "1944-12-10"),
        ("10-12-1944 12:53", "us", "1944-10-12T12:53"),
        ("10/12/1944 – 10/14/1944", "us", "1944-10-12/1944-10-14"),
    ],
)
def test_an_order_decides_numbers_without_a_doubt(text: str, order: str, expected: str) -> None:
    found = read(text, order)  # type: ignore[arg-type]
    assert (found.text, found.remarks) == (expected, ())


@pytest.mark.parametrize(("text", "order"), [("20/12/1944", "us"), ("12/20/1944", "eu")])
def test_a_date_of_the_other_order_is_refused_with_the_option(text: str, order: str) -> None:
    with pytest.raises(DateError, match="--dates"):
        read(text, order)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"), [("12/20/1944", "us"), ("20/12/1944", "eu"), ("2/2/1944", "")]
)
def test_numbers_that_decide_an_order_say_so(text: str, expected: str) -> None:
    assert read(text).order == expected


def test_a_century_completes_years_of_two_digits() -> None:
    assert read("20.12.44", century=1900).text == "1944-12-20"
    assert read("the 30s", century=1900).text == "193X"
    assert read("12 Oct 44", century=1900).text == "1944-10-12"


def test_years_that_edtf_reads_as_parts_of_a_year_are_years() -> None:
    assert read("1939-41").text == "1939/1941"
    assert read("1939-12").text == "1939-12"


def test_a_weekday_that_fits_is_no_doubt() -> None:
    assert read("Wednesday, 20 December 1944").remarks == ()


@given(profile)
def test_every_date_of_the_profile_is_read_as_itself(text: str) -> None:
    years = re.fullmatch(r"\d\d(\d\d)-(\d\d)", text)
    if not years or years[2] <= years[1] or int(years[2]) <= 12:
        assert read(text).text == text


def assert_date_or_refused(text: str) -> None:
    try:
        found = read(text)
    except DateError as error:
        if not error.reason:
            raise AssertionError(text) from error
        return
    assert as_written.read(found.text).text == found.text


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_refused(text: str) -> None:
    assert_date_or_refused(text)


WORDS = st.sampled_from(
    [*MONTHS, *"0123456789-/.,–?~ ", "1944", "c.", "before", "to", "bc", "th", "century", "5 pm"]
)


@given(st.lists(WORDS, max_size=8).map(" ".join) | st.lists(WORDS, max_size=8).map("".join))
def test_words_of_dates_in_any_order_are_dates_or_refused(text: str) -> None:
    assert_date_or_refused(text)
