"""Dates in English."""

from __future__ import annotations

import pytest
from edtf_dates import profile
from hypothesis import given

from chronology.model.edtf import parse

WORDS = [
    ("1944", "1944"),
    ("1944-10", "October 1944"),
    ("1944-10-14", "14 October 1944"),
    ("0044-03-15", "15 March AD 44"),
    ("Y170000002", "170,000,002"),
    ("Y-65000000~/Y-10000", "from about 65,000,001 to 10,001 BC"),
    ("1944-10-14T17:00", "14 October 1944, 17:00"),
    ("1944-10-14T17:00:30Z", "14 October 1944, 17:00:30 UTC"),
    ("1944-10-14T17:00+02:00", "14 October 1944, 17:00 UTC+02:00"),
    ("1944-23", "autumn 1944"),
    ("1944-24", "winter 1944/45"),
    ("0009-24", "winter AD 9/10"),
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
    ("0000", "1 BC"),
    ("-0043", "44 BC"),
    ("-0043-03-15", "15 March 44 BC"),
    ("-0043-24", "winter 44/43 BC"),
    ("-156X", "between 1570 and 1561 BC"),
    ("-0044/-0043", "from 45 to 44 BC"),
    ("-0043-03-15/0014-08-19", "from 15 March 44 BC to 19 August AD 14"),
    ("2001-26", "summer 2001"),
    ("2001-30", "southern summer 2001/02"),
    ("2001-34", "the 2nd quarter of 2001"),
    ("2001-39", "the 3rd four months of 2001"),
    ("2001-41", "the 2nd half of 2001"),
    ("?2004-06-~11", "11 June 2004 (year uncertain, day approximate)"),
    ("2004-06~-11", "11 June 2004 (year and month approximate)"),
    ("2004-%06-11", "11 June 2004 (month uncertain and approximate)"),
    ("156X-12-25", "between 25 December 1560 and 25 December 1569"),
    ("{1944-10-13,1944-10-14}", "on 13 and 14 October 1944"),
    ("{1667,1668,1670..1672}", "1667, 1668 and from 1 January 1670 to 31 December 1672"),
    ("{..1984}", "until 31 December 1984"),
]


@pytest.mark.parametrize(("text", "words"), WORDS)
def test_a_date_has_words_in_english(text: str, words: str) -> None:
    assert parse(text).in_words() == words


@given(profile)
def test_every_date_has_words(text: str) -> None:
    words = parse(text).in_words()
    assert words == " ".join(words.split())
    assert not set(words) & set("{}[]X~%?")
