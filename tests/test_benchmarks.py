"""The runner of the benchmarks: selection, plan, stored results, the page, and real servers."""

from __future__ import annotations

import shutil
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


def benchmark(**fields: Any) -> Benchmark:
    return Benchmark("a-name", "An operation", "ms", lambda run, size: Measurement([]), **fields)


def test_benchmarks_have_unique_names_and_known_units() -> None:
    benchmarks = [benchmark for group in groups() for benchmark in group.benchmarks]

    assert len({benchmark.name for benchmark in benchmarks}) == len(benchmarks)
    assert {benchmark.unit for benchmark in benchmarks} <= LOWER_IS_BETTER | HIGHER_IS_BETTER


def test_benchmarks_are_selected_by_group_or_by_name() -> None:
    names = [benchmark.name for benchmark in select(["dates", "pages-army"])]

    assert names[-1] == "pages-army"
    assert len(names) == len(dates.BENCHMARKS) + 1
    with pytest.raises(KeyError, match="nothing"):
        select(["nothing"])


def test_a_plan_has_the_sizes_of_the_run_or_of_the_benchmark() -> None:
    usual, own = benchmark(), benchmark(sizes=(200_000, 1_000_000))
    largest = benchmark(largest_only=True)

    def sizes(planned: Benchmark, run_sizes: list[int] | None, full: bool) -> list[int]:
        return [size for _, size in plan([planned], run_sizes, full)]

    assert sizes(usual, None, False) == [10_000, 100_000]
    assert sizes(own, None, False) == [200_000]
    assert sizes(own, None, True) == [200_000, 1_000_000]
    assert sizes(own, [5_000], False) == [5_000]
    assert sizes(benchmark(sizes=NO_EVENTS), [5_000], True) == [0]
    assert sizes(largest, None, True) == [1_000_000]
    assert sizes(largest, [10_000], False) == []


def stored(path: Path, *measured: tuple[Benchmark, int, Measurement]) -> dict[str, Any]:
    """The stored results after these were saved."""
    for each, size, measurement in measured:
        results.save(result_row(each, size, measurement), path)
    return results.load(path)


