"""Batches in YAML."""

from __future__ import annotations

import pytest
from batch_texts import HEADER, MIB, data, faults, yml


def test_scalars_of_yaml_stay_as_written() -> None:
    ((_, _, found),) = data(
        yml("- {account: , event: a, source: b, at: 007, claims: {taken_by: no, time: 17:00}}\n")
    )
    assert '"at":["007"],"claims":{"taken_by":"no","time":"17:00"}' in found


BOMB = "".join(f"x{i + 1}: &x{i + 1} [{', '.join([f'*x{i}'] * 9)}]\n" for i in range(9))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f"x0: &x0 [lol]\n{BOMB}", "1: anchors and aliases are not allowed; write out the value"),
        (yml("- &a {source: one, name: a}\n"), "5: anchors and aliases"),
        (yml("- {&a source: one, name: a}\n"), "5: anchors and aliases"),
        (yml("- source: one\n  name: *a\n"), "6: anchors and aliases"),
        (yml("- source: one\n  *a : b\n"), "6: anchors and aliases"),
        (yml("- source: one\n  name: !!python/name:os.system x\n"), "6: the tag 'tag:yaml"),
        (yml("- source: one\n  !!str name: x\n"), "6: the tag 'tag:yaml.org,2002:str' is not"),
        (yml("- source: one\n  name: a\n  name: b\n"), "7: the key 'name' occurs twice; keep one"),
        (yml("- source: one\n  name: a\n") + HEADER, "7: the key 'format' occurs twice"),
        (
            yml("- source: one\n  name: a\n---\na: b\n"),
            "7: a second document begins; write one batch",
        ),
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
        (
            yml('- source: one\n  name: "a\\0b"\n'),
            "6: source/one.name: 'a\\x00b' is empty or contains",
        ),
        (yml("- {source: one, name: a}\n") + "x" * MIB + "y\n", "6: the line is longer than 1 MiB"),
    ],
)
def test_unsupported_yaml_is_refused(text: str, fault: str) -> None:
    (found,) = faults(text)
    assert found.startswith(fault)


def test_a_merge_key_is_an_unknown_field() -> None:
    (found,) = faults(yml("- {source: one, name: a, <<: {title: b}}\n"))
    assert "'<<' is not a field" in found


def test_a_yaml_file_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chronology.batches.yaml_reader.MAX_YAML_BYTES", 1 * MIB)
    (found,) = faults(yml("- {source: one, name: a}\n") + "# padding\n" * 120_000)
    assert found == "1: the file is larger than 1 MiB; split it, or use JSON Lines"
