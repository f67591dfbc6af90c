"""The fields of every subject: loading, faults, short forms, corrections and figures."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronology.model import records
from chronology.model.figures import parse_figure
from chronology.model.records import (
    SUBJECTS,
    Account,
    Chronology,
    Event,
    Formation,
    Person,
    Place,
    Source,
    amend,
    canonical,
    load,
    load_json,
    load_partial,
)
from chronology.model.short_forms import expand_short_forms
from chronology.model.validation import find_change_faults, find_faults

EVENT = {"date": "1944-10-14", "title": "Niš is taken", "kind": "capture"}
ACCOUNT = {"event": "nis-taken", "source": "one", "at": ["¶1"]}
FORMATION = {"name": "57th Army", "level": "army", "side": "soviet"}


def faults(kind: Any, data: dict[str, Any]) -> list[str]:
    return [f"{'.'.join(map(str, path))}: {reason}" for path, reason in find_faults(kind, data)]


# Any loadable value of every field

ids = st.from_regex(records.ID_PATTERN, fullmatch=True).filter(lambda text: len(text) <= 80)
keys = st.from_regex(records.KEY_PATTERN, fullmatch=True).filter(lambda text: len(text) <= 40)
lines = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=30)
dates = st.sampled_from(["1944-10-14", "1944-10", "[1944-10-13,1944-10-14]", "1944-09/..", "1944"])
names = st.lists(st.fixed_dictionaries({"name": lines}, optional={"language": lines}), max_size=2)
cited = {"source": ids, "at": lines}
statements = st.lists(
    st.fixed_dictionaries({**cited, "says": lines}, optional={"date": dates}), max_size=2
)
catalogued = {"names": names, "note": lines, "statements": statements}
span = {"from": dates, "until": dates, "basis": lines}


def fields(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


DATA = {
    "source": fields(
        {"name": lines},
        {"title": lines, "published": dates, "cites": st.lists(lines, max_size=2), **catalogued},
    ),
    "place": fields(
        {"name": lines},
        {
            "latitude": st.floats(-90, 90),
            "longitude": st.floats(-180, 180),
            "radius_km": st.floats(0.1, 20_000),
            "within": ids,
            "ids": st.dictionaries(keys, lines, max_size=2),
            **catalogued,
        },
    ),
    "person": fields({"name": lines}, {"side": ids, "born": dates, "died": dates, **catalogued}),
    "formation": fields(
        {"name": lines, "level": ids, "side": ids},
        {
            "attached": st.lists(
                fields({"to": ids, **cited}, {**span, "part": st.booleans()}), max_size=2
            ),
            "commanders": st.lists(fields({"person": ids, **cited}, span), max_size=2),
            **catalogued,
        },
    ),
    "event": fields(
        {"date": dates, "title": lines, "kind": ids},
        {
            "summary": lines,
            "basis": lines,
            "places": st.lists(
                fields({"place": ids}, {"role": st.sampled_from(records.ROLES)}), max_size=3
            ),
            "formations": st.lists(ids, max_size=3),
            "people": st.lists(ids, max_size=3),
        },
    ),
    "account": fields(
        {"event": ids, "source": ids, "at": st.lists(lines, min_size=1, max_size=2)},
        {
            "stance": st.sampled_from(records.STANCES),
            "by": lines,
            "said": dates,
            "date": dates,
            "basis": lines,
            "says": lines,
            "claims": st.dictionaries(keys, lines, max_size=3),
        },
    ),
}
loadable = st.sampled_from(sorted(DATA)).flatmap(
    lambda subject: st.tuples(st.just(subject), DATA[subject])
)


@given(loadable)
def test_canonical_json_of_a_loaded_record_loads_to_the_same_record(
    record: tuple[str, dict[str, Any]],
) -> None:
    subject, data = record
    loaded = load(SUBJECTS[subject], data)
    again = load_json(SUBJECTS[subject], canonical(loaded))
    assert again == loaded
    assert canonical(again) == canonical(loaded)


READERS = {subject: records.make_decoder(kind) for subject, kind in SUBJECTS.items()}


@given(loadable)
def test_stored_fields_are_read_by_their_types_alone(record: tuple[str, dict[str, Any]]) -> None:
    subject, data = record
    loaded = load(SUBJECTS[subject], data)
    found = READERS[subject](canonical(loaded))
    for field in msgspec.structs.fields(SUBJECTS[subject]):
        one, other = getattr(found, field.name), getattr(loaded, field.name)
        assert one == other


@pytest.mark.parametrize("data", ['{"date":"1944-10"}', '{"date":"1944-10","title":"T","kind":1}'])
def test_stored_fields_of_other_types_are_refused(data: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        READERS["event"](data)


@given(loadable, st.data())
def test_a_correction_then_amended_equals_recording_it_so_at_once(
    record: tuple[str, dict[str, Any]], draw: st.DataObject
) -> None:
    subject, before = record
    kind = SUBJECTS[subject]
    after = draw.draw(DATA[subject])
    change = {
        "set": load_partial(kind, after),
        "unset": [key for key in before if key not in after],
    }
    stored = msgspec.json.decode(canonical(change))
    assert load(kind, amend(load(kind, before), stored)) == load(kind, after)


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


def test_an_unknown_field_is_a_fault_with_the_nearest_known_one() -> None:
    assert faults(Event, {**EVENT, "plces": []}) == [
        "plces: unknown field 'plces': did you mean 'places'?"
    ]


def test_an_unknown_field_that_is_near_to_nothing_is_a_fault_with_all_that_are_known() -> None:
    (fault,) = faults(Event, {**EVENT, "xyz": "1"})
    assert fault.startswith("xyz: unknown field 'xyz': known fields are date, title, kind")


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


# Short forms


def test_a_single_locator_is_a_list_of_one() -> None:
    assert expand_short_forms("account", {"at": "¶1"}) == {"at": ["¶1"]}


def test_a_place_of_an_event_may_be_its_id() -> None:
    wide = expand_short_forms("event", {"places": ["nis", {"place": "sofia", "role": "near"}]})
    assert wide == {"places": [{"place": "nis"}, {"place": "sofia", "role": "near"}]}


@pytest.mark.parametrize(
    ("number", "text"), [(160, "160"), (1.5, "1.5"), (1234567890123456789, "1234567890123456789")]
)
def test_a_number_claimed_is_kept_as_text_with_all_its_digits(number: float, text: str) -> None:
    assert expand_short_forms("account", {"claims": {"tanks": number}}) == {
        "claims": {"tanks": text}
    }


@pytest.mark.parametrize("odd", [{"at": 5}, {"claims": "x"}, {"claims": {"a": True}}, {"at": None}])
def test_what_is_no_short_form_is_left_for_the_faults(odd: dict[str, Any]) -> None:
    assert expand_short_forms("account", odd) == odd


def test_defaults_are_not_stored() -> None:
    assert canonical(load(Account, {**ACCOUNT, "stance": "asserts"})) == canonical(
        load(Account, ACCOUNT)
    )


def test_canonical_json_has_sorted_keys_and_no_white_space() -> None:
    assert canonical(load(Event, EVENT)) == (
        '{"date":"1944-10-14","kind":"capture","title":"Niš is taken"}'
    )


# Changes


@pytest.mark.parametrize(
    ("found", "cleared", "fault"),
    [
        ({"titel": "x"}, [], "unknown field 'titel': did you mean 'title'?"),
        ({"date": "soon"}, [], "'soon' is not a date"),
        ({}, ["date"], "the field 'date' is required; set it instead"),
        ({}, ["titel"], "unknown field 'titel': did you mean 'title'?"),
        ({}, [["date"]], "unknown field ['date']"),
        ({}, [{"a": 1}], "unknown field {'a': 1}"),
        ({"summary": "x"}, ["summary"], "the field 'summary' is both set and unset"),
    ],
)
def test_a_fault_of_a_change_is_told(found: Any, cleared: Any, fault: str) -> None:
    ((_, reason),) = find_change_faults(Event, found, cleared)
    assert fault in reason


def test_setting_a_field_to_nothing_clears_it() -> None:
    before = load(Event, {**EVENT, "summary": "x"})
    change = {"set": load_partial(Event, {"summary": None})}
    assert load(Event, amend(before, change)) == load(Event, EVENT)


# Figures


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("160", (160, 160)),
        ("-5", (-5, -5)),
        ("2.5", (2.5, 2.5)),
        ("500+", (500, None)),
        ("20-", (None, 20)),
        ("~17000", (15300, 18700)),
        ("15000..20000", (15000, 20000)),
        ("-2..-1", (-2, -1)),
    ],
)
def test_a_figure_is_read_as_its_least_and_greatest_number(text: str, bounds: Any) -> None:
    assert parse_figure(text) == bounds


@pytest.mark.parametrize(
    "text", ["", "many", "160 tanks", "1,000", "+5", "1e9", "..5", "5..", "20000..15000", "٣"]
)
def test_what_is_no_figure_is_a_text(text: str) -> None:
    assert parse_figure(text) is None


numbers = st.decimals(-(10**12), 10**12, places=2, allow_nan=False)


@given(numbers, numbers)
def test_a_range_holds_both_its_ends(one: Any, other: Any) -> None:
    low, high = sorted((one, other))
    assert parse_figure(f"{low:f}..{high:f}") == (float(low), float(high))


@given(numbers)
def test_about_a_number_reaches_a_tenth_of_it_either_way(number: Any) -> None:
    found = parse_figure(f"~{number:f}")
    assert found is not None
    low, high = found
    assert low is not None
    assert high is not None
    assert low <= float(number) <= high
    assert high - low == pytest.approx(abs(float(number)) / 5)


@given(st.text())
def test_any_text_is_a_figure_or_none(text: str) -> None:
    found = parse_figure(text)
    assert found is None or None in found or found[0] <= found[1]
