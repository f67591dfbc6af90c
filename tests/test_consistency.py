"""Likely mistakes of an editor: dates and formations that contradict the rest of the record."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from conftest import Timeline
from small_chronology import START

from chronology.cli import main
from chronology.timeline import consistency

Make = Callable[..., Timeline]
DONE, FAULTS = 0, 1
BEYOND, BOUND, EDGE = "days that its accounts exclude", "only an upper bound", "of the window"


def account(date: str, source: str = "one", **fields: str) -> str:
    more = "".join(f", {key}: {value}" for key, value in fields.items())
    return f"{{source: {source}, at: '1', date: '{date}'{more}}}"


def event(date: str, *accounts: str, basis: str = "") -> str:
    reason = f", basis: {basis}" if basis else ""
    return (
        f"- {{event: e, date: '{date}'{reason}, title: Niš is taken, kind: capture,"
        f" places: [nis], accounts: [{', '.join(accounts)}]}}\n"
    )


@pytest.fixture
def faults(make_timeline: Make) -> Callable[..., list[str]]:
    """The faults of a chronology with the given batches of records."""

    def find(*batches: str) -> list[str]:
        timeline = make_timeline(START)
        for number, records in enumerate(batches):
            timeline.batch(f"b{number}", records)
        return [finding.fault for finding in consistency.find(timeline.db)]

    return find


# A date beyond its accounts


@pytest.mark.parametrize(
    ("date", "accounts", "allowed"),
    [
        ("[1944-10-13..1944-10-14]", ["1944-10-14"], "1944-10-14 only"),
        ("1944-10-15", ["[1944-10-13..1944-10-14]"], "1944-10-13 to 1944-10-14"),
        ("[1944-10-13..]", ["[..1944-10-14]"], "no day after 1944-10-14"),
        ("[..1944-10-20]", ["[1944-10-14..]"], "no day before 1944-10-14"),
        ("[1944-10-13..1944-10-14]", ["1944-10-14", "[..1944-10-14]"], "1944-10-14 only"),
        ("[1944-10-12..1944-10-15]", ["1944-10-13", "1944-10-15"], "1944-10-13 to 1944-10-15"),
        ("1944-10-08/1944-10-16", ["1944-10-08/1944-10-14"], "1944-10-08 to 1944-10-14"),
        ("1944-10-08/", ["1944-10-08/1944-10-14", "[..1944-10-10]"], "no day after 1944-10-14"),
    ],
)
def test_a_date_with_days_that_its_accounts_exclude_is_found(
    faults: Callable[..., list[str]], date: str, accounts: list[str], allowed: str
) -> None:
    assert faults(event(date, *map(account, accounts))) == [
        f"the date {date} has {BEYOND}; they allow {allowed}"
    ]


@pytest.mark.parametrize(
    ("date", "accounts"),
    [
        ("1944-10-14", ["1944-10-14"]),
        ("1944-10-14", ["[1944-10-13..1944-10-14]", "[..1944-10-20]", "1944-10-08/1944-10-20"]),
        ("[1944-10-13,1944-10-15]", ["1944-10-13", "1944-10-15"]),
        ("1944-10-08/1944-10-14", ["1944-10-08/1944-10-14", "1944-10-12"]),
        ("1944-10", ["1944-10"]),
        ("1944-10-20", []),
    ],
)
def test_a_date_that_its_accounts_allow_is_not_found(
    faults: Callable[..., list[str]], date: str, accounts: list[str]
) -> None:
    assert faults(event(date, *map(account, accounts))) == []


@pytest.mark.parametrize("stance", ["plans", "denies"])
def test_only_accounts_that_assert_the_event_bound_its_date(
    faults: Callable[..., list[str]], stance: str
) -> None:
    accounts = (account("1944-10-20", stance=stance), "{source: two, at: '1'}")
    assert faults(event("[1944-10-13..1944-10-14]", *accounts)) == []


WIDE = event("[1944-10-13..1944-10-14]", account("1944-10-14"), basis="The order of the text.")
NARROWER = f"- {{account: '', event: e, {account('1944-10-13', 'two')[1:]}\n"


def test_a_basis_explains_the_accounts_of_its_own_batch(
    faults: Callable[..., list[str]],
) -> None:
    assert faults(WIDE) == []


def test_a_basis_does_not_explain_later_accounts(faults: Callable[..., list[str]]) -> None:
    later = event("[1944-10-12..1944-10-14]", "{source: one, at: '1'}", basis="The order.")
    (fault,) = faults(later, NARROWER)
    assert BEYOND in fault


def test_a_later_basis_explains_them(faults: Callable[..., list[str]]) -> None:
    later = event("[1944-10-12..1944-10-14]", "{source: one, at: '1'}", basis="The order.")
    reason = "- {correct: event/e, set: {basis: One source errs.}, because: It was older.}\n"
    assert faults(later, NARROWER, reason) == []


# An upper bound that became a day


def test_a_day_of_which_the_accounts_give_only_an_upper_bound_is_found(
    faults: Callable[..., list[str]],
) -> None:
    (fault,) = faults(event("1944-10-14", account("[..1944-10-14]"), account("[..1944-10-20]")))
    assert fault == f"the date 1944-10-14 is one day, but its accounts give {BOUND}"


@pytest.mark.parametrize(
    ("date", "accounts"),
    [
        ("[..1944-10-14]", [account("[..1944-10-14]")]),
        ("[1944-10-13,1944-10-14]", [account("[..1944-10-14]")]),
        ("1944-10-14", [account("[..1944-10-14]"), account("[1944-10-14..]")]),
        ("1944-10-14", [account("[..1944-10-14]"), account("[1944-10-14..]", stance="plans")]),
        ("1944-10-14", [account("[..1944-10-14]", stance="plans")]),
    ],
)
def test_a_day_that_something_else_bounds_from_below_is_not_found(
    faults: Callable[..., list[str]], date: str, accounts: list[str]
) -> None:
    assert faults(event(date, *accounts)) == []


# The edge of the window as a bound


@pytest.mark.parametrize(
    ("date", "edge"),
    [
        ("[1944-09-01..1944-09-14]", "first day of the window"),
        ("[1944-11-14..1944-11-30]", "last day of the window"),
        ("[1944-09-01..1944-11-30]", "first day of the window and last day of the window"),
    ],
)
def test_a_date_with_the_edge_of_the_window_as_its_bound_is_found(
    faults: Callable[..., list[str]], date: str, edge: str
) -> None:
    assert faults(event(date, "{source: one, at: '1'}")) == [
        f"the date {date} has the {edge} as its bound, and no account gives that day"
    ]


def test_an_inferred_date_of_an_account_is_found(faults: Callable[..., list[str]]) -> None:
    inferred = account("[1944-09-01..1944-09-14]", basis="Before the report.")
    (fault,) = faults(event("[1944-09-01..1944-09-14]", inferred))
    assert "of account e-one-1 was inferred with the first day of the window" in fault


@pytest.mark.parametrize(
    ("date", "given"),
    [
        ("[1944-09-01..1944-09-14]", account("[1944-09-01..1944-09-14]")),
        ("[1944-09-01,1944-09-02]", account("[1944-09-01,1944-09-02]", basis="Two captions.")),
        ("[..1944-11-30]", account("[..1944-11-30]", basis="A cable of that day.")),
        ("1944-09-01/1944-11-30", account("1944-09-01/1944-11-30", basis="It lasted.")),
        ("1944-09", account("1944-09", basis="The heading.")),
    ],
)
def test_an_edge_that_a_passage_gives_is_not_found(
    faults: Callable[..., list[str]], date: str, given: str
) -> None:
    assert faults(event(date, given)) == []


# A formation after its end

STAFF = """\
- {formation: staff, name: Army Staff, level: army, side: german,
   attached: [{to: f3, source: one, at: "1", until: 1944-10-10}, {to: f3, source: two, at: "1"}]}
