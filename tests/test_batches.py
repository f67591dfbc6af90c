"""Reading batches: what a file can be at fault for by itself, in each of the three forms."""

from __future__ import annotations

import io
import json
import resource
import tracemalloc
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chronology.batches import json_reader
from chronology.batches.batch import MAX_FAULTS, Batch, Item
from chronology.batches.batch_reader import read_batch
from chronology.model.errors import BatchRefused, Fault
from chronology.model.timestamps import parse_timestamp

HEADER = "format: 1\nbatch: b\nrecorded: 2026-02-01T00:00:00Z\n"
JSON_HEADER = '{"format": 1, "batch": "b", "recorded": "2026-02-01T00:00:00Z"}\n'
CSV_HEADER = {"format": "1", "batch": "b", "recorded": "2026-02-01T00:00:00Z"}
COLUMNS = "id,date,title,kind\n"
EVENT = '{"event": "nis-taken", "date": "1944-10-14", "title": "Niš is taken", "kind": "capture"}\n'
MIB = 1 << 20


def read(text: str | bytes, form: str = "yml") -> tuple[Batch, list[Item]]:
    data = text.encode() if isinstance(text, str) else text
    batch = read_batch(io.BytesIO(data), f"b.{form}", form, CSV_HEADER if form == "csv" else None)
    items = list(batch.items)
    return batch, items


def faults(text: str | bytes, form: str = "yml") -> list[str]:
    """The faults of a file that has some, without its name."""
    try:
        batch, _ = read(text, form)
    except BatchRefused as error:
        found = error.faults
    else:
        found = sorted(batch.faults)
    assert found, "no fault was found"
    assert all(fault.remedy for fault in found)
    return [str(fault).removeprefix(f"b.{form}:") for fault in found]


def yml(records: str) -> str:
    return f"{HEADER}records:\n{records}"


def data(text: str | bytes, form: str = "yml") -> list[tuple[str, str, str]]:
    batch, items = read(text, form)
    assert batch.faults == []
    return [(item.number, item.stream, item.data) for item in items]


# The header


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
            "4: unknown header field 'nte'; known fields are format, batch, recorded",
        ),
        (f"{HEADER}note: [a]\n", "4: header: note: ['a'] is not valid"),
        (f"{HEADER}note: ''\n", "4: header: note: '' is empty"),
        (
            f"format: 1\nbatch: {'b' * 81}\nrecorded: 2026-02-01T00:00:00Z\n",
            "2: header: batch: 'bb",
        ),
    ],
)
def test_a_fault_of_the_header_stands_on_its_line(header: str, fault: str) -> None:
    (found,) = faults(f"{header}records:\n- {{source: one, name: First}}\n")
    assert found.startswith(fault)


def test_a_wrong_format_number_says_which_is_read() -> None:
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
        (EVENT.replace("}", ', "a": 1}'), "jsonl", "1: header: batch: '' is not an id"),
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


def test_csv_without_a_header_says_how_to_give_one() -> None:
    with pytest.raises(BatchRefused, match=r"c\.csv:1: .* --batch and --recorded"):
        read_batch(io.BytesIO(COLUMNS.encode()), "c.csv", "csv")


# Records


