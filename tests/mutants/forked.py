"""Forks of this process, which has imported the libraries but none of the code.

Importing pytest and the libraries takes longer than most tests. A fork has them at once, and
imports the code and the tests from the copy that it is given.
"""

from __future__ import annotations

import importlib
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from hypothesis import Phase, settings

from tests.mutants.copy import Copy

# A change may make a loop endless, and a list or a file in it as well.
MEMORY_BYTES = 6 << 30
FILE_BYTES = 1 << 30
LIBRARIES = (
    *("asgiref.sync", "cachetools", "click", "coverage", "httpx", "hypothesis.stateful", "jinja2"),
    *("msgspec", "pendulum", "pyroaring", "sqlite_utils", "uvicorn", "yaml"),
    "cryptography.hazmat.primitives.asymmetric.ed25519",
)
PYTEST = (
    *("-q", "--tb=line", "--capture=no", "--hypothesis-seed=0"),
    *("-p", "no:cacheprovider", "-p", "no:cov", "-p", "no:xdist"),
    # Plugins are imported already; a test file may execute no line of the package.
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
    *("-W", "ignore::coverage.exceptions.CoverageWarning"),
)


@dataclass(frozen=True)
class Outcome:
    """The status of a fork (None: stopped at a limit), its processor time and its output."""

    status: int | None
    seconds: float
    output: str


def import_libraries() -> None:
    """Import what tests need, but not Datasette: it would import the unchanged plugin."""
    for name in LIBRARIES:
        with suppress(ImportError):
            importlib.import_module(name)


def fork(job: Callable[[], int]) -> int:
    """Start a fork that ends with the status that a job returns; return its process id."""
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if not process:
        _end_with(job)
    return process


def end_of(process: int) -> int:
    """Wait for a fork and return its status; end it if this process is to end."""
    try:
        return os.waitpid(process, 0)[1]
    except BaseException:
        os.kill(process, signal.SIGTERM)
        os.waitpid(process, 0)
        raise


def _end_with(job: Callable[[], int]) -> NoReturn:
    status = 3
    try:
        status = int(job())
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def run_limited(copy: Copy, job: Callable[[], int], limit_s: float) -> Outcome:
    """Run a job in a fork with limits, and end it with all that it has started."""
    shutil.rmtree(copy.temporary, ignore_errors=True)
    copy.temporary.mkdir(parents=True)
    log = copy.temporary / "output.txt"
    deadline, before = time.monotonic() + limit_s, _children_s()

    def limited() -> int:
        _limit(log)
        return job()

    process = fork(limited)
    try:
        status = _wait(process, deadline)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(process, 0)
    return Outcome(status, _children_s() - before, log.read_text("utf-8", "replace"))


def _children_s() -> float:
    """Return the processor time of all processes that this one has started and awaited."""
    return sum(os.times()[2:4])


def _wait(process: int, deadline: float) -> int | None:
    while time.monotonic() < deadline:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return None if code == -signal.SIGPROF else code
        time.sleep(0.01)
    return None


def _limit(log: Path) -> None:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for descriptor in (1, 2):
        os.dup2(output, descriptor)


def enter(copy: Copy) -> None:
    """Make the copy the place that code and tests are imported from, here and in servers."""
    os.chdir(copy.folder)
    os.environ["PYTHONPATH"] = str(copy.folder)
    os.environ["TMPDIR"] = tempfile.tempdir = str(copy.temporary)
    sys.path[:] = [str(copy.folder), *(path for path in sys.path if path != str(copy.origin))]
    for name in [name for name in sys.modules if name.partition(".")[0] in ("chronology", "tests")]:
        del sys.modules[name]
    importlib.invalidate_caches()
    # A failed example is as good as the smallest.
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile(
        "mutants", deadline=None, database=None, phases=phases, max_examples=20
    )
