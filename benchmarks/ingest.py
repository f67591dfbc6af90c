"""Ingesting events, beside `sqlite-utils insert` and `enable-fts` of the same events."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks import generator

COUNT = 20_000


def run(*command: str) -> float:
    """Seconds that a command takes, as a process of its own."""
    start = perf_counter()
    subprocess.run([sys.executable, "-m", *command], check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - start


def main() -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        start, batch, _ = generator.write_batches(folder, COUNT)
        with (folder / "events.jsonl").open("w", encoding="utf-8") as file:
            for event in generator.events(COUNT):
                file.write(json.dumps({"id": event.pop("event"), **event}) + "\n")
        database = ("--db", str(folder / "ours.db"), "--quiet")
        run("chronology.cli", "ingest", str(start), *database)
        ours = run("chronology.cli", "ingest", str(batch), *database)
        peer = str(folder / "peer.db")
        theirs = run(
            "sqlite_utils",
            *("insert", peer, "events", str(folder / "events.jsonl"), "--nl", "--pk", "id"),
        )
        theirs += run("sqlite_utils", "enable-fts", peer, "events", "title")
        print(f"{'':24}{'here':>12}{'sqlite-utils':>14}{'ratio':>9}")
        rates = (f"{COUNT / ours:,.0f}/s", f"{COUNT / theirs:,.0f}/s")
        print(f"{'ingest, searchable':24}{rates[0]:>12}{rates[1]:>14}{theirs / ours:>9.2f}")


if __name__ == "__main__":
    main()
