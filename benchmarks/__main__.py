"""`python -m benchmarks [NAME]`: all of them, or one."""

import sys

from benchmarks import dates, ingest

ALL = {"dates": dates.main, "ingest": ingest.main}

if __name__ == "__main__":
    for name in sys.argv[1:] or ALL:
        print(f"== {name}")
        ALL[name]()
