"""The generated chronology: its bytes, its shape, and that every batch is ingested."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Timeline

from benchmarks import generator

COUNT = 2_000


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return generator.write_batches(tmp_path_factory.mktemp("generated"), COUNT)


@pytest.fixture(scope="module")
def ingested(generated: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Timeline]:
    timeline = Timeline(tmp_path_factory.mktemp("ingested") / "timeline.db")
    for path in generated:
        timeline.ingest(path.read_text("utf-8"), "jsonl")
    yield timeline
    timeline.db.close()


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_the_same_number_gives_the_same_bytes(generated: list[Path], tmp_path: Path) -> None:
    again = generator.write_batches(tmp_path, COUNT)

    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in generated]


def test_a_smaller_number_gives_a_prefix_of_the_events(tmp_path: Path) -> None:
    assert list(generator.events(50)) == list(generator.events(COUNT))[:50]


def test_an_interrupted_write_leaves_no_file(tmp_path: Path) -> None:
    def interrupted() -> Iterator[generator.Row]:
        yield generator.header("half", 1, "Half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generator.write(tmp_path / "half.jsonl", interrupted())

    assert not (tmp_path / "half.jsonl").exists()


def test_every_event_is_ingested(ingested: Timeline) -> None:
    (row,) = ingested.rows("SELECT count(*) AS events FROM events")

    assert row["events"] == COUNT - COUNT // generator.CHANGE_EVERY["retraction"]


def test_a_line_has_the_documented_bytes_and_fields(generated: list[Path]) -> None:
    events = read_lines(generated[1])[1:]
    fields = [len(event) - 1 + len(event["accounts"][0]) for event in events]

    assert len(events) == COUNT
    assert 490 < generated[1].stat().st_size / COUNT < 550
    assert {12, 13} == set(fields)


def test_events_alone_are_the_same_events_without_accounts() -> None:
    events = list(generator.events(200))
    for event in events:
        del event["accounts"]

    assert list(generator.events(200, accounts=False)) == events


def test_some_armies_are_in_most_events_and_some_in_hardly_any() -> None:
    named = Counter(name for event in generator.events(20_000) for name in event["formations"])
    of_army: Counter[int] = Counter()
    for name, count in named.items():
        of_army[(int(name.split("-")[1]) - 1) % generator.ARMIES] += count

    assert of_army[0] > 1_200
    assert 0 < sum(of_army[number] for number in range(25, 30)) < 40


def test_dates_have_every_form() -> None:
    forms = Counter(
        "".join("9" if letter.isdecimal() else letter for letter in event["date"])
        for event in generator.events(5_000)
    )

    assert len(forms) == 11
    assert forms["9999-99-99"] / 5_000 == pytest.approx(0.78, abs=0.03)


def test_the_second_reading_disputes_corrects_and_retracts(ingested: Timeline) -> None:
    (row,) = ingested.rows(
        "SELECT recorded, corrected, retracted FROM batches WHERE id = 'second-reading'"
    )
    (disputed,) = ingested.rows("SELECT count(*) AS n FROM events WHERE disputed != '[]'")

    # The account of each retracted event is moved, which is a correction too.
    assert row == {"recorded": COUNT // 50, "corrected": 34 + 4, "retracted": 4}
    assert int(str(disputed["n"])) > COUNT // 100
