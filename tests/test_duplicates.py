"""Likely duplicates: pairs that are found or explained, and the output of the command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from conftest import Timeline
from small_chronology import START

from chronology.cli import main
from chronology.store.database import connect
from chronology.timeline import duplicates
from chronology.timeline.as_of import at_head
from chronology.timeline.duplicates import find
from chronology.timeline.event_detail import event_detail

Make = Callable[..., Timeline]
DONE, FAULTS, USAGE = 0, 1, 2
FIRST = {"title": "Soviet troops take Niš", "date": "1944-10-14", "places": "nis", "source": "one"}
PLACES = "- {place: fortress, name: Fortress, within: nis}\n- {place: timok, name: Timok}\n"


def event(name: str, **fields: str) -> str:
    """An event that differs from FIRST in some fields."""
    fields = {**FIRST, "kind": "capture", "formations": "", "more": "", **fields}
    return (
        f"- {{event: {name}, date: '{fields['date']}', title: {fields['title']},"
        f" kind: {fields['kind']},"
        f" places: [{fields['places']}], formations: [{fields['formations']}] {fields['more']},"
        f" accounts: [{{source: {fields['source']}, at: '1'}}]}}\n"
    )


@pytest.fixture
def pair(make_timeline: Make) -> Callable[..., Timeline]:
    """Makes a timeline of two events; the second has another source and the given fields."""

    def make(**fields: str) -> Timeline:
        timeline = make_timeline(START)
        records = PLACES + event("a") + event("b", **{"source": "two", **fields})
        timeline.batch("pair", records)
        return timeline

    return make


def found(timeline: Timeline) -> list[tuple[str, str]]:
    return [(one.first, one.second) for one in find(timeline.db)]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"title": "The Soviets take Nis"},
        {"title": "Niš is taken by Soviet troops", "kind": "battle"},
        {"places": "fortress"},
        {"places": "fortress", "date": "[1944-10-13..1944-10-14]"},
        {"date": "[1944-10-13..1944-10-16]"},
        {"date": "[..1944-10-15]"},
        {"date": "1944-10-15"},
    ],
)
def test_two_events_that_are_alike_are_found(pair: Make, fields: dict[str, str]) -> None:
    assert found(pair(**fields)) == [("a", "b")]


@pytest.mark.parametrize(
    "fields",
    [
        {"date": "1944-10-17"},
        {"date": "[1944-10-08,1944-10-20]"},
        {"date": "1944-10"},
        {"date": "[..1944-10-20]"},
        {"date": "1944-10-15", "source": "one"},
        {"places": "timok"},
        {"places": "belgrade"},
        {"title": "A general dies of his wounds"},
        {"title": "Soviet guns shell Niš", "kind": "battle"},
    ],
)
def test_two_events_that_differ_are_not_found(pair: Make, fields: dict[str, str]) -> None:
    assert found(pair(**fields)) == []


@pytest.mark.parametrize("source", ["one", "two"])
def test_two_times_minutes_apart_are_two_events(make_timeline: Make, source: str) -> None:
    timeline = make_timeline(START)
    events = [
        event(name, date=f"1944-10-14T{time}", source=by)
        for name, time, by in (("a", "17:00", "one"), ("b", "17:05", source), ("c", "17:00", "two"))
    ]
    timeline.batch("times", PLACES + "".join(events))

    assert found(timeline) == [("a", "c")]


def test_words_are_stems_without_case_and_diacritics() -> None:
    assert duplicates.words("Đakovo: NIŠ, Nis; takes Čačak") == {"dako", "nis", "take", "caca"}


def test_a_pair_is_less_likely_the_more_days_are_possible(pair: Make) -> None:
    dates = ("1944-10-14", "[1944-10-13..1944-10-14]", "[1944-10-10..1944-10-14]")
    scores = [find(pair(date=date).db)[0].score for date in dates]
    assert scores == sorted(set(scores), reverse=True)


def test_a_score_has_two_decimals(pair: Make) -> None:
    scores = [score(pair(date=f"[1944-10-{day}..1944-10-14]")) for day in (13, 12, 11)]
    assert scores == [round(score, 2) for score in scores]


def score(timeline: Timeline) -> float:
    (found,) = find(timeline.db)
    return found.score


def test_a_pair_of_one_source_is_less_likely_than_one_of_two_sources(pair: Make) -> None:
    ratio = score(pair(source="one")) / score(pair(source="two"))
    assert ratio == pytest.approx(duplicates.SAME_SOURCE, abs=0.01)


def test_a_pair_is_less_likely_the_further_its_dates_are_apart(pair: Make) -> None:
    dates = ("1944-10-14", "1944-10-15", "1944-10-16")
    scores = [score(pair(date=date)) for date in dates]
    same, *others = scores
    assert [other / same for other in others] == pytest.approx(duplicates.APART[1:], abs=0.01)


def test_a_pair_is_more_likely_with_a_formation_in_common(pair: Make) -> None:
    timeline = pair(formations="c68")
    without = score(timeline)
    timeline.batch(
        "both", "- {correct: event/a, set: {formations: [c68]}, because: It took part.}\n"
    )
    assert score(timeline) > without


def test_a_pair_is_less_likely_if_its_kinds_differ(pair: Make) -> None:
    assert score(pair(kind="battle")) < score(pair())


def test_two_events_that_last_are_compared_by_the_days_in_common(pair: Make) -> None:
    first = "1944-10-01/1944-10-10"
    scores = []
    for date in (first, "1944-10-01/1944-10-20", "1944-10-10/1944-10-20"):
        timeline = pair(date=date)
        timeline.batch(
            "lasts", f"- {{correct: event/a, set: {{date: {first}}}, because: It lasted.}}\n"
        )
        scores.append(find(timeline.db, 0.01)[0].score)
    assert scores[1:] == pytest.approx([scores[0] * 10 / 20, scores[0] * 1 / 20], abs=0.02)


@pytest.mark.parametrize(
    ("date", "count"), [("[1944-10-01..1944-10-14]", 1), ("[1944-10-01..1944-10-15]", 0)]
)
def test_a_single_event_with_more_possible_days_than_fourteen_is_not_compared(
    pair: Make, date: str, count: int
) -> None:
    assert len(find(pair(date=date).db, 0.01)) == count


@pytest.mark.parametrize(("place", "pairs"), [("fortress", []), ("nis", [("a", "b")])])
def test_a_place_of_too_many_events_is_shared_only_by_events_at_it(
    pair: Make, monkeypatch: pytest.MonkeyPatch, place: str, pairs: list[tuple[str, str]]
) -> None:
    monkeypatch.setattr(duplicates, "BROAD", 0)
    assert found(pair(places=place)) == pairs


def test_titles_may_differ_if_a_formation_is_in_common(pair: Make) -> None:
    timeline = pair(title="A general dies of his wounds", formations="c68")
    assert find(timeline.db, 0.01) == []
    timeline.batch(
        "both", "- {correct: event/a, set: {formations: [c68]}, because: It took part.}\n"
    )
    assert len(find(timeline.db, 0.01)) == 1


def test_a_pair_at_the_threshold_is_reported(pair: Make) -> None:
    timeline = pair()
    least = score(timeline)
    assert len(find(timeline.db, least)) == 1
    assert find(timeline.db, least + 0.01) == []


def test_the_likeliest_pairs_come_first(make_timeline: Make) -> None:
    timeline = make_timeline(START)
    timeline.batch(
        "three", event("a") + event("b", source="two", date="1944-10-15") + event("c", source="two")
    )
    pairs = find(timeline.db)
    assert [(each.first, each.second) for each in pairs] == [("a", "c"), ("a", "b")]
    assert pairs[0].score > pairs[1].score


def test_a_pair_at_a_rare_place_is_likelier(make_timeline: Make) -> None:
    timeline = make_timeline(START)
    timeline.batch("two", PLACES + event("a") + event("b", source="two"))
    (before,) = find(timeline.db)
    others = (event(f"c{n}", date=f"1944-11-{n:02}", title=f"Other{n}") for n in range(1, 30))
    timeline.batch("more", "".join(others))
    (after,) = find(timeline.db)
    assert after.score < before.score


def test_either_event_can_explain_a_pair(pair: Make) -> None:
    explained = ", distinct: [{event: a, because: Another one}]"
    assert found(pair(more=explained)) == []
    timeline = pair()
    change = "- {correct: event/a, set: {distinct: [{event: b, because: Another}]}, because: c}\n"
    timeline.batch("explained", change)
    assert found(timeline) == []


def test_an_explanation_is_part_of_the_event_detail_but_not_a_column(pair: Make) -> None:
    timeline = pair(more=", distinct: [{event: a, because: Another one}]")
    detail = event_detail(at_head(timeline.db), "b")
    assert detail is not None
    title = timeline.event("a")["title"]
    assert detail.distinct == [{"event": "a", "title": title, "because": "Another one"}]
    assert "distinct" not in timeline.event("b")


def test_a_retracted_event_is_not_a_duplicate(pair: Make) -> None:
    timeline = pair()
    timeline.batch("one", "- {retract: event/b, into: a, because: The same}\n")
    assert found(timeline) == []


def test_only_events_of_near_days_and_places_are_compared(
    make_timeline: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeline = make_timeline(START)
    days = (f"1944-{month}-{day:02}" for month in ("09", "10", "11") for day in range(1, 31, 3))
    events = (
        event(f"e{n}-{place}", date=day, places=place)
        for n, day in enumerate(days)
        for place in ("nis", "belgrade")
    )
    timeline.batch("many", "".join(events))
    compared = []
    compare = duplicates._Weights.compare

    def counted(self: Any, *two: Any) -> Any:
        compared.append(two)
        return compare(self, *two)

    monkeypatch.setattr(duplicates._Weights, "compare", counted)
    find(timeline.db)
    assert compared == []


# The command


def check(timeline: Timeline, *arguments: str) -> Result:
    arguments = ("check", "--db", str(timeline.path), *arguments)
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def test_the_command_shows_both_events_the_reasons_and_the_remedy(pair: Make) -> None:
    result = check(pair(formations="c68"), "--duplicates")
    assert result.exit_code == FAULTS
    assert result.stdout == (
        "0.87  a ~ b\n"
        "      1944-10-14  Soviet troops take Niš  (Niš)\n"
        "      1944-10-14  Soviet troops take Niš  (Niš)\n"
        "      alike: the dates share a day; both at or within Niš; both of kind capture;"
        " 100% of the titles in common\n"
        "      remedy: '- {retract: event/b, into: a, because: …}',"
        " or in b 'distinct: [{event: a, because: …}]'\n"
    )
    assert result.stderr == "1 pair of likely duplicates without an explanation\n"


def test_without_duplicates_the_command_succeeds(timeline: Timeline) -> None:
    result = check(timeline, "--duplicates")
    assert (result.exit_code, result.stdout) == (
        DONE,
        "No unexplained duplicates.\n",
    )


def test_a_score_above_one_is_a_usage_error(timeline: Timeline) -> None:
    assert check(timeline, "--duplicates", "--least", "2").exit_code == USAGE


def test_missing_tables_are_a_usage_error(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    connect(path, write=True).close()
    result = CliRunner().invoke(main, ["check", "--duplicates", "--db", str(path)])
    assert result.exit_code == USAGE
    assert "not current; run 'python ingest.py'" in result.stderr


def test_an_event_by_a_day_happened_up_to_two_days_before(pair: Make) -> None:
    (found,) = find(pair(date="[..1944-10-18]").db, 0.01)
    assert found.reasons[0] == "the dates are 2 apart in days"
