"""A selection is read in the state in which it was made, even if the log grows."""

from __future__ import annotations

import pytest
from conftest import Timeline
from growing import BATCHES

from chronology import projections
from chronology.export import reader
from chronology.export.edition import Event
from chronology.export.reader import SelectedVersions
from chronology.index.selection import EventFilter, all_of
from chronology.store.database import connect, transaction
from chronology.timeline.filters import event_filters

ALL = all_of([]), "sort_key, id"
LATER = """\
- correct: event/nis-taken
  set: {title: Niš is given up}
  because: As the source says.
- correct: account/nis-taken-one-1
  set: {says: The town is given up.}
  because: As the source says.
- correct: place/nis
  set: {name: Nissa}
  because: As the source writes.
- {retract: event/belgrade-taken, into: nis-taken, because: For this test.}
- {event: later, date: 1944-09-01, title: Later, kind: battle}
"""


def events(timeline: Timeline, selection: SelectedVersions) -> list[Event]:
    return [
        event
        for numbers in reader.chunks(selection)
        for event in reader.read(timeline.db, selection, numbers)
    ]


def test_a_selection_does_not_change_with_later_records(timeline: Timeline) -> None:
    selection = reader.select(timeline.db, *ALL)
    before = events(timeline, selection)
    assert timeline.batch("later", LATER)

    after = reader.select(timeline.db, *ALL)

    assert events(timeline, selection) == before
    assert [event.title for event in before] == ["Niš is taken", "Belgrade is taken"]
    assert [event.title for event in events(timeline, after)] == ["Later", "Niš is given up"]
    assert after.state.position > selection.state.position


def test_a_writer_commits_while_a_selection_is_read(timeline: Timeline) -> None:
    db = connect(timeline.path)
    selection = reader.select(db, *ALL)
    first, *_ = reader.chunks(selection)
    assert len(reader.read(db, selection, first)) == 2

    timeline.db.execute("PRAGMA busy_timeout = 0")
    assert timeline.batch("later", LATER)

    assert len(reader.read(db, selection, first)) == 2
    db.close()


def test_a_selection_survives_a_rebuild_of_the_tables(timeline: Timeline) -> None:
    timeline.batch("later", LATER)
    selection = reader.select(timeline.db, *ALL)
    before = events(timeline, selection)

    with transaction(timeline.db):
        projections.rebuild(timeline.db)

    assert events(timeline, selection) == before


@pytest.mark.parametrize("count", range(2, len(BATCHES) + 1))
def test_a_past_state_is_read_as_it_was(make_timeline: object, count: int) -> None:
    texts = list(BATCHES.values())
    past, present = make_timeline(*texts[:count]), make_timeline(*texts)  # type: ignore[operator]
    position = reader.select(past.db, *ALL).state.position
    selected = all_of(event_filters(present.db, {"_as_of": [str(position)]}), position)

    found = reader.select(present.db, selected, "sort_key, id")

    assert events(present, found) == events(past, reader.select(past.db, *ALL))
    assert found.state[:3] == reader.select(past.db, *ALL).state[:3]
    assert found.counts == reader.select(past.db, *ALL).counts


def test_the_counts_include_open_ends_and_missing_points(timeline: Timeline) -> None:
    timeline.batch(
        "more",
        "- {event: a, date: 1944-10-08/.., title: A, kind: battle, places: [serbia]}\n"
        "- {event: b, date: '[..1944-10-08]', title: B, kind: battle, places: [nis]}\n",
    )

    assert reader.select(timeline.db, *ALL).counts == (4, 2, 1)
    one, none = (EventFilter("id = :id", {"id": name}, None) for name in "bz")
    assert reader.select(timeline.db, one, "id").counts == (1, 1, 0)
    assert reader.select(timeline.db, none, "id").counts == (0, 0, 0)


def test_places_have_their_roles_in_the_event(timeline: Timeline) -> None:
    timeline.batch(
        "more",
        "- {event: a, date: 1944-10-08, title: A, kind: battle,"
        " places: [{place: nis, role: near}, {place: belgrade, role: to}]}\n",
    )
    found = {event.id: event for event in events(timeline, reader.select(timeline.db, *ALL))}

    assert [(p.name, p.role) for p in found["a"].places] == [("Niš", "near"), ("Belgrade", "to")]
    assert [source.name for source in found["belgrade-taken"].sources] == [
        "First source",
        "Second source",
    ]


def test_a_past_selection_has_the_levels_that_are_columns_now(timeline: Timeline) -> None:
    before = str(timeline.rows("SELECT max(position) AS head FROM log")[0]["head"])
    dimensions = "- correct: chronology/test\n  set: {dimensions: {corps_of: corps}}\n"
    timeline.batch("dimensions", dimensions + "  because: Others are of no use.\n")
    past = all_of(event_filters(timeline.db, {"_as_of": [before]}), int(before))

    (first, *_) = events(timeline, reader.select(timeline.db, past, "sort_day, id"))
    (now, *_) = events(timeline, reader.select(timeline.db, *ALL))

    assert (first.title, first.levels) == ("Niš is taken", {})
    assert now.levels == {"corps_of": ["68th Rifle Corps"]}
