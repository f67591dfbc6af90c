"""Ingests what is new in `events/` into `timeline.db`; see `python ingest.py --help`."""

import sys

# Python would import any module from a file in this folder before an installed one.
FOLDER = None if sys.flags.safe_path else sys.path.pop(0)


def main() -> None:
    """Runs the command of the installed package, or of this clone if it is not installed."""
    from importlib.util import find_spec

    if find_spec("chronology") is None and FOLDER is not None:
        sys.path.append(FOLDER)
    from chronology.cli import ingest_command

    ingest_command(prog_name="python ingest.py")


if __name__ == "__main__":
    main()
