"""Lists, events and exports as of an earlier moment."""

from __future__ import annotations

from urllib.parse import quote_plus

import pytest
from conftest import Timeline
from growing import (
    BATCHES,
    EVENT_IDS,
    QUERIES,
    Served,
    head_of,
    kind,
    listed,
    shown,
)

from chronology.index.selection import all_of
from chronology.timeline.filters import event_filters

NUMBERS = range(len(BATCHES))


def test_the_states_differ(growing: Served) -> None:
    assert [len(state.lists[""]) for state in growing.states] == [0, 2, 63, 63, 63, 62]
    assert len({state.tables[""] for state in growing.states}) == len(BATCHES)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("query", QUERIES)
def test_a_list_is_what_it_was(growing: Served, number: int, query: str) -> None:
    then = growing.states[number]

    assert listed(growing.client, f"{query}&_as_of={then.position}") == then.lists[query]


def test_names_are_those_of_then(growing: Served) -> None:
    before, after = growing.states[3].lists, growing.states[4].lists

    assert before["_place=Niš"]
    assert before["_place=Nissa"] == (
        400,
        "_place: 'Nissa' is not a place. The table places lists them all.",
    )
    assert after["_place=Niš"][0] == 400
    assert after["_place=Nissa"] == after["_place=nis"]
    assert before["_front=f3"]
    assert before["_search=Fyodor"]
    assert after["_search=Fyodor"] == []


def test_search_goes_through_the_newest_wording_of_the_state_of_then(timeline: Timeline) -> None:
    says = "- {correct: account/nis-taken-one-1, set: {says: Given up.}, because: Read again.}"
    timeline.batch("wording", says)
    title = "- {correct: event/nis-taken, set: {title: Niš is left}, because: Read again.}"
    timeline.batch("title", title)
    first = timeline.rows("SELECT last_position FROM batches WHERE id = 'events'")[0]

    def found(word: str) -> int:
        given = {"_as_of": [str(first["last_position"])], "_search": [f'"{word}"']}
        selected = all_of(event_filters(timeline.db, given))
        (count,) = timeline.db.execute(
            f"SELECT count(*) FROM history WHERE {selected.sql}", selected.params
        ).fetchone()
        return int(count)

    # The row of then lasted until the title changed; its account had been worded anew before.
    assert [found(word) for word in ("taken", "left", "Given", "falls")] == [2, 0, 1, 0]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_csv_is_what_it_was_to_the_byte_at_the_same_address(growing: Served, number: int) -> None:
    then = growing.states[number]

    for query, body in then.tables.items():
        answer = growing.client.get(f"/timeline/events.csv?{query}&_as_of={then.position}")
        assert answer.content == body
        assert not answer.history


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("event", EVENT_IDS)
def test_the_page_of_an_event_is_what_it_was(growing: Served, number: int, event: str) -> None:
    then = growing.states[number]

    assert shown(growing.client, event, f"_as_of={then.position}") == then.events[event]


def test_a_corrected_event_shows_its_accounts_names_and_superiors_of_then(growing: Served) -> None:
    def told(number: int) -> str:
        address = f"/timeline/events/nis-taken?_as_of={growing.states[number].position}"
        return growing.client.get(address).text

    for text in ("Niš is taken", "The town falls.", "<dd>160</dd>", "57th Army", "Niš</a>, Serbia"):
        assert text in told(2)
    for text in ("Niš is given up", "The town is given up.", "<dd>200</dd>", "46th Army"):
        assert text in told(3)
        assert text not in told(2)
    assert "Nissa</a>, Serbia" in told(4)
    assert "Nissa" not in told(3)


@pytest.mark.parametrize("event", ["twice", "event-7"])
def test_a_retracted_event_is_shown_as_of_before_and_not_after(growing: Served, event: str) -> None:
    before, after = (growing.states[number].position for number in (4, 5))

    assert shown(growing.client, event, f"_as_of={before}")["statuses"] == [200] * 3
    assert shown(growing.client, event, f"_as_of={after}")["statuses"] == [404] * 3
    assert shown(growing.client, event)["statuses"] == [404] * 3


def test_an_event_not_yet_recorded_is_not_there(growing: Served) -> None:
    query = f"_as_of={growing.states[4].position}"

    assert shown(growing.client, "latest", query)["statuses"] == [404] * 3
    assert shown(growing.client, "latest")["statuses"] == [200] * 3


def test_a_position_within_a_batch_is_the_end_of_the_batch_before(growing: Served) -> None:
    for before, then in zip(growing.states, growing.states[1:], strict=False):
        for position in (before.position + 1, then.position - 1):
            query = f"_as_of={position}"
            assert listed(growing.client, query) == before.lists[""]
            assert growing.client.get(f"/timeline/events.csv?{query}").content == before.tables[""]
            assert head_of(growing.client.get(f"/timeline/events?{query}")) == before.head
            assert shown(growing.client, "nis-taken", query) == before.events["nis-taken"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2026-01-01T00:00:00Z", 0),
        ("2026-01-31T23:59:59Z", 1),
        ("2026-02-01T00:00:00Z", 2),
        ("2026-02-01T02:00:00+02:00", 2),
        ("2026-02-01T01:00:00+02:00", 1),
        ("2026-03-01T09:59:59Z", 2),
        ("2026-03-01T10:00:00Z", 4),
        ("2030-01-01T00:00:00Z", 5),
    ],
)
def test_a_timestamp_is_the_last_batch_recorded_by_then(
    growing: Served, text: str, number: int
) -> None:
    query = f"_as_of={quote_plus(text)}"

    assert listed(growing.client, query) == growing.states[number].lists[""]
    csv = growing.client.get(f"/timeline/events.csv?{query}").content
    assert csv == growing.states[number].tables[""]
    assert head_of(growing.client.get(f"/timeline/events?{query}")) == growing.states[number].head


MALFORMED = {
    "": "is neither a position nor a timestamp",
    "x": "is neither a position nor a timestamp",
    "-1": "is neither a position nor a timestamp",
    "1e3": "is neither a position nor a timestamp",
    "٣": "is neither a position nor a timestamp",
    "2026-02-01": "is neither a position nor a timestamp",
    "2026-02-01T00:00:00": "is neither a position nor a timestamp",
    "2026-02-30T00:00:00Z": "is neither a position nor a timestamp",
    "<b>x</b>": "is neither a position nor a timestamp",
    "99999": "is past the head, which is ",
    "9" * 5_000: "is past the head, which is ",
    "0": "nothing was recorded by 0",
    "3": "nothing was recorded by 3",
    "2025-12-31T23:59:59Z": "nothing was recorded by 2025-12-31T23:59:59Z",
    "20&_as_of=21": "_as_of: given more than once",
}


@pytest.mark.parametrize("text", MALFORMED, ids=lambda text: text[:30] or "empty")
@pytest.mark.parametrize("path", ["events", "events/nis-taken"])
@pytest.mark.parametrize("form", ["", ".json", ".csv"])
def test_what_is_no_moment_is_a_400_that_says_why(
    growing: Served, path: str, form: str, text: str
) -> None:
    query = text if "&" in text else quote_plus(text)
    answer = growing.client.get(f"/timeline/{path}{form}?_as_of={query}")

    assert answer.status_code == 400
    assert MALFORMED[text] in (answer.json()["error"] if form == ".json" else answer.text)
    assert "<b>x</b>" not in answer.text or form == ".json" or "html" not in kind(answer)
