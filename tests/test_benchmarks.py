"""The benchmarks themselves: what they measure on, and how they judge it."""

from __future__ import annotations

import json
from collections import Counter
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
from conftest import Timeline

from benchmarks import caching, dates, files, generator, pages, report, results, servers
from benchmarks.__main__ import main
from benchmarks.lines import (
    HIGHER_IS_BETTER,
    LOWER_IS_BETTER,
    NO_EVENTS,
    Floor,
    Line,
    Measured,
    figure,
    ratio_of,
    row_of,
)
from benchmarks.measuring import GaveUp, in_turns, peak_memory
from benchmarks.run import Group, chosen, groups, plan

COUNT = 2_000


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return generator.write_batches(tmp_path_factory.mktemp("generated"), COUNT)


@pytest.fixture(scope="module")
def ingested(written: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Timeline]:
    timeline = Timeline(tmp_path_factory.mktemp("ingested") / "timeline.db")
    for path in written:
        timeline.ingest(path.read_text("utf-8"), "jsonl")
    yield timeline
    timeline.db.close()


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_the_same_number_gives_the_same_bytes(written: list[Path], tmp_path: Path) -> None:
    again = generator.write_batches(tmp_path, COUNT)

    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in written]


def test_a_smaller_number_gives_the_first_of_the_same_events(tmp_path: Path) -> None:
    assert list(generator.events(50)) == list(generator.events(COUNT))[:50]


