"""As of an earlier moment: everything answered then is answered again, byte for byte.

The timeline grows while it is served. After each batch the answers are kept; in the end the same
questions with `_as_of` have to give them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote_plus, urlsplit
from xml.etree import ElementTree

import datasette
import httpx
import pytest
from conftest import EVENTS, START, Timeline
from html_page import elements
from in_process import in_process
from server import publish, rows, run
from test_web_facets import counted, counts, facets

from chronology.index.selection import all_of
from chronology.projections import tables
from chronology.timeline.filters import event_filters

PUBLIC = "https://example.org/balkans"
MANY = "".join(
    f"- {{event: event-{n}, date: 1944-1{n % 2}-{n % 28 + 1:02}, title: Event {n}, kind: battle,"
    f" places: [{('nis', 'belgrade', 'serbia')[n % 3]}], formations: [{('c68', 'a57')[n % 2]}]}}\n"
    for n in range(60)
)
BATCHES = {
    "0001-start.yml": START,
    "0002-events.yml": EVENTS,
    "0003-many.yml": f"""\
format: 1
batch: many
recorded: 2026-02-01T00:00:00Z
note: Many events, and one twice
records:
- {{formation: f2, name: 2nd Ukrainian Front, level: front, side: soviet}}
- {{formation: a46, name: 46th Army, level: army, side: soviet,
   attached: [{{to: f2, source: one, at: "5"}}]}}
- event: twice
  date: 1944-10-21
  title: The capital falls
  kind: battle
  places: [belgrade]
  accounts:
  - {{source: two, at: "¶9", date: 1944-10-21, says: "It falls.", claims: {{tanks: 90}}}}
{MANY}""",
    "0004-corrections.yml": """\
format: 1
batch: corrections
recorded: 2026-03-01T10:00:00Z
note: What was read wrongly
records:
- correct: account/nis-taken-one-1
  set: {says: The town is given up., claims: {tanks: 200}}
  because: The figure was read wrongly.
- correct: event/nis-taken
  set: {date: "[1944-10-13..1944-10-15]", title: Niš is given up}
  because: The source leaves the day open.
- correct: formation/c68
  set: {attached: [{to: a46, source: two, at: "7"}]}
  because: It was under another army.
""",
    # Recorded at the same time as the batch before.
    "0005-names.yml": """\
format: 1
batch: names
recorded: 2026-03-01T10:00:00Z
records:
- correct: place/nis
  set: {name: Nissa}
  because: As the source writes.
- correct: place/belgrade
  unset: [within]
  because: Not of the region then.
- correct: formation/f3
  set: {name: Third Ukrainian Front}
  because: In words.
- correct: person/tolbukhin
  set: {name: F. I. Tolbukhin}
  because: With both initials.
- correct: source/two
  set: {name: The second source}
  because: Its full name.
""",
    "0006-retraction.yml": """\
