"""A chronology kept as an append-only log and published through Datasette.

`docs/architecture.md` walks through the folders; the import contracts in `pyproject.toml` hold
their order.
"""

from importlib.metadata import version

__version__ = version("datasette-chronology")