@pytest.mark.parametrize(
    ("records", "fault"),
    [
        ("- {evnt: a}\n", "5: 'evnt' is not a subject; start the record with one of chronology,"),
        ("- text\n", "5: record 1 is not a mapping; write fields as"),
        ("- {source: One, name: a}\n", "5: 'One' is not an id for a source; use lower-case"),
        ("- {source: [a], name: a}\n", "5: ['a'] is not an id for a source"),
        ("- {source: , name: a}\n", "5: '' is not an id for a source"),
        (f"- {{source: {'a' * 81}, name: a}}\n", "5: 'aaa"),
        (
            "- source: one\n  name: a\n  titel: b\n",
            "7: source/one.titel: unknown field 'titel': did",
        ),
        ("- source: one\n  title: b\n", "5: source/one: the field 'name' is missing"),
        (
            "- event: a\n  title: b\n  kind: capture\n  date: [1944-10-13,1944-10-14]\n",
            "8: event/a.date: ['1944-10-13', '1944-10-14'] is not a date; write the date as text, in",
        ),
        (
            "- event: a\n  title: b\n  kind: c\n  date: 1944-10-32\n",
            "8: event/a.date: '1944-10-32' is not a date",
        ),
        (
            "- event: a\n  title: b\n  kind: c\n  date: 1944\n  places:\n"
            "  - nis\n  - {place: x, rol: at}\n",
            "11: event/a.places[1].rol: unknown field 'rol'",
        ),
        ("- {event: a, date: 1944, title: b, kind: c, accounts: x}\n", "5: accounts is not a list"),
        ("- {event: a, date: 1944, title: b, kind: c, accounts: [x]}\n", "5: an account is no map"),
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
        ("- {place: a, name: b, latitude: 91, longitude: 0}\n", "5: place/a.latitude: '91' is ref"),
        ("- {account: , event: a, source: b}\n", "5: account: the field 'at' is missing"),
        ("- {correct: nis, set: {a: b}, because: c}\n", "5: 'nis' is not a record to correct"),
        ("- {retract: town/nis, because: c}\n", "5: 'town/nis' is not a record to retract"),
        ("- {correct: [a], set: {a: b}, because: c}\n", "5: ['a'] is not a record to correct"),
        ("- {retract: event/a}\n", "5: retract needs a reason; say why with because:"),
        ("- {retract: event/a, because: ''}\n", "5: retract needs a reason"),
        ("- {retract: event/a, because: [x]}\n", "5: retract needs a reason"),
        ("- {retract: event/a, set: {}, because: c}\n", "5: unknown field 'set'; retract takes"),
        ("- {retract: event/a, into: B, because: c}\n", "5: 'B' is not an id; name the event"),
        ("- {correct: event/a, into: b, set: {kind: c}, because: c}\n", "5: unknown field 'into'"),
        ("- {correct: event/a, because: c}\n", "5: the correction changes nothing; add set"),
        ("- {correct: event/a, set: x, because: c}\n", "5: set is a map of fields"),
        ("- {correct: event/a, unset: title, because: c}\n", "5: set is a map of fields"),
        (
            "- correct: event/a\n  because: c\n  set:\n    title: b\n    titel: b\n",
            "9: set.titel: unknown field 'titel': did you mean 'title'?",
        ),
        (
            "- {correct: event/a, unset: [date], because: c}\n",
            "5: unset.0: the field 'date' is req",
        ),
        ("- {correct: event/a, unset: [[a]], because: c}\n", "5: unset.0: unknown field ['a']"),
        (
            "- correct: event/a\n  set: {kind: b}\n  because: c\n  why: d\n",
            "8: unknown field 'why'; the fields of correct are correct, set, unset, because",
        ),
    ],
)
def test_a_fault_of_a_record_is_told_with_its_line(records: str, fault: str) -> None:
    (found,) = faults(yml(records))
    assert found.startswith(fault)


def test_a_record_is_of_the_subject_that_it_names_first() -> None:
    (found,) = faults(yml("- {event: a, date: 1944, title: b, kind: c, place: nis}\n"))
    assert "event/a.place: unknown field 'place': did you mean 'places'?" in found


def test_all_faults_of_a_batch_are_told_in_order_of_line() -> None:
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


def test_only_so_many_faults_are_told() -> None:
    assert len(faults(yml("- text\n" * 1_000))) == MAX_FAULTS


def test_a_fault_is_one_line_that_a_terminal_can_show() -> None:
    (found,) = faults(yml('- {source: one, name: a, "b\\e[31m\\nc": d}\n'))
    assert found.isprintable()


def test_a_fault_shows_a_long_value_in_part() -> None:
    (found,) = faults(yml(f"- {{{'a' * 100_000}: b}}\n"))
    assert len(found) < 1_000


@given(st.text())
def test_any_fault_is_shown_on_one_line(what: str) -> None:
    assert str(Fault("a", 1, what, "b")).isprintable()


# Short forms, in whichever form