format: 1
batch: retraction
recorded: 2026-04-01T00:00:00Z
records:
- {retract: event/twice, into: belgrade-taken, because: It was recorded twice.}
- {retract: event/event-7, because: "It never happened, <b>we</b> think."}
- {event: latest, date: 1944-11-05, title: The last one, kind: death, places: [nis]}
""",
}
QUERIES = (
    "",
    "_front=f3",
    "_front=f2",
    "_front=3rd+Ukrainian+Front",
    "_front=Third+Ukrainian+Front",
    "_army=57th+Army&kind=battle",
    "_army=46th+Army",
    "_place=nis",
    "_place=Niš",
    "_place=Nissa",
    "_place=serbia&_within=1944-10-10/1944-10-20",
    "_within=1944-10-13",
    "_certain=1944-10-14",
    "_search=Nis",
    "_search=Nissa",
    "_search=%22is+given+up%22",
    "_search=falls",
    "_search=Fyodor",
    "_search=event&_sort_desc=title",
    "places__arraycontains=Niš",
    "kind=capture&_front=f3",
)
COLUMNS = ("fronts", "armies", "places", "months", "sources", "disputed", "kind")
ASKED = "&".join([*(f"_facet_array={column}" for column in COLUMNS[:-1]), "_facet=kind"])
OF_A_STATE = (*tables.HISTORY, "number")
EVENT_IDS = ("nis-taken", "belgrade-taken", "twice", "event-6", "event-7", "latest")


class State(NamedTuple):
    """What was answered after a batch."""

    head: str
    lists: dict[str, Any]
    tables: dict[str, bytes]
    events: dict[str, dict[str, Any]]

    @property
    def position(self) -> int:
        return int(self.head.partition(":")[0])


def listed(client: httpx.Client, query: str) -> Any:
    """The rows that a query selects, or the status and the text of the refusal."""
    first = client.get(f"/timeline/events.json?_shape=objects&{query}")
    if first.status_code != 200:
        return first.status_code, first.json()["error"]
    return [
        {column: value for column, value in row.items() if column not in OF_A_STATE}
        for row in rows(client, query)
    ]


def shown(client: httpx.Client, event: str, query: str = "") -> dict[str, Any]:
    """What is told of an event: its page without what tells of the moment, JSON and CSV."""
    page = client.get(f"/timeline/events/{event}?{query}")
    found = re.search("<article>.*</article>", page.text, re.DOTALL)
    text = re.sub(r'<p class="as-of".*?</p>|(?:\?|&amp;)_as_of=\d+', "", found[0]) if found else ""
    data = [client.get(f"/timeline/events/{event}.{form}?{query}") for form in ("json", "csv")]
    statuses = [answer.status_code for answer in (page, *data)]
    return {"statuses": statuses, "text": text, "data": [d.content for d in data if d.is_success]}


def head_of(page: httpx.Response) -> str:
    (found,) = {*re.findall(r"<code>(\d+:[0-9a-f]{64})</code>", page.text)}
    return str(found)


def state(client: httpx.Client) -> State:
    exports = ("", "_place=serbia", "_front=f3&_sort_desc=title&_col=title&_col=id")
    return State(
        head_of(client.get("/timeline/events")),
        {query: listed(client, query) for query in QUERIES},
        {query: client.get(f"/timeline/events.csv?{query}").content for query in exports},
        {event: shown(client, event) for event in EVENT_IDS},
    )


class Served(NamedTuple):
    """The timeline with all its batches, and what was answered after each."""

    client: httpx.Client
    states: list[State]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A timeline that grew, batch by batch, while it was served."""
    first, *later = BATCHES.items()
    folder = publish(tmp_path_factory.mktemp("as-of") / "it", dict([first]))
    with in_process(folder) as client:
        client.follow_redirects = True
        states = [state(client)]
        for name, text in later:
            (folder / "events" / name).write_text(text, "utf-8")
            run(folder)
            states.append(state(client))
        yield Served(client, states)


NUMBERS = range(len(BATCHES))


def test_the_states_differ(served: Served) -> None:
    assert [len(state.lists[""]) for state in served.states] == [0, 2, 63, 63, 63, 62]
    assert len({state.tables[""] for state in served.states}) == len(BATCHES)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("query", QUERIES)
def test_a_list_is_what_it_was(served: Served, number: int, query: str) -> None:
    then = served.states[number]

    assert listed(served.client, f"{query}&_as_of={then.position}") == then.lists[query]


