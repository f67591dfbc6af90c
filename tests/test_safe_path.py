"""Files in the current folder are never imported in place of installed modules."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from in_process import in_process
from mischief import STOCK_FAULTS
from server import CONFIGURATION, publish, run, serving
from small_chronology import EVENTS, START

MODULES = ("aiofiles", "datasette", "uvicorn", "click", "yaml", "msgspec", "warnings", "brotli")
CHRONOLOGY = ("-c", "import sys; del sys.path[0]; from chronology.cli import main; main()")


def hostile_folder(folder: Path) -> Path:
    """A chronology whose folder has files named like modules; each leaves a trace if it runs."""
    publish(folder, {"0001-start.yml": START, "0002-events.yml": EVENTS})
    for name in MODULES:
        (folder / f"{name}.py").write_text(f"open({str(folder / 'trace')!r}, 'w')\n", "utf-8")
    return folder


def test_serve_imports_nothing_from_the_folder(tmp_path: Path) -> None:
    folder = hostile_folder(tmp_path / "it")

    with serving(folder, CHRONOLOGY, ("--cors",)) as client:
        answer = client.get("/timeline/events.json")

    assert answer.status_code == 200
    assert answer.headers.get("access-control-allow-origin") == "*"
    assert not (folder / "trace").exists()


@pytest.mark.parametrize("script", ["ingest.py", "chronology/template/folder/ingest.py"])
def test_ingest_imports_nothing_from_the_folder(tmp_path: Path, script: str) -> None:
    folder = hostile_folder(tmp_path / "it")
    (folder / "ingest.py").write_text((ROOT / script).read_text("utf-8"), "utf-8")

    assert "Head: " in run(folder)
    assert not (folder / "trace").exists()


def test_ingest_runs_in_a_clone_that_is_not_installed(tmp_path: Path) -> None:
    assert "ingest.py" in CONFIGURATION
    (tmp_path / "chronology").symlink_to(ROOT / "chronology")
    (tmp_path / "ingest.py").write_text((ROOT / "ingest.py").read_text("utf-8"), "utf-8")
    program = (
        "import sys, runpy; sys.path[:] = [p for p in sys.path if p != sys.argv[1]];"
        " sys.meta_path[:] = [f for f in sys.meta_path if 'editable' not in str(f)];"
        " sys.path.insert(0, '.'); sys.argv[:] = ['ingest.py', '--help'];"
        " runpy.run_path('ingest.py', run_name='__main__')"
    )
    command = [sys.executable, "-P", "-c", program, str(ROOT)]
    environment = {key: text for key, text in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )

    assert "Usage: python ingest.py" in done.stdout, done.stderr


def test_refused_requests_write_no_tracebacks(
    founding_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with in_process(founding_folder) as client:
        for pattern in STOCK_FAULTS:
            for form in ("", ".json"):
                address = pattern.format(form)
                assert client.get(address).status_code < 500, address
        client.post("/timeline/events", content=b"x")

    assert "Traceback" not in capfd.readouterr().err
