"""Templates for the pages of each chronology, independent of the database's name.

Datasette first looks for templates by the names of database and table. This module provides those
names for chronologies only, so that other databases and the templates of other plugins are not
affected.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial

from datasette.utils import to_css_class
from jinja2 import BaseLoader, ChoiceLoader, Environment, TemplateNotFound

from chronology.export.numbers import plain_json
from chronology.projections.subject_rows import TABLES
from chronology.web import databases
from chronology.web.datasette_compat import Datasette
from chronology.web.pages import formatting, media

OWN_TABLES = frozenset({"events", "history", *TABLES.values()})
FOLDER = "chronology/"
_NAME = re.compile(r"(_table|table|row|database|query)-(.+)\.html")
_ROWS = frozenset({"events", "history"})
# A database whose name has the same beginning has no `timeline`.
_OWN = '{{% extends "chronology/{0}-{1}.html" if timeline else "{0}.html" %}}'
_OWN_ROWS = '{{% include "chronology/_table-{0}.html" if timeline else "_table.html" %}}'
_DATASETTE_TEMPLATE = '{{% set around = "{0}.html" %}}{{% extends "chronology/around.html" %}}'


class _Loader(BaseLoader):
    """Finds the template of a page of a chronology by the name that Datasette gives it."""

    def __init__(self, datasette: Datasette) -> None:
        self._datasette = datasette

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, None, Callable[[], bool]]:
        source = self._source(template)
        if source is None:
            raise TemplateNotFound(template)
        return source, None, lambda: self._source(template) == source

    def list_templates(self) -> list[str]:
        return []

    def _source(self, template: str) -> str | None:
        parts = _NAME.fullmatch(template)
        if parts is None:
            return None
        classes = [to_css_class(name) for name in databases.names(self._datasette)]
        for name in sorted(classes, key=len, reverse=True):
            if f"{parts[2]}-".startswith(f"{name}-"):
                return _template(parts[1], parts[2].removeprefix(name).removeprefix("-"))
        return None


class _PrefixedLoader(BaseLoader):
    """Adds `base_url` to the one address that a template of Datasette makes without it."""

    _NAME = "_facet_results.html"
    _ADDRESS = re.compile(
        r'\{\{ (path_with_replaced_args\(request, \{"_facet_size": "max"\}\)) \}\}'
    )

    def __init__(self, loader: BaseLoader) -> None:
        self._loader = loader

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        if template != self._NAME:
            raise TemplateNotFound(template)
        source, path, is_current = self._loader.get_source(environment, template)
        return self._ADDRESS.sub(r"{{ fix_path(\1) }}", source), path, is_current

    def list_templates(self) -> list[str]:
        return []


def _template(kind: str, table: str) -> str | None:
    if kind == "_table":
        return _OWN_ROWS.format(table) if table in _ROWS else None
    if kind in ("table", "row") and table in OWN_TABLES:
        return _OWN.format(kind, table)
    return _DATASETTE_TEMPLATE.format(kind)


def extend_environment(env: Environment, datasette: Datasette) -> None:
    """Adds the templates of chronologies after those of the operator, and their filters.

    `tojson` writes numbers without exponents.
    """
    env.filters["unslug"] = formatting.unslug
    env.filters["figure"] = formatting.figure
    env.filters["first_picture"] = media.first_picture
    env.globals["shown_media"] = partial(media.shown, datasette)
    env.globals["media_address"] = partial(media.address, datasette)
    env.policies["json.dumps_function"] = lambda value, **options: plain_json(
        json.dumps(value, **options)
    )
    assert env.loader is not None
    env.loader = ChoiceLoader([_PrefixedLoader(env.loader), env.loader, _Loader(datasette)])
