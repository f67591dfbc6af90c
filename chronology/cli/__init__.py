"""The commands: `python ingest.py` and `chronology …`.

Exit codes: 0 done, 1 faults in the data, 2 wrong usage, 3 conflict or corruption.
"""

from __future__ import annotations

import click

from chronology import __version__
from chronology.cli import export, media, project, review, trust
from chronology.cli.ingest import ingest_command

__all__ = ["ingest_command", "main"]


@click.group()
@click.version_option(__version__, prog_name="chronology")
def main() -> None:
    """Keep a chronology as an append-only log and publish it through Datasette.

    Exit codes: 0 done, 1 faults in the data, 2 wrong usage, 3 conflict or corruption.

    \b
    Example:
      chronology init my-chronology
      cd my-chronology
      chronology ingest
      chronology serve
    """


for command in (
    *(ingest_command, trust.head, trust.verify, trust.rebuild),
    *(trust.key, trust.sign, trust.follow),
    *(project.new, project.init, project.serve),
    *(review.check, review.report_command, export.export, media.media),
):
    main.add_command(command)
