"""Default settings of Datasette for the tables of a chronology, which metadata.yml overrides.

The sorts, labels and descriptions are in `template/tables.yml`; the facets follow from the
chronology's dimensions.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml

from chronology.model.vocabulary import Chronology
from chronology.projections.event_rows import ARRAYS, array_columns
from chronology.projections.tables import HELPERS

_TABLES = "template/tables.yml"


_FORMATION_TABLES = ("formations", "attachments", "commanders")


def tables(
    columns: tuple[str, ...],
    has_formations: bool = True,
    has_months: bool = True,
    has_tags: bool = True,
    declared: tuple[tuple[str, str], ...] = (),
) -> dict[str, dict[str, Any]]:
    """The settings of each table, as in metadata.yml; `columns` are those of `events`.

    `declared` are descriptions of columns that the chronology declares.

    Without `has_months` the window is too long or too short for a facet of months.

    Without tags their table is hidden. Without formations nothing is said of them: their tables
    are hidden, their columns have no descriptions, and people have no sides.
    """
    defaults = {name: dict(settings) for name, settings in described().items()}
    if not has_formations:
        defaults.update({name: {"hidden": True} for name in _FORMATION_TABLES})
        defaults["people"]["facets"] = []
        defaults["people"]["description"] = "People who took part in the events or are quoted."
        shown = {k: v for k, v in defaults["events"]["columns"].items() if k != "formations"}
        defaults["events"]["columns"] = shown
    if declared:
        defaults["events"]["columns"] = {**defaults["events"]["columns"], **dict(declared)}
    if not has_tags:
        defaults["tags"] = {"hidden": True}
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


def declared_columns(chronology: Chronology) -> tuple[tuple[str, str], ...]:
    """The descriptions of the dimensions of tags and of the quantities, by column."""
    texts: list[tuple[str, str]] = [
        (column, _sentence(dimension.label, dimension.description))
        for column, dimension in chronology.free_dimensions.items()
    ]
    texts += [
        (column, _sentence(quantity.heading, quantity.description))
        for column, quantity in chronology.quantities.items()
    ]
    return tuple(texts)


def _sentence(label: str, description: str | None) -> str:
    return f"{label}: {description}" if description else label


@cache
def described() -> dict[str, dict[str, Any]]:
    """The tables of any chronology, with descriptions of them and of their columns."""
    text = (resources.files("chronology") / _TABLES).read_text("utf-8")
    tables: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return tables
