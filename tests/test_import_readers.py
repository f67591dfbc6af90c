"""Readers of files: each brings its file to the same events."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from imports import Folder, imported, ods, run, xlsx

from chronology.importing import delimited, family_trees, workbooks
from chronology.importing.coordinates import read_point
from chronology.importing.living import PeopleAlive
from chronology.importing.tables import Unreadable

PLAIN = "date;title;place\n20.12.1944;Première;Köln\n21.12.1944;Zweite;Köln\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    return Folder(tmp_path / "mine", monkeypatch)


def titles(folder: Folder, name: str, content: str | bytes) -> list[str]:
    return [event["title"] for event in imported(folder, name, content)]


# Separated values -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        PLAIN.encode("cp1252"),
        b"sep=;\r\n" + PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace(";", "\t").encode(),
        PLAIN.replace(";", ",").encode(),
        PLAIN.replace(";", "|").encode(),
        b"A list of ships\n\n" + PLAIN.encode(),
    ],
    ids=["plain", "bom", "utf-16", "cp1252", "sep", "tab", "comma", "bar", "above"],
)
def test_a_table_is_read_in_any_encoding_with_any_separator(folder: Folder, content: bytes) -> None:
    assert titles(folder, "a.csv", content) == ["Première", "Zweite"]


def test_a_file_of_another_script_has_its_encoding(tmp_path: Path) -> None:
    text = "дата;событие\n" + "".join(f"{1900 + n};Взятие города номер {n}\n" for n in range(40))
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode("cp1251"))
    table = delimited.read(path, {})
    assert table.columns == ["дата", "событие"]


def test_quoted_line_breaks_are_part_of_a_cell(folder: Folder) -> None:
    (event,) = imported(folder, "a.csv", 'date,title,notes\n1944,A,"one\ntwo; three"\n')
    assert event["summary"] == "one\ntwo; three"


def test_the_map_can_name_the_separator_and_the_header(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x\n1944;A\n1945;B\n", "utf-8")
    table = delimited.read(path, {"separator": ";", "header": "0"})
    assert table.columns == ["column 1", "column 2"]
    assert [row.number for row in table.rows()] == [1, 2, 3]
    for wrong in ({"separator": "ab"}, {"encoding": "klingon"}, {"header": "99"}):
        with pytest.raises(Unreadable):
            delimited.read(path, wrong)


def test_columns_of_one_name_are_told_apart_by_a_number(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("date,note,note,\n1944,a,b,c\n", "utf-8")
    assert delimited.read(path, {}).columns == ["date", "note", "note (2)", "column 4"]


# Workbooks --------------------------------------------------------------------------------------


def test_a_workbook_has_dates_formulas_and_merged_cells(folder: Folder) -> None:
    rows: list[list[Any]] = [
        ["date", "title", "crew", "place"],
        [(16426,), "Keel laid", 20, "Kiel"],
        [(16427,), "=A1→Launched", 21.5, ""],
        ["c. 1946", "Sunk", "", ""],
    ]
    xlsx(folder.path / "a.xlsx", ("One", rows, "D2:D3"), ("Two", [["x"], ["y"]], ""))
    done = run("import", "a.xlsx")
    assert done.exit_code == 0, done.output
    first, second, third = folder.events()
    assert (first["date"], first["quantities"]["crew"]) == ("1944-12-20", "20.0")
    assert (second["title"], second["places"]) == ("Launched", ["kiel"])
    assert (third["date"], "places" in third) == ("1946~", False)
    assert "the sheet 'Two' is left out" in folder.report("a")
    assert "merged cells: 1 cells" in folder.report("a")


def test_a_sheet_is_chosen_by_name(folder: Folder) -> None:
    table = [["date", "title"], ["1944", "A"]]
    xlsx(folder.path / "a.xlsx", ("One", [["x"]], ""), ("Two", table, ""))
    assert run("import", "a.xlsx", "--sheet", "Two").exit_code == 0
    assert folder.map("a")["table"]["sheet"] == "Two"
    assert "there is no sheet 'Three'" in run("import", "a.xlsx", "--sheet", "Three").output


def test_an_open_document_is_read(folder: Folder) -> None:
    ods(folder.path / "a.ods", [["date", "title"], ["1944-12-20", "Keel laid"]])
    assert run("import", "a.ods").exit_code == 0
    assert [(e["date"], e["title"]) for e in folder.events()] == [("1944-12-20", "Keel laid")]


def test_values_of_cells_are_texts() -> None:
    assert workbooks.cell_text(None) == ""
    assert workbooks.cell_text(True) == "true"
    assert workbooks.cell_text(12.0) == "12"
    assert workbooks.cell_text(0.1) == "0.1"


# JSON -------------------------------------------------------------------------------------------


def test_objects_are_found_and_their_values_are_paths(folder: Folder) -> None:
    whole = {
        "info": {"by": "us"},
        "items": [
            {"date": "1944", "title": "A", "place": {"name": "Rome"}, "tags": ["x", "y"]},
            {"date": 1945, "title": "B", "place": None, "tags": []},
        ],
    }
    first, second = imported(folder, "a.json", json.dumps(whole))
    assert folder.map("a")["columns"]["place.name"] == "place"
    assert (first["places"], first["date"], second["date"]) == (["rome"], "1944", "1945")
    assert "info.by is left out: us" in folder.report("a")


def test_lines_of_json_are_read_one_by_one(folder: Folder) -> None:
    lines = '{"date": "1944", "title": "A"}\n\n{"date": "1945", "title": "B", "tons": 3}\n'
    assert titles(folder, "a.jsonl", lines) == ["A", "B"]


def test_results_of_wikidata_have_years_and_links(folder: Folder) -> None:
    def row(item: str, day: str, label: str) -> dict[str, dict[str, str]]:
        address = f"http://www.wikidata.org/entity/{item}"
        values = {"event": ("uri", address), "date": ("literal", f"{day}T00:00:00Z")}
        values |= {"label": ("literal", label), "coord": ("literal", "Point(12.5 41.9)")}
        return {key: {"type": kind, "value": value} for key, (kind, value) in values.items()}

    bindings = [
        row("Q1", "-0232-01-01", "Battle of Fei"),
        row("Q2", "1944-10-20", "Battle of Belgrade"),
        row("Q3", "-0066-01-01", "Battle of Zela"),
    ]
    result = json.dumps({"head": {"vars": []}, "results": {"bindings": bindings}})
    first, second, _ = imported(folder, "battles.json", result)
    assert (first["event"], first["date"]) == ("battles-q1", "-0232")
    assert (second["date"], second["latitude"]) == ("1944-10-20", "41.9")
    assert first["links"] == [{"url": "http://www.wikidata.org/entity/Q1"}]
    assert "the first of January is read as the whole year" in folder.report("battles")


def test_precisions_of_wikidata_decide_how_exact_a_date_is(folder: Folder) -> None:
    rows = [("11", "1944-10-20"), ("10", "1944-10-01"), ("9", "1944-01-01"), ("8", "1940-01-01")]
    objects = [
        {"date": f"{day}T00:00:00Z", "precision": precision, "title": f"Event {precision}"}
        for precision, day in rows
    ]
    dates = [event["date"] for event in imported(folder, "a.json", json.dumps(objects))]
    assert dates == ["1944-10-20", "1944-10", "1944", "194X"]


# Calendars --------------------------------------------------------------------------------------

CALENDAR = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:test
BEGIN:VEVENT
UID:one
SUMMARY:A meeting\\, long
DTSTART:20230128T150000Z
DTEND:20230206T105900Z
DESCRIPTION:https://example.org/a
LOCATION:Room 1
END:VEVENT
BEGIN:VEVENT
UID:two
SUMMARY:Two days
DTSTART;VALUE=DATE:20230301
DTEND;VALUE=DATE:20230303
CATEGORIES:Holiday,Fun
GEO:52.5;13.4
RRULE:FREQ=YEARLY
END:VEVENT
BEGIN:VTODO
UID:three
END:VTODO
END:VCALENDAR
""".replace("\n", "\r\n")


