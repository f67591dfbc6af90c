"""The runner of the benchmarks: selection, plan, stored results, the page, and real servers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from benchmarks import caching, dates, files, pages, report, results, servers
from benchmarks.__main__ import main
from benchmarks.benchmark import (
    HIGHER_IS_BETTER,
    LOWER_IS_BETTER,
    NO_EVENTS,
    Benchmark,
    Floor,
    Measurement,
    result_row,
)
from benchmarks.measuring import measure_in_turns
from benchmarks.run import Group, groups, plan, select



def test_lines_have_names_of_their_own_and_known_units() -> None:
    lines = [line for group in groups() for line in group.lines]

    assert len({line.name for line in lines}) == len(lines)
    assert {line.unit for line in lines} <= LOWER_IS_BETTER | HIGHER_IS_BETTER


def test_lines_are_chosen_by_group_or_by_name() -> None:
    names = [line.name for line in select(["dates", "pages-army"])]

    assert names[-1] == "pages-army"
    assert len(names) == len(dates.BENCHMARKS) + 1
    with pytest.raises(KeyError, match="nothing"):
        select(["nothing"])


def test_a_plan_has_the_sizes_of_the_run_or_of_the_line() -> None:
    usual, own, largest = line(), line(sizes=(200_000, 1_000_000)), line(largest_only=True)

    def sizes(one: Benchmark, given: list[int] | None, full: bool) -> list[int]:
        return [size for _, size in plan([one], given, full)]

    assert sizes(usual, None, False) == [10_000, 100_000]
    assert sizes(own, None, False) == [200_000]
    assert sizes(own, None, True) == [200_000, 1_000_000]
    assert sizes(own, [5_000], False) == [5_000]
    assert sizes(line(sizes=NO_EVENTS), [5_000], True) == [0]
    assert sizes(largest, None, True) == [1_000_000]
    assert sizes(largest, [10_000], False) == []


def kept(path: Path, *found: tuple[Benchmark, int, Measurement]) -> dict[str, Any]:
    for one, size, measured in found:
        results.keep(result_row(one, size, measured), path)
    return results.load(path)


def test_a_result_takes_the_place_of_an_earlier_one_of_its_size(tmp_path: Path) -> None:
    path = tmp_path / "kept" / "results.json"
    one = line()
    found = kept(
        path,
        (one, 1_000, Measurement([1.0])),
        (one, 2_000, Measurement([2.0])),
        (one, 1_000, Measurement([3.0])),
    )

    assert [(row["size"], row["ours"]) for row in found["rows"]] == [(2_000, 2.0), (1_000, 3.0)]


def test_the_page_tells_what_was_measured_and_which_floors_were_missed(tmp_path: Path) -> None:
    one = line(peer="a | peer", floor=Floor(ratio=2))
    found = kept(
        tmp_path / "results.json",
        (one, 2_000, Measurement([10.0], [5.0])),
        (one, 1_000, Measurement([10.0], [30.0])),
    )

    page = report.page(found, [Group("group", "What it is.", (one,))], "## By hand\n\nA note.\n")

    assert "## Group\n\nWhat it is.\n\n| operation |" in page
    assert "| An operation | 1,000 | 10 ms | 30 ms | a \\| peer | 3 | ratio ≥ 2 | yes |" in page
    assert page.index("| 1,000 |") < page.index("| 2,000 |")
    assert "1 of 2 floors are reached. Not reached:" in page
    assert "- An operation beside a | peer at 2,000: 10 ms, ratio 0.5; ratio ≥ 2" in page
    assert page.endswith("A note.\n")


def test_the_page_tells_which_machine_measured_what(tmp_path: Path) -> None:
    one, other = line(), replace(line(), name="another")
    groups = [Group("some", "", (one,)), Group("more", "", (other,))]
    path = tmp_path / "results.json"
    found = kept(path, (one, 1_000, Measurement([1.0])), (other, 1_000, Measurement([1.0])))
    here = results.machine()

    assert f"- Machine: {here}\n" in report.page(found, groups, "")
    found["rows"][1]["machine"] = "An older one"
    assert f"- Machine: {here} (some); An older one (more)\n" in report.page(found, groups, "")


def test_results_of_lines_that_are_gone_are_left_out(tmp_path: Path) -> None:
    found = kept(tmp_path / "results.json", (line(), 1_000, Measurement([10.0])))

    assert "An operation" not in report.page(found, [], "")


def test_the_committed_page_ends_with_the_notes() -> None:
    notes = report.NOTES.read_text("utf-8").strip()

    assert report.PAGE.read_text("utf-8").endswith(notes + "\n")


@pytest.mark.parametrize("arguments", [["no-such-line"], ["--size", "many"], ["--size", "10"]])
def test_what_cannot_be_measured_is_refused(arguments: list[str]) -> None:
    assert CliRunner().invoke(main, arguments).exit_code == 2


def test_the_list_names_every_line() -> None:
    listed = CliRunner().invoke(main, ["--list"]).output

    assert all(one.name in listed for group in groups() for one in group.lines)


# Against real servers --------------------------------------------------------------------------


class Unmoved(BaseHTTPRequestHandler):
    """A server whose newest event is at position 5 for ever."""

    def do_GET(self) -> None:
        known = self.headers.get("If-None-Match") == "five"
        self.send_response(304 if known else 200)
        self.send_header("ETag", "five")
        self.end_headers()
        if not known:
            self.wfile.write(b'{"rows": [{"position": 5}]}')

    def log_message(self, *args: object) -> None:
        pass


class WithoutFacets(BaseHTTPRequestHandler):
    """A server whose pages tell that a facet took too long."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'<p class="facets-timed-out">These facets timed out: fronts</p>')

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def client_of(handler: type[BaseHTTPRequestHandler]) -> Iterator[httpx.Client]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        with servers.client(f"http://127.0.0.1:{server.server_port}") as client:
            yield client
        server.shutdown()
        thread.join()


def test_an_answer_is_stale_if_it_lacks_what_was_committed_before(tmp_path: Path) -> None:
    feed, found = caching.Feed(tmp_path / "unused.db"), []
    with client_of(Unmoved) as client:
        watcher = caching.Watcher(client, feed)
        for committed in (0, 5, 6, 7):
            feed.committed = committed
            watcher.ask()
            found.append(watcher.stale)

    assert found == [0, 0, 1, 2]
    assert (watcher.states, watcher.errors) == ({5}, 0)


def test_a_page_without_its_facets_is_a_fault_of_ours_and_a_bound_of_the_peer() -> None:
    with client_of(WithoutFacets) as client:
        ours = pages.PageTimer(client, ["/"])
        found = measure_in_turns(ours, pages.stock_timer(client, ["/"]))

    assert ours.faults == "facets timed out"
    assert (len(found.ours), len(found.peer), found.peer_bound) == (5, 1, True)


def test_lines_are_measured_on_real_servers_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "BUILD", tmp_path / "build")
    kept = tmp_path / "results.json"
    names = ["pages-army", "csv-stock", "append"]

    done = CliRunner().invoke(main, [*names, "--size", "1000", "--out", str(kept)])

    rows = {row["line"]: row for row in results.load(kept)["rows"]}
    assert (done.exit_code, list(rows)) == (0, names), done.output
    assert all(row["ours"] > 0 and row["peer"] > 0 for row in rows.values())
    assert not any("out" in row["note"] for row in rows.values())
    assert [path.name for path in (tmp_path / "build").iterdir()] == ["1000"]
