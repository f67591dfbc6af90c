"""The filters of the own parameters, and one event with everything recorded about it."""

from __future__ import annotations

from itertools import combinations

import pytest
from conftest import EVENTS, START, Timeline

from chronology.index.selection import all_of
from chronology.model.edtf import parse
from chronology.model.errors import UnknownName
from chronology.timeline.as_of import at_head
from chronology.timeline.event_detail import dossier
from chronology.timeline.filters import event_filters

DAYS = [f"1944-10-{day:02}" for day in (1, 2, 3, 5, 31)]
VAGUE = ["1944-10-02T17:00", "1944-10-0X", "1944-10", "1944-XX", "1944-23", "1944", "194X"]
FAR = ["0987-01-01/1944-10-02", "[1944-10-02,9998-12-31]"]


def every_form() -> list[str]:
    """Dates of every form over a few days: single, lasting, open, and sets with gaps or none."""
    found = [
        *DAYS,
        "1944-10",
        "1944-10-0X",
        "1944-XX",
        "1944-23",
        "1944",
        "194X",
        "1944-10-02T17:00",
    ]
    for a in DAYS:
        found += [f"[..{a}]", f"[{a}..]", f"{a}/..", f"../{a}", f"{a}/", f"/{a}"]
    for a, b in combinations(DAYS, 2):
        found += [f"{a}/{b}", f"[{a},{b}]", f"[{a}..{b}]", f"[..{a},{b}]", f"[{a},{b}..]"]
    for a, b, c in combinations(DAYS, 3):
        found += [f"[{a},{b},{c}]", f"[{a}..{b},{c}]", f"[..{a},{b},{c}]", f"[{a},{b},{c}..]"]
    return found


def matching(db, **given):
    """The ids of the events for which all the parameters hold."""
    wanted = {f"_{name}": values for name, values in given.items()}
    selected = all_of(event_filters(db, wanted))
    sql = f"SELECT id FROM events WHERE {selected.sql} ORDER BY id"
    return [event for (event,) in db.execute(sql, selected.params)]


@pytest.fixture(scope="module")
def dated(tmp_path_factory):
    """A chronology with an event of every form of date, and those dates by id."""
    timeline = Timeline(tmp_path_factory.mktemp("dated") / "timeline.db")
    timeline.ingest(START)
    dates = {f"e{number}": text for number, text in enumerate(every_form())}
    timeline.batch(
        "dated",
        "\n".join(
            f'- {{event: {name}, date: "{text}", title: On {name}, kind: battle}}'
            for name, text in dates.items()
        ),
    )
    yield timeline.db, {name: parse(text) for name, text in dates.items()}
    timeline.db.close()


# Dates


def test_within_finds_exactly_the_events_that_may_fall_on_one_of_the_days(dated):
    db, dates = dated
    for text in every_form():
        wanted = {name for name, date in dates.items() if date.overlaps(parse(text))}
        assert set(matching(db, within=[text])) == wanted, text


def test_certain_finds_exactly_the_events_whose_days_are_all_among_the_days(dated):
    db, dates = dated
    for text in every_form():
        wanted = {name for name, date in dates.items() if date.within(parse(text))}
        assert set(matching(db, certain=[text])) == wanted, text


def test_certain_is_always_within(dated):
    db, _ = dated
    for text in every_form():
        assert set(matching(db, certain=[text])) <= set(matching(db, within=[text])), text


def test_several_dates_are_all_to_hold(dated):
    db, dates = dated
    texts = ["[1944-10-01,1944-10-05]", "1944-10-02/1944-10-05"]
    wanted = {n for n, date in dates.items() if all(date.overlaps(parse(text)) for text in texts)}
    assert set(matching(db, within=texts)) == wanted


@pytest.mark.parametrize("name", ["within", "certain"])
def test_a_malformed_date_is_refused_with_its_parameter_and_the_reason(timeline, name):
    with pytest.raises(
        UnknownName, match=f"^_{name}: '8 October' is not a date: a date has no spaces"
    ):
        matching(timeline.db, **{name: ["8 October"]})


def test_a_condition_says_in_english_what_it_is(timeline):
    given = {
        "_front": ["f3"],
        "_place": ["nis"],
        "_within": ["1944-10"],
        "_certain": ["1944-10-14"],
    }
    assert [each.description for each in event_filters(timeline.db, given)] == [
        "front is 3rd Ukrainian Front",
        "in or about Niš",
        "possibly October 1944",
        "certainly 14 October 1944",
    ]


# Places and levels


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("nis", ["nis-taken"]),
        ("Niš", ["nis-taken"]),
        ("serbia", ["belgrade-taken", "nis-taken"]),
        ("Serbia", ["belgrade-taken", "nis-taken"]),
    ],
)
def test_a_place_takes_in_what_lies_within_it(timeline, place, found):
    assert matching(timeline.db, place=[place]) == found


def test_an_id_goes_before_the_name_of_another(timeline):
    timeline.batch("more", "- {place: odd, name: nis}")
    assert matching(timeline.db, place=["nis"]) == ["nis-taken"]


@pytest.mark.parametrize(
    ("level", "name"),
    [("front", "f3"), ("front", "3rd Ukrainian Front"), ("army", "a57"), ("army", "57th Army")],
)
def test_a_formation_is_found_at_its_level_by_id_and_by_name(timeline, level, name):
    assert matching(timeline.db, **{level: [name]}) == ["nis-taken"]


def test_several_parameters_are_all_to_hold(timeline):
    assert matching(timeline.db, place=["serbia"], front=["f3"]) == ["nis-taken"]
    assert matching(timeline.db, place=["nis", "belgrade"]) == []


