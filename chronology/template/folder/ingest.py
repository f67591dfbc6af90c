"""Ingests new batches from `events/` into `timeline.db`; see `python ingest.py --help`."""

import sys

if __name__ == "__main__":
    # Python would import any module from a file in this folder before an installed one.
    if not sys.flags.safe_path:
        del sys.path[0]
    from chronology.cli import ingest_command

    ingest_command(prog_name="python ingest.py")
