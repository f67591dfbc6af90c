"""The catalogue as of a position."""

from __future__ import annotations

import sqlite3

import pytest
from conftest import Timeline

from chronology.model.records import Record
from chronology.projections.catalogue import load_catalogue
from chronology.store import log


def place(number: int, name: str, action: str, data: str) -> Record:
    return Record(f"b/{number}", f"place/{name}", action, "2026-01-01T00:00:00Z", "b", data)


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
            place(number, name, "place.recorded", data)
            for number, (name, data) in enumerate(places.items())
        ],
    )

    assert load_catalogue(memory).ancestors("a") == chain


def test_a_name_means_the_first_place_that_has_it(memory: sqlite3.Connection) -> None:
    log.append(
        memory,
        [
            place(1, "a", "place.recorded", '{"name":"Niš"}'),
            place(2, "b", "place.recorded", '{"name":"Niš"}'),
            place(3, "b", "place.corrected", '{"because":"Of two.","set":{"type":"town"}}'),
        ],
    )

    assert load_catalogue(memory).places.by_name == {"Niš": "a"}


def test_the_catalogue_of_the_head_has_all_records(memory: sqlite3.Connection) -> None:
    log.append(
        memory, [place(n, f"p{n}", "place.recorded", f'{{"name":"P {n}"}}') for n in range(200)]
    )

    assert len(load_catalogue(memory).places.states) == 200


def test_a_correction_that_cannot_be_read_leaves_the_place_as_it_was(
    memory: sqlite3.Connection,
) -> None:
    log.append(
        memory,
        [
            place(1, "a", "place.recorded", '{"name":"Niš"}'),
            place(2, "a", "place.corrected", '{"because":"Forged.","set":{"name":5}}'),
        ],
    )

    assert load_catalogue(memory).places["a"].name == "Niš"
