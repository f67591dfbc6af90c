"""Addresses that a hostile or a clumsy visitor may ask for; the same ones for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from urllib.parse import quote_plus

import hostile

# What stock Datasette answers with a failure of its own (500), on one line of it or both.
STOCK_FAULTS = (
    "/timeline/events{}?_through=x",
    "/timeline/events{}?_through={{}}",
    '/timeline/events{}?_through={{"table":"accounts","column":"event","value":["x"]}}',
    "/timeline/events{}?_timelimit=x",
    "/timeline/events{}?_timelimit=0",
    "/timeline/events{}?id__in=[",
    "/timeline/events{}?id__in=[[1]]",
    "/timeline/events{}?%00=1",
    "/timeline/events{}?title=%00",
    "/timeline/events{}?_sort=nope",
    "/timeline/events{}?_sort=id&_sort_desc=id",
    "/timeline/events{}?_facet=nope",
    "/timeline/events{}?_facet_array=title",
    "/timeline/events{}?_facet_array={{",
    "/timeline/events{}?_facet={{}}",
    "/timeline/events{}?_facet_date=nope",
    "/timeline/events{}?_facet_date=%7B%22column%22%3A%5B%22x%22%5D%7D",
    "/timeline/events{}?_next=x",
    "/timeline/events{}?_next=%00,%00",
    "/timeline/events{}?_size=x",
    "/timeline/events{}?_search=%22",
    "/timeline/events{}?_searchmode=raw&_search=AND",
    "/timeline/events{}?_col=nope",
    "/timeline/events{}?_shape=nope",
    "/timeline/events{}?_json=nope",
    "/timeline/events{}?_json_infinity=x",
    "/timeline/events{}?title__notin=[[",
    "/timeline/events{}?_trace=1",
    "/timeline/events{}?_extra=nope",
    "/timeline{}",
    "/timeline{}?sql=select+1",
    "/timeline{}?_shape=array",
)
FORMS = ("", ".json", ".csv", ".atom", ".db", ".jsono", ".x", ".blob")
TABLES = (
    *("events", "accounts", "claims", "sources", "places", "people", "formations"),
    *("attachments", "commanders", "history", "batches", "log", "tracking"),
    *("event_links", "event_spans", "facet_values", "events_fts", "history_fts", "events_fts_data"),
    *("sqlite_master", "nope", "~", "a~2Fb", "%00", "-", "events'", 'x"y'),
)
ROWS = (
    *("e", "gone", "nope", "1", "e,5", "e,x", "e,5,5", ",", "%00", "~00", "~2E~2E", "s", "p", "q"),
    *("..", "%2e%2e", "e%2Fe", "99999999999999999999", "-1", "ё", "e.json", "first", "%ff", "~ff"),
)
# Methods of 1.0, pages for debugging, and what is not there.
OTHERS = (
    *("/", "//", "/.json", "/-/", "/-", "/robots.txt", "/favicon.ico", "/_memory", "/_internal"),
    *("//example.org/", "//example.org/%2f..", "/\\example.org/", "/%2f%2fexample.org/"),
    *("/-/versions", "/-/plugins", "/-/settings", "/-/config", "/-/metadata", "/-/databases"),
    *("/-/threads", "/-/tasks", "/-/actor", "/-/actions", "/-/api", "/-/jump", "/-/tables"),
    *("/-/queries", "/-/schema", "/-/permissions", "/-/allowed", "/-/rules", "/-/check"),
    *("/-/messages", "/-/allow-debug", "/-/patterns", "/-/debug/autocomplete", "/-/logout"),
    *("/-/auth-token", "/-/create-token", "/-/auth-token?token=x", "/-/static/app.css"),
    *("/-/static/../app.py", "/-/static/%2e%2e/app.py", "/-/static/", "/-/static/%00", "/-/x"),
    "/-/static-plugins/datasette-chronology/../__init__.py",
    "/-/static-plugins/datasette-chronology/chronology.css",
    *("/-/chronology/points.json", "/-/chronology/checkpoint", "/-/chronology/x", "/fixtures.db"),
    *("/timeline/-/query", "/timeline/-/queries", "/timeline/-/schema", "/timeline/-/create"),
    *("/timeline/-/foreign-key-targets", "/timeline/-/execute-write", "/timeline/nope/-/edit"),
    *("/timeline/-/query/parameters", "/timeline/-/queries/analyze", "/timeline/x/-/definition"),
    *("/timeline/-/query?sql=select+1", "/timeline/-/query.json?sql=x", "/timeline/-/query.csv"),
)
OF_A_TABLE = (
    *("count", "fragment", "autocomplete", "schema", "insert", "alter", "drop", "nope"),
    *(
        "foreign-key-suggestions",
        "set-column-type",
        "upsert",
        "autocomplete?q=x",
        "fragment?_row=e",
    ),
)
OWN = ("_front", "_army", "_place", "_within", "_certain", "_as_of", "_day", "_lane", "_search")
STANDARD = (
    *("_next", "_size", "_col", "_nocol", "_shape", "_sort", "_sort_desc", "_facet", "_json"),
    *("_facet_array", "_facet_date", "_facet_size", "_searchmode", "_through", "_where", "_extra"),
    *("_timelimit", "_nocount", "_nofacet", "_nosuggest", "_labels", "_stream", "_dl", "_nl"),
    *(
        "_trace",
        "_header",
        "_ttl",
        "_json_infinity",
        "_sort_by_desc",
        "_filter_column",
        "_blob_column",
    ),
    *("_filter_op", "_filter_value", "_filter_column_1", "_search_title", "_size_x", "_", "__", ""),
    *("sql", "_hide_sql", "_show_sql", "_rows", "_fragment", "_initial", "_redirect"),
)
COLUMNS = ("id", "title", "date", "places", "fronts", "position", "latitude", "rowid", "nope")
OPERATORS = (
    *("exact", "not", "contains", "notcontains", "endswith", "startswith", "gt", "gte", "lt"),
    *("lte", "like", "notlike", "glob", "in", "notin", "arraycontains", "arraynotcontains"),
    *("date", "isnull", "notnull", "isblank", "notblank", "nope", ""),
)
VALUES = (
    *("", "x", "0", "1", "-1", "5", "12", "max", "1e9", "nan", "99999999999999999999", "1.5", "٣"),
    *("e", "f", "p", "q", "gone", "kind", "title", "places", "fronts", "front", "nope", "array"),
    *(
        "arrays",
        "objects",
        "object",
        "arrayfirst",
        "on",
        "off",
        "raw",
        "_all",
        "count,facet_results",
    ),
    *("1944-10-14", "1944-10-14/1944-10-20", "../..", "[..]", "[1944-10-03,1944-11-03]", "1944-1X"),
    *("1944-13-45", "[", "[]", "[[", "{", "{}", '{"a":1}', "null", "[1,2]", "[[1]]", '["x"]', '"'),
    *('{"simple":"kind"}', '{"column":"kind"}', '{"array":"places"}', '{"column":["x"]}', "e,5"),
    '{"table":"accounts","column":"source","value":"s"}',
    '{"table":"nope","column":["x"],"value":{}}',
    *("2026-01-01T00:00:00Z", "2026-01-01T00:00:00", "2025-01-01T00:00:00+99:00", "0000", "9" * 17),
    *("2026-01-01T00:00:00+02:00", "10000-01-01T00:00:00Z", "-1-01-01T00:00:00Z", "2026-W01"),
    *("$null,e", "$null", ",", ",,,,", "1944-10-14,e", "~", "~zz", "~F0~9F", "1,2,3,4", "a~2Cb,e"),
    *("'", "';--", "\\", "%", "%s", "{0}", "{{7*7}}", "${7*7}", "\x00", "a\x00b", "\n", "\r\nX: y"),
    *(
        "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
        "ё",
        "﷽",
        "\u202e",
        "\ufeff",
    ),
    *("*", "NEAR(", "a AND", '"a', "a-b", "title:x", "-x", "(", "^", "../../etc/passwd", "/"),
    *(hostile.TEXT, hostile.ALERT, "a" * 5_000, "[" * 1_500, "1" * 4_301, "é" * 1_000),
    *("http://example.org/", "//example.org", "javascript:alert(1)"),
)
RAW = (
    "%",
    "%zz",
    "%ff",
    "%c3%28",
    "%ed%a0%80",
    "%00",
    "&&",
    "==",
    "=x",
    ";",
    "+",
    "%0d%0aX:+y",
    "?",
)


def addresses(count: int, seed: int) -> list[str]:
    """As many request targets, the stock faults in all their forms among them."""
    chance = random.Random(seed)
    found = [path.format(form) for path in STOCK_FAULTS for form in ("", ".json", ".csv")]
    found += OTHERS
    found += [
        address for address, _ in zip(_random(chance), range(count - len(found)), strict=False)
    ]
    chance.shuffle(found)
    return found


def _random(chance: random.Random) -> Iterator[str]:
    while True:
        query = _query(chance)
        yield _path(chance) + ("?" + query if query else "")


def _path(chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.4:
        return f"/timeline/events{_form(chance)}"
    if kind < 0.55:
        return f"/timeline/{_table(chance)}{_form(chance)}"
    if kind < 0.75:
        return f"/timeline/{_table(chance)}/{quote(chance.choice(ROWS))}{_form(chance)}"
    if kind < 0.8:
        return f"/timeline/{_table(chance)}/-/{chance.choice(OF_A_TABLE).partition('?')[0]}"
    if kind < 0.9:
        return chance.choice(("/", "/-/chronology/points.json", "/timeline/history"))
    if kind < 0.95:
        other = chance.choice(OTHERS).partition("?")[0]
        return other + _form(chance)
    return "/" + "/".join(quote(chance.choice(VALUES))[:200] for _ in range(chance.randint(1, 4)))


def _form(chance: random.Random) -> str:
    return chance.choice(FORMS[:3] if chance.random() < 0.8 else FORMS)


def _table(chance: random.Random) -> str:
    return quote(chance.choice(("events", "history") if chance.random() < 0.5 else TABLES))


def _query(chance: random.Random) -> str:
    fields = [_field(chance) for _ in range(chance.choice((0, 1, 1, 1, 2, 2, 3, 5)))]
    return "&".join(fields)


def _field(chance: random.Random) -> str:
    kind = chance.random()
    value = quote_plus(chance.choice(VALUES))
    if kind < 0.4:
        return f"{chance.choice(OWN)}={value}"
    if kind < 0.75:
        return f"{chance.choice(STANDARD)}={value}"
    if kind < 0.93:
        column = chance.choice(COLUMNS)
        return f"{column}__{chance.choice(OPERATORS)}={value}"
    if kind < 0.96:
        return chance.choice(RAW)
    return f"{chance.choice(OWN + STANDARD)}={chance.choice(RAW)}"


def quote(text: str) -> str:
    """A segment of a path: as it is where it is one, else percent-encoded."""
    return text if text.isascii() and text.isprintable() and " " not in text else quote_plus(text)