def test_a_result_replaces_an_earlier_one_of_its_size(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "results.json"
    each = benchmark()
    rows = stored(
        path,
        (each, 1_000, Measurement([1.0])),
        (each, 2_000, Measurement([2.0])),
        (each, 1_000, Measurement([3.0])),
    )["rows"]

    assert [(row["size"], row["ours"]) for row in rows] == [(2_000, 2.0), (1_000, 3.0)]


def test_the_page_has_the_results_and_the_missed_floors(tmp_path: Path) -> None:
    each = benchmark(peer="a | peer", floor=Floor(ratio=2))
    group = Group("group", "A description.", (each,))
    stored_results = stored(
        tmp_path / "results.json",
        (each, 2_000, Measurement([10.0], [5.0])),
        (each, 1_000, Measurement([10.0], [30.0])),
    )

    page = report.page(stored_results, [group], "## By hand\n\nA note.\n")

    assert "## Group\n\nA description.\n\n| operation |" in page
    assert "| An operation | 1,000 | 10 ms | 30 ms | a \\| peer | 3 | ratio ≥ 2 | yes |" in page
    assert page.index("| 1,000 |") < page.index("| 2,000 |")
    assert "1 of 2 floors are reached. Not reached:" in page
    missed = "- An operation compared with a | peer at 2,000: 10 ms, ratio 0.5; ratio ≥ 2"
    assert missed in page
    assert page.endswith("A note.\n")


def test_the_page_names_the_machine_of_each_group(tmp_path: Path) -> None:
    one, other = benchmark(), replace(benchmark(), name="another")
    known = [Group("some", "", (one,)), Group("more", "", (other,))]
    path = tmp_path / "results.json"
    results_here = stored(
        path, (one, 1_000, Measurement([1.0])), (other, 1_000, Measurement([1.0]))
    )
    here = results.machine()

    assert f"- Machine: {here}\n" in report.page(results_here, known, "")
    results_here["rows"][1]["machine"] = "An older one"
    page = report.page(results_here, known, "")
    assert f"- Machine: {here} (some); An older one (more)\n" in page


def test_results_of_removed_benchmarks_are_omitted(tmp_path: Path) -> None:
    old_results = stored(tmp_path / "results.json", (benchmark(), 1_000, Measurement([10.0])))

    assert "An operation" not in report.page(old_results, [], "")


def test_the_committed_page_has_the_current_texts() -> None:
    page = report.PAGE.read_text("utf-8")

    assert page.startswith(report.page({"rows": []}, [], "").partition("There are no")[0])
    assert all(
        f"## {group.name.capitalize()}\n\n{report.unwrap(group.description)}\n" in page
        for group in groups()
    )
    assert page.endswith(report.NOTES.read_text("utf-8").strip() + "\n")


@pytest.mark.parametrize("arguments", [["no-such-name"], ["--size", "many"], ["--size", "10"]])
def test_wrong_arguments_are_refused(arguments: list[str]) -> None:
    assert CliRunner().invoke(main, arguments).exit_code == 2


def test_the_list_names_every_benchmark() -> None:
    output = CliRunner().invoke(main, ["--list"]).output

    assert all(each.name in output for group in groups() for each in group.benchmarks)


@pytest.mark.parametrize(
    ("module", "is_remade"),
    [
        *((f"{folder}/__init__.py", True) for folder in files.WRITE_PATH),
        ("web/addresses.py", False),
    ],
)
def test_a_timeline_is_remade_when_the_write_path_changes(
    module: str, is_remade: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copytree(files.ROOT / "chronology", tmp_path / "chronology")
    monkeypatch.setattr(files, "ROOT", tmp_path)
    digest = files.code_digest()
    (copy / module).write_text("# changed\n", "utf-8")

    assert (files.code_digest() != digest) is is_remade


# With real servers ------------------------------------------------------------------------------


class UnchangedHandler(BaseHTTPRequestHandler):
    """A server whose newest event is always at position 5."""

    def do_GET(self) -> None:
        is_known = self.headers.get("If-None-Match") == "five"
        self.send_response(304 if is_known else 200)
        self.send_header("ETag", "five")
        self.end_headers()
        if not is_known:
            self.wfile.write(b'{"rows": [{"position": 5}]}')

    def log_message(self, *args: object) -> None:
        pass


class NoFacetsHandler(BaseHTTPRequestHandler):
    """A server whose pages report that a facet timed out."""

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


def test_a_response_is_stale_if_it_lacks_an_earlier_commit(tmp_path: Path) -> None:
    writer, counts = caching.Writer(tmp_path / "unused.db"), []
    with client_of(UnchangedHandler) as client:
        reader = caching.Reader(client, writer)
        for committed in (0, 5, 6, 7):
            writer.committed = committed
            reader.request()
            counts.append(reader.stale)

    assert counts == [0, 0, 1, 2]
    assert (reader.states, reader.errors) == ({5}, 0)


def test_missing_facets_are_a_fault_of_ours_and_a_bound_of_the_peer() -> None:
    with client_of(NoFacetsHandler) as client:
        ours = pages.PageTimer(client, ["/"])
        measurement = measure_in_turns(ours, pages.stock_timer(client, ["/"]))

    assert ours.faults == "facets timed out"
    assert (len(measurement.ours), len(measurement.peer)) == (5, 1)
    assert measurement.peer_bound


def test_benchmarks_measure_and_store_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    """One without a server, and with `--long` two with servers."""
    monkeypatch.setattr(files, "BUILD", tmp_path / "build")
    path = tmp_path / "results.json"
    names = ["pages-army", "csv-stock", "append"]
    if not pytestconfig.getoption("long"):
        names = ["append"]

    result = CliRunner().invoke(main, [*names, "--size", "1000", "--out", str(path)])

    rows = {row["line"]: row for row in results.load(path)["rows"]}
    assert (result.exit_code, list(rows)) == (0, names), result.output
    assert all(row["ours"] > 0 and row["peer"] > 0 for row in rows.values())
    assert not any(row["peer_bound"] or "out" in row["note"] for row in rows.values())
    assert {folder.name for folder in (tmp_path / "build").glob("*")} <= {"1000"}