def test_a_calendar_has_intervals_links_and_last_days(folder: Folder) -> None:
    first, second = imported(folder, "a.ics", CALENDAR)
    assert first["date"] == "2023-01-28T15:00Z/2023-02-06T10:59Z"
    assert (first["title"], first["places"]) == ("A meeting, long", ["room-1"])
    assert first["links"] == [{"url": "https://example.org/a"}]
    assert second["date"] == "2023-03-01/2023-03-02"
    assert second["tags"]["category"] == ["holiday", "fun"]
    assert (second["latitude"], second["longitude"]) == ("52.5", "13.4")
    assert second["accounts"][0]["claims"]["rrule"] == "FREQ=YEARLY"
    assert "1 of VTODO are left out" in folder.report("a")


# Family trees -----------------------------------------------------------------------------------

TREE = """\
0 HEAD
1 CHAR UTF-8
0 @I1@ INDI
1 NAME Ada /Byron/
1 TITL Countess
1 BIRT
2 DATE 10 DEC 1815
2 PLAC London, England
1 DEAT
2 DATE ABT 1852
1 FAMC @F1@
0 @I2@ INDI
1 NAME George /Byron/
1 BIRT
2 DATE BEF 1789
1 FAMS @F1@
0 @I3@ INDI
1 NAME Young /Person/
1 BIRT
2 DATE 1 JAN 1990
0 @I4@ INDI
1 NAME Nobody /Knows/
0 @I5@ INDI
1 NAME Anne /Milbanke/
1 FAMS @F1@
0 @F1@ FAM
1 HUSB @I2@
1 WIFE @I5@
1 CHIL @I1@
1 MARR
2 DATE 11 FEB 1731/32
2 NOTE A long
3 CONC er note
0 TRLR
"""


