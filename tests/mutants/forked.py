"""Pytest in a fork of this process, which has imported all libraries but none of the code.

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
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import Phase, settings

from tests.mutants.copy import Copy

# A change may make a loop endless, and a list or a file in it as well.
MEMORY_BYTES = 6 << 30
FILE_BYTES = 1 << 30
LIBRARIES = (
    *("cachetools", "click", "cryptography.hazmat.primitives.asymmetric.ed25519", "httpx"),
    *("hypothesis.stateful", "hypothesis.extra._patching", "jinja2", "msgspec", "pendulum"),
    *("pyroaring", "sqlite_utils", "uvicorn", "yaml", "asgiref.sync", "coverage"),
)
# Pytest warns that it cannot rewrite the assertions of plugins that are imported.
OPTIONS = (
    *("-q", "--tb=line", "--hypothesis-seed=0", "-W", "ignore::pytest.PytestAssertRewriteWarning"),
    *("-p", "no:cacheprovider", "-p", "no:cov", "-p", "no:xdist"),
)


@dataclass(frozen=True)
class Outcome:
    """The status of pytest (None: stopped at a time limit), its time and its output."""

    status: int | None
    seconds: float
    output: str


def import_libraries() -> None:
    """Import what tests need, but not Datasette: it would import the unchanged plugin."""
    for name in LIBRARIES:
        with suppress(ImportError):
            importlib.import_module(name)


def run(copy: Copy, options: Sequence[str], plugin: object, limit_s: float) -> Outcome:
    """Run pytest in the copy with a plugin, and end it with all that it has started."""
    shutil.rmtree(copy.temporary, ignore_errors=True)
    copy.temporary.mkdir(parents=True)
    log = copy.temporary / "output.txt"
    started = time.monotonic()
    process = os.fork()
    if not process:
        _run_here(copy, log, [*OPTIONS, *options], plugin)
    try:
        status = _wait(process, started + limit_s)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(process, 0)
    return Outcome(status, time.monotonic() - started, log.read_text("utf-8", "replace"))


def _wait(process: int, deadline: float) -> int | None:
    while time.monotonic() < deadline:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return None if code == -signal.SIGALRM else code
        time.sleep(0.01)
    return None


def _run_here(copy: Copy, log: Path, arguments: list[str], plugin: object) -> NoReturn:
    """Run pytest in this process, the fork, and end it."""
    status = int(pytest.ExitCode.INTERNAL_ERROR)
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for descriptor in (1, 2):
            os.dup2(output, descriptor)
        sys.stdout = os.fdopen(os.dup(1), "w")
        sys.stderr = os.fdopen(os.dup(2), "w")
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _enter(copy)
        status = int(pytest.main(arguments, plugins=[plugin]))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _enter(copy: Copy) -> None:
    """Make the copy the place that code and tests are imported from, here and in servers."""
    os.chdir(copy.folder)
    os.environ["PYTHONPATH"] = str(copy.folder)
    os.environ["TMPDIR"] = str(copy.temporary)
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(copy.temporary / "hypothesis")
    sys.path[:] = [str(copy.folder), *(path for path in sys.path if path != str(copy.origin))]
    for name in [name for name in sys.modules if name.partition(".")[0] in ("chronology", "tests")]:
        del sys.modules[name]
    importlib.invalidate_caches()
    # A failed example is as good as the smallest.
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("mutants", deadline=None, database=None, phases=phases)
