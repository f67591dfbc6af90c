"""`python -m tests.attack [--short] [--list] [NAME]...`: runs attacks and prints a table.

Exits with 1 if an attack has findings or no cases.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.attack.report import LONG, SHORT, Budget, Report

FOLDER = Path(__file__).parent
# The modules that tests share are imported by their plain names, as pytest does.
sys.path.append(str(FOLDER.parent))


def attacks() -> dict[str, Callable[[Budget], Report]]:
    """The function of each attack, by the name of its module."""
    names = sorted(path.stem for path in FOLDER.glob("[a-z]*.py"))
    modules = {name: importlib.import_module(f"tests.attack.{name}") for name in names}
    return {name: module.run for name, module in modules.items() if hasattr(module, "run")}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.attack")
    parser.add_argument("--short", action="store_true", help="the budget of the tests")
    parser.add_argument("--list", action="store_true", help="print the names of the attacks")
    parser.add_argument("names", nargs="*", metavar="NAME", help="attacks to run; all by default")
    given = parser.parse_args(arguments)
    known = attacks()
    unknown = [name for name in given.names if name not in known]
    if unknown:
        parser.error(f"{unknown[0]!r} is not an attack. Attacks: {', '.join(known)}")
    if given.list:
        print("\n".join(known))
        return 0
    os.environ["NO_PROXY"] = "127.0.0.1"
    print("| attack | cases | findings | peak MB | stall ms | seconds |")
    print("|---|---:|---:|---:|---:|---:|")
    budget = SHORT if given.short else LONG
    return max([_run(name, known[name], budget) for name in given.names or known], default=0)


def _run(name: str, attack: Callable[[Budget], Report], budget: Budget) -> int:
    started = time.monotonic()
    try:
        report = attack(budget)
    except Exception:
        traceback.print_exc()
        print(f"| {name} | FAILED | | | | |", flush=True)
        return 1
    figures = (f"{report.cases:,}", f"{len(report.findings):,}")
    memory, stall = f"{report.peak_mb:,.0f}", f"{report.stall_ms:,.0f}"
    seconds = f"{time.monotonic() - started:.1f}"
    print(f"| {name} | {' | '.join(figures)} | {memory} | {stall} | {seconds} |", flush=True)
    for finding in report.findings:
        print(f"{name}: {finding}", file=sys.stderr)
    return 1 if report.findings or not report.cases else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
