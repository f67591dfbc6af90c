"""Batches in JSON Lines."""

from __future__ import annotations

import json
from functools import partial

import pytest
from batch_texts import EVENT, JSON_HEADER, faults
from hypothesis import example, given
from hypothesis import strategies as st

from chronology.batches import json_reader
from chronology.model.errors import BatchRefused, Fault


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
        ('{"place": "a", "name": "b", "latitude": 1e300}', "2: place/a.latitude: 1e+300 is not "),
        ('{"source": "one", "name": 5}', "2: source/one.name: 5 is not valid: expected str"),
        (
            '{"source": "one", "name": "a", "name": "b"}',
            "2: invalid JSON: the key 'name' ",
        ),
        (
            '{"source": "one", "name": "a"} x',
            "2: invalid JSON: JSON is malformed: trailing",
        ),
    ],
)
def test_an_invalid_line_of_json_is_refused(line: str, fault: str) -> None:
    (found,) = faults(f"{JSON_HEADER}{line}\n", "jsonl")
    assert found.startswith(fault)


def test_blank_lines_of_json_count_but_are_skipped() -> None:
    assert faults(f"\n{JSON_HEADER}\n{EVENT}\n[]\n", "jsonl")[0].startswith("6: record 2 is no")


def test_invalid_lines_are_reported_with_the_faults_around_them() -> None:
    text = f'{JSON_HEADER}{{"source": "A"}}\n{{oops\n{{"source": "B"}}\n{{oops\n'
    assert [line[0] for line in faults(text, "jsonl")] == ["2", "3", "4", "5"]


def test_faults_before_a_file_becomes_unreadable_are_reported_too() -> None:
    text = f'{JSON_HEADER}{{"source": "A"}}\n'.encode() + b"\xff\n"
    assert [line[0] for line in faults(text, "jsonl")] == ["2", "3"]


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
def test_the_fast_path_gives_the_same_value_as_the_slow_one(text: str) -> None:
    line = text.encode()
    value, slow = (
        json_reader.parse_line(line, "b", 1),
        json_reader.parse_line_slowly(line, "b", 1),
    )
    assert value == slow
    if not isinstance(value, Fault):
        assert json.dumps(value) == json.dumps(slow)


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
def test_texts_and_keys_are_normalised(line: str, value: object) -> None:
    assert json_reader.parse_line(line.encode(), "b", 1) == value


def test_a_line_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(BatchRefused, match="the file is not UTF-8"):
        json_reader.parse_line(b'"\xff"', "b", 1)
