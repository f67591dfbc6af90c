from __future__ import annotations

import calendar
import copy
import pickle
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chronology.model.edtf import LONGEST, Date, parse
from chronology.model.errors import DateError

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
    ("00XX", "0001-01-01", "0099-12-31", "century"),
    ("000X", "0001-01-01", "0009-12-31", "decade"),
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

# text, the character from 0 at which it goes wrong, and words of the reason.
REFUSED = [
    ("", 0, "a date is missing"),
    ("1944-13", 5, "month 13 does not exist; months are 01 to 12"),
    ("1944-00", 5, "month 00 does not exist"),
    ("1944-09-31", 8, "day 31 does not exist in September 1944; days are 01 to 30"),
    ("1943-02-29", 8, "days are 01 to 28"),
    ("1944-10-00", 8, "day 00 does not exist"),
    ("1944-02-3X", 8, "day 3X does not exist in February 1944; days are 01 to 29"),
    ("0000", 0, "year 0000 does not exist"),
    ("9999-24", 0, "winter 9999 ends in the year 10000"),
    ("1944-9-1", 5, "9 is one digit; months, days and times have two: 09"),
    ("1944-10-145", 8, "145 has too many digits"),
    ("1944-286", 5, "286 has too many digits"),
    ("944", 0, "four digits"),
    ("14-10-1944", 0, "four digits"),
    ("-0044", 0, "four digits and nothing else"),
    ("+1944", 0, "four digits and nothing else"),
    ("12024", 0, "four digits"),
    ("Y170000002", 0, "four digits"),
    ("1950S2", 4, "four digits"),
    ("19441014", 0, "the hyphens are missing; write 1944-10-14"),
    ("1944-10-", 0, "no form of a date; write 1944"),
    ("1944/10/14", 7, "an interval has one '/'"),
    ("1944-W42", 5, "weeks are not in the profile"),
    ("1944-10-14 17:00", 10, "no spaces; T goes before a time"),
    ("1944 ", 4, "no spaces"),
    ("1944\n", 4, "no spaces"),
    ("１９４４", 0, "'１' is not ASCII"),
    ("١٩٤٤", 0, "not ASCII"),
    ("1944–10–14", 4, "'–' is not ASCII"),
    ("1944\x00", 4, "not ASCII"),
    ("194x", 3, "'x' is lower case; X is an unspecified digit"),
    ("1944/open", 5, "'open' is lower case"),
    ("October", 1, "lower case"),
    # qualifiers and unspecified digits elsewhere than at the end
    ("2004-06~-11", 7, "a qualifier stands once, at the end of a date"),
    ("?2004-06-~11", 0, "a qualifier stands once"),
    ("1944?~", 4, "both ? and ~ are %"),
    ("156X-12-25", 3, "only last digits can be unspecified"),
    ("15XX-12-25", 2, "only last digits"),
    ("1560-XX-25", 5, "only last digits"),
    ("1944-1X-XX", 6, "only last digits"),
    ("1XXX", 1, "only last digits"),
    ("XXXX", 0, "only last digits"),
    # seasons and times
    ("1944-25", 5, "seasons 21 to 24"),
    ("1944-21-05", 7, "a season has no days"),
    ("1944-10T05:00", 7, "T05:00 is no time of a day"),
    ("1944-10-14T24:00", 11, "hour 24 does not exist"),
    ("1944-10-14T17:60", 14, "60 is too many"),
    ("1944-10-14T17:00:60", 17, "60 is too many"),
    ("1944-10-14T5:00", 11, "5 is one digit"),
    ("1944-10-14T17", 10, "T17 is no time of a day"),
    ("1944-10-14T17:00:00.5", 20, "5 is one digit"),
    ("1944-10-14T17:00+15:00", 10, "is no time of a day"),
    ("1944-10-14T17:00-00:00", 10, "is no time of a day"),
    ("1944-10-14T17:00?", 16, "a time takes no qualifier"),
    # intervals
    ("/", 0, "without any date says nothing"),
    ("../..", 0, "without any date says nothing"),
    ("../", 0, "without any date says nothing"),
    ("/..", 0, "without any date says nothing"),
    ("1944-10-14/1944-09", 11, "it ends before it starts"),
    ("1944-10-14T17:00/1944-10-14T16:00", 17, "it ends before it starts"),
    ("1944-10-14T22:00Z/1944-10-14T23:00+02:00", 18, "it ends before it starts"),
    ("1944/1945/1946", 9, "an interval has one '/'"),
    ("1944-10-14/1944-09-31", 19, "day 31 does not exist in September"),
    # sets
    ("{1960,1961-12}", 0, "write an interval or two events"),
    ("1944/{1945,1946}", 5, "write an interval or two events"),
    ("1944,1945", 4, "stand in brackets"),
    ("1944..1945", 4, "A/B if it lasts"),
    ("[1944", 5, "ends with ']'"),
    ("[1944,1945]?", 12, "ends with ']' and nothing after it"),
    ("1944]", 4, "brackets go around a whole set"),
    ("[[1944,1945],1946]", 1, "brackets go around a whole set"),
    ("[1944/1945]", 5, "a range in a set is A..B"),
    ("[]", 1, "a date is missing"),
    ("[1944,]", 6, "a date is missing"),
    ("[1944..,1945]", 7, "only the outer ends"),
    ("[1944,..1945]", 6, "only the outer ends"),
    ("[1944]", 0, "leave the brackets out"),
    ("[..]", 0, "open on both sides says nothing"),
    ("[..1944,1946..]", 0, "open on both sides says nothing"),
    ("[1945,1944]", 6, "1944 is not after 1945"),
    ("[1944,1944]", 6, "1944 is not after 1944"),
    ("[1944..1944]", 7, "1944 is not after 1944"),
    ("[1944,1944-10]", 6, "1944-10 is not after 1944"),
    ("[1944-10-14T17:00,1944-10-14]", 18, "is not after"),
    ("[1944-10-14T17:00,1944-10-14T17:00]", 18, "is not after"),
    ("[1944-10-14, 1944-10-15]", 12, "no spaces"),
]

