"""Ingests new batches from `events/` into `timeline.db`; see `python ingest.py --help`."""

from chronology.cli import ingest_command

if __name__ == "__main__":
    ingest_command(prog_name="python ingest.py")
