"""`chronology export`: a data package that other programs can validate and read."""

from __future__ import annotations

import csv
import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import frictionless
import pytest
from click.testing import CliRunner, Result
from conftest import ROOT, Timeline
from growing import BATCHES
from hypothesis import given
from hypothesis import strategies as st
from small_chronology import EVENTS, START

from chronology.cli import main
from chronology.export import data_package
from chronology.model.fields import TEXT_PATTERN

DONE, USAGE = 0, 2
MORE = """\
- {event: a, date: "[..1944-10-08]", title: 'Quoted "so", and =1+1', kind: battle,
   summary: "Two\\nlines", places: [{place: nis, role: near}]}
- {event: b, date: 0044, title: Long ago, kind: battle}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a timeline of many batches and what describes it."""
    path = tmp_path_factory.mktemp("package")
    timeline = Timeline(path / "timeline.db")
    for text in BATCHES.values():
        timeline.ingest(text)
    timeline.db.close()
    (path / "metadata.yml").write_text((ROOT / "metadata.yml").read_text("utf-8"), "utf-8")
    return path


def export(folder: Path, *arguments: str, status: int = DONE) -> Result:
    database = ["--db", str(folder / "timeline.db")]
    result = CliRunner().invoke(main, ["export", *database, *arguments], catch_exceptions=False)
    assert result.exit_code == status, result.output
    return result


@pytest.fixture(scope="module")
def exported(folder: Path) -> Path:
    export(folder, "--out", str(folder / "out"))
    return folder / "out"


def described(exported: Path, name: str = "datapackage.json") -> Any:
    return json.loads((exported / name).read_text("utf-8"))


def valid(path: Path) -> None:
    """Frictionless reads every cell of every table by its type, and follows every key."""
    report = frictionless.validate(str(path))
    assert report.valid, report.to_summary()


def test_the_package_is_valid(exported: Path) -> None:
    valid(exported / "datapackage.json")


def test_the_validator_finds_a_changed_file(exported: Path, tmp_path: Path) -> None:
    for file in exported.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    lines = (tmp_path / "accounts.csv").read_text("utf-8").replace("belgrade-taken,", "nowhere,")
    (tmp_path / "accounts.csv").write_text(lines, "utf-8")

    report = frictionless.validate(str(tmp_path / "datapackage.json"))
    assert "foreign-key" in {row[0] for row in report.flatten(["type"])}


