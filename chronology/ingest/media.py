"""Checks of the media that a record names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chronology.model.fields import Medium
from chronology.model.validation import FieldPath
from chronology.store.media import MediaFolder


def media_faults(
    media: Sequence[Medium], folder: MediaFolder | None
) -> Iterator[tuple[FieldPath, str, str]]:
    """The path, the description and the remedy of each fault; files only with their folder."""
    for index, medium in enumerate(media):
        if (medium.file is None) == (medium.url is None):
            yield ("media", index), "a medium has either a file or a url", "give one of them"
        elif medium.file and folder:
            for fault in folder.faults(medium.file):
                yield ("media", index, "file"), *fault