WORDS = [
    ("1944", "1944"),
    ("1944-10", "October 1944"),
    ("1944-10-14", "14 October 1944"),
    ("0044-03-15", "15 March AD 44"),
    ("1944-10-14T17:00", "14 October 1944, 17:00"),
    ("1944-10-14T17:00:30Z", "14 October 1944, 17:00:30 UTC"),
    ("1944-10-14T17:00+02:00", "14 October 1944, 17:00 UTC+02:00"),
    ("1944-23", "autumn 1944"),
    ("1944-24", "winter 1944/45"),
    ("1944-10-14~", "about 14 October 1944"),
    ("1944-10?", "probably October 1944"),
    ("1944%", "probably about 1944"),
    ("194X", "the 1940s"),
    ("190X", "between 1900 and 1909"),
    ("19XX", "between 1900 and 1999"),
    ("1944-XX", "some month of 1944"),
    ("1944-XX-XX", "some day of 1944"),
    ("1944-10-XX", "some day of October 1944"),
    ("1944-1X", "between October and December 1944"),
    ("1944-10-1X", "between 10 and 19 October 1944"),
    ("1944-09-3X", "30 September 1944"),
    ("1944-10-14/1944-10-20", "from 14 to 20 October 1944"),
    ("1944-09-28/1944-10-03", "from 28 September to 3 October 1944"),
    ("1944-12-30/1945-01-02", "from 30 December 1944 to 2 January 1945"),
    ("1944-10-05/1945-10-05", "from 5 October 1944 to 5 October 1945"),
    ("1944-10/1944-11-05", "from October to 5 November 1944"),
    ("1944-10/1945", "from October 1944 to 1945"),
    ("1944-10/1944-10-05", "from October to 5 October 1944"),
    ("1944-10-05/1944-10", "from 5 October to October 1944"),
    ("1944-10-14~/1944-10-20?", "from about 14 to probably 20 October 1944"),
    ("1944-10-14/1944-10-14", "14 October 1944"),
    ("1944-10-14/..", "from 14 October 1944, end open"),
    ("1944-10-14/", "from 14 October 1944, end unknown"),
    ("../1944-10-08", "until 8 October 1944, beginning open"),
    ("/1944-10-08", "until 8 October 1944, beginning unknown"),
    ("1944-10-14T05:00/1944-10-14T17:30", "from 05:00 to 17:30 on 14 October 1944"),
    ("1944-10-14T05:00/1944-10-15T05:00", "from 05:00 on 14 to 05:00 on 15 October 1944"),
    ("[1944-10-13,1944-10-14]", "on 13 or 14 October 1944"),
    ("[1944-10-13,1944-10-14,1944-11-02]", "on 13, 14 October or 2 November 1944"),
    ("[1944-10,1944-11]", "October or November 1944"),
    ("[1944-09-21..1944-09-30]", "some time between 21 and 30 September 1944"),
    ("[1944-09..1944-10]", "some time between 1 September and 31 October 1944"),
    ("[1944-10-14T05:00,1944-10-14T17:00]", "at 05:00 or 17:00 on 14 October 1944"),
    ("[..1944-10-08]", "by 8 October 1944"),
    ("[..1984]", "by 31 December 1984"),
    ("[1944-10-08..]", "on or after 8 October 1944"),
    ("[1944-10-1X~..]", "on or after about 10 October 1944"),
    ("[1944-10-08T17:00..]", "at or after 17:00 on 8 October 1944"),
    (
        "[1944-10-01,1944-10-05..1944-10-07]",
        "on 1 or some time between 5 and 7 October 1944",
    ),
    ("[..1944-10-08,1944-10-10]", "by 8 or on 10 October 1944"),
]

