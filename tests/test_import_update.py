"""`chronology import --update`: the same table again, and other round trips."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from commands import write_batches
from imports import SHIPS, Folder, imported, run

from chronology.cli import importing, main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    return Folder(tmp_path / "mine", monkeypatch)


@pytest.fixture
def ships(folder: Folder) -> Folder:
    """A folder in which the ships were imported and ingested."""
    imported(folder, "ships.csv", SHIPS)
    return folder


def update(folder: Folder, content: str, *options: str) -> str:
    done = run("import", folder.write("ships.csv", content), "--update", *options)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_same_table_gives_no_batch(ships: Folder) -> None:
    assert "Nothing new" in update(ships, SHIPS)
    assert len(ships.batches()) == 1


@pytest.mark.parametrize(
    ("old", "new", "stream", "change"),
    [
        ("1200", "1250", "event/ships-2", {"quantities": {"tons": "1250.0"}}),
        ("Launched", "Afloat", "event/ships-2", {"title": "Afloat"}),
        ("A cold day, with ice", "Warm", "event/ships-2", {"summary": "Warm"}),
    ],
)
def test_a_changed_cell_makes_one_correction(
    ships: Folder, old: str, new: str, stream: str, change: dict[str, object]
) -> None:
    output = update(ships, SHIPS.replace(old, new))
    assert "0 added, 1 corrected, 2 unchanged, 0 without a row" in output
    assert ships.records() == [
        {"correct": stream, "set": change, "because": "ships.csv has changed."}
    ]
    ships.ingest()
    assert run("verify").exit_code == 0
    assert "Nothing new" in update(ships, SHIPS.replace(old, new))


def test_an_emptied_cell_clears_its_field(ships: Folder) -> None:
    update(ships, SHIPS.replace("1200", ""))
    assert ships.records()[0]["unset"] == ["quantities"]


def test_rows_in_another_order_are_the_same_rows(ships: Folder) -> None:
    header, *rows = SHIPS.splitlines(keepends=True)
    assert "Nothing new" in update(ships, "".join([header, *reversed(rows)]))


def test_a_new_row_is_added(ships: Folder) -> None:
    assert "1 added, 0 corrected" in update(ships, f"{SHIPS}4,2/2/1950,Raised,,,,Salvage,1500,\n")
    kinds = [next(iter(record)) for record in ships.records()]
    assert kinds == ["correct", "event"]
    assert ships.batches()[-1].name == "0002-ships-2.yml"


SHORTER = "".join(SHIPS.splitlines(keepends=True)[:3])


def test_a_deleted_row_stays_unless_its_retraction_is_wanted(ships: Folder) -> None:
    output = update(ships, SHORTER)
    assert "without a row: event/ships-3" in output
    assert "Nothing new" in output
    assert "event/ships-3 has no row any more; it stays" in ships.report("ships")
    update(ships, SHORTER, "--retract")
    assert [record["retract"] for record in ships.records()] == ["account/ships-3", "event/ships-3"]
    ships.ingest()
    assert "0 without a row" in update(ships, SHORTER)


def test_a_row_that_comes_back_is_a_new_event(ships: Folder) -> None:
    update(ships, SHORTER, "--retract")
    ships.ingest()
    update(ships, SHIPS)
    assert ships.events()[0]["event"] == "ships-3-2"
    ships.ingest()
    assert "Nothing new" in update(ships, SHIPS)


def answer(monkeypatch: pytest.MonkeyPatch, *options: str, stdin: str) -> str:
    """The output of an update in a terminal where somebody answers."""
    monkeypatch.setattr(importing, "has_terminal", lambda: True)
    command = ["import", "ships.csv", "--update", *options]
    return CliRunner().invoke(main, command, input=stdin, catch_exceptions=False).output


def test_a_terminal_asks_before_a_retraction(
    ships: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    ships.write("ships.csv", SHORTER)
    assert "Retract these 1 events? [y/N]" in answer(monkeypatch, stdin="n\n")
    assert len(ships.batches()) == 1
    assert "Write the batch? [Y/n]" in answer(monkeypatch, stdin="y\nn\n")
    assert len(ships.batches()) == 1
    answer(monkeypatch, stdin="y\ny\n")
    assert len(ships.batches()) == 2


def test_a_correction_by_somebody_else_stays(ships: Folder) -> None:
    batch = (
        "format: 1\nbatch: by-hand\nrecorded: 2026-12-02T00:00:00Z\nrecords:\n"
        "- correct: event/ships-2\n  set: {title: Launched at last, importance: 3}\n"
        "  because: The log of the yard.\n"
    )
    later = batch.replace("2026-12-02T00:00:00Z", _now())
    ships.write("events/0002-by-hand.yml", later)
    ships.ingest()
    assert "Nothing new" in update(ships, SHIPS)
    update(ships, SHIPS.replace("1200", "1250"))
    assert ships.records()[0]["set"] == {"quantities": {"tons": "1250.0"}}
    update(ships, SHIPS.replace("Launched", "Floated"))
    assert ships.records()[0]["set"] == {"title": "Floated"}
    assert "event/ships-2 was corrected since the last import" in ships.report("ships")


def _now() -> str:
    import pendulum

    return pendulum.now("UTC").format("YYYY-MM-DDTHH:mm:ss[Z]")


def test_an_event_with_accounts_of_others_stays(ships: Folder) -> None:
    batch = (
        f"format: 1\nbatch: by-hand\nrecorded: {_now()}\nrecords:\n"
        "- {source: book, name: A book}\n"
        "- {account: '', event: ships-3, source: book, at: p. 1}\n"
    )
    ships.write("events/0002-by-hand.yml", batch)
    ships.ingest()
    assert "0 without a row" in update(ships, SHORTER, "--retract")
    assert "event/ships-3 has no row, but accounts of others" in ships.report("ships")


def test_an_update_without_a_key_is_refused_with_the_remedy(folder: Folder) -> None:
    table = "date,event\n1944,A\n1945,B\n"
    imported(folder, "a.csv", table)
    done = run("import", "a.csv", "--update")
    assert done.exit_code == 2
    assert "key: [COLUMN]" in done.output


def test_an_update_by_another_key_is_refused(ships: Folder) -> None:
    ships.edit_map("ships", key=["event"])
    done = run("import", "ships.csv", "--update")
    assert done.exit_code == 2
    assert "no row has the key of an event of the last import" in done.output


def test_an_update_of_nothing_is_refused(folder: Folder) -> None:
    done = run("import", folder.write("ships.csv", SHIPS), "--update")
    assert done.exit_code == 2
    assert "was not ingested yet" in done.output


def test_a_key_that_is_there_twice_or_empty_is_a_fault(folder: Folder) -> None:
    table = SHIPS.replace("2,1/5", "1,1/5").replace("3,c.", ",c.")
    run("import", folder.write("ships.csv", SHIPS), "--preview")
    done = run("import", folder.write("ships.csv", table))
    assert done.exit_code == 1
    assert "the key is in an earlier row too; make it unique (it is also in row 2)" in done.output
    assert "the key is empty" in done.output


def test_keys_that_differ_only_in_punctuation_are_two(folder: Folder) -> None:
    table = "id,date,event\na-b,1944,One\na+b,1945,Two\na/b,1946,Three\n"
    ids = [event["event"] for event in imported(folder, "a.csv", table)]
    assert len({*ids}) == 3


# Round trips ------------------------------------------------------------------------------------


def exported(name: str) -> dict[str, bytes]:
    assert run("export", "--out", name).exit_code == 0
    with zipfile.ZipFile(name) as file:
        return {member: file.read(member) for member in file.namelist()}


def ingested_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes a chronology in the folder `first`, which becomes the working folder."""
    (tmp_path / "first").mkdir()
    write_batches(tmp_path / "first")
    monkeypatch.chdir(tmp_path / "first")
    assert run("ingest").exit_code == 0


