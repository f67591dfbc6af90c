"""The rows that a batch writes for its events: which change, which stay, and where events are."""

from __future__ import annotations

import pytest
from conftest import Timeline


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
