"""The response cache: validators, compression, and freshness."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import ROOT, Timeline
from in_process import in_process
from server import serving
from small_chronology import EVENTS, START

LIST = "/timeline/events.json?_shape=array"
KEPT = (
    "/",
    "/timeline/events",
    "/timeline/events.json?_front=f3",
    "/timeline/events/nis-taken",
    "/timeline/events/nis-taken.json",
    "/timeline/history",
    "/timeline/log.json?_size=2",
    "/timeline/places",
)


def small_folder(folder: Path) -> Timeline:
    """Writes the small chronology and a configuration into a folder."""
    for name in ("metadata.yml", "settings.json", "datasette.yaml"):
        shutil.copy(ROOT / name, folder)
    timeline = Timeline(folder / "timeline.db")
    timeline.ingest(START)
    timeline.ingest(EVENTS)
    return timeline


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[httpx.Client, Timeline]]:
    """Datasette, and the timeline behind it to ingest into."""
    timeline = small_folder(tmp_path)
    with closing(timeline.db), in_process(tmp_path) as client:
        yield client, timeline


@pytest.fixture
def serving_process(tmp_path: Path) -> Iterator[tuple[httpx.Client, Timeline]]:
    """A server in a process of its own, and the timeline behind it."""
    timeline = small_folder(tmp_path)
    with closing(timeline.db), serving(tmp_path) as client:
        yield client, timeline


def event(number: int) -> str:
    return f'- {{event: e{number}, date: "1944-10-14", title: T, kind: battle}}'


def test_a_page_is_sent_again_only_when_the_log_has_grown(
    served: tuple[httpx.Client, Timeline],
) -> None:
    client, timeline = served
    for path in KEPT:
        first = client.get(path)
        assert first.headers["cache-control"] == "public, no-cache"
        assert first.headers["etag"].startswith('W/"')
        tag = {"if-none-match": f'"other", {first.headers["etag"]}'}
        again = client.get(path, headers=tag)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert client.get(path).content == first.content

    before = {path: client.get(path).headers["etag"] for path in KEPT}
    timeline.batch("more", event(1))

    for path in KEPT:
        after = client.get(path, headers={"if-none-match": before[path]})
        assert after.status_code == 200, path
        assert after.headers["etag"] != before[path]
    assert "e1" in client.get(LIST).text


def test_a_file_that_is_streamed_has_a_validator_too(
    served: tuple[httpx.Client, Timeline],
) -> None:
    client, timeline = served
    first = client.get("/timeline/events.csv")

    tag = {"if-none-match": first.headers["etag"]}
    assert client.get("/timeline/events.csv", headers=tag).status_code == 304
    timeline.batch("more", event(1))
    assert client.get("/timeline/events.csv", headers=tag).status_code == 200


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (LIST, {"cookie": "a=b"}),
        (LIST, {"authorization": "Bearer x"}),
        (f"{LIST}&_timelimit=500", {}),
        ("/timeline/events/nothing", {}),
        ("/timeline/events.json?_front=nobody", {}),
        ("/-/versions.json", {}),
        ("/timeline/events?_as_of=1", {}),
    ],
)
def test_what_is_not_the_same_for_everybody_has_no_validator(
    served: tuple[httpx.Client, Timeline], path: str, headers: dict[str, str]
) -> None:
    client, _ = served
    answer = client.get(path, headers=headers)

    assert (
        "etag" not in answer.headers or answer.headers["etag"] != client.get(LIST).headers["etag"]
    )
    assert "public" not in answer.headers.get("cache-control", "")


def test_what_is_compressed_says_the_same(served: tuple[httpx.Client, Timeline]) -> None:
    client, _ = served
    path = "/timeline/history"
    for _ in range(2):
        plain = client.get(path, headers={"accept-encoding": "identity"})
        zipped = client.get(path, headers={"accept-encoding": "gzip"})
        assert "content-encoding" not in plain.headers
        assert zipped.headers["content-encoding"] == "gzip"
        assert zipped.headers["vary"] == "accept-encoding"
        assert int(zipped.headers["content-length"]) < len(plain.content) / 2
        assert zipped.content == plain.content
        assert zipped.headers["content-security-policy"] == plain.headers["content-security-policy"]


def test_head_is_answered_without_a_body(served: tuple[httpx.Client, Timeline]) -> None:
    client, _ = served
    for path in ("/timeline/events", "/timeline/events.csv"):
        answer = client.head(path)
        assert (answer.status_code, answer.content) == (200, b"")


def test_no_answer_is_older_than_the_commit_before_its_request(
    serving_process: tuple[httpx.Client, Timeline],
) -> None:
    client, timeline = serving_process
    committed, over = [0], threading.Event()
    requests, stale = [0], []
    paths = (f"{LIST}&_size=max", "/timeline/events.json?_size=0&_extra=count&kind=battle")

    def read() -> None:
        tags: dict[str, tuple[str, Any]] = {}
        while not over.is_set():
            for path in paths:
                least = committed[0]
                count = battles(latest(client, path, tags))
                requests[0] += count is not None
                if count is not None and count < least:
                    stale.append((path, least, count))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        # As long as it takes for many answers, on however busy a machine.
        for number in range(1_000):
            timeline.batch(f"b{number}", event(number))
            committed[0] = number + 1
            if number > 25 and requests[0] > 100:
                break
    finally:
        over.set()
        for reader in readers:
            reader.join()
    assert requests[0] > 100
    assert stale == []


def latest(client: httpx.Client, path: str, tags: dict[str, tuple[str, Any]]) -> Any:
    """What an answer tells, or the one before that still holds; None if it was given up."""
    headers = {"if-none-match": tags[path][0]} if path in tags else {}
    answer = client.get(path, headers=headers)
    if answer.status_code == 304:
        return tags[path][1]
    if answer.status_code != 200:
        return None
    if "etag" in answer.headers:
        tags[path] = (answer.headers["etag"], answer.json())
    return answer.json()


def battles(answer: Any) -> Any:
    """How many an answer tells of; None if it, or only its count, was given up."""
    if isinstance(answer, list):
        return sum(row["kind"] == "battle" for row in answer)
    return answer and answer.get("count", answer.get("filtered_table_rows_count"))


def test_a_star_matches_only_what_is_known_to_be_there(
    served: tuple[httpx.Client, Timeline],
) -> None:
    client, _ = served
    star = {"if-none-match": "*"}
    assert client.get("/timeline/events/nothing", headers=star).status_code == 404
    assert client.get("/timeline/events?_within=oops", headers=star).status_code == 400
    assert client.get("/timeline/events").status_code == 200
    assert client.get("/timeline/events", headers=star).status_code == 304


def test_a_checkpoint_is_a_file_and_follows_it(
    served: tuple[httpx.Client, Timeline], tmp_path: Path
) -> None:
    client, _ = served
    for text in ("first\n", "second\n"):
        (tmp_path / "checkpoint.txt").write_text(text, "utf-8")
        answer = client.get("/-/chronology/checkpoint")
        assert (answer.text, "etag" in answer.headers) == (text, False)


OWN_PAGES = (
    "/",
    "/-/chronology/points.json",
    "/-/chronology/order-of-battle",
    "/-/chronology/order-of-battle.json",
    "/-/chronology/disagreements",
    "/-/chronology/disagreements.json",
    "/timeline/events",
    "/timeline/events.json",
    "/timeline/events/nis-taken",
    "/timeline/events/nis-taken.json",
    "/timeline/events.timelinejs",
)


ACCEPTED = {
    **dict.fromkeys(("gzip", "GZIP", "br, gzip;q=0.5", "*", "*;q=0, gzip"), True),
    **dict.fromkeys(("gzip;q=0", "gzip; q=0.000", "br", "", "*;q=0", "gzip;q=0, *"), False),
    "gzipped": False,
}


def test_every_page_is_compressed_for_those_who_accept_it(
    served: tuple[httpx.Client, Timeline],
) -> None:
    client, _ = served
    for accepted, zipped in ACCEPTED.items():
        for path in OWN_PAGES * 2:
            answer = client.get(path, headers={"accept-encoding": accepted})
            long = len(answer.content) > 1_000
            assert ("content-encoding" in answer.headers) is (zipped and long), (path, accepted)
            assert answer.headers["vary"] == "accept-encoding"


CONDITIONS = {
    **dict.fromkeys(("{}", '"other", {}', "{},W/", "*"), 304),
    **dict.fromkeys(('"other"', "", "{}x", "x{}"), 200),
}


def test_every_page_compares_validators_weakly(served: tuple[httpx.Client, Timeline]) -> None:
    client, _ = served
    for path in (*OWN_PAGES, "/timeline/events.csv", "/timeline/events.geojson"):
        tag = client.get(path).headers["etag"]
        for form, status in CONDITIONS.items():
            if form == "*" and path.endswith(("csv", "geojson")):
                continue  # It is sent before it is known whether all of it is there.
            for given in (tag, tag.removeprefix("W/")):
                answer = client.get(path, headers={"if-none-match": form.format(given)})
                assert (answer.status_code, answer.headers["etag"]) == (status, tag), (path, form)


def test_a_response_with_its_own_etag_is_compared_and_compressed(
    served: tuple[httpx.Client, Timeline],
) -> None:
    client, _ = served
    path, cookie = "/-/chronology/points.json", {"cookie": "a=b"}
    first = client.get(path, headers={**cookie, "accept-encoding": "gzip"})
    assert (first.headers["content-encoding"], "etag" in first.headers) == ("gzip", True)
    assert "accept-encoding" in first.headers["vary"]
    assert "public" not in first.headers["cache-control"]
    plain = client.get(path, headers={**cookie, "accept-encoding": "gzip;q=0"})
    assert "content-encoding" not in plain.headers
    for form, status in CONDITIONS.items():
        given = {**cookie, "if-none-match": form.format(first.headers["etag"])}
        assert client.get(path, headers=given).status_code == status, form
