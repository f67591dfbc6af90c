"""The formats as they are served: every selected event, in one state, however many."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import many_events
import naval
import pytest
from conftest import ROOT
from growing import BATCHES
from html_page import elements
from in_process import in_process
from read_back import READERS, Read
from server import add_batch, configure, ids, publish, rows

from chronology.export.formats import FORMATS
from chronology.model.edtf import parse

PUBLIC = "https://example.org/balkans"
QUERIES = ("", "_place=serbia", "_front=f3&_sort_desc=title")
every_format = pytest.mark.parametrize("extension", FORMATS)


def text(client: httpx.Client, extension: str, query: str = "") -> str:
    answer = client.get(f"/timeline/events.{extension}?{query}")
    assert answer.status_code == 200, answer.text
    return answer.text


def read(client: httpx.Client, extension: str, query: str = "") -> dict[str, Read]:
    return READERS[extension](text(client, extension, query))


class State(NamedTuple):
    """What was answered after a batch, by format and query."""

    position: int
    texts: dict[tuple[str, str], str]


class Growing(NamedTuple):
    client: httpx.Client
    states: list[State]


@pytest.fixture(scope="module")
def growing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Growing]:
    """A timeline that grew, batch by batch, while it was served to other sites, too."""
    first, *later = BATCHES.items()
    folder = publish(tmp_path_factory.mktemp("growing") / "it", dict([first]))
    configure(folder, public_url=PUBLIC)
    with in_process(folder, cors=True) as client:
        states = [state(client)]
        for name, batch in later:
            add_batch(folder, name, batch)
            states.append(state(client))
        yield Growing(client, states)


def state(client: httpx.Client) -> State:
    texts = {(form, query): text(client, form, query) for form in FORMATS for query in QUERIES}
    version = json.loads(texts["geojson", ""])["version"]
    return State(int(version.partition(":")[0]), texts)


def unfolded(exported: str, position: int) -> str:
    """An export without what names its state: its address, and the id of a feed."""
    text = re.sub(r"<id>urn:uuid:[0-9a-f-]+</id>", "", exported.replace("\r\n ", ""), count=1)
    return re.sub(rf"[?&](amp;)?_as_of={position}\b", "", text)


@every_format
def test_every_event_is_in_it_however_many(server: httpx.Client, extension: str) -> None:
    found = read(server, extension)

    assert len(found) == many_events.COUNT > 1_000
    dates = {str(row["id"]): parse(str(row["date"])) for row in rows(server)}
    assert found == {name: Read.of(d, extension) for name, d in dates.items()}


@every_format
@pytest.mark.parametrize(
    "query",
    [
        "_front=f3&_search=Nis",
        "_army=57th+Army&_place=serbia&_size=5",
        "_within=1944-10-14&kind__in=capture,death&_next=1944-10-01%2Cevent-1",
        "_certain=1944-10&sources__arraycontains=First+source",
    ],
)
def test_it_holds_what_the_filters_select(server: httpx.Client, extension: str, query: str) -> None:
    expected = ids(server, re.sub("&(_size|_next)=[^&]*", "", query))

    assert expected
    assert read(server, extension, query).keys() == expected


def test_it_is_sorted_as_the_list_is(server: httpx.Client) -> None:
    for query in ("", "_sort_desc=title"):
        listed = [row["id"] for row in rows(server, query)]
        assert list(read(server, "geojson", query)) == listed


@every_format
@pytest.mark.parametrize("query", ["_within=14.10.1944", "_front=Nobody", "_as_of=0", "_sort=no"])
def test_what_is_wrong_with_the_list_is_wrong_with_it(
    server: httpx.Client, extension: str, query: str
) -> None:
    listed = server.get(f"/timeline/events?{query}", follow_redirects=True)

    assert listed.status_code == 400
    assert server.get(f"/timeline/events.{extension}?{query}").status_code == 400


@pytest.mark.parametrize("extension", ["xyz", "kml", "JSON"])
def test_an_unknown_format_is_not_found_and_the_known_ones_are_named(
    server: httpx.Client, extension: str
) -> None:
    answer = server.get(f"/timeline/events.{extension}")

    assert answer.status_code == 404
    assert all(f".{known}" in answer.text for known in ("json", "csv", *FORMATS))


@every_format
def test_it_is_documented_with_its_media_type(extension: str) -> None:
    page = (ROOT / "docs" / "exports.md").read_text("utf-8")
    media_type = FORMATS[extension].media_type.partition(";")[0]

    assert f"| `/timeline/events.{extension}` | `{media_type}` |" in page
    assert f"\n## {FORMATS[extension].name}\n" in page


@every_format
def test_another_database_has_no_events(server: httpx.Client, extension: str) -> None:
    assert server.get(f"/nowhere/events.{extension}").status_code == 404


@every_format
def test_it_has_its_media_type_and_its_name(server: httpx.Client, extension: str) -> None:
    answer = server.get(f"/timeline/events.{extension}?id=event-1")

    assert answer.headers["content-type"] == FORMATS[extension].media_type
    kind, _, name = answer.headers["content-disposition"].partition("; ")
    assert kind == ("inline" if extension == "atom" else "attachment")
    assert name == f'filename="timeline-events.{extension}"'
    assert "access-control-allow-origin" not in answer.headers
    bare = server.head(f"/timeline/events.{extension}")
    assert bare.status_code == 200
    assert bare.headers["content-type"] == FORMATS[extension].media_type
    assert bare.headers["content-disposition"] == answer.headers["content-disposition"]


@every_format
def test_it_may_be_read_from_other_sites_where_the_json_may(
    growing: Growing, extension: str
) -> None:
    for address in (f"/timeline/events.{extension}", "/timeline/events.json"):
        assert growing.client.get(address).headers["access-control-allow-origin"] == "*"


@every_format
@pytest.mark.parametrize("number", range(len(BATCHES)))
def test_it_is_what_it_was_as_of_every_state(growing: Growing, extension: str, number: int) -> None:
    position, texts = growing.states[number]

    for query in QUERIES:
        then = text(growing.client, extension, f"{query}&_as_of={position}")
        # Its own address says which state was asked for.
        assert unfolded(then, position) == unfolded(texts[extension, query], position)


def test_the_states_differ(growing: Growing) -> None:
    for extension in FORMATS:
        assert len({texts[extension, ""] for _, texts in growing.states}) == len(BATCHES)


def test_a_past_state_has_the_accounts_of_its_time(growing: Growing) -> None:
    before, after = (growing.states[number].position for number in (2, 3))

    def feature(position: int) -> Any:
        found = text(growing.client, "geojson", f"id=nis-taken&_as_of={position}")
        return json.loads(found)["features"][0]

    assert feature(before)["properties"]["date"] == "1944-10-14"
    assert feature(before)["properties"]["accounts"][0]["says"] == "The town falls."
    assert feature(before)["properties"]["armies"] == ["57th Army"]
    assert feature(after)["properties"]["date"] == "[1944-10-13..1944-10-15]"
    assert feature(after)["properties"]["accounts"][0]["says"] == "The town is given up."
    assert feature(after)["properties"]["armies"] == ["46th Army"]


def test_the_accounts_of_a_retracted_event_stand_where_they_were_moved(growing: Growing) -> None:
    found = json.loads(text(growing.client, "geojson", "id=belgrade-taken"))

    (feature,) = found["features"]
    locators = [account["at"] for account in feature["properties"]["accounts"]]
    assert locators == ["¶2", "¶3; ¶4", "¶9"]


@every_format
def test_it_names_the_state_the_licence_and_an_address_that_stays(
    growing: Growing, extension: str
) -> None:
    found = text(growing.client, extension, "_place=nis&_size=5").replace("\r\n ", "")
    head = growing.client.get("/timeline/events").text

    (state,) = set(re.findall(r"<code>(\d+:[0-9a-f]{64})</code>", head))
    position = state.partition(":")[0]
    assert state in found
    assert "https://creativecommons.org/licenses/by/4.0/" in found
    address = f"{PUBLIC}/timeline/events.{extension}?_place=nis&_as_of={position}"
    assert address in unescape(found)
    assert growing.client.get(address.removeprefix(PUBLIC)).status_code == 200


@every_format
def test_the_list_links_to_it_with_its_filters(growing: Growing, extension: str) -> None:
    for query in ("", "_place=nis&kind=capture", f"_as_of={growing.states[3].position}"):
        page = growing.client.get(f"/timeline/events?{query}", follow_redirects=True)
        hrefs = [one.attributes.get("href", "") for one in elements(page) if one.tag == "a"]
        (link,) = [href for href in hrefs if f"/events.{extension}" in href]
        heads = [one.attributes for one in elements(page) if one.tag == "link"]
        types = {one["href"]: one["type"] for one in heads if one["rel"] == "alternate"}
        assert types[link] == FORMATS[extension].media_type.partition(";")[0]
        expected = json.loads(text(growing.client, "geojson", query))["features"]
        found = READERS[extension](growing.client.get(link).text)
        assert found.keys() == {one["@id"].rpartition("/")[2] for one in expected}


def test_another_chronology_has_its_own_dimensions(tmp_path: Path) -> None:
    folder = publish(tmp_path / "west-indies", naval.BATCHES)
    (folder / "metadata.yml").write_text(naval.METADATA, "utf-8")
    with in_process(folder) as client:
        for extension in FORMATS:
            assert len(read(client, extension)) == 3
        collection = json.loads(text(client, "geojson", "_fleet=leeward&_certain=1782"))

    (feature,) = collection["features"]
    assert feature["properties"]["fleets"] == ["Leeward Fleet"]
    assert collection["license"] is None
