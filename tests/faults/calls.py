"""Failing system calls, full disks and read-only files."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from chronology.ingest.pipeline import ingest
from chronology.store.database import connect
from tests.faults.case import SIZE, Child, NotRun, Outcome, Setting, check, fill, numbered

CALLS = ("pwrite64", "fdatasync", "fsync", "unlink", "write")
ERRORS = ("EIO", "ENOSPC")
BATCHES = 3
NOBODY = 65_534
_SET_PTRACER, _ANYBODY = 0x59616D61, ctypes.c_ulong(-1)


def failing_calls(setting: Setting) -> Outcome:
    """The n-th call of a kind fails; acknowledged batches stay, and later ones can follow."""
    if not shutil.which("strace"):
        raise NotRun("strace is absent")
    path, outcome = setting.folder / "timeline.db", Outcome()
    for number in range(setting.cases):
        call = CALLS[number % len(CALLS)]
        error = ERRORS[number // len(CALLS) % len(ERRORS)]
        count = setting.random.randint(1, 12)
        path.unlink(missing_ok=True)
        Path(f"{path}-journal").unlink(missing_ok=True)
        fill(path, 1)
        injected, later = _traced(path, f"{call}:error={error}:when={count}")
        reports = {"b0", *later}
        lost = check(path, reports)
        status, later = Child(_writing(path)).end()
        assert status == 0, f"after {error} of {call} no batch can be written"
        lost += check(path, reports | set(later))
        # If the call was made less often, none failed, and this is not a case.
        if injected:
            outcome = outcome.plus(len(reports) * SIZE, lost * SIZE)
        assert not lost
    return outcome


def _writing(path: Path, last: int = BATCHES) -> Callable[[Callable[[str], None]], None]:
    def work(say: Callable[[str], None]) -> None:
        with closing(connect(path, write=True)) as db:
            for number in range(1, last + 1):
                ingest(db, numbered(number))
                say(f"b{number}")

    return work


def _traced(path: Path, injection: str) -> tuple[bool, list[str]]:
    """Whether a call of a writer failed, and the batches that it acknowledged."""
    go, going = os.pipe()

    def work(say: Callable[[str], None]) -> None:
        ctypes.CDLL(None).prctl(_SET_PTRACER, _ANYBODY)
        os.read(go, 1)
        _writing(path)(say)

    child = Child(work)
    command = ["strace", "-p", str(child.pid), "-e", "trace=" + injection.partition(":")[0]]
    tracer = subprocess.Popen(
        [*command, "-e", f"inject={injection}"], stderr=subprocess.PIPE, text=True
    )
    assert tracer.stderr
    first = tracer.stderr.readline()
    os.write(going, b".")
    os.close(go)
    os.close(going)
    _, reports = child.end()
    _, traced = tracer.communicate(timeout=10)
    if "attached" not in first:
        raise NotRun(first.strip())
    return "(INJECTED)" in traced, reports


def full_disk(setting: Setting) -> Outcome:
    """A full file system: the batch is refused as a whole, and can follow once there is space."""
    if not _can_mount():
        return _limited(setting)
    outcome = Outcome()
    for number in range(setting.cases):
        size_k = 480 + 12 * number
        mounting = f"mount -t tmpfs -o size={size_k}k none '{setting.folder}' && exec \"$@\""
        program = [sys.executable, "-m", "tests.faults.calls", str(setting.folder)]
        done = subprocess.run(
            ["unshare", "-rm", "sh", "-c", mounting, "sh", *program],
            stdout=subprocess.PIPE,
            text=True,
            timeout=60,
            check=True,
        )
        outcome = outcome.plus(*map(int, done.stdout.split()))
    return outcome


def _can_mount() -> bool:
    if not shutil.which("unshare"):
        return False
    with tempfile.TemporaryDirectory() as folder:
        mounting = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", folder]
        return subprocess.run(mounting, capture_output=True, check=False).returncode == 0


def on_a_full_disk(folder: Path) -> tuple[int, int]:
    """The acknowledged and the lost records on a small file system."""
    path, room = folder / "timeline.db", folder / "room"
    room.write_bytes(bytes(160_000))
    status, reports = Child(_writing_from_nothing(path)).end()
    assert status == 3, "the disk was never full"
    lost = check(path, reports) if reports else 0
    room.unlink()
    (again,) = reports[-1:] or ["b-1"]
    following = int(again.removeprefix("b")) + 1

    def work(say: Callable[[str], None]) -> None:
        with closing(connect(path, write=True)) as db:
            ingest(db, numbered(following))
            say(f"b{following}")

    status, later = Child(work).end()
    assert status == 0, "with space again, nothing can be written"
    lost += check(path, [*reports, *later])
    return (len(reports) + len(later)) * SIZE, lost * SIZE


def _writing_from_nothing(path: Path) -> Callable[[Callable[[str], None]], None]:
    def work(say: Callable[[str], None]) -> None:
        with closing(connect(path, write=True)) as db:
            for number in range(500):
                ingest(db, numbered(number))
                say(f"b{number}")

    return work


def _limited(setting: Setting) -> Outcome:
    """The same with a limit on file sizes, for machines where nothing can be mounted."""
    outcome = Outcome()
    for number in range(setting.cases):
        path = setting.folder / f"limited-{number}.db"
        limit = 300_000 + 12_000 * number

        def work(say: Callable[[str], None], path: Path = path, limit_bytes: int = limit) -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, resource.RLIM_INFINITY))
            _writing_from_nothing(path)(say)

        status, reports = Child(work).end()
        assert status == 3, "the limit was never reached"
        lost = check(path, reports)
        with closing(connect(path, write=True)) as db:
            ingest(db, numbered(len(reports)))
        lost += check(path, reports)
        outcome = outcome.plus(len(reports) * SIZE, lost * SIZE)
    return outcome


def read_only(setting: Setting) -> Outcome:
    """A read-only file or folder: writing is refused, and reading still works."""
    outcome, names = Outcome(), {"b0", "b1"}
    setting.folder.chmod(0o755)
    for number in range(setting.cases):
        file_mode, folder_mode = ((0o444, 0o755), (0o644, 0o555), (0o444, 0o555))[number % 3]
        folder = setting.folder / str(number)
        folder.mkdir()
        path = folder / "timeline.db"
        fill(path, 2)
        content = path.read_bytes()
        if not os.getuid():
            os.chown(folder, NOBODY, NOBODY)
            os.chown(path, NOBODY, NOBODY)
        path.chmod(file_mode)
        folder.chmod(folder_mode)

        def work(say: Callable[[str], None], path: Path = path) -> None:
            if not os.getuid():
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            assert not check(path, names)
            say("read")
            with closing(connect(path, write=True)) as db:
                ingest(db, numbered(2))

        assert Child(work).end() == (3, ["read"]), (oct(file_mode), oct(folder_mode))
        folder.chmod(0o755)
        assert path.read_bytes() == content
        assert [file.name for file in folder.iterdir()] == ["timeline.db"]
        outcome = outcome.plus(len(names) * SIZE, check(path, names) * SIZE)
    return outcome


if __name__ == "__main__":
    print(*on_a_full_disk(Path(sys.argv[1])))
