"""Default settings of Datasette for the tables of a chronology, which metadata.yml overrides.

The sorts, labels and descriptions are in `template/tables.yml`; the facets follow from the
chronology's dimensions.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml

from chronology.projections.event_rows import ARRAYS, array_columns
from chronology.projections.tables import HELPERS

_TABLES = "template/tables.yml"


_FORMATION_TABLES = ("formations", "attachments", "commanders")


def tables(
    columns: tuple[str, ...], has_formations: bool = True, has_months: bool = True
) -> dict[str, dict[str, Any]]:
    """The settings of each table, as in metadata.yml; `columns` are those of `events`.

    Without `has_months` the window is too long or too short for a facet of months.

    Without formations nothing is said of them: their tables are hidden, their columns have no
    descriptions, and people have no sides.
    """
    defaults = {name: dict(settings) for name, settings in described().items()}
    if not has_formations:
        defaults.update({name: {"hidden": True} for name in _FORMATION_TABLES})
        defaults["people"]["facets"] = []
        defaults["people"]["description"] = "People who took part in the events or are quoted."
        shown = {k: v for k, v in defaults["events"]["columns"].items() if k != "formations"}
        defaults["events"]["columns"] = shown
    defaults.update({name: {"hidden": True} for name in HELPERS})
    dimensions = array_columns(columns)[len(ARRAYS) :]
    defaults["events"] |= {
        "fts_pk": "number" if "number" in columns else "rowid",
        "facets": [
            *({"array": column} for column in (*dimensions, "places")),
            "kind",
            {"array": "sources"},
            {"array": "months"} if has_months else {"time": "date"},
            {"array": "disputed"},
        ],
    }
    return defaults


@cache
def described() -> dict[str, dict[str, Any]]:
    """The tables of any chronology, with descriptions of them and of their columns."""
    text = (resources.files("chronology") / _TABLES).read_text("utf-8")
    tables: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return tables
