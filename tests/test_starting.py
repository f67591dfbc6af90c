"""`chronology init` and `chronology new`: what they write can be ingested as it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import naval
import pytest
import yaml
from commands import DONE, FAULTS, USAGE, chronology, ingest
from conftest import ROOT

from chronology.cli import skeleton

FIRST = "0001-squadrons.yml"


@pytest.fixture
def fleets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a chronology of the 18th century that is not ingested yet."""
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / FIRST).write_text(naval.BATCHES[FIRST], "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def uncomment(path: Path) -> str:
    """Turns the examples of a skeleton into records; their descriptions go."""
    lines = path.read_text("utf-8").splitlines()
    lines = [line.removeprefix("# ") for line in lines if line != "#" and " EDTF " not in line]
    text = "\n".join(line for line in lines if not line.startswith(("Another ", "A correction")))
    path.write_text(text + "\n", "utf-8")
    return text


# new


def test_new_writes_a_skeleton_with_the_next_number(here: Path) -> None:
    (here / "events/0041-late.yml").touch()
    result = chronology("new", "second-reading")
    assert result.exit_code == DONE
    path = here / "events/0042-second-reading.yml"
    assert result.stdout.startswith("events/0042-second-reading.yml: edit it")
    assert path.read_text("utf-8").startswith("format: 1\nbatch: second-reading\nrecorded: 20")


def test_the_first_batch_has_number_one(here: Path) -> None:
    (here / "other").mkdir()
    assert chronology("new", "start", "--events", "other").exit_code == DONE
    assert "a-source" in (here / "other/0001-start.yml").read_text("utf-8")


def test_the_skeleton_is_accepted_once_it_has_records(here: Path) -> None:
    chronology("new", "more")
    with (here / "events/0003-more.yml").open("a", encoding="utf-8") as file:
        file.write("- {event: a, date: 1944-10-10, title: A, kind: battle}\n")
    result = ingest()
    assert (result.exit_code, result.stderr) == (DONE, "")
    assert "more: 2 records appended" in result.stdout


def test_the_examples_are_accepted_in_the_chronology_that_they_were_written_for(
    fleets: Path,
) -> None:
    chronology("new", "later-letters")
    text = uncomment(fleets / "events/0002-later-letters.yml")
    result = ingest()

    assert "note: Later letters\n" in text
    for value in ("date: 1780-01-01", "kind: action", "[antilles]", "source: gazette"):
        assert value in text
    assert (result.exit_code, result.stderr) == (DONE, "")
    # The batch itself, the event, its two accounts and the correction.
    assert "later-letters: 5 records appended" in result.stdout


def test_the_examples_name_nothing_that_was_retracted(fleets: Path) -> None:
    ingest()
    (fleets / "events/0002-fewer.yml").write_text(
        "format: 1\nbatch: fewer\nrecorded: 2026-04-01T00:00:00Z\nrecords:\n"
        "- {source: almanac, name: Almanac}\n"
        "- {retract: source/almanac, because: It was never read.}\n",
        "utf-8",
    )
    chronology("new", "next")
    assert "source: gazette" in (fleets / "events/0003-next.yml").read_text("utf-8")


def test_new_does_not_change_the_database(fleets: Path) -> None:
    ingest()
    before = (fleets / "timeline.db").read_bytes()
    assert chronology("new", "next").exit_code == DONE
    assert (fleets / "timeline.db").read_bytes() == before


@pytest.mark.parametrize("name", ["Second", "a b", "../a", "a--b", "a\n", "", "a" * 300])
def test_new_refuses_what_is_no_id(here: Path, name: str) -> None:
    result = chronology("new", "--", name)
    assert result.exit_code == USAGE
    assert sorted(path.name for path in (here / "events").iterdir()) == [
        "0001-start.yml",
        "0002-events.yml",
    ]


def test_new_without_a_folder_says_so() -> None:
    result = chronology("new", "more", "--events", "nowhere")
    assert result.exit_code == FAULTS
    assert result.stderr.startswith("nowhere:1: the folder does not exist")


# init


def test_init_leaves_compiled_files_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "installed"
    shutil.copytree(ROOT / "chronology" / "template", package / "template")
    compiled = package / "template" / "folder" / "__pycache__"
    compiled.mkdir(exist_ok=True)
    (compiled / "ingest.cpython-311.pyc").touch()
    monkeypatch.setattr(skeleton, "_TEMPLATE", package / "template")

    assert chronology("init", str(tmp_path / "mine")).exit_code == DONE
    assert (tmp_path / "mine" / "ingest.py").exists()
    assert list(tmp_path.glob("mine/**/__pycache__")) == []


def test_init_grants_no_licence_unless_one_is_named(tmp_path: Path) -> None:
    assert chronology("init", str(tmp_path / "none")).exit_code == DONE
    named = chronology("init", str(tmp_path / "named"), "--licence", "CC-BY-4.0")
    assert named.exit_code == DONE

    none, one = (
        yaml.safe_load((tmp_path / name / "metadata.yml").read_text("utf-8"))
        for name in ("none", "named")
    )
    assert not {"license", "license_url"} & none.keys()
    assert one["license"] == "CC-BY-4.0"
    assert one["license_url"] == "https://creativecommons.org/licenses/by/4.0/"


@pytest.mark.parametrize("title", ['A "quoted": title # one', "Île-de-France, 1789–1794", "- x"])
def test_init_writes_the_title_into_all_files(tmp_path: Path, title: str) -> None:
    folder = tmp_path / "titled"
    assert chronology("init", str(folder), "--title", title).exit_code == DONE

    batch = yaml.safe_load((folder / "events" / "0001-start.yml").read_text("utf-8"))
    assert yaml.safe_load((folder / "metadata.yml").read_text("utf-8"))["title"] == title
    assert batch["records"][0]["title"] == title
    assert (folder / "README.md").read_text("utf-8").startswith(f"# {title}\n")


def test_init_takes_the_title_from_the_folder(tmp_path: Path) -> None:
    chronology("init", str(tmp_path / "fire-of-1666"))
    text = (tmp_path / "fire-of-1666" / "metadata.yml").read_text("utf-8")
    assert yaml.safe_load(text)["title"] == "Fire of 1666"


def test_init_refuses_a_folder_that_is_not_empty(here: Path) -> None:
    result = chronology("init", str(here))
    assert result.exit_code == USAGE
    assert "is not empty; name a new folder" in result.stderr
