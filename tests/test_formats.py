"""Every export format: the dates that readers get back, and the metadata."""

from __future__ import annotations

import json
from html import unescape

import icalendar
import pytest
from edtf_dates import profile
from export_cases import EVENT, PAGE, dated, exported
from hypothesis import example, given, settings
from hypothesis import strategies as st
from read_back import READERS, Read

from chronology.export.formats import FORMATS
from chronology.model.edtf import parse
from chronology.model.fields import LINE_PATTERN, TEXT_PATTERN


@pytest.mark.parametrize("extension", FORMATS)
@given(texts=st.lists(profile, min_size=1, max_size=4))
def test_readers_of_every_format_get_every_date_with_its_bounds(
    extension: str, texts: list[str]
) -> None:
    events = dated(*texts)

    read = READERS[extension](exported(extension, *events))

    assert read == {event.id: Read.of(event.date, extension) for event in events}


@pytest.mark.parametrize("extension", FORMATS)
@settings(max_examples=30)
@given(
    title=st.from_regex(LINE_PATTERN).map(str.strip).filter(bool),
    summary=st.from_regex(TEXT_PATTERN),
)
@example(title="\ufffe\uffff", summary="\ufffe\n\uffff\U0010ffff")
@example(title="]]>&<\u0085\\n;,", summary="\t“” {{ x }} \\N")
def test_readers_of_every_format_accept_every_valid_text(
    extension: str, title: str, summary: str
) -> None:
    event = EVENT._replace(title=title, summary=summary)

    assert READERS[extension](exported(extension, event)).keys() == {event.id}


@pytest.mark.parametrize("extension", FORMATS)
def test_every_format_has_the_title_state_licence_and_permanent_address(
    extension: str,
) -> None:
    text = exported(extension, EVENT)
    plain = unescape(text.replace("\r\n ", "").replace("\\/", "/"))

    for expected in (
        "A test",
        f"12:{'a' * 64}",
        "CC BY 4.0" if extension != "geojson" else "creativecommons.org/licenses/by/4.0",
        f"{PAGE}.{extension}?_place=nis&_as_of=12",
        "First source",
        f"{PAGE}/nis-taken",
    ):
        assert expected in plain


@pytest.mark.parametrize("extension", FORMATS)
def test_every_format_counts_open_ends_and_missing_points(extension: str) -> None:
    open_ended = EVENT._replace(id="b", date=parse("[..1944-10-08]"), latitude=None, longitude=None)
    text = exported(extension, EVENT, open_ended).replace("\r\n ", "").replace("\\", "")

    if extension == "geojson":
        counts = json.loads(text)["counts"]
        assert counts == {"events": 2, "without_geometry": 1, "with_an_open_end": 1}
    else:
        assert "2 events; 1 date with an open end; 1 event without a point on the map." in text


@pytest.mark.parametrize("extension", FORMATS)
def test_a_list_without_events_is_complete(extension: str) -> None:
    text = exported(extension)

    if extension == "ics":
        # A calendar has to hold something; it says that there is nothing.
        (only,) = icalendar.Calendar.from_ical(text).subcomponents
        assert only.name == "VJOURNAL"
    else:
        assert READERS[extension](text) == {}
