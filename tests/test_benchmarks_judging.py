"""How a benchmark is measured and judged: turns, medians, ratios and floors."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.benchmark import (
    Benchmark,
    Floor,
    Measurement,
    compute_ratio,
    format_figure,
    result_row,
)
from benchmarks.measuring import PeerGaveUp, measure_in_turns, peak_memory


def benchmark(unit: str = "ms", **fields: Any) -> Benchmark:
    return Benchmark("a-name", "An operation", unit, lambda run, size: Measurement([]), **fields)


def test_a_row_has_the_medians_and_their_ratio() -> None:
    row = result_row(benchmark(peer="a peer"), 1_000, Measurement([30.0, 10.0, 20.0], [90.0, 50.0]))

    assert (row["ours"], row["peer"], row["ratio"]) == (20.0, 70.0, 3.5)


@pytest.mark.parametrize(
    ("unit", "ours", "peer", "ratio"),
    [("ms", 10.0, 30.0, 3.0), ("MB", 30.0, 10.0, 1 / 3), ("/s", 30.0, 10.0, 3.0)],
)
def test_a_ratio_above_one_means_that_ours_is_better(
    unit: str, ours: float, peer: float, ratio: float
) -> None:
    assert compute_ratio(unit, ours, peer) == pytest.approx(ratio)


def test_a_unit_without_a_direction_is_refused() -> None:
    with pytest.raises(ValueError, match="'furlongs' is not a unit"):
        compute_ratio("furlongs", 1.0, 1.0)


@pytest.mark.parametrize(
    ("floor", "ours", "ratio", "is_met"),
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
    floor: Floor, ours: float, ratio: float | None, is_met: bool | None
) -> None:
    assert floor.is_met(1_000, ours, ratio, is_bound=False) is is_met


@pytest.mark.parametrize(("ratio", "is_met"), [(2.0, True), (1.9, None)])
def test_the_bound_of_a_stopped_peer_reaches_a_floor_or_leaves_it_unjudged(
    ratio: float, is_met: bool | None
) -> None:
    assert Floor(ratio=2).is_met(1_000, 1.0, ratio, is_bound=True) is is_met


def test_a_failed_measurement_reaches_no_floor() -> None:
    measurement = Measurement([1.0], failed="facets timed out: fronts", note="9 hits")
    row = result_row(benchmark(floor=Floor(most=10)), 1_000, measurement)

    assert row["met"] is False
    assert row["note"] == "facets timed out: fronts; 9 hits"


def test_the_floor_of_a_measurement_replaces_that_of_the_benchmark() -> None:
    row = result_row(
        benchmark(floor=Floor(most=10)), 1_000, Measurement([11.0], floor=Floor(most=12))
    )

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
def test_a_figure_has_three_digits_or_all_before_the_point(
    value: float, unit: str, text: str
) -> None:
    assert format_figure(value, unit) == text


def test_samples_are_taken_in_turns() -> None:
    order: list[str] = []

    def sample(name: str) -> float:
        order.append(name)
        return float(len(order))

    measurement = measure_in_turns(lambda: sample("a"), lambda: sample("b"), runs=3, peer_runs=2)

    assert "".join(order) == "ababa"
    assert (measurement.ours, measurement.peer) == ([1.0, 3.0, 5.0], [2.0, 4.0])


def test_a_side_past_its_budget_gets_no_further_run() -> None:
    measurement = measure_in_turns(lambda: 1.0, lambda: 2.0, budget_s=1e-9)

    assert (measurement.ours, measurement.peer) == ([1.0], [2.0])


def test_a_peer_that_gives_up_is_not_run_again() -> None:
    def peer() -> float:
        raise PeerGaveUp("too slow", 60.0)

    measurement = measure_in_turns(lambda: 1.0, peer, runs=3)

    assert (measurement.ours, measurement.peer, measurement.peer_bound) == (
        [1.0, 1.0, 1.0],
        [60.0],
        True,
    )
    assert measurement.note == "too slow"


def test_an_absent_peer_has_no_figure() -> None:
    def peer() -> float:
        raise PeerGaveUp("not measured: it is absent")

    row = result_row(benchmark(floor=Floor(ratio=2)), 1_000, measure_in_turns(lambda: 1.0, peer))

    assert (row["peer"], row["ratio"], row["met"]) == (None, None, None)
    assert row["note"] == "not measured: it is absent"


def test_peak_memory_includes_children() -> None:
    allocate = "x = b'x' * 40_000_000"
    child = f"import subprocess, sys; {allocate}; subprocess.run([sys.executable, '-c', child])"
    code = f"child = {allocate + '; sum(range(10_000_000))'!r}; {child}"

    assert 80 < peak_memory("timeit", "-n", "1", "-r", "1", code) < 200


def test_peak_memory_of_a_failing_command_raises() -> None:
    with pytest.raises(RuntimeError, match="ended with status 1"):
        peak_memory("timeit", "no_such_name")
