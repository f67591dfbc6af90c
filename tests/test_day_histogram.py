"""The calendar of the home page, and the page of a day."""

from __future__ import annotations

import re
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import httpx
import pytest
from home_page import DAYS, FIRST, Page, page
from in_process import in_process
from server import publish, rows
from small_chronology import START

from chronology.model.days import number as number_of
from chronology.model.edtf import parse


def expected_days(dates: list[str]) -> tuple[list[int], list[Fraction]]:
    """By brute force: for each day, the events certainly on it, and the expected number besides."""
    window = [FIRST + timedelta(days=n) for n in range(DAYS)]
    certain, possible = [0] * DAYS, [Fraction()] * DAYS
    for text in dates:
        event = parse(text)
        if event.core:
            for number, day in enumerate(window):
                certain[number] += event.core[0] <= number_of(day) <= event.core[1]
        elif not event.lasts:
            on = [n for n, day in enumerate(window) if event.overlaps(parse(day.isoformat()))]
            for number in on:
                possible[number] += Fraction(1, len(on))
    return certain, possible


@pytest.mark.parametrize("query", ["", "_front=3rd+Ukrainian+Front", "_place=Serbia&kind=battle"])
def test_the_days_add_up_to_the_events(server: httpx.Client, query: str) -> None:
    certain, possible = expected_days([str(row["date"]) for row in rows(server, query)])
    bars = [bar["aria-label"] or "" for bar in page(server, query).having("data-day")]
    counts = [re.findall(r"[\d.]+", bar.partition(":")[2]) for bar in bars]
    assert [float(numbers[0]) for numbers in counts] == certain
    for numbers, expected in zip(counts, possible, strict=True):
        low, high = float((numbers[1:] or "0")[0]), float((numbers[1:] or "0")[-1])
        assert low - 0.01 <= expected <= high + 0.01 < low + 1.5


def test_the_bars_are_as_high_as_the_days_have_events(server: httpx.Client) -> None:
    certain, possible = expected_days([str(row["date"]) for row in rows(server)])
    most = max(float(c + p) for c, p in zip(certain, possible, strict=True))
    heights = dict.fromkeys(range(DAYS), 0.0)
    first, count = -1, 0
    for tag, attributes, _ in page(server).elements:
        if tag == "svg" and "-0.5 0 " in (attributes.get("viewbox") or ""):
            first = 0 if first < 0 else first + count
            count = int((attributes["viewbox"] or "").split()[2])
        elif tag == "path" and first >= 0 and "v" in (attributes["d"] or ""):
            for x, height in re.findall(r"M(\d+) [\d.]+v([\d.]+)", attributes["d"] or ""):
                heights[first + int(x)] += float(height)
        if attributes.get("class") == "key":
            break
    shown = [heights[number] for number in range(DAYS)]
    wanted = [100 * float(c + p) / most for c, p in zip(certain, possible, strict=True)]
    assert shown == pytest.approx(wanted, abs=0.5)


def test_a_chosen_day_leaves_the_calendar_as_it_is(server: httpx.Client) -> None:
    def bars(query: str) -> list[str | None]:
        return [bar["aria-label"] for bar in page(server, query).having("data-day")]

    assert bars("_within=1944-10-14") == bars("_certain=1944-10") == bars("")


def test_a_day_is_read_with_the_days_beside_it(chronicle: httpx.Client) -> None:
    for parameter in ("_day", "_within"):
        found = chronicle.get(f"/?{parameter}=1944-10-14&_front=3rd+Ukrainian+Front")
        assert "Saturday, 14 October 1944" in found.text
        assert "The assault on Belgrade begins" in found.text
        links = {a["rel"]: a["href"] or "" for a in Page(found.text).having("rel") if "href" in a}
        assert "_within=1944-10-13" in links["prev"]
        assert "_within=1944-10-15" in links["next"]
        assert "_front=3rd+Ukrainian+Front" in links["next"]


def test_the_window_has_a_first_and_a_last_day(chronicle: httpx.Client) -> None:
    assert not page(chronicle, "_day=1944-09-01").having("rel", "prev")
    assert not page(chronicle, "_day=1944-11-30").having("rel", "next")


def test_a_day_separates_certain_events_from_possible_ones(tmp_path: Path) -> None:
    events = """\
format: 1
batch: three
recorded: 2026-01-02T00:00:00Z
records:
- {event: a, date: 1944-10-14T17:00, title: Surely, kind: battle,
   accounts: [{source: one, at: "1"}]}
- {event: b, date: 1944-10-10/1944-10-20, title: Lastingly, kind: battle,
   accounts: [{source: one, at: "2"}]}
- {event: c, date: "[1944-10-14,1944-10-15]", title: Perhaps, kind: battle,
   accounts: [{source: one, at: "3"}]}
"""
    folder = publish(tmp_path / "three", {"0001-start.yml": START, "0002-three.yml": events})
    with in_process(folder) as client:
        text = client.get("/?_day=1944-10-14").text.partition('data-part="list"')[0]
    order = [
        "On this day",
        ">Surely<",
        "Under way",
        ">Lastingly<",
        "Could have happened on this day",
        ">Perhaps<",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
