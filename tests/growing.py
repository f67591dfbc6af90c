"""A timeline that grows while it is served, and its responses after each batch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from in_process import in_process
from server import add_batch, publish, rows
from small_chronology import EVENTS, START

from chronology.projections import tables

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


@contextmanager
def growing_timeline(folder: Path) -> Iterator[Served]:
    """A timeline that grows, batch by batch, while it is served."""
    first, *later = BATCHES.items()
    publish(folder, dict([first]))
    with in_process(folder) as client:
        client.follow_redirects = True
        states = [state(client)]
        for name, text in later:
            add_batch(folder, name, text)
            states.append(state(client))
        yield Served(client, states)


def kind(answer: httpx.Response) -> str:
    return str(answer.headers["content-type"])