RECORDS: list[dict[str, Any]] = [
    {
        "event": "nis-taken",
        "date": "1944-10-14",
        "title": "Niš is taken",
        "kind": "capture",
        "places": ["nis"],
        "formations": ["c68", "a57"],
        "accounts": [{"source": "one", "at": ["¶1", "¶2"], "says": "It falls.", "by": "a witness"}],
    },
    {
        "event": "belgrade-taken",
        "date": "[1944-10-19,1944-10-20]",
        "title": "Belgrade, capital, is taken",
        "kind": "capture",
        "summary": 'The "battle".\nIn two lines.',
    },
    {"account": "", "event": "nis-taken", "source": "two", "at": ["3"], "stance": "denies"},
]
AS_JSONL = JSON_HEADER + "".join(json.dumps(record) + "\n" for record in RECORDS)
AS_YAML = f"{HEADER}records: {json.dumps(RECORDS, ensure_ascii=False)}\n"
AS_CSV = """\
id,date,title,kind,places,formations,summary,source,at,says,by,stance
nis-taken,1944-10-14,Niš is taken,capture,nis,c68; a57,,one,¶1;¶2,It falls.,a witness,
belgrade-taken,"[1944-10-19,1944-10-20]","Belgrade, capital, is taken",capture,,,"The ""battle"".
In two lines.",,,,,
nis-taken,,,,,,,two,3,,,denies
"""


@pytest.mark.parametrize(("text", "form"), [(AS_JSONL, "jsonl"), (AS_CSV, "csv")])
def test_the_same_batch_gives_the_same_records_in_every_form(text: str, form: str) -> None:
    assert data(text, form) == data(AS_YAML)


@pytest.mark.parametrize(("text", "form"), [(AS_YAML, "yml"), (AS_JSONL, "jsonl"), (AS_CSV, "csv")])
def test_line_ends_of_windows_and_a_byte_order_mark_make_no_difference(
    text: str, form: str
) -> None:
    windows = b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()
    assert data(windows, form) == data(text, form)


words = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufeff"),
    min_size=1,
    max_size=20,
).filter(str.strip)


@given(words, words)
@example("e\u0301", " padded\u00a0")
def test_any_text_is_the_same_record_in_every_form(title: str, says: str) -> None:
    quoted = [json.dumps(text) for text in (title, says)]
    cells = ['"' + text.replace('"', '""') + '"' for text in (title, says)]
    as_yaml = yml(
        f"- event: a\n  date: 1944-10-14\n  title: {quoted[0]}\n  kind: b\n"
        f"  accounts: [{{source: one, at: x, says: {quoted[1]}}}]\n"
    ).encode("utf-8")
    as_jsonl = JSON_HEADER + (
        f'{{"event": "a", "date": "1944-10-14", "title": {quoted[0]}, "kind": "b",'
        f' "accounts": [{{"source": "one", "at": "x", "says": {quoted[1]}}}]}}\n'
    )
    as_csv = f"id,date,title,kind,source,at,says\na,1944-10-14,{cells[0]},b,one,x,{cells[1]}\n"
    assert data(as_jsonl, "jsonl") == data(as_csv, "csv")
    if title.isascii() and says.isascii():  # beyond that the escapes of YAML are not JSON's
        assert data(as_yaml) == data(as_csv, "csv")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (yml("- {source: one, name: Cafe\u0301}\n"), "yml"),
        (yml('- {source: one, name: "Cafe\\u0301"}\n'), "yml"),
        (f'{JSON_HEADER}{{"source": "one", "name": "Cafe\u0301"}}\n', "jsonl"),
        (f'{JSON_HEADER}{{"source": "one", "name": "Cafe\\u0301"}}\n', "jsonl"),
    ],
)
def test_text_is_kept_in_normal_form(text: str, form: str) -> None:
    assert data(text, form) == [("1", "source/one", '{"name":"Café"}')]


def test_text_of_csv_is_kept_in_normal_form() -> None:
    ((_, _, found),) = data(f"{COLUMNS}a,1944-10-14,Cafe\u0301,b\n", "csv")
    assert '"title":"Café"' in found


def test_white_space_around_a_value_is_left_out() -> None:
    assert data(f'{JSON_HEADER}{{"source": "one", "name": " a "}}\n', "jsonl") == data(
        yml("- {source: one, name: ' a '}\n")
    )