def test_names_are_those_of_then(served: Served) -> None:
    before, after = served.states[3].lists, served.states[4].lists

    assert before["_place=Niš"]
    assert before["_place=Nissa"] == (
        400,
        "_place: no place is called 'Nissa'; see the table places",
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
def test_a_csv_is_what_it_was_to_the_byte_at_the_same_address(served: Served, number: int) -> None:
    then = served.states[number]

    for query, body in then.tables.items():
        answer = served.client.get(f"/timeline/events.csv?{query}&_as_of={then.position}")
        assert answer.content == body
        assert not answer.history


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("event", EVENT_IDS)
def test_the_page_of_an_event_is_what_it_was(served: Served, number: int, event: str) -> None:
    then = served.states[number]

    assert shown(served.client, event, f"_as_of={then.position}") == then.events[event]


def test_a_corrected_event_shows_its_accounts_names_and_superiors_of_then(served: Served) -> None:
    def told(number: int) -> str:
        address = f"/timeline/events/nis-taken?_as_of={served.states[number].position}"
        return served.client.get(address).text

    for text in ("Niš is taken", "The town falls.", "<dd>160</dd>", "57th Army", "Niš</a>, Serbia"):
        assert text in told(2)
    for text in ("Niš is given up", "The town is given up.", "<dd>200</dd>", "46th Army"):
        assert text in told(3)
        assert text not in told(2)
    assert "Nissa</a>, Serbia" in told(4)
    assert "Nissa" not in told(3)


@pytest.mark.parametrize("event", ["twice", "event-7"])
def test_a_retracted_event_is_shown_as_of_before_and_not_after(served: Served, event: str) -> None:
    before, after = (served.states[number].position for number in (4, 5))

    assert shown(served.client, event, f"_as_of={before}")["statuses"] == [200] * 3
    assert shown(served.client, event, f"_as_of={after}")["statuses"] == [404] * 3
    assert shown(served.client, event)["statuses"] == [404] * 3


def test_an_event_not_yet_recorded_is_not_there(served: Served) -> None:
    query = f"_as_of={served.states[4].position}"

    assert shown(served.client, "latest", query)["statuses"] == [404] * 3
    assert shown(served.client, "latest")["statuses"] == [200] * 3


def test_a_position_within_a_batch_is_the_end_of_the_batch_before(served: Served) -> None:
    for before, then in zip(served.states, served.states[1:], strict=False):
        for position in (before.position + 1, then.position - 1):
            query = f"_as_of={position}"
            assert listed(served.client, query) == before.lists[""]
            assert served.client.get(f"/timeline/events.csv?{query}").content == before.tables[""]
            assert head_of(served.client.get(f"/timeline/events?{query}")) == before.head
            assert shown(served.client, "nis-taken", query) == before.events["nis-taken"]


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
    served: Served, text: str, number: int
) -> None:
    query = f"_as_of={quote_plus(text)}"

    assert listed(served.client, query) == served.states[number].lists[""]
    csv = served.client.get(f"/timeline/events.csv?{query}").content
    assert csv == served.states[number].tables[""]
    assert head_of(served.client.get(f"/timeline/events?{query}")) == served.states[number].head


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
    served: Served, path: str, form: str, text: str
) -> None:
    query = text if "&" in text else quote_plus(text)
    answer = served.client.get(f"/timeline/{path}{form}?_as_of={query}")

    assert answer.status_code == 400
    assert MALFORMED[text] in (answer.json()["error"] if form == ".json" else answer.text)
    assert "<b>x</b>" not in answer.text or form == ".json" or "html" not in kind(answer)


def kind(answer: httpx.Response) -> str:
    return str(answer.headers["content-type"])


@pytest.mark.parametrize("number", NUMBERS[1:])
@pytest.mark.parametrize(
    "query", ["", "_front=f3", "_place=serbia&kind=battle", "_search=event", "_within=1944-10"]
)
def test_facets_count_exactly_on_every_page(served: Served, number: int, query: str) -> None:
    then, client = served.states[number], served.client
    if isinstance(listed(client, f"{query}&_as_of={then.position}"), tuple):
        pytest.fail(f"{query} is no filter then")
    asked = f"_as_of={then.position}&{query}"
    events = rows(client, asked)
    first = client.get(f"/timeline/events.json?_shape=objects&_size=20&{asked}").json()
    pages = [asked]
    if first["next_url"]:
        pages.append(
            f"{asked}&_size=20&_next={dict(parse_qsl(urlsplit(first['next_url']).query))['_next']}"
        )

    assert len(pages) == 1 + (len(events) > 20)
    for page in pages:
        found = facets(client, f"{ASKED}&{page}")
        for column in COLUMNS:
            assert counts(found[column]) == counted(events, column), column


def test_the_page_has_the_facets_and_the_order_of_the_list_of_now(served: Served) -> None:
    def asked(query: str) -> tuple[list[str], list[str]]:
        page = served.client.get(f"/timeline/events?{query}").text
        heads = re.findall("<h2>(By .*)</h2>", page)
        return heads, re.findall(r'class="title"><a href="/timeline/events/([a-z0-9-]+)', page)

    assert asked(f"_as_of={served.states[-1].position}") == asked("")


def test_the_address_of_the_list_leads_on_with_all_its_parameters(served: Served) -> None:
    query = "_front=f3&kind=battle&_search=event&_as_of=2026-03-01T10%3A00%3A00Z&_col=title"

    answer = served.client.get(f"/timeline/events.json?{query}")

    assert [redirect.status_code for redirect in answer.history] == [302]
    assert answer.url.path == "/timeline/history.json"
    assert {*parse_qsl(query)} <= {*parse_qsl(answer.url.query.decode())}


@pytest.mark.parametrize(
    "path", ["//example.org/timeline/events", "/\\example.org/timeline/events/e"]
)
def test_the_redirect_never_leads_to_another_server(served: Served, path: str) -> None:
    target = {"target": f"{path}?_as_of=20".encode()}

    answer = served.client.get("/", extensions=target, follow_redirects=False)

    assert not answer.headers.get("location", "/").startswith(("//", "/\\", "http"))