- {formation: corps, name: Corps, level: corps, side: german,
   attached: [{to: staff, source: one, at: "1"}]}
"""
AFTER = """\
- {event: later, date: 1944-10-12, title: Something else, kind: battle, formations: [NAMED],
   accounts: [{source: one, at: "1"}]}
"""


def test_an_event_that_counts_for_a_formation_after_its_end_is_found(
    faults: Callable[..., list[str]],
) -> None:
    assert faults(STAFF, AFTER.replace("NAMED", "corps")) == [
        "counts for Army Staff through corps, but the last attachment of Army Staff ends on"
        " 1944-10-10"
    ]


def test_an_event_on_the_last_day_is_not_found(faults: Callable[..., list[str]]) -> None:
    records = AFTER.replace("NAMED", "corps").replace("10-12", "10-10")
    assert faults(STAFF, records) == []


def test_a_formation_that_a_later_event_names_has_not_ended(
    faults: Callable[..., list[str]],
) -> None:
    assert faults(STAFF, AFTER.replace("NAMED", "corps, staff")) == []


def test_a_formation_with_an_attachment_that_goes_on_has_not_ended(
    faults: Callable[..., list[str]],
) -> None:
    on = STAFF.replace(
        'at: "1"}]}\n- {formation: corps', 'at: "1", from: 1944-10-10}]}\n- {formation: corps'
    )
    assert faults(on, AFTER.replace("NAMED", "corps")) == []


# The command


def check(timeline: Timeline, *arguments: str) -> Result:
    arguments = ("check", "--db", str(timeline.path), *arguments)
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def test_the_command_lists_each_fault_with_its_remedy(make_timeline: Make) -> None:
    timeline = make_timeline(START)
    timeline.batch("b", event("1944-10-14", account("[..1944-10-14]")))
    result = check(timeline)
    assert result.exit_code == FAULTS
    assert result.stdout == (
        "event e: the date 1944-10-14 is one day, but its accounts give only an upper bound."
        " Remedy: write [..1944-10-14], or a set with the earliest day that the basis can give a"
        " reason for.\n"
    )
    assert result.stderr == "1 likely mistake\n"


def test_with_duplicates_the_command_lists_only_pairs(make_timeline: Make) -> None:
    timeline = make_timeline(START)
    timeline.batch("b", event("1944-10-14", account("[..1944-10-14]")))
    assert check(timeline, "--duplicates").exit_code == DONE


def test_the_command_counts_mistakes_and_pairs(make_timeline: Make) -> None:
    timeline = make_timeline(START)
    first = event("1944-10-14", account("[..1944-10-14]"))
    second = first.replace("event: e", "event: f").replace("one", "two")
    timeline.batch("b", first + second)
    assert check(timeline).stderr == (
        "2 likely mistakes; 1 pair of likely duplicates without an explanation\n"
    )


def test_without_mistakes_the_command_succeeds(timeline: Timeline) -> None:
    result = check(timeline)
    assert (result.exit_code, result.stdout) == (DONE, "No likely mistakes.\n")


@pytest.mark.parametrize(
    ("date", "remedy"),
    [
        ("1637/1638", "write 1638 if the source means one winter"),
        ("1751/1752", "write 1752"),
        ("1639-41", "write 1639/1641 if it lasted so long"),
        ("1637/1639", None),
        ("1752/1753", None),
        ("1637-02/1638", None),
        ("1644-41", None),
        ("1639-23", None),
    ],
)
def test_years_that_may_be_misread_are_listed_unless_a_basis_explains_them(
    make_timeline: Make, date: str, remedy: str | None
) -> None:
    event = f"- {{event: a, date: '{date}', title: T, kind: battle"
    timeline = make_timeline(START.replace("1944-09-01/1944-11-30", "1600-01-01/1800-01-01"))
    timeline.batch("one", event + "}\n")
    found = [finding.remedy for finding in consistency.find(timeline.db)]
    timeline.batch("two", "- {correct: event/a, set: {basis: It lasted.}, because: x}\n")

    assert consistency.find(timeline.db) == []
    assert [text[: len(remedy or "")] for text in found] == ([remedy] if remedy else [])
