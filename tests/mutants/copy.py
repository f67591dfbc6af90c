"""A copy of the repository under build/, in which modules are changed and tests run."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

# A change may make a loop endless, and a list or a file in it as well.
MEMORY = 6 << 30
FILE_SIZE = 1 << 30
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv*", "build", "dist", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis"
)


@dataclass(frozen=True)
class Outcome:
    """The status of a run of pytest (None: stopped at the time limit), its time and its output."""

    status: int | None
    seconds: float
    output: str


class Copy:
    """The tree at `origin`, copied to `folder`."""

    def __init__(self, origin: Path, folder: Path) -> None:
        self.origin, self.folder = origin, folder
        self.temporary = folder.with_name("tmp")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(origin, folder, ignore=NOT_COPIED)

    @contextmanager
    def changed(self, path: str, text: str) -> Iterator[None]:
        """Replace the text of a file within the context."""
        file = self.folder / path
        original, times = file.read_bytes(), file.stat()
        file.write_text(text, "utf-8")
        # Bytecode is valid for one time and size of its source.
        os.utime(file, (times.st_atime, times.st_mtime + 2))
        try:
            yield
        finally:
            file.write_bytes(original)
            os.utime(file, (times.st_atime, times.st_mtime))

    def run(self, tests: list[str], limit_s: float, *options: str, **variables: str) -> Outcome:
        """Run tests in this order until the first failure or the time limit."""
        shutil.rmtree(self.temporary, ignore_errors=True)
        self.temporary.mkdir(parents=True)
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
        listed = self.temporary / "tests.txt"
        listed.write_text("\n".join(tests), "utf-8")
        command += ["--hypothesis-seed=0", "--tb=line", *options, f"@{listed}"]
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "HYPOTHESIS_STORAGE_DIRECTORY": str(self.temporary / "hypothesis"),
            "TMPDIR": str(self.temporary),
            **variables,
        }
        started = time.monotonic()
        log = self.temporary / "output.txt"
        with log.open("w+") as file:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_limit,
            )
            try:
                status: int | None = process.wait(limit_s)
            except subprocess.TimeoutExpired:
                status = None
            finally:
                _end(process)
            seconds = time.monotonic() - started
            file.seek(0)
            return Outcome(status, seconds, file.read())


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_SIZE, FILE_SIZE))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a run together with the servers that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