def notice(page: httpx.Response) -> tuple[str, str]:
    """What a page says of the moment that it shows, and where it leads back to now."""
    found = re.search(r'<p class="as-of"[^>]*>([^<]*)<a href="([^"]*)"', page.text)
    assert found, page.text
    return found[1], unescape(found[2])


def test_a_page_says_of_when_it_is_and_leads_back_to_now(served: Served) -> None:
    then, client = served.states[2], served.client

    list_then = client.get(f"/timeline/events?_front=f3&_size=20&_as_of={then.position}")
    says, back = notice(list_then)
    assert f"As recorded on 1 February 2026, up to position {then.position}." in says
    assert parse_qsl(urlsplit(back).query) == [("_front", "f3"), ("_size", "20")]
    assert 'class="as-of"' not in client.get(back).text

    event_then = client.get(f"/timeline/events/nis-taken?_as_of={then.position}")
    assert notice(event_then)[1] == "/timeline/events/nis-taken"
    assert 'class="as-of"' not in client.get("/timeline/events/nis-taken").text


def test_a_retracted_event_says_so_and_leads_to_the_reason(served: Served) -> None:
    page = served.client.get(f"/timeline/events/twice?_as_of={served.states[4].position}")
    says, why = notice(page)

    assert "Retracted since" in says
    assert "It was recorded twice." in served.client.get(why).text


def test_a_list_leads_to_events_and_pages_of_the_same_moment(served: Served) -> None:
    then, client = served.states[2], served.client
    page = client.get(f"/timeline/events?_size=20&_as_of={then.position}").text

    events = re.findall(r'class="title"><a href="([^"]*)"', page)
    following = re.search(r'class="next"><a href="([^"]*)"', page)
    assert len(events) == 20
    assert all(f"_as_of={then.position}" in event for event in events)
    assert following
    assert notice(client.get(unescape(following[1])))[0].startswith(
        f"up to position {then.position}"
    )


# Citing


PAGES = (
    *("/", "/timeline", "/timeline/events", "/timeline/events?_front=f3&_within=1944-10"),
    *("/timeline/events/nis-taken", "/timeline/history", "/timeline/places", "/timeline/log"),
    *("/timeline/places/nis", "/timeline/accounts", "/timeline/batches"),
)


def permalink(page: httpx.Response) -> str:
    found = re.search(r'<p class="cite">Cite this: .*?<a href="([^"]*)"', page.text, re.DOTALL)
    assert found, page.text
    return unescape(found[1])


@pytest.mark.parametrize("path", PAGES)
def test_every_page_shows_the_head_and_how_to_cite_it(served: Served, path: str) -> None:
    page = served.client.get(path)

    assert head_of(page) == served.states[-1].head
    assert permalink(page).startswith(str(served.client.base_url))


@pytest.mark.parametrize(
    "path",
    ["events", "events?_front=f3&_within=1944-10&_size=5", "events/nis-taken", "events/twice"],
)
@pytest.mark.parametrize("number", [2, 3, 4])
def test_a_permalink_opens_the_same_whatever_is_recorded_later(
    served: Served, path: str, number: int
) -> None:
    then, client = served.states[number], served.client
    page = client.get(f"/timeline/{path}{'&' if '?' in path else '?'}_as_of={then.position}")
    again = client.get(permalink(page))

    assert ("_as_of", str(then.position)) in parse_qsl(urlsplit(permalink(page)).query)
    assert urlsplit(permalink(page)).path == f"/timeline/{path.partition('?')[0]}"
    assert head_of(page) == head_of(again) == then.head
    without = r'name="_?\w+" value="[^"]*"|href="[^"]*"|window\..*|(?s:<script>.*?</script>)'
    assert re.sub(without, "", again.text) == re.sub(without, "", page.text)