def test_nothing_is_left_of_a_file_that_was_not_finished(tmp_path: Path) -> None:
    def interrupted():
        yield generator.header("half", 1, "Half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generator.write(tmp_path / "half.jsonl", interrupted())

    assert not (tmp_path / "half.jsonl").exists()


def test_every_line_is_ingested(ingested: Timeline) -> None:
    (row,) = ingested.rows("SELECT count(*) AS events FROM events")

    assert row["events"] == COUNT - COUNT // generator.CHANGES["retracting"]


def test_a_line_is_as_large_and_as_wide_as_it_is_said_to_be(written: list[Path]) -> None:
    events = lines(written[1])[1:]
    fields = [len(event) - 1 + len(event["accounts"][0]) for event in events]

    assert len(events) == COUNT
    assert 490 < written[1].stat().st_size / COUNT < 550
    assert {12, 13} == set(fields)


def test_events_alone_are_the_same_without_their_accounts() -> None:
    whole = list(generator.events(200))
    for event in whole:
        del event["accounts"]

    assert list(generator.events(200, accounts=False)) == whole


def test_some_armies_are_in_most_events_and_some_in_hardly_any() -> None:
    named = Counter(name for event in generator.events(20_000) for name in event["formations"])
    of_army = Counter()
    for name, count in named.items():
        of_army[(int(name.split("-")[1]) - 1) % generator.ARMIES] += count

    assert of_army[0] > 1_200
    assert 0 < sum(of_army[number] for number in range(25, 30)) < 40


def test_dates_come_in_every_form() -> None:
    forms = Counter(
        "".join("9" if letter.isdecimal() else letter for letter in event["date"])
        for event in generator.events(5_000)
    )

    assert len(forms) == 11
    assert forms["9999-99-99"] / 5_000 == pytest.approx(0.78, abs=0.03)


def test_the_second_reading_disputes_corrects_and_retracts(ingested: Timeline) -> None:
    (row,) = ingested.rows(
        "SELECT recorded, corrected, retracted FROM batches WHERE id = 'second-reading'"
    )
    (disputed,) = ingested.rows("SELECT count(*) AS n FROM events WHERE disputed != '[]'")

    # The account of each retracted event is moved, which is a correction too.
    assert row == {"recorded": COUNT // 50, "corrected": 34 + 4, "retracted": 4}
    assert disputed["n"] > COUNT // 100


# How it is judged ------------------------------------------------------------------------------


def line(unit: str = "ms", **fields: object) -> Line:
    return Line("a-line", "An operation", unit, lambda run, size: Measured([]), **fields)


def test_a_row_has_the_medians_and_their_ratio() -> None:
    row = row_of(line(peer="a peer"), 1_000, Measured([30.0, 10.0, 20.0], [90.0, 50.0]))

    assert (row["ours"], row["peer"], row["ratio"]) == (20.0, 70.0, 3.5)


@pytest.mark.parametrize(
    ("unit", "ours", "peer", "ratio"),
    [("ms", 10.0, 30.0, 3.0), ("MB", 30.0, 10.0, 1 / 3), ("/s", 30.0, 10.0, 3.0)],
)
def test_a_ratio_above_one_is_always_in_favour_of_ours(
    unit: str, ours: float, peer: float, ratio: float
) -> None:
    assert ratio_of(unit, ours, peer) == pytest.approx(ratio)


def test_a_unit_without_a_direction_is_refused() -> None:
    with pytest.raises(ValueError, match="'furlongs' is no unit"):
        ratio_of("furlongs", 1.0, 1.0)


@pytest.mark.parametrize(
    ("floor", "ours", "ratio", "met"),
    [
        (Floor(), 1.0, 9.0, None),
        (Floor(ratio=2), 1.0, 2.0, True),
        (Floor(ratio=2), 1.0, 1.9, False),
        (Floor(ratio=2), 1.0, None, None),
        (Floor(most=10), 10.0, None, True),
        (Floor(most=10), 10.1, None, False),
        (Floor(least=10), 9.9, None, False),
        (Floor(ratio=2, most=10), 11.0, 3.0, False),
        (Floor(ratio=2, most=10), 9.0, 1.0, False),
        (Floor(ratio=2, most=10), 9.0, None, None),
        (Floor(ratio=2, most=10), 11.0, None, False),
        (Floor(ratio=2, ratio_from=5_000), 1.0, 1.0, None),
        (Floor(ratio=2, most=10, ratio_from=5_000), 1.0, 1.0, True),
    ],
)
def test_a_floor_is_reached_missed_or_not_judged(
    floor: Floor, ours: float, ratio: float | None, met: bool | None
) -> None:
    assert floor.met(1_000, ours, ratio, bound=False) is met


@pytest.mark.parametrize(("ratio", "met"), [(2.0, True), (1.9, None)])
def test_a_peer_that_was_given_up_can_prove_a_ratio_and_disprove_none(
    ratio: float, met: bool | None
) -> None:
    assert Floor(ratio=2).met(1_000, 1.0, ratio, bound=True) is met


def test_an_answer_that_failed_reaches_no_floor_however_quick_it_was() -> None:
    found = Measured([1.0], failed="facets timed out: fronts", note="9 hits")
    row = row_of(line(floor=Floor(most=10)), 1_000, found)

    assert row["met"] is False
    assert row["note"] == "facets timed out: fronts; 9 hits"


def test_a_floor_that_depends_on_what_was_found_replaces_that_of_the_line() -> None:
    row = row_of(line(floor=Floor(most=10)), 1_000, Measured([11.0], floor=Floor(most=12)))

    assert (row["met"], row["floor"]) == (True, "≤ 12 ms")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0, "stale", "0 stale"),
        (0.1234, "ms", "0.123 ms"),
        (12.34, "ms", "12.3 ms"),
        (99.96, "s", "100 s"),
        (1234.5, "MB", "1,234 MB"),
        (13000.4, "/s", "13,000/s"),
    ],
)
def test_figures_have_three_digits_or_all_before_the_point(
    value: float, unit: str, text: str
) -> None:
    assert figure(value, unit) == text


def test_samples_are_taken_in_turns() -> None:
    order: list[str] = []

    def sampling(name: str) -> float:
        order.append(name)
        return float(len(order))

    found = in_turns(lambda: sampling("a"), lambda: sampling("b"), runs=3, peer_runs=2)

    assert "".join(order) == "ababa"
    assert (found.ours, found.peer) == ([1.0, 3.0, 5.0], [2.0, 4.0])


def test_a_side_beyond_its_budget_has_one_sample() -> None:
    found = in_turns(lambda: 1.0, lambda: 2.0, budget_s=1e-9)

    assert (found.ours, found.peer) == ([1.0], [2.0])


def test_a_peer_that_gives_up_is_asked_no_more_and_ours_is() -> None:
    def peer() -> float:
        raise GaveUp("too slow", 60.0)

    found = in_turns(lambda: 1.0, peer, runs=3)

    assert (found.ours, found.peer, found.peer_bound) == ([1.0, 1.0, 1.0], [60.0], True)
    assert found.note == "too slow"


