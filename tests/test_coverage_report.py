"""The report on the coverage of a chronology."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT, Timeline
from small_chronology import EVENTS, START

from chronology.cli import main
from chronology.store.database import connect
from chronology.timeline import coverage_report

MORE = """\
- event: nis-day
  date: 1944-10-13/1944-10-14
  title: A | of *stars*
  kind: battle
  accounts:
  - {source: one, at: "1", claims: {killed: 10}}
  - {source: two, at: "1", claims: {killed: 20}}
"""


@pytest.fixture
def lines(timeline: Timeline) -> list[str]:
    timeline.batch("more", MORE)
    return coverage_report.page(timeline.db).splitlines()


def test_the_committed_report_is_that_of_the_command() -> None:
    db = connect(ROOT / "timeline.db")
    page = coverage_report.page(db, (ROOT / "docs/corpus-notes.md").read_text("utf-8"))
    db.close()
    assert (ROOT / "docs/corpus.md").read_text("utf-8") == page, "run 'make corpus'"


@pytest.mark.parametrize(
    "line",
    [
        "# Coverage: A test",
        "| events | 3 |",
        "| sources with at least one account | 2 |",
        "| events with accounts from two or more sources | 2 |",
        "| events dated less precisely than to a day | 1 |",
        "| events on the map, of those with a place | 2 of 2 (100.0%) |",
        "| 1944-10-14 | 1 | 1 |",
        "| First source | 3 | 3 | 1944-10-13 | 1944-10-20 |",
        "| side | front | army | corps |",
        "| soviet | 1 / 0 | 1 / 0 | 1 / 1 |",
        "| Niš | 1 | 1 |",
        "| kind | 1944-10 |",
        "| battle | 1 |",
        "Disputed events: 1; without a reason for their date: 1.",
        r"- 1944-10-13/1944-10-14 A \| of \*stars\* (`nis-day`), figures: **no basis**",
        "| 3rd Ukrainian Front | soviet | 0 | 1 | First source |",
        "| 57th Army | soviet | 1 | 1 | First source |",
    ],
)
def test_the_report_has_the_line(lines: list[str], line: str) -> None:
    assert line in lines


def test_days_without_an_event_are_listed(lines: list[str]) -> None:
    (listed,) = [line for line in lines if line.startswith("Days of the window without")]
    assert listed.startswith("Days of the window without such an event (89): 1944-09-01, ")
    assert "1944-10-13" in listed
    assert "1944-10-14" not in listed


def test_a_disputed_event_has_its_basis(timeline: Timeline) -> None:
    timeline.batch("more", MORE.replace("  kind:", "  basis: A count\n  kind:"))
    assert "figures: A count\n" in coverage_report.page(timeline.db)


def test_a_level_without_an_attachment_is_flagged(timeline: Timeline) -> None:
    timeline.batch("more", "- {formation: a4, name: 4th Army, level: army, side: german}\n")
    assert "| 4th Army | german | 0 | 0 | **no attachment** |\n" in coverage_report.page(
        timeline.db
    )


def test_the_same_log_gives_the_same_report(make_timeline: Callable[..., Timeline]) -> None:
    first, second = (coverage_report.page(make_timeline(START, EVENTS).db) for _ in range(2))
    assert first == second


def test_the_command_writes_the_report_with_the_notes_at_its_end(
    timeline: Timeline, tmp_path: Path
) -> None:
    (tmp_path / "notes.md").write_text("## Notes\n\nBy hand.\n", "utf-8")
    options = ["--notes", str(tmp_path / "notes.md"), "--out", str(tmp_path / "page.md")]
    result = CliRunner().invoke(main, ["report", "--db", str(timeline.path), *options])
    assert result.exit_code == 0
    page = (tmp_path / "page.md").read_text("utf-8")
    assert page == coverage_report.page(timeline.db) + "\n## Notes\n\nBy hand.\n"


def test_the_command_prints_the_report_without_a_file(timeline: Timeline) -> None:
    result = CliRunner().invoke(main, ["report", "--db", str(timeline.path)])
    assert result.stdout == coverage_report.page(timeline.db)