def test_short_forms_are_written_out() -> None:
    found = data(
        yml(
            "- event: a\n  date: 1944-10-14\n  title: b\n  kind: c\n"
            "  places: [nis, {place: sofia, role: near}]\n"
            "  accounts:\n  - {source: one, at: x, claims: {tanks: 160}}\n"
        )
    )
    assert found == [
        (
            "1",
            "event/a",
            '{"date":"1944-10-14","kind":"c",'
            '"places":[{"place":"nis"},{"place":"sofia","role":"near"}],"title":"b"}',
        ),
        ("1/1", "account/", '{"at":["x"],"claims":{"tanks":"160"},"event":"a","source":"one"}'),
    ]


def test_scalars_of_yaml_stay_what_was_written() -> None:
    ((_, _, found),) = data(
        yml("- {account: , event: a, source: b, at: 007, claims: {taken_by: no, time: 17:00}}\n")
    )
    assert '"at":["007"],"claims":{"taken_by":"no","time":"17:00"}' in found


# YAML


BOMB = "".join(f"x{i + 1}: &x{i + 1} [{', '.join([f'*x{i}'] * 9)}]\n" for i in range(9))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f"x0: &x0 [lol]\n{BOMB}", "1: anchors and aliases are not allowed; write the value out"),
        (yml("- &a {source: one, name: a}\n"), "5: anchors and aliases"),
        (yml("- {&a source: one, name: a}\n"), "5: anchors and aliases"),
        (yml("- source: one\n  name: *a\n"), "6: anchors and aliases"),
        (yml("- source: one\n  *a : b\n"), "6: anchors and aliases"),
        (yml("- source: one\n  name: !!python/name:os.system x\n"), "6: the tag 'tag:yaml"),
        (yml("- source: one\n  !!str name: x\n"), "6: the tag 'tag:yaml.org,2002:str' is not"),
        (yml("- source: one\n  name: a\n  name: b\n"), "7: the key 'name' occurs twice; keep one"),
        (yml("- source: one\n  name: a\n") + HEADER, "7: the key 'format' occurs twice"),
        (yml("- source: one\n  name: a\n---\na: b\n"), "7: a second document begins; one batch"),
        (yml(f"- {'[' * 100_000}\n"), "5: the nesting is too deep"),
        (yml("- " + "- " * 100_000 + "\n"), "5: the nesting is too deep"),
        (yml("- source: one\n  ? [a]\n  : b\n"), "6: a key is not text; quote it"),
        (
            yml("- source: one\n  name: 'a\n"),
            "7: invalid YAML: found unexpected end of stream",
        ),
        (
            yml("- source: one\n   name: a\n"),
            "6: invalid YAML: mapping values are not allowed",
        ),
        (yml("- source: one\n\tname: a\n"), "6: invalid YAML: "),
        (
            yml("- source: one\n  name: a\0b\n"),
            "6: invalid YAML: unacceptable character #x0000",
        ),
        (
            yml("- source: one\n  name: a\x1bb\n"),
            "6: invalid YAML: unacceptable character",
        ),
        (yml('- source: one\n  name: "a\\0b"\n'), "6: source/one.name: 'a\\x00b' is empty or has"),
        (yml("- {source: one, name: a}\n") + "x" * MIB + "y\n", "6: the line is longer than 1 MiB"),
    ],
)
def test_what_yaml_may_not_hold_is_refused(text: str, fault: str) -> None:
    (found,) = faults(text)
    assert found.startswith(fault)


def test_a_merge_key_is_an_unknown_field() -> None:
    (found,) = faults(yml("- {source: one, name: a, <<: {title: b}}\n"))
    assert "unknown field '<<'" in found


def test_a_yaml_file_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chronology.batches.yaml_reader.MAX_YAML_BYTES", 1 * MIB)
    (found,) = faults(yml("- {source: one, name: a}\n") + "# padding\n" * 120_000)
    assert found == "1: the file is larger than 1 MiB; split it, or use JSON Lines"


# Encodings


@pytest.mark.parametrize("form", ["yml", "jsonl", "csv"])
def test_utf_16_is_refused(form: str) -> None:
    text = {"yml": AS_YAML, "jsonl": AS_JSONL, "csv": AS_CSV}[form]
    assert faults(text.encode("utf-16"), form) == [
        "1: the file is not UTF-8; save it again as UTF-8"
    ]


