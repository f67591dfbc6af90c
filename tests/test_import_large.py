"""An import of 100,000 rows: in constant memory, with progress."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

HEADER = "id,date,event,place,lat,lon,type,tons,country,notes\n"
MEASURE = """
import resource, sys
from chronology.cli import main
main(sys.argv[1:], standalone_mode=False)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak_kb(folder: Path, rows: int) -> int:
    """The peak of memory of an import of so many rows, in KB."""
    folder.mkdir()
    with (folder / "table.csv").open("w", encoding="utf-8") as file:
        file.write(HEADER)
        for n in range(rows):
            day = f"{1 + n % 12}/{1 + n % 28}/{1800 + n % 150} {n % 24:02}:{n % 60:02}"
            place = f"Port {n % 500},{n % 500 / 10},{-(n % 500) / 10}"
            file.write(
                f"{n + 1},{day},Ship {n} sails,{place},{'ABC'[n % 3]},{n},C{n % 40},Note {n}\n"
            )
    command = [sys.executable, "-c", MEASURE, "import", "table.csv", "--quiet"]
    done = subprocess.run(
        command,
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


@pytest.mark.slow
def test_the_memory_of_an_import_does_not_grow_with_its_rows(tmp_path: Path) -> None:
    small, large = (peak_kb(tmp_path / str(rows), rows) for rows in (10_000, 100_000))
    assert large - small < 40_000
    assert (
        len((tmp_path / "100000/events/0001-table.jsonl").read_text("utf-8").splitlines()) > 100_000
    )