def test_a_level_may_have_any_id(make_timeline):
    text = START.replace("army: Armies", "army-group: Army groups")
    text = text.replace("armies: army", "armies: army-group").replace(
        "level: army", "level: army-group"
    )
    timeline = make_timeline(text, EVENTS)
    assert matching(timeline.db, **{"army-group": ["a57"]}) == ["nis-taken"]


def test_an_unknown_formation_is_refused_with_those_that_are_known(timeline):
    with pytest.raises(UnknownName) as raised:
        matching(timeline.db, front=["4th"])
    assert str(raised.value) == ("_front: no front is called '4th'; known are 3rd Ukrainian Front")


def test_a_formation_of_another_level_is_not_known_at_this_one(timeline):
    with pytest.raises(UnknownName, match="no front is called 'a57'"):
        matching(timeline.db, front=["a57"])


def test_an_unknown_place_is_refused_with_where_the_known_stand(timeline):
    with pytest.raises(UnknownName, match="no place is called 'paris'; see the table places"):
        matching(timeline.db, place=["paris"])


def test_what_is_no_own_parameter_makes_no_condition(timeline):
    given = {"_corps": ["c68"], "_sort": ["id"], "kind": ["x"]}
    assert event_filters(timeline.db, given) == []


def test_a_quotation_mark_in_a_name_is_only_a_letter(timeline):
    timeline.batch("more", "- {place: odd, name: \"O'Brien's; DROP TABLE log\"}")
    assert matching(timeline.db, place=["O'Brien's; DROP TABLE log"]) == []


# One event


@pytest.fixture
def told(timeline):
    """The small chronology with more accounts of Niš, a quotation and a correction."""
    timeline.batch(
        "more",
        "- {account: quoted, event: nis-taken, source: two, at: '1', by: tolbukhin, said: 1944-12,"
        " date: 1944-10-15, claims: {tanks: '500', taken_by: partisans}}\n"
        "- {correct: event/nis-taken, set: {title: Niš falls, people: [tolbukhin]},"
        " because: Shorter.}\n",
    )
    return timeline


def test_a_dossier_has_the_row_with_its_arrays_as_lists_and_the_date_in_words(told):
    event = dossier(at_head(told.db), "nis-taken").event
    assert event["title"] == "Niš falls"
    assert event["date_in_words"] == "14 October 1944"
    assert event["fronts"] == ["3rd Ukrainian Front"]
    assert event["armies"] == ["57th Army"]
    assert event["disputed"] == ["date", "figures"]
    assert event["people"] == ["Fyodor Tolbukhin"]


def test_a_dossier_has_all_accounts_in_the_order_of_their_records(told):
    one, quoted = dossier(at_head(told.db), "nis-taken").accounts
    assert (one["id"], one["source_name"], one["at"]) == ("nis-taken-one-1", "First source", "¶1")
    assert (one["claims"], one["says"]) == ({"tanks": "160"}, "The town falls.")
    assert (one["by_name"], one["said_in_words"]) == (None, None)
    assert (quoted["by"], quoted["by_name"]) == ("tolbukhin", "Fyodor Tolbukhin")
    assert quoted["said_in_words"] == "December 1944"
    assert quoted["date_in_words"] == "15 October 1944"


def test_a_dossier_sets_different_values_of_one_claim_against_each_other(told):
    assert dossier(at_head(told.db), "nis-taken").disagreements == [
        {
            "key": "tanks",
            "values": [
                {"account": "nis-taken-one-1", "value": "160"},
                {"account": "quoted", "value": "500"},
            ],
        }
    ]


def test_a_dossier_has_the_places_with_their_roles_names_and_what_they_lie_within(told):
    (place,) = dossier(at_head(told.db), "belgrade-taken").places
    assert place == {
        "id": "belgrade",
        "name": "Belgrade",
        "role": "at",
        "names": ["Beograd"],
        "within": ["Serbia"],
        "latitude": 44.804,
        "longitude": 20.4651,
        "radius_km": None,
    }


def test_a_dossier_has_the_formations_with_their_superiors_on_the_day(told):
    (formation,) = dossier(at_head(told.db), "nis-taken").formations
    assert (formation["id"], formation["level"], formation["side"]) == ("c68", "corps", "soviet")
    assert formation["superiors"] == [
        {"id": "a57", "name": "57th Army"},
        {"id": "f3", "name": "3rd Ukrainian Front"},
    ]


def test_a_dossier_has_the_people_by_id_and_name(told):
    people = dossier(at_head(told.db), "nis-taken").people
    assert people == [{"id": "tolbukhin", "name": "Fyodor Tolbukhin"}]


def test_a_dossier_has_every_state_with_what_changed_in_it(told):
    first, second = dossier(at_head(told.db), "nis-taken").history
    assert (first["action"], first["changed"]) == ("recorded", {})
    assert (second["action"], second["because"]) == (
        "corrected",
        "account/quoted recorded; Shorter.",
    )
    assert second["changed"]["title"] == {"from": "Niš is taken", "to": "Niš falls"}
    assert set(second["changed"]) == {"title", "people", "sources", "accounts", "disputed"}


@pytest.mark.parametrize("name", ["none", "belgrade-taken"])
def test_an_event_that_is_unknown_or_retracted_has_no_dossier(timeline, name):
    timeline.batch("r", "- {retract: event/belgrade-taken, into: nis-taken, because: The same.}")
    assert dossier(at_head(timeline.db), name) is None


def test_the_chronology_is_told_as_it_stands(timeline):
    timeline.batch("c", "- {correct: chronology/test, set: {title: Another}, because: Better.}")
    assert at_head(timeline.db).chronology.title == "Another"
