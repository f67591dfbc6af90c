"""`python -m tests.fuzz [SECONDS]`: fuzzes every target with atheris, starting from the corpus.

Atheris is optional: without it, nothing runs and the table says so. New inputs are written to
`build/fuzz/`. Copy an input that failed to `tests/corpus/`, where the suite replays it.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CORPUS = ROOT / "tests" / "corpus"
OUTPUT = ROOT / "build" / "fuzz"


def main(seconds: int) -> int:
    print("| fuzzed | runs | failures | seconds |")
    print("|---|---:|---:|---:|")
    if importlib.util.find_spec("atheris") is None:
        print("| date, batch | NOT RUN: atheris is not installed | | |")
        return 0
    return max([_run(name, seconds) for name in ("date", "batch")])


def _run(name: str, seconds: int) -> int:
    """Fuzzes a target in another process, because libFuzzer never returns."""
    output = OUTPUT / name
    output.mkdir(parents=True, exist_ok=True)
    options = [f"-max_total_time={seconds}", "-seed=1944", "-timeout=10", "-rss_limit_mb=2048"]
    options += ["-max_len=4096", "-print_final_stats=1", f"-artifact_prefix={output}/failure-"]
    command = [sys.executable, "-m", "tests.fuzz", "--target", name, *options]
    started = time.monotonic()
    done = subprocess.run(
        [*command, str(output), str(CORPUS / name)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=seconds + 120,
        check=False,
    )
    runs = re.search(r"stat::number_of_executed_units:\s*(\d+)", done.stdout)
    count = f"{int(runs[1]):,}" if runs else "?"
    failed = int(done.returncode != 0)
    print(f"| {name} | {count} | {failed} | {time.monotonic() - started:.1f} |", flush=True)
    if failed:
        print(done.stdout[-4000:], file=sys.stderr)
    return failed


def _target(name: str, options: list[str]) -> None:
    import atheris

    with atheris.instrument_imports(include=["chronology"]):
        from tests.fuzz.targets import TARGETS

    atheris.Setup([sys.argv[0], *options], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--target"]:
        _target(sys.argv[2], sys.argv[3:])
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 30))
