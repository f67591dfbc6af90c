"""The response cache of private chronologies, and its setting."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from conftest import Timeline
from datasette import hookimpl
from datasette.app import Datasette
from datasette.plugins import pm
from in_process import CONFIGURATION
from test_response_cache import event

from chronology.store import log


def test_a_private_chronology_reveals_nothing(timeline: Timeline) -> None:
    head = log.head(timeline.db)
    private = {"allow": {"id": "root"}}
    for path in ("/", "/timeline-0/events", "/timeline-0/events/nothing", "/-/chronology/x"):
        for answer in answers(str(timeline.path), path, {}, {}, private):
            assert answer.status_code in (403, 404)
            assert head.digest not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        *("/-/chronology/points.json", "/-/chronology/order-of-battle", "/{}/events.csv"),
        *("/{}/events.geojson", "/{}/events.ics", "/{}/events/e1.json"),
    ],
)
def test_who_may_not_see_the_history_sees_nothing_of_the_past(
    timeline: Timeline, path: str
) -> None:
    timeline.batch("more", event(1))
    name = timeline.path.stem
    private = {"databases": {name: {"tables": {"history": {"allow": {"id": "root"}}}}}}
    past = f"{path.format(name)}?_as_of={log.head(timeline.db).position}"

    def status(address: str, more: Any = None) -> int:
        return int(answers(str(timeline.path), address, {}, {}, more)[0].status_code)

    assert status(past) == 200
    assert status(past, private) == 403
    assert status(path.format(name), private) == 200


def test_a_page_of_the_past_is_empty_for_who_may_not_see_the_history(timeline: Timeline) -> None:
    private = {"databases": {timeline.path.stem: {"tables": {"history": {"allow": False}}}}}
    past = f"/?_as_of={log.head(timeline.db).position}"

    for more, told in ((None, True), (private, False)):
        (answer, _) = answers(str(timeline.path), past, {}, {}, more)
        assert ("Niš" in answer.text) is told


def test_a_private_database_does_not_reveal_its_head(timeline: Timeline) -> None:
    head = log.head(timeline.db)
    private = {"databases": {timeline.path.stem: {"allow": {"id": "root"}}}}
    for answer in answers(str(timeline.path), "/", {}, {}, private):
        assert head.digest[:16] not in f"{answer.headers} {answer.text}"
        assert "Niš" not in answer.text


def answers(
    path: str,
    address: str,
    settings: dict[str, Any],
    config: dict[str, Any],
    more: dict[str, Any] | None = None,
) -> list[Any]:
    """Two answers in one process, with settings of Datasette and of this plugin."""

    async def ask() -> list[Any]:
        # Datasette 1.0 has what concerns plugins in its configuration.
        given = {CONFIGURATION: {"plugins": {"datasette-chronology": config}, **(more or {})}}
        served = Datasette([path], settings=settings, **given)
        await served.invoke_startup()
        return [await served.client.get(address) for _ in range(2)]

    return asyncio.run(ask())


def test_it_can_be_turned_off(timeline: Timeline) -> None:
    for answer in answers(str(timeline.path), "/timeline-0/events", {}, {"cache_mb": 0}):
        assert answer.status_code == 200
        assert "etag" not in answer.headers


def test_what_was_not_counted_in_time_is_not_kept(timeline: Timeline) -> None:
    timeline.batch("many", "\n".join(event(number) for number in range(2_000)))
    address = "/timeline-0/events.json?_size=1&_extra=facet_results&_facet=title"
    first, second = answers(str(timeline.path), address, {"facet_time_limit_ms": 1}, {})

    counted = first.json()["facet_results"]
    assert "title" not in counted.get("results", counted)
    for answer in (first, second):
        assert "etag" not in answer.headers
        assert "public" not in answer.headers.get("cache-control", "")


class _ByHeader:
    """A plugin that identifies actors by a header."""

    __name__ = "by_header"

    def _actor(self, request: Any) -> dict[str, str] | None:
        name = request.headers.get("x-user")
        return {"id": name} if name else None

    actor_from_request = hookimpl(_actor)


@pytest.mark.parametrize("path", ["/", "/{}/events", "/-/chronology/points.json"])
def test_an_actor_whom_a_plugin_identifies_shares_no_response_with_others(
    timeline: Timeline, path: str
) -> None:
    name, plugin = timeline.path.stem, _ByHeader()
    tables = {"events": {"allow": {"id": "editor"}}}

    async def ask() -> list[Any]:
        served = Datasette(
            [str(timeline.path)], **{CONFIGURATION: {"databases": {name: {"tables": tables}}}}
        )
        await served.invoke_startup()
        editor = {"x-user": "editor"}
        return [
            await served.client.get(path.format(name), headers=headers)
            for headers in (editor, {}, editor, {})
        ]

    pm.register(plugin)
    try:
        seen, hidden, again, still_hidden = asyncio.run(ask())
    finally:
        pm.unregister(plugin)

    assert "Niš" in seen.text
    assert "Niš" in again.text
    assert "no-store" in seen.headers["cache-control"]
    for answer in (hidden, still_hidden):
        assert "Niš" not in answer.text
