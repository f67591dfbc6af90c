"""Copies of the media that a copied log names, by their digests."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple

from chronology.batches import http_source
from chronology.ingest.replication import Peer, PeerRefused, PeerUnavailable
from chronology.store.media import MAX_BYTES, MediaFolder, MediaRefused, files_named


class Copies(NamedTuple):
    """The number of files that were copied, and of those that the peer does not have."""

    copied: int
    withheld: int


def copy_media(
    db: sqlite3.Connection,
    peer: Peer,
    folder: MediaFolder,
    progress: Callable[[int], None] | None = None,
) -> Copies:
    """Copies the files that the log names and the folder lacks.

    Raises `PeerUnavailable` if the peer does not respond, and `PeerRefused` if it sends a file that
    is not the one that its record names.
    """
    copied = withheld = 0
    for name in files_named(db):
        missing = folder.missing(name)
        if missing and not missing.is_withheld:
            is_there = _copy(peer, folder, name)
            copied, withheld = copied + is_there, withheld + (not is_there)
        if progress:
            progress(1)
    return Copies(copied, withheld)


def _copy(peer: Peer, folder: MediaFolder, name: str) -> bool:
    """Copies a file; False if the peer does not have it."""
    try:
        with (
            NamedTemporaryFile() as copy,
            http_source.get(peer.client, peer.media(name)) as response,
        ):
            for chunk in http_source.read_body(response, MAX_BYTES):
                copy.write(chunk)
            copy.flush()
            folder.store(name, Path(copy.name))
    except http_source.FetchGone:
        return False
    except http_source.FetchUnavailable as error:
        raise PeerUnavailable(str(error)) from error
    except (http_source.FetchFailed, MediaRefused) as error:
        raise PeerRefused(f"the peer's {error}") from error
    return True
