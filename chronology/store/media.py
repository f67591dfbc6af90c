"""The folder `media/` beside the database: pictures, documents and recordings.

A file is named by the SHA-256 digest of its content, as in the records, and by an ending that fits
the content. Only raster images, PDF and audio are accepted. A file that may no longer be shown is
deleted; an empty file `NAME.withheld` in its place lets its batch be ingested again.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from chronology.lru_cache import LruCache
from chronology.model.errors import ChronologyError

FOLDER = "media"
WITHHELD = ".withheld"
MAX_BYTES = 20 << 20
_MAX_KNOWN = 10_000


class Kind(NamedTuple):
    """A kind of file: its media type and the bytes with which it begins."""

    media_type: str
    start: re.Pattern[bytes]


def _kind(media_type: str, start: bytes) -> Kind:
    return Kind(media_type, re.compile(start, re.DOTALL))


KINDS = {
    "jpg": _kind("image/jpeg", rb"\xff\xd8\xff"),
    "png": _kind("image/png", rb"\x89PNG\r\n\x1a\n"),
    "gif": _kind("image/gif", rb"GIF8[79]a"),
    "webp": _kind("image/webp", rb"RIFF....WEBP"),
    "avif": _kind("image/avif", rb"....ftypavi[fs]"),
    "pdf": _kind("application/pdf", rb"%PDF-\d"),
    "mp3": _kind("audio/mpeg", rb"ID3|\xff[\xfa\xfb\xf2\xf3]"),
    "ogg": _kind("audio/ogg", rb"OggS"),
    "wav": _kind("audio/wav", rb"RIFF....WAVE"),
    "flac": _kind("audio/flac", rb"fLaC"),
    "m4a": _kind("audio/mp4", rb"....ftypM4[AB]"),
}
"""The kinds by the ending of a file's name."""
ACCEPTED = "JPEG, PNG, GIF, WebP and AVIF pictures, PDF, and MP3, Ogg, WAV, FLAC and M4A audio"
_START_BYTES = 16


class MediaRefused(ChronologyError):
    """A file cannot be added to the folder."""


def media_type(name: str) -> str:
    """The media type of a file, by the ending of its name."""
    return KINDS[name.rpartition(".")[2]].media_type


class Missing(NamedTuple):
    """A file that is not in the folder; `is_withheld` if a mark says that it was taken away."""

    is_withheld: bool


class MediaFolder:
    """The folder with the files of one or more chronologies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # The problems of files by name, size and time: otherwise each request would read the file.
        self._known: LruCache[tuple[str, int, int], str] = LruCache(_MAX_KNOWN)

    @property
    def exists(self) -> bool:
        return self.path.is_dir()

    def missing(self, name: str) -> Missing | None:
        """Whether a file is missing, and whether it was taken away."""
        if (self.path / name).is_file():
            return None
        return Missing((self.path / f"{name}{WITHHELD}").exists())

    def problem(self, name: str) -> str:
        """The reason not to show a file that is there; empty if there is none."""
        path = self.path / name
        about = path.stat()
        key = (name, about.st_size, about.st_mtime_ns)
        known = self._known.get(key)
        if known is None:
            known = _problem(path)
            self._known.put(key, known)
        return known

    def faults(self, name: str) -> Iterator[tuple[str, str]]:
        """The faults of a file that a new record names, with remedies."""
        missing = self.missing(name)
        if missing is None:
            if problem := self.problem(name):
                yield (
                    f"{FOLDER}/{name} {problem}",
                    "replace the file, and name it by 'chronology media'",
                )
        elif not missing.is_withheld:
            yield (
                f"there is no file {FOLDER}/{name}",
                "copy it there by 'chronology media FILE'; if it may not be shown, create an empty"
                f" file {name}{WITHHELD}",
            )

    def add(self, source: Path) -> str:
        """Copies a file into the folder, and returns its name there; raises `MediaRefused`."""
        if not source.is_file():
            raise MediaRefused(f"there is no file {source}")
        if reason := _size_problem(source.stat().st_size):
            raise MediaRefused(f"{source} {reason}")
        ending = _ending(source)
        if ending is None:
            raise MediaRefused(f"{source} is none of the accepted kinds: {ACCEPTED}")
        name = f"{_digest(source)}.{ending}"
        self.store(name, source)
        return name

    def store(self, name: str, content: Path) -> None:
        """Copies content into the folder under its name; raises `MediaRefused` if it differs."""
        self.path.mkdir(exist_ok=True)
        new = self.path / f".{name}.new"
        try:
            shutil.copyfile(content, new)
            if problem := _problem(new, name):
                raise MediaRefused(f"{FOLDER}/{name} {problem}")
            new.replace(self.path / name)
        finally:
            new.unlink(missing_ok=True)


def files_named(db: sqlite3.Connection) -> list[str]:
    """The names of all files that records ever named, from the tables of a log."""
    return [file for (file,) in db.execute("SELECT file FROM media_files ORDER BY file")]


def folder_of(database: Path) -> MediaFolder:
    """The folder of media beside a database."""
    return MediaFolder(database.parent / FOLDER)


def _problem(path: Path, name: str | None = None) -> str:
    digest, _, ending = (name or path.name).partition(".")
    if reason := _size_problem(path.stat().st_size):
        return reason
    if _digest(path) != digest:
        return "is not the file that the record names: its content has another digest"
    if _ending(path) != ending:
        return f"has another content than its ending says; accepted are {ACCEPTED}"
    return ""


def _size_problem(size: int) -> str:
    if size <= MAX_BYTES:
        return ""
    return f"has {size / 1e6:,.0f} MB; a file has at most {MAX_BYTES / 1e6:,.0f} MB"


def _digest(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _ending(path: Path) -> str | None:
    """The ending that fits the content of a file; None if it is of no accepted kind."""
    with path.open("rb") as content:
        start = content.read(_START_BYTES)
    return next((ending for ending, kind in KINDS.items() if kind.start.match(start)), None)