def test_the_package_contains_every_row_of_every_table(folder: Path, exported: Path) -> None:
    db = sqlite3.connect(folder / "timeline.db")
    for name in data_package.TABLES:
        cursor = db.execute(f"SELECT * FROM {name}")
        columns = [column[0] for column in cursor.description]
        stored = [["" if v is None else str(v) for v in row] for row in cursor]
        with (exported / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            head, *lines = csv.reader(file)
        assert head == columns
        assert sorted(lines) == sorted(stored)
    db.close()


def test_the_descriptor_names_the_chronology_its_state_and_its_licence(
    folder: Path, exported: Path
) -> None:
    found, web = described(exported), described(exported, "csv-metadata.json")
    db = sqlite3.connect(folder / "timeline.db")
    position, digest, recorded_at = db.execute(
        "SELECT position, digest, recorded_at FROM log ORDER BY position DESC"
    ).fetchone()
    db.close()

    assert found["name"] == "test"
    assert found["title"] == web["dc:title"] == "A test"
    assert found["version"] == web["dc:identifier"] == f"{position}:{digest}"
    assert found["created"] == recorded_at
    assert found["licenses"] == [
        {
            "name": "CC-BY-4.0",
            "title": "CC BY 4.0",
            "path": "https://creativecommons.org/licenses/by/4.0/",
        }
    ]


def test_the_descriptor_has_the_columns_and_foreign_keys(exported: Path) -> None:
    tables = {resource["name"]: resource for resource in described(exported)["resources"]}
    fields = {field["name"]: field for field in tables["events"]["schema"]["fields"]}

    assert fields["date"]["description"].startswith("The editor's reading")
    assert fields["date"]["rdfType"].endswith("EDTF")
    assert [fields[name]["type"] for name in ("date", "earliest", "fronts", "latitude")] == [
        "string",
        "date",
        "array",
        "number",
    ]
    assert tables["history"]["schema"]["primaryKey"] == ["id", "from_position"]
    assert {"fields": "event", "reference": {"resource": "events", "fields": "id"}} in tables[
        "accounts"
    ]["schema"]["foreignKeys"]
    assert tables["places"]["schema"]["foreignKeys"] == [
        {"fields": "within", "reference": {"resource": "", "fields": "id"}}
    ]
    assert tables["events"]["bytes"] == (exported / "events.csv").stat().st_size


def test_the_two_descriptors_agree_on_files_and_columns(exported: Path) -> None:
    one, other = described(exported), described(exported, "csv-metadata.json")

    assert [(r["path"], [f["name"] for f in r["schema"]["fields"]]) for r in one["resources"]] == [
        (t["url"], [c["name"] for c in t["tableSchema"]["columns"]]) for t in other["tables"]
    ]
    urls = {table["url"] for table in other["tables"]}
    assert urls | {"datapackage.json", "csv-metadata.json"} == {f.name for f in exported.iterdir()}
    for table in other["tables"]:
        for key in table["tableSchema"].get("foreignKeys", []):
            assert key["reference"]["resource"] in urls


def test_the_same_state_gives_the_same_bytes(folder: Path, exported: Path, tmp_path: Path) -> None:
    (tmp_path / "metadata.yml").write_bytes((folder / "metadata.yml").read_bytes())
    other = Timeline(tmp_path / "timeline.db")
    for text in BATCHES.values():
        other.ingest(text)
    for name in ("accounts", "attachments"):  # Its rows lie in another order in the file.
        other.db.execute(f"CREATE TEMP TABLE kept AS SELECT * FROM {name}")
        other.db.execute(f"DELETE FROM {name}")
        other.db.execute(f"INSERT INTO {name} SELECT * FROM kept ORDER BY rowid DESC")
        other.db.execute("DROP TABLE kept")
    other.db.close()

    export(tmp_path, "--out", str(tmp_path / "again"))
    export(tmp_path, "--out", str(tmp_path / "one.zip"))
    export(folder, "--out", str(tmp_path / "two.zip"))

    files = {file.name: file.read_bytes() for file in exported.iterdir()}
    assert {file.name: file.read_bytes() for file in (tmp_path / "again").iterdir()} == files
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files
        assert archive.testzip() is None


def test_odd_values_are_read_back_unchanged(
    make_timeline: Callable[..., Timeline], tmp_path: Path
) -> None:
    timeline = make_timeline(START.replace("1944-09-01/1944-11-30", "0001/1944-11-30"), EVENTS)
    timeline.batch("more", MORE)
    (tmp_path / "out").mkdir()

    data_package.write(timeline.db, data_package.Description({}), opener(tmp_path / "out"))

    valid(tmp_path / "out" / "datapackage.json")
    with (tmp_path / "out" / "events.csv").open(encoding="utf-8", newline="") as file:
        found = {row["id"]: row for row in csv.DictReader(file)}
    assert found["a"]["title"] == 'Quoted "so", and =1+1'
    assert found["a"]["summary"] == "Two\nlines"
    assert (found["a"]["date"], found["a"]["earliest"]) == ("[..1944-10-08]", "")
    assert found["b"]["earliest"] == "0044-01-01"
    assert "licenses" not in described(tmp_path / "out")


def test_days_before_the_year_1_are_texts(
    make_timeline: Callable[..., Timeline], tmp_path: Path
) -> None:
    timeline = make_timeline(START.replace("1944-09-01/1944-11-30", "-0100/1944-11-30"), EVENTS)
    timeline.batch("more", "- {event: ides, date: -0043-03-15, title: Ides, kind: death}")

    data_package.write(timeline.db, data_package.Description({}), opener(tmp_path))

    valid(tmp_path / "datapackage.json")
    with (tmp_path / "events.csv").open(encoding="utf-8", newline="") as file:
        found = {row["id"]: row["earliest"] for row in csv.DictReader(file)}
    assert (found["ides"], found["nis-taken"]) == ("-0043-03-15", "1944-10-14")


def test_progress_counts_every_line(timeline: Timeline, tmp_path: Path) -> None:
    steps: list[int] = []

    data_package.write(timeline.db, data_package.Description({}), opener(tmp_path), steps.append)

    assert sum(steps) == data_package.count(timeline.db)


def opener(folder: Path) -> data_package.OpenFile:
    return lambda name: (folder / name).open("wb")


@given(texts=st.lists(st.from_regex(TEXT_PATTERN), min_size=1))
def test_every_valid_text_is_read_back_from_csv(texts: list[str]) -> None:
    rows = iter([("id", "text"), *((str(n), text) for n, text in enumerate(texts))])

    written = b"".join(data_package.csv_lines(rows, None)).decode()

    assert list(csv.reader(written.splitlines(keepends=True)))[1:] == [
        [str(n), text] for n, text in enumerate(texts)
    ]


def test_the_default_is_a_zip_file_named_after_the_database(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    said = export(folder).output

    assert [file.name for file in tmp_path.iterdir()] == ["timeline.zip"]
    assert said.startswith("timeline.zip: 13 tables, state ")


def test_an_earlier_export_is_replaced(folder: Path, tmp_path: Path) -> None:
    for out in ("again", "again.zip"):
        for _ in range(2):
            export(folder, "--out", str(tmp_path / out))

    valid(tmp_path / "again" / "datapackage.json")
    assert {file.name for file in tmp_path.iterdir()} == {"again", "again.zip"}


def test_a_folder_with_other_files_is_not_changed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", "utf-8")

    said = export(folder, "--out", str(tmp_path), status=USAGE).output

    assert "name a new folder with --out" in said
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    "text", ["title: [", "databases: none", "- a", "databases: {timeline: {tables: {events: 3}}}"]
)
def test_an_error_names_unreadable_metadata(folder: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.yml").write_text(text, "utf-8")
    arguments = ["--metadata", str(tmp_path / "odd.yml"), "--out", str(tmp_path / "out.zip")]

    said = export(folder, *arguments, status=USAGE).output

    assert f"{tmp_path / 'odd.yml'} cannot be read as Datasette metadata" in " ".join(said.split())
    assert [file.name for file in tmp_path.iterdir()] == ["odd.yml"]


def test_without_metadata_the_columns_are_not_described(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "timeline.db").write_bytes((folder / "timeline.db").read_bytes())
    export(tmp_path, "--out", str(tmp_path / "out"))

    events = described(tmp_path / "out")["resources"][0]
    assert "description" not in events
    assert not any("description" in field for field in events["schema"]["fields"])


def test_the_permanent_address_follows_from_the_public_one(folder: Path, tmp_path: Path) -> None:
    text = (folder / "metadata.yml").read_text("utf-8")
    text += "plugins: {datasette-chronology: {public_url: https://example.org/x/}}\n"
    (tmp_path / "metadata.yml").write_text(text, "utf-8")
    export(
        folder,
        *("--metadata", str(tmp_path / "metadata.yml"), "--out", str(tmp_path / "out")),
    )

    found = described(tmp_path / "out")
    position = found["version"].partition(":")[0]
    assert found["homepage"] == f"https://example.org/x/timeline/events?_as_of={position}"


def test_tables_that_are_not_current_are_not_exported(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "timeline.db").write_bytes((folder / "timeline.db").read_bytes())
    db = sqlite3.connect(tmp_path / "timeline.db")
    db.execute("UPDATE tracking SET version = 0")
    db.commit()
    db.close()

    said = export(tmp_path, "--out", str(tmp_path / "out"), status=USAGE).output
    assert "run 'python ingest.py'" in said
