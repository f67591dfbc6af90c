"""`chronology media`: add pictures, documents and recordings to the folder of media."""

from __future__ import annotations

from pathlib import Path

import click

from chronology.cli.options import db_option, exit_codes
from chronology.store.media import folder_of


@click.command("media")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@db_option
@exit_codes
def media(files: tuple[Path, ...], db: Path) -> None:
    """Copy files to the folder media/ and print the names by which records name them.

    A name is the SHA-256 digest of the content with an ending that fits it. Pictures (JPEG, PNG,
    GIF, WebP, AVIF), PDF and audio (MP3, Ogg, WAV, FLAC, M4A) are accepted, up to 20 MiB each.

    \b
    Example:
      chronology media trinity.jpg
    """
    folder = folder_of(db)
    for file in files:
        click.echo(f"{folder.add(file)}  {file}")
