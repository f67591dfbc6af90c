"""Pages as of an earlier moment: facets, notices, citations and permalinks."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from growing import ASKED, BATCHES, COLUMNS, PUBLIC, Served, head_of, listed
from server import rows
from test_web_facets import counted, counts, facets

NUMBERS = range(len(BATCHES))


@pytest.mark.parametrize("number", NUMBERS[1:])
@pytest.mark.parametrize(
    "query", ["", "_front=f3", "_place=serbia&kind=battle", "_search=event", "_within=1944-10"]
)
def test_facets_count_exactly_on_every_page(growing: Served, number: int, query: str) -> None:
    then, client = growing.states[number], growing.client
    if isinstance(listed(client, f"{query}&_as_of={then.position}"), tuple):
        pytest.fail(f"{query} is no filter then")
    query_then = f"_as_of={then.position}&{query}"
    events = rows(client, query_then)
    first = client.get(f"/timeline/events.json?_shape=objects&_size=20&{query_then}").json()
    pages = [query_then]
    if first["next_url"]:
        pages.append(
            f"{query_then}&_size=20&_next={dict(parse_qsl(urlsplit(first['next_url']).query))['_next']}"
        )

    assert len(pages) == 1 + (len(events) > 20)
    for page in pages:
        found = facets(client, f"{ASKED}&{page}")
        for column in COLUMNS:
            assert counts(found[column]) == counted(events, column), column


def test_the_page_has_the_facets_and_the_order_of_the_list_of_now(growing: Served) -> None:
    def asked(query: str) -> tuple[list[str], list[str]]:
        page = growing.client.get(f"/timeline/events?{query}").text
        heads = re.findall("<h2>(By .*)</h2>", page)
        return heads, re.findall(r'class="title"><a href="/timeline/events/([a-z0-9-]+)', page)

    assert asked(f"_as_of={growing.states[-1].position}") == asked("")


def test_the_address_of_the_list_leads_on_with_all_its_parameters(growing: Served) -> None:
    query = "_front=f3&kind=battle&_search=event&_as_of=2026-03-01T10%3A00%3A00Z&_col=title"

    answer = growing.client.get(f"/timeline/events.json?{query}")

    assert [redirect.status_code for redirect in answer.history] == [302]
    assert answer.url.path == "/timeline/history.json"
    assert {*parse_qsl(query)} <= {*parse_qsl(answer.url.query.decode())}


@pytest.mark.parametrize(
    "path", ["//example.org/timeline/events", "/\\example.org/timeline/events/e"]
)
def test_the_redirect_never_leads_to_another_server(growing: Served, path: str) -> None:
    target = {"target": f"{path}?_as_of=20".encode()}

    answer = growing.client.get("/", extensions=target, follow_redirects=False)

    assert not answer.headers.get("location", "/").startswith(("//", "/\\", "http"))


def notice(page: httpx.Response) -> tuple[str, str]:
    """What a page says of the moment that it shows, and where it leads back to now."""
    found = re.search(r'<p class="as-of"[^>]*>([^<]*)<a href="([^"]*)"', page.text)
    assert found, page.text
    return found[1], unescape(found[2])


def test_a_page_says_of_when_it_is_and_leads_back_to_now(growing: Served) -> None:
    then, client = growing.states[2], growing.client

    list_then = client.get(f"/timeline/events?_front=f3&_size=20&_as_of={then.position}")
    says, back = notice(list_then)
    assert f"As recorded on 1 February 2026, up to position {then.position}." in says
    assert parse_qsl(urlsplit(back).query) == [("_front", "f3"), ("_size", "20")]
    assert 'class="as-of"' not in client.get(back).text

    event_then = client.get(f"/timeline/events/nis-taken?_as_of={then.position}")
    assert notice(event_then)[1] == "/timeline/events/nis-taken"
    assert 'class="as-of"' not in client.get("/timeline/events/nis-taken").text


def test_a_retracted_event_says_so_and_leads_to_the_reason(growing: Served) -> None:
    page = growing.client.get(f"/timeline/events/twice?_as_of={growing.states[4].position}")
    says, why = notice(page)

    assert "has since been retracted" in says
    assert "It was recorded twice." in growing.client.get(why).text


def test_a_list_leads_to_events_and_pages_of_the_same_moment(growing: Served) -> None:
    then, client = growing.states[2], growing.client
    page = client.get(f"/timeline/events?_size=20&_as_of={then.position}").text

    events = re.findall(r'class="title"><a href="([^"]*)"', page)
    following = re.search(r'class="next"><a href="([^"]*)"', page)
    assert len(events) == 20
    assert all(f"_as_of={then.position}" in event for event in events)
    assert following
    says, _ = notice(client.get(unescape(following[1])))
    assert f"up to position {then.position}" in says


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
def test_every_page_shows_the_head_and_how_to_cite_it(growing: Served, path: str) -> None:
    page = growing.client.get(path)

    assert head_of(page) == growing.states[-1].head
    assert permalink(page).startswith(str(growing.client.base_url))


@pytest.mark.parametrize(
    "path",
    ["events", "events?_front=f3&_within=1944-10&_size=5", "events/nis-taken", "events/twice"],
)
@pytest.mark.parametrize("number", [2, 3, 4])
def test_a_permalink_opens_the_same_whatever_is_recorded_later(
    growing: Served, path: str, number: int
) -> None:
    then, client = growing.states[number], growing.client
    page = client.get(f"/timeline/{path}{'&' if '?' in path else '?'}_as_of={then.position}")
    again = client.get(permalink(page))

    assert ("_as_of", str(then.position)) in parse_qsl(urlsplit(permalink(page)).query)
    assert urlsplit(permalink(page)).path == f"/timeline/{path.partition('?')[0]}"
    assert head_of(page) == head_of(again) == then.head
    without = r'name="_?\w+" value="[^"]*"|href="[^"]*"|window\..*|(?s:<script>.*?</script>)'
    assert re.sub(without, "", again.text) == re.sub(without, "", page.text)


def test_a_permalink_of_now_names_the_head(growing: Served) -> None:
    position = str(growing.states[-1].position)

    for path in ("/timeline/events?kind=battle&_next=x", "/timeline/events/nis-taken"):
        page = growing.client.get(path.replace("&_next=x", ""))
        assert dict(parse_qsl(urlsplit(permalink(page)).query))["_as_of"] == position


@pytest.mark.parametrize("path", PAGES)
def test_permalinks_have_the_address_that_is_configured(public: httpx.Client, path: str) -> None:
    link = permalink(public.get(path))

    assert link.startswith(f"{PUBLIC}/")
    assert public.get(link.removeprefix(PUBLIC), follow_redirects=True).status_code == 200


# Changes