@pytest.mark.parametrize(
    ("text", "form", "line"),
    [
        (yml("- {source: one, name: a}\n- {source: two, name: é}\n"), "yml", 6),
        (f'{JSON_HEADER}{EVENT.replace("š", "s")}{{"source": "é"}}\n', "jsonl", 3),
        (f"{COLUMNS}a,1944,b,c\nb,1944,é,c\n", "csv", 3),
    ],
)
def test_latin_1_is_refused_with_the_line(text: str, form: str, line: int) -> None:
    assert faults(text.encode("latin-1"), form) == [
        f"{line}: the file is not UTF-8; save it again as UTF-8"
    ]


# JSON Lines


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{oops", "2: invalid JSON: "),
        ("[1]", "2: record 1 is not a mapping"),
        ("5", "2: record 1 is not a mapping"),
        ("null", "2: record 1 is not a mapping"),
        ('"x"', "2: record 1 is not a mapping"),
        ("{}", "2: '' is not a subject"),
        ("[" * 100_000, "2: invalid JSON: maximum recursion depth"),
        ('{"a":' * 100 + "1" + "}" * 100, "2: invalid JSON: the nesting is too deep"),
        ('{"source": "one", "name": "\\ud800"}', "2: invalid JSON: "),
        ('{"source": "one", "\\ud800": "a"}', "2: invalid JSON: "),
        ('{"source": "one", "name": "a\\u0000b"}', "2: source/one.name: 'a\\x00b' is empty or"),
        (
            '{"place": "a", "name": "b", "latitude": NaN}',
            "2: invalid JSON: JSON is malformed",
        ),
        (
            '{"place": "a", "name": "b", "latitude": Infinity}',
            "2: invalid JSON: JSON is malfor",
        ),
        (
            '{"place": "a", "name": "b", "latitude": 1e400}',
            "2: invalid JSON: Number out of",
        ),
        (
            f'{{"place": "a", "name": "b", "latitude": 1{"0" * 5000}}}',
            "2: invalid JSON: Integer value out of range",
        ),
        ('{"place": "a", "name": "b", "latitude": 1e300}', "2: place/a.latitude: 1e+300 is refus"),
        ('{"source": "one", "name": 5}', "2: source/one.name: 5 is not valid: expected str"),
        (
            '{"source": "one", "name": "a", "name": "b"}',
            "2: invalid JSON: the key 'name' stan",
        ),
        (
            '{"source": "one", "name": "a"} x',
            "2: invalid JSON: JSON is malformed: trailing",
        ),
    ],
)
def test_what_a_line_of_json_may_not_hold_is_refused(line: str, fault: str) -> None:
    (found,) = faults(f"{JSON_HEADER}{line}\n", "jsonl")
    assert found.startswith(fault)


def test_blank_lines_of_json_count_but_hold_nothing() -> None:
    assert faults(f"\n{JSON_HEADER}\n{EVENT}\n[]\n", "jsonl")[0].startswith("6: record 2 is no")


def test_lines_that_are_no_json_are_told_with_the_faults_around_them() -> None:
    text = f'{JSON_HEADER}{{"source": "A"}}\n{{oops\n{{"source": "B"}}\n{{oops\n'
    assert [line[0] for line in faults(text, "jsonl")] == ["2", "3", "4", "5"]


def test_what_was_at_fault_before_a_file_becomes_unreadable_is_told_too() -> None:
    text = f'{JSON_HEADER}{{"source": "A"}}\n'.encode() + b"\xff\n"
    assert [line[0] for line in faults(text, "jsonl")] == ["2", "3"]


