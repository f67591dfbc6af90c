"""Dates and times in the tables that `chronology import` reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from imports import Folder, imported


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    return Folder(tmp_path / "mine", monkeypatch)


def test_parts_of_a_date_and_html_as_timelinejs_has_them(folder: Folder) -> None:
    table = (
        "Year,Month,Day,Time,End Year,End Month,End Day,Display Date,Headline,Text,Media,Type\n"
        ',,,,,,,,The title,"<p>About <b>all</b></p>",,title\n'
        '1815,12,10,,1852,11,27,,Ada,"<p>See <a href=""https://example.org/ada"">her</a></p>",'
        "https://example.org/ada.jpg,\n"
        "1943,,,,,,,The forties,Machines,,A quotation,\n"
        "2001,9,11,8:46 AM,,,,,Morning,,,\n"
    )
    ada, machines, morning = imported(folder, "slides.csv", table)
    assert ada["date"] == "1815-12-10/1852-11-27"
    assert ada["summary"] == "See her"
    assert ada["links"] == [{"url": "https://example.org/ada", "label": "her"}]
    assert ada["media"] == [{"url": "https://example.org/ada.jpg"}]
    assert (machines["date"], machines["as_written"]) == ("1943", "The forties")
    assert machines["accounts"][0]["says"] == "A quotation"
    assert morning["date"] == "2001-09-11T08:46"
    chronology = folder.records()[0]
    assert (chronology["title"], chronology["summary"]) == ("The title", "About all")


def test_elapsed_times_need_the_zero_of_the_map(folder: Folder) -> None:
    table = "115:17:12|EVA prep|\n118:21:57|Flag|Photographed\n"
    done = folder.run_import(folder.write("eva.psv", table))
    assert done.exit_code == 1
    assert "write the zero in the map: zero:" in done.output
    folder.edit_map("eva", zero="1972-12-07T05:33:00Z")
    events = imported(folder, "eva.psv", table)
    assert events[0]["date"] == "T+115:17:12"
    assert folder.records()[0]["zero"] == "1972-12-07T05:33:00Z"


def test_times_get_the_zone_of_the_map(folder: Folder) -> None:
    text = "# Outage\n### 2023-08-25\n15:27 - A change\n21:14 - It takes effect\nand spreads\n"
    events = imported(folder, "outage.md", text)
    assert [event["date"] for event in events] == ["2023-08-25T15:27", "2023-08-25T21:14"]
    assert events[1]["summary"] == "It takes effect\nand spreads"


def test_times_of_a_named_zone_have_its_offset_on_that_day(folder: Folder) -> None:
    table = "date,event\n2023-08-25 15:27,A\n2023-12-25 15:27,B\n"
    folder.run_import(folder.write("a.csv", table))
    folder.edit_map("a", zone="America/Los_Angeles")
    dates = [event["date"] for event in imported(folder, "a.csv", table)]
    assert dates == ["2023-08-25T15:27-07:00", "2023-12-25T15:27-08:00"]


def test_an_event_that_ends_before_it_begins_is_a_fault(folder: Folder) -> None:
    done = folder.run_import(folder.write("a.csv", "date,end,event\n1944,1940,A\n"))
    assert done.exit_code == 1
    assert "the event ends before it begins" in done.output


def test_packed_dates_and_times_are_read(folder: Folder) -> None:
    table = "date,origin_t,name\n19450716,123000.0,Trinity\n19450809,15800.0,Fat Man\n"
    events = imported(folder, "a.csv", table)
    assert [event["date"] for event in events] == ["1945-07-16T12:30", "1945-08-09T01:58"]


def test_a_time_that_is_none_is_left_out_and_listed(folder: Folder) -> None:
    table = "date,time,event\n1944-10-20,99:00,A\n"
    (event,) = imported(folder, "a.csv", table)
    assert (event["date"], event["as_written"]) == ("1944-10-20", "1944-10-20 99:00")
    assert "it is not a time of day" in folder.report("a")