DOCS = Path(__file__).parent.parent / "docs" / "dates.md"
FIRST = date(1944, 9, 1)

days = st.dates(FIRST, date(1944, 11, 30)).map(date.isoformat)
months = st.dates(date(1, 1, 1), date(9999, 1, 1)).map(lambda day: day.isoformat()[:7])
points = st.one_of(
    st.dates().map(date.isoformat),
    months,
    months.map(lambda text: text[:4]),
    months.map(lambda text: text[:4] + "-23"),
    months.map(lambda text: text[:3] + "X"),
    months.map(lambda text: text + "-1X"),
    st.dates().map(lambda day: f"{day}T05:00"),
)


def in_order(texts: list[str]) -> list[str]:
    """Those of the texts that stand apart, ascending."""
    kept: list[str] = []
    for text in sorted(texts, key=lambda text: bounds(text)[0]):
        if not kept or bounds(kept[-1])[1] < bounds(text)[0]:
            kept.append(text)
    return kept


def bounds(text: str) -> tuple[date, date]:
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
AROUND = [FIRST + timedelta(days=n) for n in range(-10, 101)]


def possible(text: str) -> set[date]:
    """The days in and around the autumn that a text of such days may touch, one by one."""
    members = text.strip("[]").split(",")
    ends = [member.split("/" if "/" in text else "..") for member in members]
    return {
        day
        for day in AROUND
        for low, high in ((pair[0], pair[-1]) for pair in ends)
        if (low in ("", "..") or low <= str(day)) and (high in ("", "..") or str(day) <= high)
    }


def outcome(text: str) -> Date | DateError:
    try:
        return parse(text)
    except DateError as error:
        return error


def refused(text: str) -> DateError:
    with pytest.raises(DateError) as caught:
        parse(text)
    return caught.value


