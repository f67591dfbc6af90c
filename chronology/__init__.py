"""A chronology kept as an append-only log, and published through Datasette.

The modules have one order, and each imports only from those before it: errors, dates, records,
the readers, batches and schema, log, projections, ingest, queries, cli and web; the whole order is
in `tests/test_architecture.py`.
"""

from importlib.metadata import version

__version__ = version("datasette-chronology")
