"""How many dates are parsed in a second, beside python-edtf: `python benchmarks/dates.py`."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import edtf

from chronology.dates import parse

FORMS = {
    "day": ["1944-10-14", "1944-09-30", "1944-11-18"],
    "month, year, season": ["1944-10", "1944", "1944-23"],
    "qualified, unspecified": ["1944-10-14~", "1944-10-XX", "194X?"],
    "interval": ["1944-10-14/1944-10-20", "1944-09-01/..", "/1944-10-08"],
    "set": ["[1944-10-13,1944-10-14]", "[1944-09-21..1944-09-30]", "[..1944-10-08]"],
    "time": ["1944-09-06T17:00:00", "1944-10-14T05:00:00Z", "1944-10-14T17:30:00"],
}
MIX = 12 * FORMS["day"] + [text for texts in FORMS.values() for text in texts]


def rate(parser: Callable[[str], object], texts: list[str], seconds: float) -> float:
    """Parses a second: the best of five rounds, each of at least `seconds` altogether."""
    best = 0.0
    for _ in range(5):
        count, start = 0, perf_counter()
        while (elapsed := perf_counter() - start) < seconds / 5:
            for text in texts:
                parser(text)
            count += len(texts)
        best = max(best, count / elapsed)
    return best


def main() -> None:
    print(f"{'':24}{'here':>10}{'python-edtf':>14}{'ratio':>9}")
    for name, texts in {**FORMS, "mix": MIX}.items():
        ours, theirs = rate(parse, texts, 1.0), rate(edtf.parse_edtf, texts, 0.5)
        print(f"{name:24}{ours:>8,.0f}/s{theirs:>12,.1f}/s{ours / theirs:>9,.0f}")


if __name__ == "__main__":
    main()