@pytest.mark.parametrize(("text", "earliest", "latest", "precision"), ACCEPTED)
def test_a_date_of_the_profile_has_its_bounds_and_precision(
    text: str, earliest: str, latest: str, precision: str
) -> None:
    read = parse(text)
    assert (str(read.earliest or ""), str(read.latest or "")) == (earliest, latest)
    assert read.precision == precision


@pytest.mark.parametrize(("text", "offset", "reason"), REFUSED)
def test_any_other_text_is_refused_with_the_place_and_the_reason(
    text: str, offset: int, reason: str
) -> None:
    error = refused(text)
    assert reason in error.reason
    assert error.offset == offset
    assert error.text == text


def test_a_text_that_is_too_long_is_refused_and_not_repeated_at_length() -> None:
    longest = (
        f"[{','.join(f'{year}~' if year < 1904 else str(year) for year in range(1900, 1939))}]"
    )
    assert len(longest) == LONGEST
    assert parse(longest).latest == date(1938, 12, 31)
    assert refused("1" * 1_000_000).offset == LONGEST
    assert len(str(refused("1" * 1_000_000))) < 2 * LONGEST


@pytest.mark.parametrize(("text", "words"), WORDS)
def test_a_date_is_told_in_english(text: str, words: str) -> None:
    assert parse(text).in_words() == words


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
    ("text", "window", "months"),
    [
        ("1944-10-14", "1944-09-01/1944-11-30", "1944-10"),
        ("1944-09-28/1944-10-03", "1944-09-01/1944-11-30", "1944-09 1944-10"),
        ("1944", "1944-09-01/1944-11-30", "1944-09 1944-10 1944-11"),
        ("[1944-09-30,1944-11-01]", "1944-09-01/1944-11-30", "1944-09 1944-11"),
        ("[..1944-10-08]", "1944-09-01/1944-11-30", "1944-09 1944-10"),
        ("1944-11-10/..", "1944-09-01/1944-11-30", "1944-11"),
        ("1943", "1944-09-01/1944-11-30", ""),
        ("1944-12-24/1945-01-06", "1944/..", "1944-12 1945-01"),
        ("1944-12-24/..", "1944/..", "1944-12"),
        ("[..1944-10-08]", "1944-09-01/..", "1944-09 1944-10"),
        ("../1944-10-08", "../1945", "1944-10"),
        ("1944-10", "[1944-09..1944-10-05,1944-10-20..1944-12-05]", "1944-10"),
        ("1944-10-10", "[1944-10-01,1944-10-20]", ""),
        ("0001", "0001-02/0001-03", "0001-02 0001-03"),
    ],
)
def test_months_are_those_touched_within_the_window(text: str, window: str, months: str) -> None:
    assert parse(text).months(parse(window)) == months.split()


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
        (date(1944, 10, 5), date(1944, 10, 6)),
        (date(1944, 10, 8), date(1944, 10, 8)),
    )


def test_dates_are_equal_by_their_text_alone() -> None:
    assert parse("1944-10-14") == parse("1944-10-14")
    assert parse("1944-10") != parse("1944-10-XX")
    assert len({parse("1944-10-14"), parse("1944-10-14")}) == 1


def test_the_documentation_tells_what_is_accepted_and_what_is_refused() -> None:
    accepted, _, others = DOCS.read_text(encoding="utf-8").partition("## Which one to write")
    rows = [[cell.strip() for cell in line.split("|")] for line in accepted.splitlines()]
    examples = [row for row in rows if len(row) == 7 and "`" in row[2]]
    assert len(examples) > 20
    for _, _, texts, _, earliest, latest, _ in examples:
        read = [parse(text) for text in re.findall("`(.+?)`", texts)]
        assert ", ".join(str(date.earliest).lower() for date in read) == earliest
        assert ", ".join(str(date.latest).lower() for date in read) == latest
    refusals = re.findall(r"^\| (`.*?) \|", others.partition("## What is refused")[2], re.MULTILINE)
    assert len(refusals) > 10
    assert all(refused(text) for text in re.findall("`(.+?)`", " ".join(refusals)))


