"""Reading batches: the header, and the faults of records."""

from __future__ import annotations

import io

import pytest
from batch_texts import COLUMNS, EVENT, HEADER, JSON_HEADER, faults, read, yml

from chronology.batches.batch import MAX_FAULTS
from chronology.batches.batch_reader import read_batch
from chronology.model.errors import BatchRefused
from chronology.model.timestamps import parse_timestamp


def test_the_header_is_read() -> None:
    batch, _ = read(f"{HEADER}note: A note\nrecords:\n- {{source: one, name: First}}\n")
    assert (batch.id, batch.recorded_at, batch.header.note) == (
        "b",
        "2026-02-01T00:00:00Z",
        "A note",
    )


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        ("format: 2\nbatch: b\nrecorded: 2026-02-01T00:00:00Z\n", "1: header: format: '2'"),
        ("batch: b\nrecorded: 2026-02-01T00:00:00Z\n", "1: header: format: ''"),
        (
            "format: 1\nbatch: B\nrecorded: 2026-02-01T00:00:00Z\n",
            "2: header: batch: 'B' is not an id",
        ),
        ("format: 1\nrecorded: 2026-02-01T00:00:00Z\n", "1: header: batch: '' is not an id"),
        ("format: 1\nbatch: b\n", "1: header: recorded: '' is not a timestamp"),
        (
            f"{HEADER}nte: x\n",
            "4: 'nte' is not a field of the header; fields: format, batch, recorded",
        ),
        (f"{HEADER}note: [a]\n", "4: header: note: ['a'] is not valid"),
        (f"{HEADER}note: ''\n", "4: header: note: '' is empty"),
        (
            f"format: 1\nbatch: {'b' * 81}\nrecorded: 2026-02-01T00:00:00Z\n",
            "2: header: batch: 'bb",
        ),
    ],
)
def test_a_fault_of_the_header_has_its_line(header: str, fault: str) -> None:
    (found,) = faults(f"{header}records:\n- {{source: one, name: First}}\n")
    assert found.startswith(fault)


def test_an_unknown_format_number_is_refused_with_the_known_one() -> None:
    (found,) = faults(yml("- {source: one, name: First}\n").replace("format: 1", "format: 7"))
    assert found.endswith("this version reads format: 1")


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-01",
        "2026-02-01T00:00:00",
        "yesterday",
        "2026-02-30T00:00:00Z",
        "2026-02-01T24:00:00Z",
        "2026-02-01T00:00:00+99:99",
        "2026-02-01T00:00:00.5Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "٢٠٢٦-02-01T00:00:00Z",
    ],
)
def test_a_bad_timestamp_is_refused(text: str) -> None:
    (found,) = faults(
        yml("- {source: one, name: First}\n").replace("2026-02-01T00:00:00Z", f'"{text}"')
    )
    assert found.startswith("3: header: recorded:")
    assert found.endswith("write it like 2026-11-21T12:00:00Z")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-02-01T12:00:00Z", "2026-02-01T12:00:00Z"),
        ("2026-02-01T01:30+02:00", "2026-01-31T23:30:00Z"),
        ("2026-02-01 12:00:00-0500", "2026-02-01T17:00:00Z"),
    ],
)
def test_a_timestamp_is_kept_in_utc(text: str, utc: str) -> None:
    assert parse_timestamp(text) == utc


@pytest.mark.parametrize(
    ("text", "form", "fault"),
    [
        ("", "yml", "1: the file is empty"),
        (" \n\n", "yml", "1: the file is empty"),
        ("", "jsonl", "1: the file is empty"),
        ("", "csv", "1: the file is empty"),
        ("- a\n- b\n", "yml", "1: the batch header is missing"),
        ("just text\n", "yml", "1: the batch header is missing"),
        ("# only a comment\n", "yml", "1: the batch header is missing"),
        (EVENT.replace("}", ', "a": 1}'), "jsonl", "1: 'a' is not a field of the header"),
        ("[]\n", "jsonl", "1: the batch header is missing"),
        ("\n\n5\n", "jsonl", "3: the batch header is missing"),
        ("not json\n", "jsonl", "1: invalid JSON"),
        (HEADER, "yml", "1: the batch has no records"),
        (f"{HEADER}records:\n", "yml", "4: the batch has no records"),
        (f"{HEADER}records: []\n", "yml", "4: the batch has no records"),
        (f"{HEADER}records: {{}}\n", "yml", "4: the batch has no records"),
        (JSON_HEADER, "jsonl", "1: the batch has no records"),
        (COLUMNS, "csv", "1: the batch has no records"),
    ],
)
def test_a_file_without_header_or_records_is_refused(text: str, form: str, fault: str) -> None:
    assert faults(text, form)[0].startswith(fault)


def test_csv_without_a_header_is_refused_with_the_options_that_give_one() -> None:
    with pytest.raises(BatchRefused, match=r"c\.csv:1: .* --batch and --recorded"):
        read_batch(io.BytesIO(COLUMNS.encode()), "c.csv", "csv")