# CSV


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "id,date,title,kind,colour\n",
            "1: unknown column 'colour'; known columns are id, date, title",
        ),
        ("id,date,title\n", "1: the column 'kind' is missing; name it in the first line"),
        ("id,date,title,kind,title\n", "1: the column 'title' occurs twice; keep one of them"),
        (f"{COLUMNS}a,1944,b\n", "2: 3 cells for 4 columns; check the commas and quotes"),
        (f"{COLUMNS}a,1944,b,c,d\n", "2: 5 cells for 4 columns"),
        (
            f'{COLUMNS}a,1944,"b"x,c\n',
            "2: invalid CSV: ',' expected after '\"'; check the quot",
        ),
        (
            f'{COLUMNS}a,1944,b,c\nb,1944,"b,c\nx\n',
            "3: invalid CSV: unexpected end of data",
        ),
        ('id,"date\n', "1: invalid CSV: unexpected end of data"),
        (f"{COLUMNS}a,soon,b,c\n", "2: event/a.date: 'soon' is not a date"),
        (f"{COLUMNS},1944,b,c\n", "2: '' is not an id for an event"),
        (f"{COLUMNS}a,,b,c\n", "2: event/a: the field 'date' is missing"),
        (f"{COLUMNS}a,1944,b\0c,d\n", "2: event/a.title: 'b\\x00c' is empty or has"),
        (f"{COLUMNS}a,1944,b,c\ra,1944,b,c\r", "2: invalid CSV: new-line character seen"),
        (
            f'{COLUMNS}a,1944,"b{"x" * 140_000}",c\n',
            "2: invalid CSV: field larger than field",
        ),
        ("id,date,title,kind,places\na,1944,b,c,nis;;sofia\n", "2: event/a.places[1].place: ''"),
    ],
)
def test_what_csv_may_not_hold_is_refused(text: str, fault: str) -> None:
    (found,) = faults(text, "csv")
    assert found.startswith(fault)


def test_all_columns_at_fault_are_told() -> None:
    assert len(faults("id,colour,size\n", "csv")) == 5


def test_a_row_stands_on_the_line_on_which_it_begins() -> None:
    columns = COLUMNS.replace("\n", ",summary\n")
    text = f'{columns}a,1944,b,c,"two\nlines"\nb,soon,b,c,"two\nlines"\n'
    assert faults(text, "csv")[0].startswith("4: event/b.date")


def test_rows_with_too_few_cells_are_told_with_the_faults_around_them() -> None:
    text = f"{COLUMNS}A,1944,b,c\nb\nC,1944,b,c\n"
    assert [line[0] for line in faults(text, "csv")] == ["2", "3", "4"]


# Memory


@pytest.mark.parametrize(
    ("form", "start", "fault"),
    [
        ("jsonl", JSON_HEADER, "2: the line is longer than 1 MiB; split the record"),
        ("csv", COLUMNS, "2: the line is longer than 1 MiB; split the record"),
        ("yml", HEADER, "1: the file is larger than 32 MiB; split it, or use JSON Lines"),
    ],
)
def test_a_line_of_100_mb_is_refused_before_it_is_held(
    tmp_path: Path, form: str, start: str, fault: str
) -> None:
    path = tmp_path / f"b.{form}"
    with path.open("wb") as file:
        file.write(start.encode())
        file.truncate(100 << 20)
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    try:
        with path.open("rb") as stream, pytest.raises(BatchRefused) as refused:
            list(read_batch(stream, "b", form, CSV_HEADER).items)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert str(refused.value) == f"b:{fault}"
    assert peak < (70 << 20 if form == "yml" else 8 << 20)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak_kb < 90 << 10


def test_items_are_read_only_as_they_are_asked_for() -> None:
    stream = io.BytesIO((JSON_HEADER + EVENT * 100_000).encode())
    batch = read_batch(stream, "b.jsonl", "jsonl")
    next(batch.items)
    assert stream.tell() < 1_000


# Lines of JSON


LINES = (
    EVENT,
    '{"account": "", "event": "nis-taken", "source": "one", "at": ["1", "2"], "claims":'
    ' {"guns": 12}}\n',
    '{"place": "nis-taken", "name": "P", "latitude": 43.32, "longitude": 21}\n',
)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=20,
)
_unescaped = partial(json.dumps, ensure_ascii=False)
PIECES = st.lists(
    st.sampled_from(
        [
            *'{}[]:,"',
            '"a"',
            '"b"',
            '" a"',
            '"a "',
            '"a:b"',
            "1",
            "1e5",
            " ",
            "\\",
            "\t",
            '"\u00e9"',
            '"e\u0301"',
            '"\u0301"',
            '"\u00a0a"',
            '"a\u2028"',
            "null",
        ]
    ),
    max_size=25,
)


