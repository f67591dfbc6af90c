"""Texts that are not dates: the place, the reason and the date to write instead."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from edtf_dates import profile
from hypothesis import given
from hypothesis import strategies as st

from chronology.model.edtf import MAX_LENGTH, Date, parse
from chronology.model.errors import DateError

# text, the character from 0 at which it goes wrong, and words of the reason.
REFUSED = [
    ("", 0, "a date is missing"),
    ("1944-13", 5, "month 13 does not exist; months are 01 to 12"),
    ("1944-00", 5, "month 00 does not exist"),
    ("1944-09-31", 8, "day 31 does not exist in September 1944; days are 01 to 30"),
    ("1943-02-29", 8, "days are 01 to 28"),
    ("1944-10-00", 8, "day 00 does not exist"),
    ("1944-02-3X", 8, "day 3X does not exist in February 1944; days are 01 to 29"),
    ("-0000", 0, "1 BC is 0000 and 2 BC is -0001"),
    ("9999-24", 0, "not within the years -9999 to 9999"),
    ("9999-30", 0, "not within the years -9999 to 9999"),
    ("1944-9-1~", 5, "9 is one digit; months, days and times have two: 09"),
    ("1944-10-145", 8, "145 has too many digits"),
    ("1944-286", 5, "286 has too many digits"),
    ("944", 0, "a year has four digits: 0196 is the year 196, 196X a decade"),
    ("-44", 0, "four digits, before the year 0 after a '-'"),
    ("+1944", 0, "four digits"),
    ("12024", 0, "four digits"),
    ("Y-9999", 0, "a year of four digits has no Y"),
    ("Y01944", 0, "a year of 5 to 11 digits and nothing else"),
    ("Y170000002-01", 0, "a year of 5 to 11 digits and nothing else"),
    ("Y123456789012", 0, "a year of 5 to 11 digits"),
    ("Y-17E7", 4, "exponents and significant digits are not supported"),
    ("Y171010000S3", 10, "exponents and significant digits are not supported"),
    ("12024", 0, "a Y goes before a longer year"),
    ("1950S2", 0, "exponents and significant digits are not supported"),
    ("19441399", 0, "the hyphens are missing, as in 1944-10-14"),
    ("1944-10-", 0, "the form is unknown; write it as in 1944"),
    ("1944-W42", 5, "weeks are not supported"),
    ("1944 ", 4, "no spaces"),
    ("1944-10-14T17:00 02:00", 16, "in an address, the + of a zone is written %2B"),
    ("1944\n", 4, "no spaces"),
    ("１９４４", 0, "'１' is not ASCII"),
    ("١٩٤٤", 0, "not ASCII"),
    ("1944–10–14", 4, "'–' is not ASCII"),
    ("1944\x00", 4, "not ASCII"),
    ("194x", 3, "'x' is lower case; X is an unspecified digit"),
    ("1944/open", 5, "'open' is lower case"),
    ("October", 1, "lower case"),
    # qualifiers and unspecified digits that say nothing
    ("1944?~", 4, "% means ? and ~"),
    ("?1944~", 0, "one qualifier, before or after it"),
    ("1944-?10~", 5, "one qualifier"),
    ("XXXX", 0, "of which one is known in part"),
    ("XXXX-XX-XX", 0, "of which one is known in part"),
    ("194X-21", 3, "unspecified digits are in years, months and days"),
    ("1951-02-2X-XX", 9, "unspecified digits"),
    ("15X1-02-29", 8, "day 29 does not exist in February 15X1; days are 01 to 28"),
    # seasons and times
    ("1944-42", 5, "seasons 21 to 32, other parts of a year 33 to 41"),
    ("1944-21-05", 7, "a part of a year has no days"),
    ("1944-10T05:00", 7, "T05:00 is not a time of day"),
    ("1944-10-14T24:00", 11, "hour 24 does not exist"),
    ("1944-10-14T17:60", 14, "60 is too large"),
    ("1944-10-14T17:00:60", 17, "60 is too large"),
    ("1944-10-14T5:00", 11, "5 is one digit"),
    ("1944-10-14T17", 10, "T17 is not a time of day"),
    ("1944-10-14T17:00:00.5", 20, "5 is one digit"),
    ("1944-10-14T17:00+15:00", 10, "is not a time of day"),
    ("1944-10-14T17:00-00:00", 10, "is not a time of day"),
    ("1944-10-14T17:00?", 16, "a time cannot have a qualifier"),
    ("1944-10~-14T17:00", 7, "one qualifier"),
    ("194X-10-14T17:00", 3, "unspecified digits"),
    ("1944-10-14T17:00-00", 10, "is not a time of day"),
    # intervals
    ("/", 0, "an interval needs a date"),
    ("../..", 0, "an interval needs a date"),
    ("../", 0, "an interval needs a date"),
    ("/..", 0, "an interval needs a date"),
    ("1944-10-14/1944-09", 11, "the interval ends before it starts"),
    ("1944-10-14T17:00/1944-10-14T16:00", 17, "the interval ends before it starts"),
    ("1944-10-14T22:00Z/1944-10-14T23:00+02:00", 18, "the interval ends before it starts"),
    ("1944/1945/1946", 9, "an interval has one '/'"),
    ("1944-10-14/1944-09-31", 19, "day 31 does not exist in September"),
    # sets
    ("{1960,1961-12]", 14, "a set ends with '}'"),
    ("{1944}", 0, "leave out the brackets"),
    ("1944/{1945,1946}", 5, "brackets go around a whole set"),
    ("1944,1945", 4, "put alternative dates in brackets"),
    ("1944..1945", 4, "A/B for something that lasts"),
    ("[1944", 5, "ends with ']'"),
    ("[1944,1945]?", 12, "ends with ']' and nothing after it"),
    ("1944]", 4, "brackets go around a whole set"),
    ("[[1944,1945],1946]", 1, "brackets go around a whole set"),
    ("[1944/1945]", 5, "a range in a set is A..B"),
    ("[]", 1, "a date is missing"),
    ("[1944,]", 6, "a date is missing"),
    ("[1944..,1945]", 7, "only the outer ends"),
    ("[1944,..1945]", 6, "only the outer ends"),
    ("[1944]", 0, "leave out the brackets"),
    ("[..]", 0, "open at both ends contains every day"),
    ("[..1944,1946..]", 0, "open at both ends contains every day"),
    ("[1945,1944]", 6, "1944 is not after 1945"),
    ("[1944,1944]", 6, "1944 is not after 1944"),
    ("[1944..1944]", 7, "1944 is not after 1944"),
    ("[1944,1944-10]", 6, "1944-10 is not after 1944"),
    ("[1944-10-14T17:00,1944-10-14]", 18, "is not after"),
    ("[1944-10-14T17:00,1944-10-14T17:00]", 18, "is not after"),
    ("[1944-10-14, 1944-10-15]", 12, "no spaces"),
]

# text, and the date that the error says to write
SUGGESTED = [
    ("753 BC", "-0752"),
    ("753 BCE", "-0752"),
    ("44 B.C.", "-0043"),
    ("1 BC", "0000"),
    ("15 March 44 BC", "-0043-03-15"),
    ("March 44 BC", "-0043-03"),
    ("14 October 1944", "1944-10-14"),
    ("14th Oct. 1944", "1944-10-14"),
    ("4 october 1944", "1944-10-04"),
    ("October 14, 1944", "1944-10-14"),
    ("Sept 1944", "1944-09"),
    ("autumn 1944", "1944-23"),
    ("Fall 1944", "1944-23"),
    ("c. 1832", "1832~"),
    ("ca. 1832", "1832~"),
    ("circa 1832", "1832~"),
    ("about 1832", "1832~"),
    ("1830s", "183X"),
    ("the 1830's", "183X"),
    ("1939-45", "1939/1945"),
    ("1939–1945", "1939/1945"),
    ("1939 - 1945", "1939/1945"),
    ("12/20/1944", "1944-12-20"),
    ("20/12/1944", "1944-12-20"),
    ("20.12.1944", "1944-12-20"),
    ("14-10-1944", "1944-10-14"),
    ("3/4/1944", "1944-03-04 or 1944-04-03"),
    ("4/4/1944", "1944-04-04"),
    ("1944/10/14", "1944-10-14"),
    ("1944-9-1", "1944-09-01"),
    ("1944-9", "1944-09"),
    ("19441014", "1944-10-14"),
    ("1944-10-14 17:00", "1944-10-14T17:00"),
]

DOCS = Path(__file__).parent.parent / "docs" / "dates.md"


def outcome(text: str) -> Date | DateError:
    try:
        return parse(text)
    except DateError as error:
        return error


def refused(text: str) -> DateError:
    with pytest.raises(DateError) as caught:
        parse(text)
    return caught.value


@pytest.mark.parametrize(("text", "offset", "reason"), REFUSED)
def test_any_other_text_is_refused_with_place_and_reason(
    text: str, offset: int, reason: str
) -> None:
    error = refused(text)
    assert reason in error.reason
    assert error.offset == offset
    assert error.text == text


@pytest.mark.parametrize(("text", "suggestion"), SUGGESTED)
def test_the_error_says_how_to_write_a_usual_form(text: str, suggestion: str) -> None:
    error = refused(text)
    assert error.reason == f"write {suggestion}"
    assert str(error) == f"{text!r} is not a date: write {suggestion}"


@pytest.mark.parametrize(
    "text", ["31 February 1944", "Marble 1944", "1945-44", "13/13/1944", "1944-13-45", "19441399"]
)
def test_an_impossible_date_is_never_suggested(text: str) -> None:
    assert not refused(text).reason.startswith("write")


def test_a_text_before_christ_that_no_date_fits_is_refused_with_the_way_to_count() -> None:
    assert refused("the ides of March 44 BC").reason.startswith("0000 is 1 BC and -0043 is 44 BC")


def test_the_message_names_the_character_except_at_the_start() -> None:
    assert str(refused("1944-13")).endswith(" (at character 6)")
    assert "character" not in str(refused("-0000"))


def test_a_text_that_is_too_long_is_refused_and_not_repeated_at_length() -> None:
    longest = (
        f"[{','.join(f'{year}~' if year < 1904 else str(year) for year in range(1900, 1939))}]"
    )
    assert len(longest) == MAX_LENGTH
    assert str(parse(longest).latest) == "1938-12-31"
    assert refused("1" * 1_000_000).offset == MAX_LENGTH
    assert len(str(refused("1" * 1_000_000))) < 2 * MAX_LENGTH


def test_the_examples_of_the_documentation_are_accepted_or_refused() -> None:
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
