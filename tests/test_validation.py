"""Validation: every fault of a record, with the path to it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from record_strategies import dates, keys, loadable

from chronology.model.records import (
    SUBJECTS,
    Account,
    Event,
    Formation,
    Person,
    Place,
    Source,
    load,
)
from chronology.model.validation import find_change_faults, find_faults
from chronology.model.vocabulary import Chronology

EVENT = {"date": "1944-10-14", "title": "Niš is taken", "kind": "capture"}
ACCOUNT = {"event": "nis-taken", "source": "one", "at": ["¶1"]}
FORMATION = {"name": "57th Army", "level": "army", "side": "soviet"}


def faults(kind: Any, data: dict[str, Any]) -> list[str]:
    return [f"{'.'.join(map(str, path))}: {reason}" for path, reason in find_faults(kind, data)]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | dates,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text() | keys, inner, max_size=3)
    ),
    max_leaves=8,
)


@given(loadable, st.data())
def test_faults_are_listed_exactly_when_loading_fails(
    record: tuple[str, dict[str, Any]], draw: st.DataObject
) -> None:
    subject, data = record
    kind = SUBJECTS[subject]
    field = draw.draw(st.sampled_from([f.encode_name for f in msgspec.structs.fields(kind)]))
    spoilt = {**data, field: draw.draw(anything)}
    try:
        load(kind, spoilt)
        fails = False
    except msgspec.ValidationError:
        fails = True
    assert bool(faults(kind, spoilt)) == fails


def test_an_unknown_field_is_a_fault_with_the_most_similar_field() -> None:
    assert faults(Event, {**EVENT, "plces": []}) == [
        "plces: 'plces' is not a field (did you mean 'places'?)"
    ]


def test_an_unknown_field_that_resembles_no_other_is_a_fault_with_all_fields() -> None:
    (fault,) = faults(Event, {**EVENT, "xyz": "1"})
    assert fault.startswith("xyz: 'xyz' is not a field (fields: date, title, kind")


@pytest.mark.parametrize("field", ["date", "title", "kind"])
def test_a_missing_field_is_a_fault(field: str) -> None:
    data = {key: value for key, value in EVENT.items() if key != field}
    assert faults(Event, data) == [f": the field {field!r} is missing"]


def test_all_find_faults_a_record_are_listed() -> None:
    data = {"date": "1944-13-01", "titel": "x", "kind": "A", "places": [{"place": "nis", "rol": 1}]}
    assert len(faults(Event, data)) == 5


def test_a_list_where_a_date_belongs_says_to_quote_it() -> None:
    (fault,) = faults(Event, {**EVENT, "date": ["1944-10-13", "1944-10-14"]})
    assert "is not a date; write the date as text, in quotes" in fault


@pytest.mark.parametrize("field", ["latitude", "longitude"])
@pytest.mark.parametrize("degrees", ["181", "-181", "nan", "inf", "north"])
def test_coordinates_out_of_range_are_a_fault(field: str, degrees: str) -> None:
    (fault,) = faults(Place, {"name": "Nowhere", field: degrees})
    assert fault.startswith(f"{field}: '{degrees}' is not valid")


@pytest.mark.parametrize(("field", "limit"), [("latitude", 90), ("longitude", 180)])
def test_the_poles_and_the_date_line_are_coordinates(field: str, limit: int) -> None:
    assert faults(Place, {"name": "End", field: limit}) == []
    assert faults(Place, {"name": "End", field: -limit}) == []


@pytest.mark.parametrize(
    "text",
    ["", "a\nb", "a\n", "a\tb", "a\0b", "a\x1b[31m", "a\x7f", "a\x85b", "a\u2028b", "\ud800"],
)
def test_a_line_holds_no_break_control_character_or_lone_surrogate(text: str) -> None:
    assert len(faults(Source, {"name": text})) == 1


@pytest.mark.parametrize("text", ["", "a\0b", "a\rb", "a\x1bb", "a\x9bb", "\udfff"])
def test_a_text_holds_no_control_character_or_lone_surrogate(text: str) -> None:
    assert len(faults(Source, {"name": "a", "note": text})) == 1


def test_a_text_may_have_several_lines() -> None:
    assert faults(Source, {"name": "a", "note": "one\n\ttwo\n"}) == []


@pytest.mark.parametrize("name", ["Nis", "nis-", "-nis", "a--b", "niš", "a b", "a\n", "", "a" * 81])
def test_an_id_is_lower_case_letters_digits_and_single_hyphens(name: str) -> None:
    assert len(faults(Place, {"name": "a", "within": name})) == 1


@pytest.mark.parametrize("url", ["ftp://a.org", "javascript:alert(1)", "http://a b", "http://a\n"])
def test_a_url_is_http_or_https(url: str) -> None:
    (fault,) = faults(Source, {"name": "a", "url": url})
    assert "is not an address that begins with http:// or https://" in fault


@pytest.mark.parametrize(
    ("kind", "data", "field"),
    [
        (Account, {**ACCOUNT, "stance": "doubts"}, "stance"),
        (Event, {**EVENT, "places": [{"place": "nis", "role": "in"}]}, "places.0.role"),
        (Person, {"name": "a", "names": [{"name": "b", "use": "nick"}]}, "names.0.use"),
        (Formation, {**FORMATION, "attached": [{"to": "f3"}]}, "attached.0"),
        (Formation, {**FORMATION, "attached": ["f3"]}, "attached.0"),
        (Account, {**ACCOUNT, "claims": {"Tanks": "1"}}, "claims"),
        (Account, {**ACCOUNT, "claims": {"tanks\n": "1"}}, "claims"),
        (Account, {**ACCOUNT, "claims": {"tanks": ["1"]}}, "claims.tanks"),
        (Account, {**ACCOUNT, "at": []}, "at"),
        (Chronology, {"title": "a", "window": "1944", "kinds": {"A b": "c"}}, "kinds"),
    ],
)
def test_a_fault_names_the_path_to_it(kind: Any, data: dict[str, Any], field: str) -> None:
    assert {fault.split(":")[0] for fault in faults(kind, data)} == {field}


def test_a_long_value_is_not_shown_whole() -> None:
    (fault,) = faults(Event, {**EVENT, "date": "1" * 100_000})
    assert len(fault) < 500


@pytest.mark.parametrize(
    ("changed", "unset", "fault"),
    [
        ({"titel": "x"}, [], "'titel' is not a field (did you mean 'title'?)"),
        ({"date": "soon"}, [], "'soon' is not a date"),
        ({}, ["date"], "the field 'date' is required; set it instead"),
        ({}, ["titel"], "'titel' is not a field (did you mean 'title'?)"),
        ({}, [["date"]], "['date'] is not a field"),
        ({}, [{"a": 1}], "{'a': 1} is not a field"),
        ({"summary": "x"}, ["summary"], "the field 'summary' is both set and unset"),
    ],
)
def test_a_fault_of_a_correction_is_reported(changed: Any, unset: Any, fault: str) -> None:
    ((_, reason),) = find_change_faults(Event, changed, unset)
    assert fault in reason