def test_an_absent_peer_has_no_figure() -> None:
    def peer() -> float:
        raise GaveUp("not measured: it is absent")

    row = row_of(line(floor=Floor(ratio=2)), 1_000, in_turns(lambda: 1.0, peer))

    assert (row["peer"], row["ratio"], row["met"]) == (None, None, None)
    assert row["note"] == "not measured: it is absent"


def test_peak_memory_counts_the_children() -> None:
    held = "x = b'x' * 40_000_000"
    child = f"import subprocess, sys; {held}; subprocess.run([sys.executable, '-c', child])"
    code = f"child = {held + '; sum(range(10_000_000))'!r}; {child}"

    assert 80 < peak_memory("timeit", "-n", "1", "-r", "1", code) < 200


def test_peak_memory_of_a_command_that_fails_is_none() -> None:
    with pytest.raises(RuntimeError, match="ended with status 1"):
        peak_memory("timeit", "no_such_name")


# What is run, and what is written --------------------------------------------------------------


def test_lines_have_names_of_their_own_and_known_units() -> None:
    lines = [line for group in groups() for line in group.lines]

    assert len({line.name for line in lines}) == len(lines)
    assert {line.unit for line in lines} <= LOWER_IS_BETTER | HIGHER_IS_BETTER


def test_lines_are_chosen_by_group_or_by_name() -> None:
    names = [line.name for line in chosen(["dates", "pages-army"])]

    assert names[-1] == "pages-army"
    assert len(names) == len(dates.LINES) + 1
    with pytest.raises(KeyError, match="nothing"):
        chosen(["nothing"])


def test_a_plan_has_the_sizes_of_the_run_or_of_the_line() -> None:
    usual, own, largest = line(), line(sizes=(200_000, 1_000_000)), line(largest_only=True)

    def sizes(one: Line, given: list[int] | None, full: bool) -> list[int]:
        return [size for _, size in plan([one], given, full)]

    assert sizes(usual, None, False) == [10_000, 100_000]
    assert sizes(own, None, False) == [200_000]
    assert sizes(own, None, True) == [200_000, 1_000_000]
    assert sizes(own, [5_000], False) == [5_000]
    assert sizes(line(sizes=NO_EVENTS), [5_000], True) == [0]
    assert sizes(largest, None, True) == [1_000_000]
    assert sizes(largest, [10_000], False) == []


def kept(path: Path, *found: tuple[Line, int, Measured]) -> dict[str, Any]:
    for one, size, measured in found:
        results.keep(row_of(one, size, measured), path)
    return results.load(path)


def test_a_result_takes_the_place_of_an_earlier_one_of_its_size(tmp_path: Path) -> None:
    path = tmp_path / "kept" / "results.json"
    one = line()
    found = kept(
        path,
        (one, 1_000, Measured([1.0])),
        (one, 2_000, Measured([2.0])),
        (one, 1_000, Measured([3.0])),
    )

    assert [(row["size"], row["ours"]) for row in found["rows"]] == [(2_000, 2.0), (1_000, 3.0)]


def test_the_page_tells_what_was_measured_and_which_floors_were_missed(tmp_path: Path) -> None:
    one = line(peer="a | peer", floor=Floor(ratio=2))
    found = kept(
        tmp_path / "results.json",
        (one, 2_000, Measured([10.0], [5.0])),
        (one, 1_000, Measured([10.0], [30.0])),
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
    found = kept(path, (one, 1_000, Measured([1.0])), (other, 1_000, Measured([1.0])))
    here = results.machine()

    assert f"- Machine: {here}\n" in report.page(found, groups, "")
    found["rows"][1]["machine"] = "An older one"
    assert f"- Machine: {here} (some); An older one (more)\n" in report.page(found, groups, "")


def test_results_of_lines_that_are_gone_are_left_out(tmp_path: Path) -> None:
    found = kept(tmp_path / "results.json", (line(), 1_000, Measured([10.0])))

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
        ours = pages.Asking(client, ["/"])
        found = in_turns(ours, pages.of_stock(client, ["/"]))

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
