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
def written(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return generator.write_batches(tmp_path_factory.mktemp("generated"), COUNT)


@pytest.fixture(scope="module")
def ingested(written: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Timeline]:
    timeline = Timeline(tmp_path_factory.mktemp("ingested") / "timeline.db")
    for path in written:
        timeline.ingest(path.read_text("utf-8"), "jsonl")
    yield timeline
    timeline.db.close()


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_the_same_number_gives_the_same_bytes(written: list[Path], tmp_path: Path) -> None:
    again = generator.write_batches(tmp_path, COUNT)

    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in written]


def test_a_smaller_number_gives_the_first_of_the_same_events(tmp_path: Path) -> None:
    assert list(generator.events(50)) == list(generator.events(COUNT))[:50]


def test_nothing_is_left_of_a_file_that_was_not_finished(tmp_path: Path) -> None:
    def interrupted():
        yield generator.header("half", 1, "Half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generator.write(tmp_path / "half.jsonl", interrupted())

    assert not (tmp_path / "half.jsonl").exists()


def test_every_line_is_ingested(ingested: Timeline) -> None:
    (row,) = ingested.rows("SELECT count(*) AS events FROM events")

    assert row["events"] == COUNT - COUNT // generator.CHANGES["retracting"]


def test_a_line_is_as_large_and_as_wide_as_it_is_said_to_be(written: list[Path]) -> None:
    events = lines(written[1])[1:]
    fields = [len(event) - 1 + len(event["accounts"][0]) for event in events]

    assert len(events) == COUNT
    assert 490 < written[1].stat().st_size / COUNT < 550
    assert {12, 13} == set(fields)


def test_events_alone_are_the_same_without_their_accounts() -> None:
    whole = list(generator.events(200))
    for event in whole:
        del event["accounts"]

    assert list(generator.events(200, accounts=False)) == whole


def test_some_armies_are_in_most_events_and_some_in_hardly_any() -> None:
    named = Counter(name for event in generator.events(20_000) for name in event["formations"])
    of_army = Counter()
    for name, count in named.items():
        of_army[(int(name.split("-")[1]) - 1) % generator.ARMIES] += count

    assert of_army[0] > 1_200
    assert 0 < sum(of_army[number] for number in range(25, 30)) < 40


def test_dates_come_in_every_form() -> None:
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
    assert disputed["n"] > COUNT // 100