def test_a_date_never_changes_and_its_copies_are_equal() -> None:
    read = parse("1944-10-14")
    with pytest.raises(AttributeError):
        read.text = "1944"
    with pytest.raises(AttributeError):
        del read.text
    assert copy.deepcopy(read) == read
    assert pickle.loads(pickle.dumps(read)).spans == read.spans


@given(profile)
def test_a_date_is_written_as_it_was_read(text: str) -> None:
    read = parse(text)
    assert str(read) == text
    assert eval(repr(read)) == read
    assert eval(repr(read)).spans == read.spans


@given(profile)
def test_bounds_enclose_spans_that_ascend_apart(text: str) -> None:
    read = parse(text)
    assert read.earliest or read.latest
    ends = [day for span in read.spans for day in span if day]
    assert ends == sorted(ends)
    gaps = zip(read.spans, read.spans[1:], strict=False)
    assert all(low - high > timedelta(days=1) for (_, high), (low, _) in gaps if low and high)


@given(profile)
def test_every_date_has_words(text: str) -> None:
    words = parse(text).in_words()
    assert words == " ".join(words.split())
    assert not set(words) & set("{}[]X~%?")


@given(st.dates(max_value=date(9998, 12, 31)))
def test_a_day_lies_within_its_month_season_and_year(day: date) -> None:
    year = day.year if day.month > 2 else max(day.year - 1, 1)
    season = 20 + (day.month // 3 or 4)
    around = [f"{day:%Y}".zfill(4), day.isoformat()[:7], day.isoformat()[:9] + "X"]
    around += [f"{year:04}-{season}"] if (day.year, day.month // 3) != (1, 0) else []
    assert all(parse(day.isoformat()).within(parse(text)) for text in around)


@given(st.dates())
def test_a_month_ends_with_its_last_day(day: date) -> None:
    last = calendar.monthrange(day.year, day.month)[1]
    assert parse(day.isoformat()[:7]).latest == day.replace(day=last)


@given(st.lists(st.dates(), min_size=3, max_size=3).map(sorted))
def test_a_day_lies_within_every_interval_around_it(dates: list[date]) -> None:
    start, day, end = dates
    for text in (f"{start}/{end}", f"{start}/..", f"../{end}"):
        assert parse(str(day)).within(parse(text))


@given(autumn, autumn)
def test_spans_overlap_and_within_agree_with_counting_the_days(text: str, other: str) -> None:
    one, two = parse(text), parse(other)
    counted = {day for day in AROUND if parse(str(day)).overlaps(one)}
    assert counted == possible(text)
    assert one.overlaps(two) == bool(possible(text) & possible(other))
    closed = one.earliest is not None and one.latest is not None
    assert one.within(two) == (closed and possible(text) <= possible(other))


@given(profile, profile)
def test_overlap_is_mutual_and_follows_from_lying_within(text: str, other: str) -> None:
    one, two = parse(text), parse(other)
    assert one.overlaps(two) == two.overlaps(one)
    assert one.overlaps(two) or not one.within(two)


@given(st.one_of(st.text(), st.text("0123456789-/.,[]{}?~%XTZ:+", max_size=30)))
def test_any_text_is_a_date_or_is_refused_at_a_place_in_it(text: str) -> None:
    read = outcome(text)
    if isinstance(read, DateError):
        assert 0 <= read.offset <= len(text)
        assert read.reason
    else:
        assert str(read) == text


@given(profile, st.data())
def test_a_date_with_one_character_changed_is_a_date_or_is_refused(
    text: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(text) - 1))
    character = data.draw(st.sampled_from("0139-/.,[]?~XTZ: "))
    read = outcome(text[:place] + character + text[place + 1 :])
    assert isinstance(read, DateError) or read.in_words()