def test_a_permalink_of_now_names_the_head(served: Served) -> None:
    position = str(served.states[-1].position)

    for path in ("/timeline/events?kind=battle&_next=x", "/timeline/events/nis-taken"):
        page = served.client.get(path.replace("&_next=x", ""))
        assert dict(parse_qsl(urlsplit(permalink(page)).query))["_as_of"] == position


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A service that is told how it is reached, where its line of Datasette reads that."""
    name = "metadata.yml" if datasette.__version__.startswith("0.") else "datasette.yaml"
    folder = publish(tmp_path_factory.mktemp("public") / "it", BATCHES)
    told = f"\nplugins:\n  datasette-chronology:\n    public_url: {PUBLIC}/\n"
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write(told)
    with in_process(folder) as client:
        yield client


@pytest.mark.parametrize("path", PAGES)
def test_permalinks_have_the_address_that_is_configured(public: httpx.Client, path: str) -> None:
    link = permalink(public.get(path))

    assert link.startswith(f"{PUBLIC}/")
    assert public.get(link.removeprefix(PUBLIC), follow_redirects=True).status_code == 200


# Changes


ATOM = "{http://www.w3.org/2005/Atom}"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def test_the_page_of_changes_tells_of_batches_notes_and_reasons(served: Served) -> None:
    page = served.client.get("/timeline/history?_size=max")
    batches = re.findall(r'<section class="batch">\s*<h2>(.*?)</h2>', page.text)

    # The last one changed no event: it recorded the chronology, its sources and its places.
    assert batches == ["retraction", "names", "corrections", "many", "events", "start"]
    reasons = re.findall(r"</span> (\w+/[a-z0-9-]+)<br>", page.text)
    assert any(stream.startswith("account/") for stream in reasons)
    for text in (
        *("What was read wrongly", "It was recorded twice.", "As the source writes."),
        *("Many events, and one twice", "0 recorded, 3 corrected, 0 retracted"),
        *("The source leaves the day open.", "It never happened, &lt;b&gt;we&lt;/b&gt; think."),
    ):
        assert text in page.text
    types = [a.get("type") for tag, a in elements(page) if a.get("rel") == "alternate"]
    assert "application/atom+xml" in types


def feed(client: httpx.Client) -> ElementTree.Element:
    answer = client.get("/timeline/history.atom")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    return ElementTree.fromstring(answer.content)


def text(element: ElementTree.Element, name: str) -> str:
    (found,) = element.findall(ATOM + name)
    return found.text or ""


def target(element: ElementTree.Element, relation: str) -> str:
    (found,) = (e for e in element.findall(f"{ATOM}link") if e.get("rel") == relation)
    return found.get("href") or ""


def test_the_feed_is_valid_atom(served: Served) -> None:
    root = feed(served.client)
    entries = root.findall(f"{ATOM}entry")

    assert root.tag == f"{ATOM}feed"
    assert [text(entry, "title").partition(":")[0] for entry in entries] == [
        *("retraction", "names", "corrections", "many", "events", "start")
    ]
    for element in (root, *entries):
        assert text(element, "title")
        assert MOMENT.fullmatch(text(element, "updated"))
        assert urlsplit(text(element, "id")).netloc
    assert len({text(element, "id") for element in (root, *entries)}) == 1 + len(BATCHES)
    assert text(root, "updated") == max(text(entry, "updated") for entry in entries)
    assert text(root.findall(f"{ATOM}author")[0], "name")


def test_the_feed_leads_to_itself_its_page_and_each_batch(served: Served) -> None:
    root = feed(served.client)

    assert served.client.get(target(root, "self")).content.startswith(b"<?xml")
    assert "<h1>Changes</h1>" in served.client.get(target(root, "alternate")).text
    for entry in root.findall(f"{ATOM}entry"):
        assert text(entry, "id") == target(entry, "alternate")
        page = served.client.get(target(entry, "alternate")).text
        batches = re.findall(r'<section class="batch">\s*<h2>(.*?)</h2>', page)
        name = text(entry, "title").partition(":")[0]
        # The first one recorded no event.
        assert batches == ([name] if name != "start" else [])


def test_an_entry_of_the_feed_tells_the_note_the_changes_and_the_reasons(served: Served) -> None:
    entries = {
        text(e, "title").partition(":")[0]: text(e, "content")
        for e in feed(served.client).findall(f"{ATOM}entry")
    }

    assert entries["corrections"].startswith("What was read wrongly\n")
    assert "corrected: Niš is given up (" in entries["corrections"]
    assert "The source leaves the day open." in entries["corrections"]
    assert re.search(
        r"retracted: The capital falls \(.*It was recorded twice", entries["retraction"]
    )
    assert "retracted: Event 7 (It never happened, <b>we</b> think.)" in entries["retraction"]


def test_the_feed_has_the_address_that_is_configured(public: httpx.Client) -> None:
    root = feed(public)

    assert text(root, "id") == target(root, "alternate") == f"{PUBLIC}/timeline/history"
    assert target(root, "self") == f"{PUBLIC}/timeline/history.atom"
    for entry in root.findall(f"{ATOM}entry"):
        assert text(entry, "id") == target(entry, "alternate")
        assert text(entry, "id").startswith(f"{PUBLIC}/timeline/history?from_position=")