@pytest.mark.parametrize(
    ("records", "fault"),
    [
        ("- {evnt: a}\n", "5: 'evnt' is not a subject; subjects: chronology,"),
        ("- text\n", "5: record 1 is not a mapping; write its fields as"),
        ("- {source: One, name: a}\n", "5: 'One' is not an id for a source; use lower-case"),
        ("- {source: [a], name: a}\n", "5: ['a'] is not an id for a source"),
        ("- {source: , name: a}\n", "5: '' is not an id for a source"),
        (f"- {{source: {'a' * 81}, name: a}}\n", "5: 'aaa"),
        (
            "- source: one\n  name: a\n  titel: b\n",
            "7: source/one.titel: 'titel' is not a field (did",
        ),
        ("- source: one\n  title: b\n", "5: source/one: the field 'name' is missing"),
        (
            "- event: a\n  title: b\n  kind: capture\n  date: [1944-10-13,1944-10-14]\n",
            "8: event/a.date: ['1944-10-13', '1944-10-14'] is not a date; write the date",
        ),
        (
            "- event: a\n  title: b\n  kind: c\n  date: 1944-10-32\n",
            "8: event/a.date: '1944-10-32' is not a date",
        ),
        (
            "- event: a\n  title: b\n  kind: c\n  date: 1944\n  places:\n"
            "  - nis\n  - {place: x, rol: at}\n",
            "11: event/a.places[1].rol: 'rol' is not a field",
        ),
        ("- {event: a, date: 1944, title: b, kind: c, accounts: x}\n", "5: accounts is not a list"),
        (
            "- {event: a, date: 1944, title: b, kind: c, accounts: [x]}\n",
            "5: an account is not a map",
        ),
        (
            "- event: a\n  date: 1944\n  title: b\n  kind: c\n  accounts:\n"
            "  - source: one\n    event: b\n    at: x\n",
            "11: a nested account has the field 'event'; leave it out",
        ),
        (
            "- event: a\n  date: 1944\n  title: b\n  kind: c\n  accounts:\n"
            "  - source: one\n    id: B\n    at: x\n",
            "11: 'B' is not an id for an account",
        ),
        (
            "- event: A\n  date: 1944\n  title: b\n  kind: c\n  accounts: [{source: one, at: x}]\n",
            "5: 'A' is not an id for an event",
        ),
        (
            "- {place: a, name: b, latitude: 91, longitude: 0}\n",
            "5: place/a.latitude: '91' is not valid",
        ),
        ("- {account: , event: a, source: b}\n", "5: account: the field 'at' is missing"),
        ("- {correct: nis, set: {a: b}, because: c}\n", "5: 'nis' is not a record to correct"),
        ("- {retract: town/nis, because: c}\n", "5: 'town/nis' is not a record to retract"),
        ("- {correct: [a], set: {a: b}, because: c}\n", "5: ['a'] is not a record to correct"),
        ("- {retract: event/a}\n", "5: retract needs a reason; give it with because: …"),
        ("- {retract: event/a, because: ''}\n", "5: retract needs a reason"),
        ("- {retract: event/a, because: [x]}\n", "5: retract needs a reason"),
        (
            "- {retract: event/a, set: {}, because: c}\n",
            "5: 'set' is not a field of retract; fields:",
        ),
        ("- {retract: event/a, into: B, because: c}\n", "5: 'B' is not an id; name the event"),
        (
            "- {correct: event/a, into: b, set: {kind: c}, because: c}\n",
            "5: 'into' is not a field of correct",
        ),
        ("- {correct: event/a, because: c}\n", "5: the correction changes nothing; add set"),
        ("- {correct: event/a, set: x, because: c}\n", "5: set must be a mapping of fields"),
        ("- {correct: event/a, unset: title, because: c}\n", "5: set must be a mapping of fields"),
        (
            "- correct: event/a\n  because: c\n  set:\n    title: b\n    titel: b\n",
            "9: set.titel: 'titel' is not a field (did you mean 'title'?)",
        ),
        (
            "- {correct: event/a, unset: [date], because: c}\n",
            "5: unset.0: the field 'date' is req",
        ),
        ("- {correct: event/a, unset: [[a]], because: c}\n", "5: unset.0: ['a'] is not a field"),
        (
            "- correct: event/a\n  set: {kind: b}\n  because: c\n  why: d\n",
            "8: 'why' is not a field of correct; fields: correct, set, unset, because",
        ),
    ],
)
def test_a_fault_of_a_record_has_its_line(records: str, fault: str) -> None:
    (found,) = faults(yml(records))
    assert found.startswith(fault)


def test_a_record_is_of_the_subject_that_it_names_first() -> None:
    (found,) = faults(yml("- {event: a, date: 1944, title: b, kind: c, place: nis}\n"))
    assert "event/a.place: 'place' is not a field (did you mean 'places'?)" in found


def test_all_faults_of_a_batch_are_reported_in_order_of_line() -> None:
    found = faults(
        yml(
            "- {source: One, name: a}\n"
            "- {source: two, titel: a, name: b}\n"
            "- {place: nis, name: Niš, latitude: 91}\n"
            "- {event: a, date: 1944-13-01, title: b, kind: c}\n"
            "- {event: b, title: b, kind: c, date: 1944}\n"
            "- {retract: event/a}\n"
            "- text\n"
            "- {correct: x, set: {a: b}, because: c}\n"
            "- {evnt: a}\n"
        )
    )
    assert [line.split(":")[0] for line in found] == ["5", "6", "7", "8", "10", "11", "12", "13"]


def test_faults_are_reported_up_to_a_limit() -> None:
    assert len(faults(yml("- text\n" * 1_000))) == MAX_FAULTS


def test_a_fault_is_one_line_that_a_terminal_can_show() -> None:
    (found,) = faults(yml('- {source: one, name: a, "b\\e[31m\\nc": d}\n'))
    assert found.isprintable()


def test_a_fault_shows_a_long_value_in_part() -> None:
    (found,) = faults(yml(f"- {{{'a' * 100_000}: b}}\n"))
    assert len(found) < 1_000


def test_reading_stops_at_the_limit_of_faults() -> None:
    with pytest.raises(BatchRefused) as refused:
        read(JSON_HEADER + "{oops\n" * 1_000, "jsonl")
    assert (len(refused.value.faults), refused.value.stopped) == (MAX_FAULTS, True)
