"""A copy of the repository under build/, in which modules are changed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv*", "build", "dist", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis"
)


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
