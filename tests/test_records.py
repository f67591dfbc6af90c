"""Records: loading, canonical JSON, stored fields and corrections."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from batch_texts import faults, yml
from hypothesis import given
from hypothesis import strategies as st
from record_strategies import DATA, loadable

from chronology.model import stored_data
from chronology.model.records import (
    SUBJECTS,
    Account,
    Event,
    Place,
    canonical,
    is_id,
    load,
    load_json,
)
from chronology.model.stored_data import amend, load_partial

EVENT = {"date": "1944-10-14", "title": "Niš is taken", "kind": "capture"}
ACCOUNT = {"event": "nis-taken", "source": "one", "at": ["¶1"]}
FORMATION = {"name": "57th Army", "level": "army", "side": "soviet"}


@given(loadable)
def test_canonical_json_of_a_loaded_record_loads_to_the_same_record(
    record: tuple[str, dict[str, Any]],
) -> None:
    subject, data = record
    loaded = load(SUBJECTS[subject], data)
    again = load_json(SUBJECTS[subject], canonical(loaded))
    assert again == loaded
    assert canonical(again) == canonical(loaded)


READERS = {subject: stored_data.make_decoder(kind) for subject, kind in SUBJECTS.items()}


@given(loadable)
def test_stored_fields_are_read_by_their_types_alone(record: tuple[str, dict[str, Any]]) -> None:
    subject, data = record
    loaded = load(SUBJECTS[subject], data)
    found = READERS[subject](canonical(loaded))
    for field in msgspec.structs.fields(SUBJECTS[subject]):
        one, other = getattr(found, field.name), getattr(loaded, field.name)
        assert canonical(one) == canonical(other)


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


def test_defaults_are_not_stored() -> None:
    assert "stance" not in canonical(load(Account, ACCOUNT))
    assert canonical(load(Account, {**ACCOUNT, "stance": "asserts"})) == canonical(
        load(Account, ACCOUNT)
    )


def test_canonical_json_has_sorted_keys_and_no_white_space() -> None:
    assert canonical(load(Event, EVENT)) == (
        '{"date":"1944-10-14","kind":"capture","title":"Niš is taken"}'
    )


def test_setting_a_field_to_nothing_clears_it() -> None:
    before = load(Event, {**EVENT, "summary": "x"})
    change = {"set": load_partial(Event, {"summary": None})}
    assert load(Event, amend(before, change)) == load(Event, EVENT)


@pytest.mark.parametrize(
    ("value", "is_valid"),
    [("a" * 80, True), ("a" * 81, False), ("A", False), ("", False), (1, False)],
)
def test_an_id_has_up_to_80_small_letters(value: object, is_valid: bool) -> None:
    assert is_id(value) is is_valid


@pytest.mark.parametrize(
    ("field", "degrees"),
    [("latitude", -90.5), ("latitude", 90.5), ("longitude", -180.5), ("longitude", 180.5)],
)
def test_degrees_beyond_the_poles_and_the_date_line_are_refused(field: str, degrees: float) -> None:
    place = {"name": "Niš", "latitude": -90, "longitude": 180}
    assert load(Place, place).latitude == -90
    with pytest.raises(msgspec.ValidationError):
        load(Place, {**place, field: degrees})


def test_a_record_of_more_than_4_mib_is_refused() -> None:
    names = "".join(f"  - {{name: '{number:0300}'}}\n" for number in range(14_000))
    assert faults(yml(f"- place: nis\n  name: Niš\n  names:\n{names}")) == [
        "5: the record is larger than 4 MiB; split it"
    ]
