"""`chronology import`: from a table to a batch that is ingested."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner
from imports import SHIPS, Folder, imported, run

from chronology.cli import main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    return Folder(tmp_path / "mine", monkeypatch)


def test_a_clear_table_goes_in_at_once(folder: Folder) -> None:
    events = imported(folder, "ships.csv", SHIPS)
    assert [(e["event"], e["date"], e["title"]) for e in events] == [
        ("ships-1", "1944-12-20", "Keel laid"),
        ("ships-2", "1945-01-05", "Launched"),
        ("ships-3", "1946~", "Sunk"),
    ]
    assert [path.name for path in folder.batches()] == ["0001-ships.yml"]
    with sqlite3.connect("timeline.db") as db:
        rows = db.execute("SELECT title, kind, places, tons FROM events ORDER BY id").fetchall()
    db.close()
    assert rows[1] == ("Launched", "building", '["Norfolk"]', 1200)


def test_the_example_of_init_gives_its_title_and_is_replaced(folder: Folder) -> None:
    imported(folder, "ships.csv", SHIPS)
    (chronology, *_) = folder.records()
    assert (chronology["title"], chronology["window"]) == ("A test", "1944/1946")


def test_an_example_that_was_edited_stays(folder: Folder) -> None:
    start = folder.path / "events" / "0001-start.yml"
    start.write_text(start.read_text("utf-8").replace("Three arches", "Four arches"), "utf-8")
    imported(folder, "ships.csv", SHIPS)
    assert [path.name for path in folder.batches()] == ["0001-start.yml", "0002-ships.yml"]
    assert folder.records()[0]["correct"] == "chronology/example"


def test_a_place_whose_rows_have_one_point_has_it(folder: Folder) -> None:
    imported(folder, "ships.csv", SHIPS)
    places = [record for record in folder.records() if "place" in record]
    assert places == [
        {"place": "norfolk", "name": "Norfolk", "latitude": "36.9", "longitude": "-76.2"},
        {"place": "cafe-del-mar", "name": "Café del Mar"},
    ]
    assert "latitude" not in folder.events()[0]


def test_events_at_several_points_of_a_place_have_their_own(folder: Folder) -> None:
    table = "date,event,place,lat,lon\n1944,A,Sea,1,2\n1945,B,Sea,3,4\n"
    one, other = imported(folder, "sea.csv", table)
    assert (one["latitude"], other["longitude"]) == ("1.0", "4.0")


def test_the_order_of_numbers_is_decided_by_a_date_that_has_one(folder: Folder) -> None:
    done = folder.run_import(folder.write("ships.csv", SHIPS))
    assert "month first (us), because of '12/20/1944' in row 2" in done.output
    assert folder.map("ships")["dates"] == "us"


def test_dates_without_a_decided_order_are_doubtful_and_listed(folder: Folder) -> None:
    table = "date,event\n1/2/1944,A\n3/4/1944,B\n"
    (first, _) = imported(folder, "a.csv", table)
    assert (first["date"], first["as_written"]) == ("1944-02-01", "1/2/1944")
    assert "row 2, date: '1/2/1944': doubtful" in folder.report("a")


def test_faults_are_grouped_with_their_remedy_and_nothing_is_written(folder: Folder) -> None:
    rows = "".join(f"{day}/10/1944,Day {day}\n" for day in (13, 14, 15))
    done = folder.run_import(folder.write("a.csv", f"date,event\n{rows}"), "--dates", "us")
    assert done.exit_code == 1
    assert "3 rows: the day is first; use --dates eu (row 2, date: '13/10/1944'" in done.output
    assert [path.name for path in folder.batches()] == ["0001-start.yml"]
    assert "row 2 is left out: date = '13/10/1944'; event = 'Day 13'" in folder.report("a")


def test_rows_that_cannot_be_read_are_left_out_on_demand(folder: Folder) -> None:
    table = "date,event\n1944,A\nEaster,B\n"
    (event,) = imported(folder, "a.csv", table, "--skip")
    assert event["title"] == "A"
    assert "date = 'Easter'; event = 'B'" in folder.report("a")


def test_a_year_beyond_those_of_events_is_a_fault(folder: Folder) -> None:
    done = folder.run_import(folder.write("a.csv", 'date,event\n"12,000 BC",Ice\n1944,War\n'))
    assert done.exit_code == 1
    assert "events are in the years -9999 to 9999" in done.output


def test_a_table_without_dates_is_refused_with_its_map(folder: Folder) -> None:
    done = folder.run_import(folder.write("a.csv", "name,age\nAda,36\n"))
    assert done.exit_code == 1
    assert "no column is the date" in done.output
    assert folder.map("a")["columns"]["name"] == "title"


def test_an_edited_map_is_used_and_kept(folder: Folder) -> None:
    folder.run_import(folder.write("ships.csv", SHIPS))
    folder.edit_map("ships", title="{event} at {place}", kind="voyage")
    before = folder.map("ships")
    events = imported(folder, "ships.csv", SHIPS)
    assert events[0]["title"] == "Keel laid at Norfolk"
    assert folder.map("ships") == before
    assert len(folder.batches()) == 1


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"columns": {"id": "key"}}, "the column 'date' is missing"),
        ({"key": ["number"]}, "the table has no column 'number'"),
        ({"title": "{name}"}, "the table has no column 'name'"),
        ({"zone": "Mars/Olympus"}, "is not a time zone"),
        ({"unknown": "x"}, "is not a map"),
    ],
)
def test_a_map_that_does_not_fit_is_refused(folder: Folder, change: dict, fault: str) -> None:  # type: ignore[type-arg]
    folder.run_import(folder.write("ships.csv", SHIPS))
    folder.edit_map("ships", **change)
    done = folder.run_import("ships.csv")
    assert done.exit_code == 1
    assert fault in done.output


def test_a_role_that_is_not_known_is_refused(folder: Folder) -> None:
    folder.run_import(folder.write("ships.csv", SHIPS))
    columns = {**folder.map("ships")["columns"], "tons": "weight"}
    folder.edit_map("ships", columns=columns)
    assert "'weight' is not known" in folder.run_import("ships.csv").output


@pytest.mark.parametrize("role", ["quantities.latitude", "tags.title", "tags.fronts"])
def test_a_name_that_is_a_column_already_is_refused(folder: Folder, role: str) -> None:
    start = folder.path / "events" / "0001-start.yml"
    text = start.read_text("utf-8")
    fronts = "  levels: {front: Fronts}\n  dimensions: {fronts: front}\n\n- source: annals"
    start.write_text(text.replace("\n- source: annals", fronts), "utf-8")
    folder.run_import(folder.write("ships.csv", SHIPS))
    folder.edit_map("ships", columns={**folder.map("ships")["columns"], "tons": role})
    done = folder.run_import("ships.csv")
    assert done.exit_code == 1
    assert "is already a column; choose another name" in done.output


def test_the_example_stays_beside_other_batches(folder: Folder) -> None:
    run("new", "mine")
    more = folder.path / "events" / "0002-mine.yml"
    more.write_text(
        "format: 1\nbatch: mine\nrecorded: 2026-01-02T00:00:00Z\nrecords:\n"
        "- {person: mason, name: A mason}\n",
        "utf-8",
    )
    imported(folder, "ships.csv", SHIPS)
    names = [path.name for path in folder.batches()]
    assert names == ["0001-start.yml", "0002-mine.yml", "0003-ships.yml"]


def test_a_folder_without_batches_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ships.csv").write_text(SHIPS, "utf-8")
    assert run("import", "ships.csv").exit_code == 0
    assert "title: Ships" in (tmp_path / "events" / "0001-ships.yml").read_text("utf-8")


def test_a_cell_in_the_map_replaces_one_of_the_table(folder: Folder) -> None:
    folder.run_import(folder.write("a.csv", "date,event\n1944,A\nEaster,B\n"))
    folder.edit_map("a", cells={3: {"date": "1944-04-09"}})
    assert imported(folder, "a.csv", "date,event\n1944,A\nEaster,B\n")[1]["date"] == "1944-04-09"
    assert "row 3, date: 'Easter': the map has '1944-04-09' instead" in folder.report("a")


def test_rows_of_a_value_are_left_out_as_the_map_says(folder: Folder) -> None:
    table = "date,event,use\n1944,A,yes\n1945,B,no\n1946,C,yes\n"
    folder.run_import(folder.write("a.csv", table))
    folder.edit_map("a", leave_out={"use": "no"})
    assert [event["title"] for event in imported(folder, "a.csv", table)] == ["A", "C"]
    assert "row 3 is left out: date = '1945'" in folder.report("a")


def test_existing_subjects_are_matched_by_all_their_names(folder: Folder) -> None:
    start = folder.path / "events" / "0001-start.yml"
    text = start.read_text("utf-8")
    named = text.replace(
        "  name: Mill Bridge\n", "  name: Mill Bridge\n  names: [{name: Mühlbrücke}]\n"
    )
    start.write_text(named, "utf-8")
    table = "date,event,place\n1421,A,MUHLBRUCKE\n1422,B,Mil Bridge\n"
    first, second = imported(folder, "a.csv", table)
    assert (first["places"], second["places"]) == (["mill-bridge"], ["mil-bridge"])
    assert "the new place 'Mil Bridge' resembles 'mill-bridge'" in folder.report("a")


def test_ids_are_slugs_in_any_script_and_unique(folder: Folder) -> None:
    table = "date,event\n1944,Пад Београда\n1945,Пад Београда\n1946,北京\n1947,!!!\n"
    events = imported(folder, "a.csv", table)
    ids = [event["event"] for event in events]
    assert ids[:2] == ["pad-beograda", "pad-beograda-2"]
    assert ids[2].startswith("bei")
    assert ids[3] == "event"


def test_a_text_too_long_for_a_title_is_whole_in_the_summary(folder: Folder) -> None:
    text = f"The fleet leaves the harbour. {'It sails on and on. ' * 30}".strip()
    (event,) = imported(folder, "a.csv", f'date,event\n1944,"{text}"\n')
    assert event["title"] == "The fleet leaves the harbour"
    assert event["summary"] == text


def test_long_ids_of_events_and_sources_make_a_valid_log(folder: Folder) -> None:
    title = "The second battle of the long bridge over the wide and cold river in winter"
    source = "A very long name of a book about all the bridges of that country and their battles"
    imported(folder, "a.csv", f"date,event,source\n1944,{title},{source}\n1945,{title},{source}\n")
    assert run("verify").exit_code == 0


def test_a_row_without_a_title_gets_one_of_other_cells(folder: Folder) -> None:
    table = "date,event,place\n1944,A,Rome\n1945,,Paris\n"
    assert imported(folder, "a.csv", table)[1]["title"] == "Paris"
    assert "guessed: without a title" in folder.report("a")


def test_an_address_in_the_source_column_is_a_source(folder: Folder) -> None:
    table = "date,event,source\n1944,A,https://www.example.org/a\n1945,B,A book\n1946,C,\n"
    events = imported(folder, "a.csv", table)
    sources = {r["source"]: r for r in folder.records() if "source" in r}
    used = [event["accounts"][0]["source"] for event in events]
    assert sources[used[0]]["url"] == "https://www.example.org/a"
    assert sources[used[0]]["name"] == "example.org/a"
    assert [sources[name]["name"] for name in used[1:]] == ["A book", "a.csv"]


def test_a_number_that_is_none_becomes_a_claim(folder: Folder) -> None:
    rows = "".join(f"{1900 + n},E{n},{n}\n" for n in range(30))
    events = imported(folder, "a.csv", f"date,event,mass\n{rows}1944,Last,12 kg\n")
    assert events[-1]["accounts"][0]["claims"] == {"mass": "12 kg"}
    assert events[3]["quantities"] == {"mass": "3.0"}


def test_empty_rows_columns_and_further_cells_do_no_harm(folder: Folder) -> None:
    table = "date,event,,\n1944,A,,\n,,,\n\n1945,B,,,,more\n"
    events = imported(folder, "a.csv", table)
    assert [event["title"] for event in events] == ["A", "B"]
    assert "a cell beyond the last column" in folder.report("a")


def test_many_events_are_json_lines(folder: Folder) -> None:
    rows = "".join(f"{1 + n % 28}/12/{1800 + n % 100},Event {n}\n" for n in range(1_001))
    imported(folder, "many.csv", f"date,event\n{rows}")
    assert folder.batches()[0].name == "0001-many.jsonl"


def test_a_second_import_of_another_table_extends_the_chronology(folder: Folder) -> None:
    imported(folder, "ships.csv", SHIPS)
    imported(folder, "more.csv", "date,event,type\n1960,Museum,Display\n")
    (correction, *_) = folder.records()
    assert correction["set"]["window"] == "1944/1960-12-31"
    assert {"building", "loss", "display"} <= {*correction["set"]["kinds"]}
    assert run("verify").exit_code == 0


def test_a_batch_that_was_ingested_is_not_imported_again(folder: Folder) -> None:
    imported(folder, "ships.csv", SHIPS)
    done = folder.run_import("ships.csv")
    assert done.exit_code == 2
    assert "--update" in done.output


def test_a_preview_writes_the_map_alone(folder: Folder) -> None:
    done = folder.run_import(folder.write("ships.csv", SHIPS), "--preview")
    assert done.exit_code == 0
    assert "1944-12-20  Keel laid" in done.output
    assert folder.map("ships")["key"] == ["id"]
    assert [path.name for path in folder.batches()] == ["0001-start.yml"]


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("a.pdf", "x", "the ending of a.pdf is not known"),
        ("a.csv", "", "is empty"),
        ("a.json", "{", "is not JSON"),
        ("a.json", "[1]", "no list of objects"),
        ("a.jsonl", "{}\n{", "line 2 is not JSON"),
        ("a.ics", "x", "is not iCalendar"),
        ("a.xlsx", "x", "cannot be read"),
        ("a.ged", "x", "is not GEDCOM"),
        ("a.txt", "x", "no lines that begin with a date"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_remedy(
    folder: Folder, name: str, content: str, fault: str
) -> None:
    done = folder.run_import(folder.write(name, content))
    assert done.exit_code == 1, done.output
    assert fault in done.output
    assert "; " in done.output


def test_the_command_names_its_extra_if_that_is_missing(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    done = CliRunner().invoke(main, ["import", folder.write("ships.csv", SHIPS)])
    assert done.exit_code == 2
    assert "'datasette-chronology[import]'" in done.output