@given(JSON.map(json.dumps) | JSON.map(_unescaped) | PIECES.map("".join))
@example('{"a": 1, "a": 1}')
@example('{"a": {"a:": 1, "a:": 2}}')
@example('{"a": ":", "b": "::", "a": "::"}')
@example("[" * 13 + "]" * 13)
@example(str(1 << 70))
@example('{" a": 1}')
def test_a_line_is_tidied_whether_or_not_it_looks_tidy(text: str) -> None:
    line = text.encode()
    value, tidied = json_reader.value(line, "b", 1), json_reader._normalised_value(line, "b", 1)
    assert value == tidied
    if not isinstance(value, Fault):
        assert json.dumps(value) == json.dumps(tidied)


@pytest.mark.parametrize("line", LINES)
def test_ordinary_lines_are_tidy(line: str) -> None:
    assert json_reader._is_normal(line.encode(), json.loads(line))


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ('"e\u0301"', "é"),
        ('"\u00a0a"', "a"),
        ('"a\u3000"', "a"),
        ('"a\\t"', "a"),
        ('\ufeff"a"', "a"),
        ('{" a": [" b"]}', {"a": ["b"]}),
    ],
)
def test_a_line_that_is_not_tidy_is_made_so(line: str, value: object) -> None:
    assert json_reader.value(line.encode(), "b", 1) == value


def test_a_line_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(BatchRefused, match="the file is not UTF-8"):
        json_reader.value(b'"\xff"', "b", 1)


def test_reading_stops_at_as_many_faults() -> None:
    with pytest.raises(BatchRefused) as refused:
        read(JSON_HEADER + "{oops\n" * 1_000, "jsonl")
    assert (len(refused.value.faults), refused.value.stopped) == (MAX_FAULTS, True)


# Anything at all


def _consume(content: bytes, form: str) -> None:
    """Reads a file whole; only `BatchRefused` may come of it."""
    try:
        batch = read_batch(io.BytesIO(content), "b", form, CSV_HEADER)
        assert all(item.data for item in batch.items)
        found = batch.faults
    except BatchRefused as error:
        found = error.faults
    assert all(fault.line > 0 and str(fault).isprintable() for fault in found)


FORM = st.sampled_from(["yml", "jsonl", "csv"])


@given(st.binary(), FORM)
def test_any_bytes_are_a_batch_or_refused(content: bytes, form: str) -> None:
    _consume(content, form)


@given(st.text(), FORM)
def test_any_text_after_a_header_is_a_batch_or_refused(text: str, form: str) -> None:
    starts = {"yml": f"{HEADER}records:\n- ", "jsonl": JSON_HEADER, "csv": COLUMNS}
    _consume((starts[form] + text).encode(errors="surrogatepass"), form)


FIELDS = st.sampled_from(
    [
        *("event", "source", "place", "person", "formation", "account", "chronology", "correct"),
        *("retract", "set", "unset", "into", "because", "accounts", "date", "title", "kind"),
        *("places", "names", "name", "at", "claims", "levels", "kinds", "dimensions", "attached"),
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from(["a", "event/a", "1944", "x" * 90]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(st.dictionaries(FIELDS, VALUES, max_size=6), max_size=4), st.booleans())
@example([{"correct": "event/a", "unset": [["title"]], "because": "b"}], True)
@example([{"event": "a", "date": [[[[]]]], "accounts": [{"id": {}}]}], True)
def test_any_structure_is_a_batch_or_refused(records: list[Any], as_json: bool) -> None:
    if as_json:
        _consume((JSON_HEADER + "\n".join(map(json.dumps, records))).encode(), "jsonl")
    else:
        _consume(f"{HEADER}records: {json.dumps(records)}".encode(), "yml")


@given(st.data(), st.sampled_from([(AS_YAML, "yml"), (AS_JSONL, "jsonl"), (AS_CSV, "csv")]))
def test_a_good_file_with_any_bytes_put_in_is_a_batch_or_refused(
    draw: st.DataObject, file: tuple[str, str]
) -> None:
    content = file[0].encode()
    start = draw.draw(st.integers(0, len(content)))
    end = draw.draw(st.integers(start, min(len(content), start + 8)))
    _consume(content[:start] + draw.draw(st.binary(max_size=6)) + content[end:], file[1])
