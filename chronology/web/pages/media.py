"""Media as the pages show them: pictures, documents and recordings, or that one is withheld."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from chronology.store import media
from chronology.store.media import MediaFolder
from chronology.web.datasette_compat import Datasette

_PICTURE, _DOCUMENT, _RECORDING = "picture", "document", "recording"


def folder_of(datasette: Datasette, database: str) -> MediaFolder:
    """The folder of the media of a chronology."""
    return _folder(Path(datasette.get_database(database).path or "timeline.db"))


@lru_cache(maxsize=64)
def _folder(database: Path) -> MediaFolder:
    return media.folder_of(database)


def shown(
    datasette: Datasette, database: str, listed: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Media with their kind and their address here, if there is a file."""
    folder = folder_of(datasette, database)
    return [
        {
            **medium,
            "kind": _kind(medium["file"]),
            "is_withheld": folder.missing(medium["file"]) is not None,
            "address": address(datasette, database, medium["file"]),
        }
        if medium.get("file")
        else {**medium, "kind": "link"}
        for medium in listed
    ]


def address(datasette: Datasette, database: str, file: str) -> str:
    return f"{datasette.urls.database(database)}/media/{file}"


def first_picture(listed: str | list[dict[str, Any]] | None) -> dict[str, Any] | None:
    """The first picture of an event in a list, for its thumbnail."""
    found = json.loads(listed) if isinstance(listed, str) else listed or []
    pictures = (one for one in found if one.get("file") and _kind(one["file"]) == _PICTURE)
    return next(pictures, None)


def _kind(file: str) -> str:
    kind = media.media_type(file)
    if kind.startswith("image/"):
        return _PICTURE
    return _RECORDING if kind.startswith("audio/") else _DOCUMENT
