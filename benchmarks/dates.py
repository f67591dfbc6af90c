"""Dates parsed per second, compared with python-edtf."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import edtf

from benchmarks.benchmark import NO_EVENTS, Benchmark, Measurement
from benchmarks.measuring import measure_in_turns
from benchmarks.run import Run
from chronology.model.edtf import parse

FORMS = {
    "day": ["1944-10-14", "1944-09-30", "1944-11-18"],
    "month, year, season": ["1944-10", "1944", "1944-23"],
    "qualified, unspecified": ["1944-10-14~", "1944-10-XX", "194X?"],
    "interval": ["1944-10-14/1944-10-20", "1944-09-01/..", "/1944-10-08"],
    "set": ["[1944-10-13,1944-10-14]", "[1944-09-21..1944-09-30]", "[..1944-10-08]"],
    "time": ["1944-09-06T17:00:00", "1944-10-14T05:00:00Z", "1944-10-14T17:30:00"],
}
MIX = 12 * FORMS["day"] + [text for texts in FORMS.values() for text in texts]
DURATION_S = 0.3


def parse_rate(parser: Callable[[str], object], texts: list[str]) -> float:
    """Parsed dates per second, measured over a third of a second."""
    count, start = 0, perf_counter()
    while (elapsed := perf_counter() - start) < DURATION_S:
        for text in texts:
            parser(text)
        count += len(texts)
    return count / elapsed


def parser_benchmark(texts: list[str]) -> Callable[[Run, int], Measurement]:
    def measure(_: Run, _size: int) -> Measurement:
        return measure_in_turns(
            lambda: parse_rate(parse, texts), lambda: parse_rate(edtf.parse_edtf, texts)
        )

    return measure


BENCHMARKS = tuple(
    Benchmark(
        *(
            f"dates-{name.partition(',')[0]}",
            f"Parse dates: {name}",
            "/s",
            parser_benchmark(texts),
        ),
        peer="python-edtf",
        sizes=NO_EVENTS,
    )
    for name, texts in {**FORMS, "mix": MIX}.items()
)
