"""The page of changes and its Atom feed."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import httpx
from growing import BATCHES, PUBLIC, Served
from html_page import elements

ATOM = "{http://www.w3.org/2005/Atom}"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def test_the_page_of_changes_shows_batches_notes_and_reasons(growing: Served) -> None:
    page = growing.client.get("/timeline/history?_size=max")
    batches = re.findall(r'<section class="batch">\s*<h2 title="(.*?)">', page.text)

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


def test_the_feed_is_valid_atom(growing: Served) -> None:
    root = feed(growing.client)
    entries = root.findall(f"{ATOM}entry")

    assert root.tag == f"{ATOM}feed"
    assert [text(entry, "title").partition(":")[0] for entry in entries] == [
        *("retraction", "names", "corrections", "many", "events", "start")
    ]
    for element in (root, *entries):
        assert text(element, "title")
        assert MOMENT.fullmatch(text(element, "updated"))
        assert text(element, "id").startswith("urn:uuid:")
    assert len({text(element, "id") for element in (root, *entries)}) == 1 + len(BATCHES)
    assert text(root, "updated") == max(text(entry, "updated") for entry in entries)
    assert text(root.findall(f"{ATOM}author")[0], "name")


def test_the_feed_leads_to_itself_its_page_and_each_batch(growing: Served) -> None:
    root = feed(growing.client)

    assert growing.client.get(target(root, "self")).content.startswith(b"<?xml")
    assert "<h1>Changes</h1>" in growing.client.get(target(root, "alternate")).text
    for entry in root.findall(f"{ATOM}entry"):
        page = growing.client.get(target(entry, "alternate")).text
        batches = re.findall(r'<section class="batch">\s*<h2 title="(.*?)">', page)
        name = text(entry, "title").partition(":")[0]
        # The first one recorded no event.
        assert batches == ([name] if name != "start" else [])


def test_an_entry_of_the_feed_has_the_note_the_changes_and_the_reasons(growing: Served) -> None:
    entries = {
        text(e, "title").partition(":")[0]: text(e, "content")
        for e in feed(growing.client).findall(f"{ATOM}entry")
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

    assert target(root, "alternate") == f"{PUBLIC}/timeline/history"
    assert target(root, "self") == f"{PUBLIC}/timeline/history.atom"
    for entry in root.findall(f"{ATOM}entry"):
        assert target(entry, "alternate").startswith(f"{PUBLIC}/timeline/history?from_position=")
