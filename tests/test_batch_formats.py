"""The same batch in YAML, JSON Lines and CSV: equal records, encodings and limits."""

from __future__ import annotations

import io
import json
import resource
import tracemalloc
from pathlib import Path

import pytest
from batch_texts import (
    AS_CSV,
    AS_JSONL,
    AS_YAML,
    COLUMNS,
    CSV_HEADER,
    EVENT,
    HEADER,
    JSON_HEADER,
    data,
    faults,
    yml,
)
from hypothesis import example, given
from hypothesis import strategies as st

from chronology.batches.batch_reader import read_batch
from chronology.model.errors import BatchRefused


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


@pytest.mark.parametrize("form", ["yml", "jsonl", "csv"])
def test_utf_16_is_refused(form: str) -> None:
    text = {"yml": AS_YAML, "jsonl": AS_JSONL, "csv": AS_CSV}[form]
    assert faults(text.encode("utf-16"), form) == ["1: the file is not UTF-8; save it as UTF-8"]


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
        f"{line}: the file is not UTF-8; save it as UTF-8"
    ]


@pytest.mark.parametrize(
    ("form", "start", "fault"),
    [
        ("jsonl", JSON_HEADER, "2: the line is longer than 1 MiB; split the record"),
        ("csv", COLUMNS, "2: the line is longer than 1 MiB; split the record"),
        ("yml", HEADER, "1: the file is larger than 32 MiB; split it, or use JSON Lines"),
    ],
)
def test_a_line_of_100_mb_is_refused_without_reading_it_into_memory(
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


def test_items_are_read_one_at_a_time() -> None:
    stream = io.BytesIO((JSON_HEADER + EVENT * 100_000).encode())
    batch = read_batch(stream, "b.jsonl", "jsonl")
    next(batch.items)
    assert stream.tell() < 1_000


def test_points_shapes_parts_links_and_media_are_columns_of_csv() -> None:
    file = f"{'a' * 64}.png"
    text = (
        "id,date,title,kind,latitude,longitude,geometry,part_of,links,media\n"
        'a,1944,A,b,43.5,21.5,"{""type"": ""Point"", ""coordinates"": [21, 43]}",whole,'
        f"https://example.org/a; https://example.org/b,{file}\n"
    )
    shape = "{type: Point, coordinates: ['21', '43.0']}"
    as_yaml = yml(
        "- event: a\n  date: 1944\n  title: A\n  kind: b\n  latitude: 43.5\n  longitude: 21.5\n"
        f"  geometry: {shape}\n  related: [{{event: whole, as: part-of}}]\n"
        "  links: ['https://example.org/a', {url: 'https://example.org/b'}]\n"
        f"  media: ['{file}']\n"
    )
    assert data(text, "csv") == data(as_yaml)
