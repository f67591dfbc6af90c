"""A picture, a document and a recording, and a batch that names them."""

from __future__ import annotations

import hashlib

PNG = b"\x89PNG\r\n\x1a\n" + b"a small picture"
PDF = b"%PDF-1.7\n<script>alert(1)</script>"
OGG = b"OggS" + b"a recording"
BATCH = """\
format: 1
batch: pictures
recorded: 2026-02-01T00:00:00Z
records:
- event: bridge
  date: 1944-10-15
  title: The bridge is photographed
  kind: battle
  media:
  - {{file: {picture}, caption: The bridge of Niš, credit: Nobody, licence: CC0, source: one,
     alt: A bridge}}
  - {{file: {document}, caption: A letter}}
  - {{file: {recording}, caption: A voice}}
  - {{url: "https://example.org/film", caption: A film elsewhere}}
  links:
  - {{url: "https://example.org/bridge", label: More on the bridge}}
"""


def named(content: bytes, ending: str) -> str:
    return f"{hashlib.sha256(content).hexdigest()}.{ending}"


NAMES = {
    "picture": named(PNG, "png"),
    "document": named(PDF, "pdf"),
    "recording": named(OGG, "ogg"),
}
CONTENTS = [
    (PNG, "png"),
    (PDF, "pdf"),
    (OGG, "ogg"),
    (b"\xff\xd8\xff\xe0 a picture", "jpg"),
    (b"GIF89a", "gif"),
    (b"RIFF\0\0\0\0WEBP", "webp"),
    (b"RIFF\0\0\0\0WAVE", "wav"),
    (b"\0\0\0\x20ftypavif", "avif"),
    (b"\0\0\0\x20ftypM4A ", "m4a"),
    (b"ID3\x04", "mp3"),
    (b"fLaC", "flac"),
]
"""The beginning of a file of each kind, and the ending of its name."""
