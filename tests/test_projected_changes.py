"""Tables after corrections and later batches: what changes, and what stays as it was.

At the end of every test the tables must equal a fresh fold of the log.
"""

from __future__ import annotations

import pytest
from conftest import Timeline


@pytest.fixture
def timeline(refolded_timeline: Timeline) -> Timeline:
    return refolded_timeline


def test_a_place_may_be_at_zero_degrees(timeline: Timeline) -> None:
    timeline.batch("gulf", '- {place: gulf, name: Gulf, latitude: "0", longitude: "0"}\n')
    (place,) = timeline.rows("SELECT * FROM places WHERE id = 'gulf'")
    assert (place["latitude"], place["longitude"]) == (0.0, 0.0)


def test_each_version_has_the_spans_of_its_own_event(timeline: Timeline) -> None:
    timeline.batch(
        "gaps",
        "- {event: a, date: '[1944-10-14,1944-10-20]', title: A, kind: battle}\n"
        "- {event: b, date: '[1944-10-15,1944-10-22]', title: B, kind: battle}\n",
    )
    spans = timeline.rows(
        "SELECT id, date(first_day * 86400, 'unixepoch') AS earliest"
        " FROM history_spans ORDER BY 1, 2"
    )
    assert [(span["id"], span["earliest"]) for span in spans] == [
        *(("a", "1944-10-14"), ("a", "1944-10-20")),
        *(("b", "1944-10-15"), ("b", "1944-10-22")),
    ]


def test_the_tables_have_their_indexes_before_and_after_small_batches(timeline: Timeline) -> None:
    names = {row["name"] for row in timeline.rows("SELECT name FROM sqlite_schema")}
    assert {"events_sort", "history_ended", "event_spans_event", "accounts_event"} <= names


def test_a_correction_keeps_the_order_of_the_sources(timeline: Timeline) -> None:
    timeline.batch(
        "a",
        "- event: a\n  date: 1944-10-14\n  title: A\n  kind: battle\n"
        "  accounts: [{source: two, at: '1'}, {source: one, at: '2'}]\n",
    )
    before = timeline.event("a")["sources"]
    timeline.batch("b", "- {correct: event/a, set: {title: B}, because: Shorter.}\n")
    assert timeline.event("a")["sources"] == before == '["Second source","First source"]'


def test_an_event_whose_row_and_links_stay_keeps_the_position_of_its_values(
    timeline: Timeline,
) -> None:
    sql = "SELECT event, position FROM event_values ORDER BY event"
    before = timeline.rows(sql)
    timeline.batch("note", "- {correct: place/nis, set: {note: A town.}, because: Of its size.}\n")
    assert timeline.rows(sql) == before


@pytest.mark.parametrize(
    ("longitudes", "mean"), [((10, 10, 11), 10.333333), ((178, -178, -178), -179.333333)]
)
def test_an_event_between_places_is_at_their_mean_with_six_decimals(
    timeline: Timeline, longitudes: tuple[int, ...], mean: float
) -> None:
    names = [f"p{number}" for number in range(3)]
    timeline.batch(
        "between",
        "".join(
            f"- {{place: {name}, name: {name}, latitude: {latitude}, longitude: {longitude}}}\n"
            for name, latitude, longitude in zip(names, (1, 1, 2), longitudes, strict=True)
        )
        + "- {event: e, date: 1944-10-14, title: T, kind: battle, places: ["
        + ", ".join(f"{{place: {name}, role: between}}" for name in names)
        + "]}\n",
    )
    event = timeline.event("e")
    assert (event["latitude"], event["longitude"]) == (1.333333, mean)


def test_an_event_that_its_own_batch_corrects_is_linked(timeline: Timeline) -> None:
    timeline.batch(
        "both",
        "- {event: e, date: 1944-10-14, title: T, kind: battle, places: [nis]}\n"
        "- {correct: event/e, set: {title: A battle}, because: Clearer.}\n",
    )
    links = timeline.rows(
        "SELECT event_links.event FROM event_links JOIN facet_values ON event_links.value = number"
        " WHERE facet = 'places' AND facet_values.value = 'Niš'"
    )
    assert timeline.event("e")["number"] in [link["event"] for link in links]


def test_a_version_that_stays_keeps_its_spans(timeline: Timeline) -> None:
    timeline.batch(
        "gap",
        "- {event: e, date: '[1944-10-01,1944-10-05]', title: T, kind: battle, places: [nis]}\n",
    )
    before = timeline.rows("SELECT * FROM history_spans")
    timeline.batch("note", "- {correct: place/nis, set: {note: A town.}, because: Of its size.}\n")
    assert timeline.rows("SELECT * FROM history_spans") == before
    assert len(before) == 2
