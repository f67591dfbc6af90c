"""The catalogue as of a position."""

from __future__ import annotations

import sqlite3

import pytest
from conftest import Timeline

from chronology.model.records import Record
from chronology.projections.catalogue import load_catalogue
from chronology.store import log


def test_the_catalogue_of_a_position_has_the_names_of_then(timeline: Timeline) -> None:
    before, _ = log.head(timeline.db)
    timeline.batch("name", "- {correct: place/nis, set: {name: Naissus}, because: Renamed.}")
    after, _ = log.head(timeline.db)

    names = [
        load_catalogue(timeline.db, until).places["nis"].name for until in (before, after, None)
    ]

    assert names == ["Niš", "Naissus", "Naissus"]


def test_only_the_given_subjects_are_loaded(timeline: Timeline) -> None:
    catalogue = load_catalogue(timeline.db, subjects=["person"])

    assert "tolbukhin" in catalogue.people
    assert not catalogue.places.states
    assert not catalogue.sources.states


@pytest.mark.parametrize(
    ("within", "chain"),
    [("b", ["a", "b"]), ("a", ["a"]), ("atlantis", ["a"])],
    ids=["another", "itself", "unknown"],
)
def test_the_places_that_a_place_lies_within_are_known_and_different(
    memory: sqlite3.Connection, within: str, chain: list[str]
) -> None:
    places = {"a": f'{{"name":"A","within":"{within}"}}', "b": '{"name":"B"}'}
    log.append(
        memory,
        [
            Record(
                f"b/{name}", f"place/{name}", "place.recorded", "2026-01-01T00:00:00Z", "b", data
            )
            for name, data in places.items()
        ],
    )

    assert load_catalogue(memory).ancestors("a") == chain