def test_a_data_package_gives_every_table_equal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingested_first(tmp_path, monkeypatch)
    before = exported("../package.zip")
    copy = Folder(tmp_path / "second", monkeypatch)
    done = run("import", "../package.zip")
    assert done.exit_code == 0, done.output
    copy.ingest()
    (copy.path / "metadata.yml").unlink()
    assert exported("../copy.zip") == before


def test_a_data_package_needs_an_empty_folder(ships: Folder) -> None:
    exported("package.zip")
    done = run("import", "package.zip")
    assert done.exit_code == 2
    assert "import a package into a new folder" in done.output


OF_THE_LOG = {"version", "position", "recorded_at", "number"}


def test_our_csv_gives_every_column_that_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingested_first(tmp_path, monkeypatch)
    events = exported("../package.zip")["events.csv"]
    folder = Folder(tmp_path / "second", monkeypatch)
    done = run("import", folder.write("events.csv", events), "--name", "copy")
    assert done.exit_code == 0, done.output
    folder.ingest()
    before, after = map(by_id, (events, exported("../copy.zip")["events.csv"]))
    assert before.keys() == after.keys()
    for event, row in before.items():
        lost = {c for c, cell in row.items() if after[event].get(c) != cell} - OF_THE_LOG
        # They follow from the accounts, of which the list of events has only the sources.
        assert lost <= {"accounts", "disputed", "status", "months"}, event


def by_id(text: bytes) -> dict[str, dict[str, str]]:
    return {row["id"]: row for row in csv.DictReader(io.StringIO(text.decode()))}


def test_the_guard_against_formulas_is_taken_off(folder: Folder) -> None:
    table = "id,date,earliest,latest,sort_day,title,kind\nides,'-0043-03-15,,,,'=A title,event\n"
    (event,) = imported(folder, "a.csv", table)
    assert (event["event"], event["date"], event["title"]) == ("ides", "-0043-03-15", "=A title")


def test_a_terminal_asks_for_an_order_that_nothing_decides(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("ships.csv", "date,event\n10/12/1944,A\n")
    monkeypatch.setattr(importing, "has_terminal", lambda: True)
    done = CliRunner().invoke(main, ["import", "ships.csv"], input="month\ny\n")
    assert "Is the month or the day first in 10/12/1944?" in done.output
    assert folder.events()[0]["date"] == "1944-10-12"
    assert folder.map("ships")["dates"] == "us"
