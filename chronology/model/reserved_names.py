"""Names of request parameters, after their underscore, that no level or dimension can have.

A dimension is filtered by `_LEVEL`. A level named like one of these would take the place of the
parameter, on every page and for good.
"""

from __future__ import annotations

OWN = frozenset(
    {
        "place",
        "part_of",
        "person",
        "within",
        "certain",
        "as_of",
        "as-of",
        "day",
        "lane",
        "search",
        "db",
        "min_position",
    }
)
DATASETTE = frozenset(
    {
        *("blob_column", "blob_hash", "col", "dl", "extra", "facet", "facet_array", "facet_date"),
        *("facet_size", "filter_column", "filter_op", "filter_value", "format", "fragment"),
        *("header", "hide_sql", "initial", "json", "json_infinity", "labels", "next", "nl"),
        *("nocol", "nocount", "nofacet", "nosuggest", "redirect", "row", "rows", "search"),
        *("searchmode", "shape", "show_sql", "size", "sort", "sort_by_desc", "sort_desc"),
        *("stream", "through", "timelimit", "trace", "ttl", "where", "sql", "csrftoken", "method"),
    }
)
PARAMETERS = OWN | DATASETTE