def test_events_of_a_family_tree_leave_out_the_living(folder: Folder) -> None:
    events = {e["event"]: e for e in imported(folder, "tree.ged", TREE)}
    assert events.keys() == {"tree-i1-birt", "tree-i1-deat", "tree-i2-birt", "tree-f1-marr"}
    birth = events["tree-i1-birt"]
    assert (birth["title"], birth["date"]) == ("Ada Byron is born", "1815-12-10")
    assert birth["people"] == ["ada-byron", "george-byron", "anne-milbanke"]
    assert events["tree-i2-birt"]["date"] == "[..1788]"
    marriage = events["tree-f1-marr"]
    assert (marriage["date"], marriage["as_written"]) == ("1732-02-11", "11 FEB 1731/32")
    assert marriage["summary"] == "A longer note"
    people = {r["person"]: r for r in folder.records() if "person" in r}
    assert people["ada-byron"] == {
        "person": "ada-byron",
        "name": "Ada Byron",
        "ids": {"gedcom": "I1"},
        "role": "Countess",
        "born": "1815-12-10",
        "died": "1852~",
    }
    text = "".join(path.read_text("utf-8") for path in folder.batches())
    assert "Young" not in text
    assert "Nobody" not in text
    report = folder.report("tree")
    assert "2 people who may be living are left out" in report
    assert "Young" not in report


def test_the_living_are_kept_on_demand(folder: Folder) -> None:
    done = run("import", folder.write("tree.ged", TREE), "--living")
    assert done.exit_code == 0, done.output
    assert "tree-i3-birt" in {event["event"] for event in folder.events()}


def people_alive(text: str, tmp_path: Path, today: date) -> set[str]:
    path = tmp_path / "tree.ged"
    path.write_text(f"0 HEAD\n{text}0 TRLR\n", "utf-8")
    tree = family_trees.Tree(family_trees.records_of(path))
    return PeopleAlive(tree.people, tree.families, today).ids


@pytest.mark.parametrize(("year", "is_alive"), [(1916, True), (1915, False)])
def test_a_birth_of_110_years_ago_decides(tmp_path: Path, year: int, is_alive: bool) -> None:
    text = f"0 @A@ INDI\n1 NAME A\n1 BIRT\n2 DATE {year}\n"
    assert bool(people_alive(text, tmp_path, date(2026, 6, 1))) is is_alive


def test_a_death_without_a_date_is_a_death(tmp_path: Path) -> None:
    text = "0 @A@ INDI\n1 NAME A\n1 BIRT\n2 DATE 1990\n1 DEAT Y\n"
    assert people_alive(text, tmp_path, date(2026, 6, 1)) == set()


def test_a_child_born_long_ago_has_parents_born_before(tmp_path: Path) -> None:
    text = (
        "0 @A@ INDI\n1 NAME A\n0 @B@ INDI\n1 NAME B\n1 BIRT\n2 DATE 1900\n"
        "0 @C@ INDI\n1 NAME C\n0 @F@ FAM\n1 HUSB @A@\n1 CHIL @B@\n1 CHIL @C@\n"
    )
    assert people_alive(text, tmp_path, date(2026, 6, 1)) == {"@C@"}


def test_people_of_one_name_are_told_apart(folder: Folder) -> None:
    text = (
        "0 HEAD\n0 @A@ INDI\n1 NAME Ann /X/\n1 BIRT\n2 DATE 1800\n"
        "0 @B@ INDI\n1 NAME Ann /X/\n1 BIRT\n2 DATE 1830\n0 TRLR\n"
    )
    events = imported(folder, "tree.ged", text)
    assert [event["people"] for event in events] == [["ann-x-1800"], ["ann-x-1830"]]


# Points -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"point": "Point(12.5 41.9)"}, (41.9, 12.5)),
        ({"point": "41.9, 12.5"}, (41.9, 12.5)),
        ({"point": "44°13′30″N 22°31′12″E"}, (44.225, 22.52)),
        ({"latitude": "44,5", "longitude": "22,5"}, (44.5, 22.5)),
        ({"latitude": "33°30'S", "longitude": "70.5 W"}, (-33.5, -70.5)),
        ({"latitude": "91", "longitude": "1"}, None),
        ({"latitude": "1", "longitude": ""}, None),
        ({"point": "somewhere"}, None),
    ],
)
def test_points_are_read_from_one_cell_or_two(
    cells: dict[str, str], expected: tuple[float, float] | None
) -> None:
    assert read_point({name: [name] for name in cells}, cells) == expected
