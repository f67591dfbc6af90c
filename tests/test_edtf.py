"""Dates: their bounds, precision, certain days, months and comparison."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest

from chronology.model.days import Day
from chronology.model.edtf import iso_day, parse
from chronology.model.errors import DateError

DOCS = Path(__file__).parent.parent / "docs" / "dates.md"

# text, earliest, latest, precision; a bound that is None is written "".
ACCEPTED = [
    # the examples of the specification, as far as the profile goes
    ("1985-04-12", "1985-04-12", "1985-04-12", "day"),
    ("1985-04", "1985-04-01", "1985-04-30", "month"),
    ("1985", "1985-01-01", "1985-12-31", "year"),
    ("1985-04-12T23:20:30", "1985-04-12", "1985-04-12", "time"),
    ("1985-04-12T23:20:30Z", "1985-04-12", "1985-04-12", "time"),
    ("1985-04-12T23:20:30-04:00", "1985-04-12", "1985-04-12", "time"),
    ("1964/2008", "1964-01-01", "2008-12-31", "interval"),
    ("2004-06/2006-08", "2004-06-01", "2006-08-31", "interval"),
    ("2004-02-01/2005-02-08", "2004-02-01", "2005-02-08", "interval"),
    ("2004-02-01/2005-02", "2004-02-01", "2005-02-28", "interval"),
    ("2004-02-01/2005", "2004-02-01", "2005-12-31", "interval"),
    ("2005/2006-02", "2005-01-01", "2006-02-28", "interval"),
    ("2001-21", "2001-03-01", "2001-05-31", "season"),
    ("1984?", "1984-01-01", "1984-12-31", "year"),
    ("2004-06~", "2004-06-01", "2004-06-30", "month"),
    ("2004-06-11%", "2004-06-11", "2004-06-11", "day"),
    ("201X", "2010-01-01", "2019-12-31", "decade"),
    ("20XX", "2000-01-01", "2099-12-31", "century"),
    ("2004-XX", "2004-01-01", "2004-12-31", "year"),
    ("1985-04-XX", "1985-04-01", "1985-04-30", "month"),
    ("1985-XX-XX", "1985-01-01", "1985-12-31", "year"),
    ("1985-04-12/..", "1985-04-12", "", "interval"),
    ("1985-04/..", "1985-04-01", "", "interval"),
    ("1985/..", "1985-01-01", "", "interval"),
    ("../1985-04-12", "", "1985-04-12", "interval"),
    ("../1985", "", "1985-12-31", "interval"),
    ("1985-04-12/", "1985-04-12", "", "interval"),
    ("/1985-04", "", "1985-04-30", "interval"),
    ("1984?/2004-06~", "1984-01-01", "2004-06-30", "interval"),
    ("1984-06-02?/2004-08-08~", "1984-06-02", "2004-08-08", "interval"),
    ("[1667,1668,1670..1672]", "1667-01-01", "1672-12-31", "set"),
    ("[..1760-12-03]", "", "1760-12-03", "set"),
    ("[1760-12..]", "1760-12-01", "", "set"),
    ("[1760-01,1760-02,1760-12..]", "1760-01-01", "", "set"),
    ("[1667,1760-12]", "1667-01-01", "1760-12-31", "set"),
    ("[..1984]", "", "1984-12-31", "set"),
    # years of more than four digits
    ("Y170000002", "170000002-01-01", "170000002-12-31", "year"),
    ("Y-170000002~", "-170000002-01-01", "-170000002-12-31", "year"),
    ("Y-65000000%/Y-10000", "-65000000-01-01", "-10000-12-31", "interval"),
    ("[Y-10000,-9999]", "-10000-01-01", "-9999-12-31", "set"),
    ("Y99999999999", "99999999999-01-01", "99999999999-12-31", "year"),
    # one unspecified digit of a month or a day
    ("1944-0X", "1944-01-01", "1944-09-30", "year"),
    ("1944-1X", "1944-10-01", "1944-12-31", "year"),
    ("1944-10-0X", "1944-10-01", "1944-10-09", "month"),
    ("1944-10-1X", "1944-10-10", "1944-10-19", "month"),
    ("1944-10-3X", "1944-10-30", "1944-10-31", "month"),
    ("1944-09-3X", "1944-09-30", "1944-09-30", "month"),
    ("1944-02-2X", "1944-02-20", "1944-02-29", "month"),
    ("1943-02-2X", "1943-02-20", "1943-02-28", "month"),
    # seasons, leap years, the first and the last year
    ("1944-22", "1944-06-01", "1944-08-31", "season"),
    ("1944-23", "1944-09-01", "1944-11-30", "season"),
    ("1943-24~", "1943-12-01", "1944-02-29", "season"),
    ("1944-24", "1944-12-01", "1945-02-28", "season"),
    ("2000-02-29", "2000-02-29", "2000-02-29", "day"),
    ("0001", "0001-01-01", "0001-12-31", "year"),
    ("00XX", "0000-01-01", "0099-12-31", "century"),
    ("000X", "0000-01-01", "0009-12-31", "decade"),
    ("9999-12-XX", "9999-12-01", "9999-12-31", "month"),
    # times
    ("1944-09-06T17:00", "1944-09-06", "1944-09-06", "time"),
    ("1944-09-06T17:00+02:00", "1944-09-06", "1944-09-06", "time"),
    ("1944-10-14T05:00/1944-10-14T17:30", "1944-10-14", "1944-10-14", "interval"),
    ("1944-10-14T05:00/1944-10-14", "1944-10-14", "1944-10-14", "interval"),
    ("1944-10-14T22:30+02:00/1944-10-14T22:00Z", "1944-10-14", "1944-10-14", "interval"),
    ("1944-10-14T22:00+02:00/1944-10-14T22:30", "1944-10-14", "1944-10-14", "interval"),
    ("[1944-10-14T05:00,1944-10-14T17:00]", "1944-10-14", "1944-10-14", "set"),
    # intervals whose ends overlap, without being the wrong way round
    ("1944-10/1944-10-05", "1944-10-01", "1944-10-05", "interval"),
    ("1944-10-05/1944-10", "1944-10-05", "1944-10-31", "interval"),
    ("1944-10-05/1944-10-05", "1944-10-05", "1944-10-05", "interval"),
    # sets of the chronology's kind
    ("[1944-10-13,1944-10-14]", "1944-10-13", "1944-10-14", "set"),
    ("[1944-10-01,1944-10-05..1944-10-07]", "1944-10-01", "1944-10-07", "set"),
    ("[..1944-10-08,1944-10-10]", "", "1944-10-10", "set"),
]


@pytest.mark.parametrize(("text", "earliest", "latest", "precision"), ACCEPTED)
def test_a_date_of_the_profile_has_its_bounds_and_precision(
    text: str, earliest: str, latest: str, precision: str
) -> None:
    read = parse(text)
    assert (str(read.earliest or ""), str(read.latest or "")) == (earliest, latest)
    assert read.precision == precision


@pytest.mark.parametrize(
    ("text", "uncertain", "approximate"),
    [
        ("1944-10-14", False, False),
        ("1944-10-14?", True, False),
        ("1944-10-14~", False, True),
        ("1944-10-14%", True, True),
        ("1944-10-14?/1944-10-20~", True, True),
        ("[1944-10-13,1944-10-14~]", False, True),
    ],
)
def test_a_qualifier_anywhere_is_kept_and_widens_nothing(
    text: str, uncertain: bool, approximate: bool
) -> None:
    read = parse(text)
    assert (read.uncertain, read.approximate) == (uncertain, approximate)
    bare = parse(text.translate(dict.fromkeys(map(ord, "?~%"))))
    assert (read.spans, read.core) == (bare.spans, bare.core)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("1944-09-06T17:00", "17:00"),
        ("1944-09-06T17:00:30Z", "17:00:30Z"),
        ("1944-09-06", None),
        ("1944-10-14T05:00/1944-10-14T17:30", None),
    ],
)
def test_only_a_single_day_has_a_time_and_keeps_it_as_written(text: str, time: str | None) -> None:
    assert parse(text).time == time


def test_an_interval_lasts_and_a_range_in_a_set_does_not() -> None:
    assert parse("1944-10-14/1944-10-20").lasts
    assert not parse("[1944-10-14..1944-10-20]").lasts
    assert not parse("1944-10").lasts


@pytest.mark.parametrize(
    ("text", "core"),
    [
        ("1944-10-14", "1944-10-14/1944-10-14"),
        ("1944-10-14T17:00", "1944-10-14/1944-10-14"),
        ("1944-10", None),
        ("1944-10-14/1944-10-20", "1944-10-14/1944-10-20"),
        ("1944-09/1944-11", "1944-09-30/1944-11-01"),
        ("1944-09/1944-09", None),
        ("1944-10-05/1944-10", "1944-10-05/1944-10-05"),
        ("1944-10/1944-10-05", "1944-10-05/1944-10-05"),
        ("1944-10-14/..", None),
        ("/1944-10-14", None),
        ("[1944-10-14..1944-10-20]", None),
        ("[1944-10-14,1944-10-20]", None),
        ("[1944-10-14..]", None),
        ("[1944-10-14T05:00,1944-10-14T17:00]", "1944-10-14/1944-10-14"),
    ],
)
def test_the_core_is_what_is_certain(text: str, core: str | None) -> None:
    found = parse(text).core
    assert (found and f"{found[0]}/{found[1]}") == core


@pytest.mark.parametrize(
    ("text", "other", "overlaps", "within"),
    [
        ("1944-10-14", "1944-10", True, True),
        ("1944-10", "1944-10-14", True, False),
        ("1944-10-14T17:00", "1944-10-14T05:00", True, True),
        ("1944-10-05", "[1944-10-01,1944-10-09]", False, False),
        ("1944-10-05/1944-10-06", "[1944-10-05,1944-10-06]", True, True),
        ("[..1944-10-08]", "1943", True, False),
        ("[..1944-10-08]", "../1944-10-08", True, False),
        ("1944-10-08", "../1944-10-08", True, True),
        ("1944-10-09", "../1944-10-08", False, False),
        ("1944-10-01/", "1945", True, False),
        ("1944-10-01/..", "/1944-10-01", True, False),
        ("1944-10-02/..", "/1944-10-01", False, False),
    ],
)
def test_dates_overlap_by_a_common_day_and_lie_within_by_all_days(
    text: str, other: str, overlaps: bool, within: bool
) -> None:
    assert parse(text).overlaps(parse(other)) is overlaps
    assert parse(text).within(parse(other)) is within


def test_neighbours_in_a_set_are_one_span() -> None:
    assert parse("[1944-10-05,1944-10-06,1944-10-08]").spans == (
        (Day.of(1944, 10, 5), Day.of(1944, 10, 6)),
        (Day.of(1944, 10, 8), Day.of(1944, 10, 8)),
    )


def test_dates_are_equal_by_their_text_alone() -> None:
    assert parse("1944-10-14") == parse("1944-10-14")
    assert parse("1944-10") != parse("1944-10-XX")
    assert len({parse("1944-10-14"), parse("1944-10-14")}) == 1


def test_a_date_never_changes_and_its_copies_are_equal() -> None:
    read = parse("1944-10-14")
    with pytest.raises(AttributeError):
        read.text = "1944"
    with pytest.raises(AttributeError):
        del read.text
    assert copy.deepcopy(read) == read
    assert pickle.loads(pickle.dumps(read)).spans == read.spans


def test_the_examples_of_the_specification_have_the_bounds_of_the_documentation() -> None:
    table = DOCS.read_text("utf-8").partition("## The examples of EDTF")[2]
    rows = [[cell.strip() for cell in line.split("|")[1:6]] for line in table.splitlines()]
    examples = [row for row in rows if len(row) == 5 and row[2].startswith("`")]
    assert {level for _, level, *_ in examples} == {"0", "1", "2"}
    refused = {feature for feature, *_, why, _ in filled(examples) if why.startswith("refused")}
    assert refused == {"exponential year", "significant digits"}
    for _, _, text, earliest, latest in examples:
        if earliest.startswith("refused"):
            with pytest.raises(DateError):
                parse(text.strip("`"))
        else:
            read = parse(text.strip("`"))
            assert (iso_day(read.earliest) or "none", iso_day(read.latest) or "none") == (
                earliest,
                latest,
            )


def filled(rows: list[list[str]]) -> list[list[str]]:
    """Rows whose empty first cell repeats the one above."""
    feature, whole = "", []
    for first, *rest in rows:
        feature = first or feature
        whole.append([feature, *rest])
    return whole


@pytest.mark.parametrize(
    ("text", "earliest", "latest", "precision"),
    [
        ("0000", "0000-01-01", "0000-12-31", "year"),
        ("-0001-02", "-0001-02-01", "-0001-02-28", "month"),
        ("0000-02", "0000-02-01", "0000-02-29", "month"),
        ("-0043-03-15", "-0043-03-15", "-0043-03-15", "day"),
        ("-004X", "-0049-01-01", "-0040-12-31", "decade"),
        ("-01XX", "-0199-01-01", "-0100-12-31", "century"),
        ("-0043-24", "-0043-12-01", "-0042-02-28", "season"),
        ("-0043/0014", "-0043-01-01", "0014-12-31", "interval"),
        ("-9999", "-9999-01-01", "-9999-12-31", "year"),
        ("1944-25", "1944-03-01", "1944-05-31", "season"),
        ("1944-29", "1944-09-01", "1944-11-30", "season"),
        ("1944-30", "1944-12-01", "1945-02-28", "season"),
        ("1944-32", "1944-06-01", "1944-08-31", "season"),
        ("1944-36", "1944-10-01", "1944-12-31", "quarter"),
        ("1944-38", "1944-05-01", "1944-08-31", "quadrimester"),
        ("1944-40", "1944-01-01", "1944-06-30", "semester"),
        ("15XX-02-29", "1504-02-29", "1596-02-29", "century"),
        ("1944-XX-31", "1944-01-31", "1944-12-31", "year"),
        ("19X4", "1904-01-01", "1994-12-31", "century"),
        ("1XXX", "1000-01-01", "1999-12-31", "millennium"),
        ("XXXX-12-25", "0000-12-25", "9999-12-25", "unspecified"),
    ],
)
def test_years_before_1_parts_of_years_and_unspecified_digits_have_their_bounds(
    text: str, earliest: str, latest: str, precision: str
) -> None:
    read = parse(text)
    assert (str(read.earliest), str(read.latest), read.precision) == (earliest, latest, precision)


def test_a_date_on_every_one_of_several_days_has_no_certain_day() -> None:
    read = parse("{1944-10-13,1944-10-15}")
    assert (read.is_every, read.core, len(read.spans)) == (True, None, 2)
    assert parse("1944-10-15").within(read)
    assert not parse("1944-10-14").overlaps(read)
