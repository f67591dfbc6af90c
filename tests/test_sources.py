"""The folder of batch files."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Timeline
from ingest_faults import Make
from small_chronology import EVENTS, START

from chronology.ingest import sources
from chronology.model.errors import BatchRefused


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "events"
    found.mkdir()
    (found / "0001-start.yml").write_text(START, "utf-8")
    (found / "0003-events.yml").write_text(EVENTS, "utf-8")
    return found


def test_a_folder_is_ingested_in_order_of_name(folder: Path) -> None:
    (folder / "0002-more.jsonl").touch()
    for other in (".0000-hidden.yml", "0004-notes.txt", "README.md"):
        (folder / other).touch()
    (folder / "0005-folder.yml").mkdir()
    assert [path.name for path in sources.files(folder)] == [
        "0001-start.yml",
        "0002-more.jsonl",
        "0003-events.yml",
    ]


def test_a_missing_folder_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(BatchRefused, match="nowhere:1: the folder does not exist; create it"):
        sources.files(tmp_path / "nowhere")


def test_only_new_files_are_pending(folder: Path, make_timeline: Make) -> None:
    timeline = make_timeline(START)
    assert sources.pending(timeline.db, sources.files(folder)) == [folder / "0003-events.yml"]


def test_a_new_batch_that_sorts_before_an_old_one_is_refused(
    folder: Path, timeline: Timeline
) -> None:
    late = folder / "0002-late.yml"
    late.write_text(EVENTS.replace("batch: events", "batch: late"), "utf-8")
    with pytest.raises(BatchRefused) as error:
        sources.pending(timeline.db, sources.files(folder))
    assert str(error.value) == (
        f"{late}:1: 0002-late.yml is new, but sorts before the ingested 0003-events.yml;"
        " give it a higher number"
    )


def test_an_edited_file_of_the_folder_is_refused(folder: Path, timeline: Timeline) -> None:
    path = folder / "0001-start.yml"
    path.write_text(START.replace("First source", "Best source"), "utf-8")
    with pytest.raises(BatchRefused) as error:
        sources.pending(timeline.db, sources.files(folder))
    (fault,) = error.value.faults
    assert (fault.file, fault.line) == (str(path), 13)
    assert (
        fault.description
        == 'source/one: name was "First source" when ingested, and is "Best source" now'
    )
