"""Checks against the log: the fault of a single record."""

from __future__ import annotations

import pytest
from conftest import Timeline
from ingest_faults import EVENT, FORMATION, faults


@pytest.mark.parametrize(
    ("records", "fault"),
    [
        (
            "- {event: a, date: 1944-12-01, title: A, kind: battle}\n",
            "5: event/a: 1944-12-01 is outside the window 1944-09-01/1944-11-30; correct the date",
        ),
        (
            "- {event: a, date: Y-65000000/1944-10, title: A, kind: battle}\n",
            "5: event/a: Y-65000000/1944-10 is beyond the years -9999 to 9999, within which events",
        ),
        (
            "- {account: , event: nis-taken, source: one, at: x, date: Y-65000000}\n",
            "5: account/nis-taken-one-2: Y-65000000 is beyond the years -9999 to 9999",
        ),
        (
            "- {correct: chronology/test, set: {window: Y-65000000/1944-11-30}, because: x}\n",
            "5: chronology/test: Y-65000000/1944-11-30 is beyond the years -9999 to 9999",
        ),
        (
            "- {event: a, date: 1944-10, title: A, kind: siege}\n",
            "5: event/a: 'siege' is not a kind of the chronology; kinds: battle",
        ),
        (
            f"{FORMATION.replace('army', 'squad')}}}\n",
            "5: formation/x: 'squad' is not a level of the",
        ),
        (
            f"{FORMATION.replace('soviet', 'red')}}}\n",
            "5: formation/x: 'red' is not a side of the ch",
        ),
        (
            "- {person: x, name: X, side: red}\n",
            "5: person/x: 'red' is not a side of the chronology",
        ),
        (
            "- event: a\n  date: 1944\n  title: A\n  kind: battle\n  places:\n  - nis\n  - nish\n",
            "11: event/a: unknown place 'nish'; record the place, or correct the id",
        ),
        (EVENT.replace("}", ", formations: [c99]}"), "5: event/a: unknown formation 'c99'; record"),
        (EVENT.replace("}", ", people: [zhukov]}"), "5: event/a: unknown person 'zhukov'; record"),
        (
            EVENT.replace("}", ",\n  accounts: [{source: three, at: x}]}"),
            "6: account/a-three-1: unknown source 'three'; record the source, or correct the id",
        ),
        ("- {account: , event: a, source: one, at: x}\n", "5: account/a-one-1: unknown event 'a'"),
        (
            "- account: x\n  event: nis-taken\n  source: one\n  at: x\n  by: zhukov\n",
            "9: account/x: unknown person 'zhukov'; record the person, or correct the id",
        ),
        ("- {place: x, name: X, within: y}\n", "5: place/x: unknown place 'y'; record the place"),
        (
            "- {place: x, name: X, statements: [{source: y, at: z, says: w}]}\n",
            "5: place/x: unknown source 'y'",
        ),
        (
            f"{FORMATION}, attached: [{{to: y, source: one, at: z}}]}}\n",
            "5: formation/x: unknown formation 'y'",
        ),
        (
            f"{FORMATION}, attached: [{{to: f3, source: y, at: z}}]}}\n",
            "5: formation/x: unknown source 'y'",
        ),
        (
            f"{FORMATION}, commanders: [{{person: y, source: one, at: z}}]}}\n",
            "5: formation/x: unknown person 'y'",
        ),
        ("- {place: x, name: X, latitude: 1}\n", "5: place/x: latitude or longitude is missing"),
        ("- {place: x, name: X, longitude: 1}\n", "5: place/x: latitude or longitude is missing"),
        ("- {place: x, name: X, within: x}\n", "5: place/x lies within itself; correct one of the"),
        (
            f"{FORMATION}, attached: [{{to: x, source: one, at: z}}]}}\n",
            "5: formation/x: the attachments form a cycle: x → x; correct one of the attachments",
        ),
        (
            "- {source: one, name: X}\n",
            "5: source/one: the id 'one' is already recorded; choose another id, or correct",
        ),
        (f"{EVENT}{EVENT}", "6: event/a: the id 'a' is already recorded; choose another id, or"),
        *(
            (
                EVENT.replace("}", f", {key}: [{twice}]}}"),
                f"5: event/a: {key}: '{name}' occurs twice",
            )
            for key, twice, name in (
                ("places", "nis, belgrade, nis", "nis"),
                ("places", "{place: nis, role: at}, nis", "nis"),
                ("formations", "a57, a57", "a57"),
                ("people", "tolbukhin, tolbukhin", "tolbukhin"),
            )
        ),
        (
            EVENT.replace("}", ",\n   distinct: [{event: b, because: c}]}"),
            "6: event/a: unknown event 'b'; record the event, or correct the id",
        ),
        (
            EVENT.replace("}", ", distinct: [{event: a, because: c}]}"),
            "5: event/a: the event is listed as distinct from itself; name the other event",
        ),
        (
            "- {correct: event/nis-taken, set: {distinct: [{event: b, because: c}]}, because: d}\n",
            "5: event/nis-taken: unknown event 'b'; record the event, or correct the id",
        ),
        (
            "- {account: nis-taken-one-1, event: nis-taken, source: one, at: x}\n",
            "5: account/nis-taken-one-1: the id 'nis-taken-one-1' is already recorded",
        ),
        (
            "- {place: x, name: Niš}\n",
            "5: place/x: place/nis already has the name 'Niš'; names are unique",
        ),
        (
            "- {place: x, name: Nis\u030c}\n",
            "5: place/x: place/nis already has the name 'Niš'",
        ),
        (
            "- {chronology: x, title: X, window: 1944/1945, kinds: {battle: B}}\n",
            "5: chronology/x: the log already has a chronology; correct that chronology",
        ),
        (
            "- {correct: event/b, set: {title: B}, because: c}\n",
            "5: event/b: the record is not recorded; name a live record as <subject>/<id>",
        ),
        (
            "- {retract: event/b, because: c}\n",
            "5: event/b: the record is not recorded; name a live",
        ),
        (
            "- {correct: event/nis-taken, set: {date: 1944-10-14}, because: c}\n",
            "5: event/nis-taken: the correction changes nothing; leave it out",
        ),
        (
            "- {correct: event/nis-taken, unset: [summary], because: c}\n",
            "5: event/nis-taken: the correction changes nothing",
        ),
        (
            "- correct: event/nis-taken\n  because: c\n  set:\n    title: A\n    date: 1945\n",
            "9: event/nis-taken: 1945 is outside the window",
        ),
        (
            "- correct: place/nis\n  because: c\n  set:\n    type: town\n    within: narnia\n",
            "9: place/nis: unknown place 'narnia'",
        ),
        (
            "- {correct: place/nis, unset: [latitude], because: c}\n",
            "5: place/nis: latitude or longitude is missing",
        ),
        (
            "- {correct: place/nis, set: {name: Belgrade}, because: c}\n",
            "5: place/nis: place/belgrade already has the name 'Belgrade'",
        ),
        (
            "- {correct: place/serbia, set: {within: nis}, because: c}\n",
            "5: place/serbia lies within itself",
        ),
        (
            "- correct: formation/f3\n  set: {attached: [{to: c68, source: one, at: x}]}\n"
            "  because: c\n",
            "5: formation/f3: the attachments form a cycle: f3 → c68 → a57 → f3",
        ),
        (
            "- {retract: event/nis-taken, because: c}\n",
            "5: event/nis-taken: the event still has the accounts nis-taken-one-1; name the event",
        ),
        (
            "- {retract: event/nis-taken, into: nis-taken, because: c}\n",
            "5: event/nis-taken: 'nis-taken' is not another live event; name a live event",
        ),
        (
            "- {retract: event/nis-taken, into: b, because: c}\n",
            "5: event/nis-taken: 'b' is not another",
        ),
        (
            "- {retract: source/two, into: one, because: c}\n",
            "5: source/two: only an event has acc",
        ),
        (
            "- {retract: chronology/test, because: c}\n",
            "5: chronology/test: a chronology cannot be",
        ),
        (
            "- {retract: place/nis, because: c}\n",
            "5: place/nis is retracted, but event/nis-taken still refers to it; correct ev",
        ),
        (
            "- {retract: place/serbia, because: c}\n- {correct: place/nis, unset: [within],"
            " because: d}\n",
            "5: place/serbia is retracted, but place/belgrade still refers to it",
        ),
        (
            "- {retract: source/two, because: c}\n",
            "5: source/two is retracted, but account/belgrade-taken-two-1 still refers to it",
        ),
        (
            "- {retract: person/tolbukhin, because: c}\n",
            "5: person/tolbukhin is retracted, but event/belgrade-taken still refers to it",
        ),
        (
            "- {retract: formation/a57, because: c}\n",
            "5: formation/a57 is retracted, but formation/c68 still refers to it",
        ),
        (
            "- {correct: chronology/test, set: {kinds: {battle: B, death: D}}, because: c}\n",
            "5: chronology/test: 'capture' is still in use; keep it in kinds",
        ),
        (
            "- {correct: chronology/test, set: {sides: {german: G}}, because: c}\n",
            "5: chronology/test: 'soviet' is still in use; keep it in sides",
        ),
        (
            "- {correct: chronology/test, set: {window: 1944-09-01/..}, because: c}\n",
            "5: chronology/test: the window has an open end; give its first and last day",
        ),
        (
            "- {correct: chronology/test, set: {dimensions: {squads: squad}}, because: c}\n",
            "5: chronology/test: 'squad' is not a level; add it to the levels",
        ),
        *(
            (
                "- {correct: chronology/test, because: c,"
                f" set: {{dimensions: {{{column}: army}}}}}}\n",
                f"5: chronology/test: '{column}' is already a column; choose another name",
            )
            for column in ("title", "position", "because", "rowid", "number", "chain")
        ),
    ],
)
def test_a_fault_against_the_log_has_its_line(timeline: Timeline, records: str, fault: str) -> None:
    (found,) = faults(timeline, records)
    assert found.startswith(fault)
