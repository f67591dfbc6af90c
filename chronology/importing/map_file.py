"""Map files: which column of a table is what, and how its texts are read.

A map is `events/maps/NAME.yml`. Import writes it if there is none, and never changes one that is
there. Every scalar is read as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import fill
from typing import Any, Literal

import msgspec
import yaml

from chronology.importing.tables import Unreadable

ROLES = {
    "ignore": "left out",
    "key": "only names the row, for --update",
    "id": "the id of the event",
    "title": "the title of the event",
    "summary": "a longer text",
    "date": "the date, or its beginning",
    "end": "the date on which it ends",
    **dict.fromkeys(("year", "month", "day"), "a part of the date"),
    "time": "the time of day",
    **{f"end.{part}": "a part of the end" for part in ("year", "month", "day", "time")},
    "elapsed": "the time since the zero, in hours, minutes and seconds",
    "precision": "the precision of Wikidata: 9 for years, 10 for months, 11 for days",
    "as_written": "the date in the words of the source",
    "basis": "the reason for the date",
    "kind": "the kind of event",
    "place": "the name of a place",
    "place.within": "the place around it",
    "latitude": "degrees north",
    "longitude": "degrees east",
    "point": "both, as Point(LONGITUDE LATITUDE) or LATITUDE, LONGITUDE",
    "people": "names of people",
    "formations": "names of formations",
    **{f"person.{part}": "of the first person" for part in ("born", "died", "role")},
    "importance": "1 to 5",
    "source": "the name or the address of the source",
    "source.url": "the address of the source",
    "at": "the passage of the source",
    "says": "the words of the source",
    "by": "who is quoted",
    "link": "an address elsewhere",
    "link.label": "the words of the link",
    "media": "the address of a picture or recording",
    **{f"media.{part}": "of the picture" for part in ("credit", "caption", "alt", "licence")},
}
NAMED_ROLES = {
    "tags": "a value of a dimension, which becomes a column",
    "quantities": "a number, which becomes a column",
    "claims": "what the source says on one point",
    "field": "a field of the event in JSON, such as links",
}
FIELDS = ("names", "related", "links", "media", "geometry", "sequence")
"""The fields of events that a column may have in JSON."""
_SEVERAL = frozenset(
    {"ignore", "key", "summary", "says", "place", "people", "formations", "source", "link", "media"}
)
"""The roles that several columns may have, besides tags of one dimension."""
_KEY = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class Column(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """How one column is read.

    `split` is the text between several values. `january_1: year` reads the first of January as the
    whole year, as Wikidata writes years. `label` and `unit` are of a new column.
    """

    role: str = msgspec.field(name="as")
    split: str | None = None
    january_1: Literal["year"] | None = None
    label: str | None = None
    unit: str | None = None

    @property
    def group(self) -> str:
        """`tags` of `tags.country`; the role itself if it has no name."""
        start = self.role.partition(".")[0]
        return start if start in NAMED_ROLES else self.role

    @property
    def name(self) -> str:
        return self.role.partition(".")[2]


class SourceFields(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The source of the rows that name none."""

    name: str
    title: str | None = None
    author: str | None = None
    publisher: str | None = None
    rights: str | None = None
    url: str | None = None


class ChronologyFields(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The chronology that import starts if there is none."""

    title: str
    summary: str | None = None
    clock: str | None = None


class ImportMap(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A map. `cells` are cells to read instead, by row and column.

    Rows that have a value of `leave_out` in a column are left out.
    """

    source: SourceFields
    columns: dict[str, Column]
    file: str = ""
    chronology: ChronologyFields | None = None
    table: dict[str, str] = {}
    dates: Literal["us", "eu"] | None = None
    century: int | None = None
    zone: str | None = None
    zero: str | None = None
    kind: str = "event"
    title: str | None = None
    key: list[str] = []
    empty: list[str] = []
    leave_out: dict[str, str] = {}
    cells: dict[int, dict[str, str]] = {}

    def of(self, role: str) -> list[str]:
        """The columns of a role, in their order."""
        return [name for name, column in self.columns.items() if column.role == role]

    def group(self, group: str) -> dict[str, Column]:
        """The columns of a group of roles, such as `tags`."""
        return {name: c for name, c in self.columns.items() if c.group == group}


def load(path: Path) -> ImportMap:
    """The map in a file; raises `Unreadable` with a remedy."""
    try:
        plain = yaml.load(path.read_text("utf-8"), Loader=yaml.CBaseLoader)
        if isinstance(plain, dict) and isinstance(plain.get("columns"), dict):
            plain["columns"] = {k: _column(v) for k, v in plain["columns"].items()}
        found = msgspec.convert(plain, ImportMap, strict=False)
    except (yaml.YAMLError, msgspec.ValidationError, UnicodeError) as error:
        reason = str(error).replace("\n", " ")
        raise Unreadable(f"{path} is not a map: {reason}; see docs/import.md") from None
    return found


def _column(value: Any) -> Any:
    return {"as": value} if isinstance(value, str) else value


def faults(found: ImportMap, columns: list[str]) -> Iterator[str]:
    """Why a map does not fit a table with these columns, each with a remedy."""
    used = [*found.columns, *found.key, *found.leave_out]
    for name in [*used, *re.findall(r"\{([^{}]*)\}", found.title or "")]:
        if name not in columns:
            yield f"the table has no column {name!r}; columns: {', '.join(columns)}"
    for name in columns:
        if name not in found.columns:
            yield f"the column {name!r} is missing; add it, as 'ignore' to leave it out"
    for column in found.columns.values():
        yield from _role_faults(column)
    roles = [column.role for column in found.columns.values()]
    for role in dict.fromkeys(roles):
        if roles.count(role) > 1 and role not in _SEVERAL and not role.startswith("tags."):
            yield f"{role!r} is for one column; make the others 'claims.NAME', or 'ignore'"
    if not {"date", "year", "elapsed", "end"} & {c.role for c in found.columns.values()}:
        yield "no column is the date; write 'date' for one, or year, month and day"


def _role_faults(column: Column) -> Iterator[str]:
    role, group, name = column.role, column.group, column.name
    if group == "field" and name not in FIELDS:
        yield f"{role!r} is not known; known: {', '.join(f'field.{f}' for f in FIELDS)}"
    elif group in NAMED_ROLES and not (_KEY.fullmatch(name) and len(name) <= 40):
        yield f"{role!r} needs a name like {group}.mass_kg"
    elif group not in (*ROLES, *NAMED_ROLES):
        names = [*ROLES, *(f"{named}.NAME" for named in NAMED_ROLES)]
        yield f"{role!r} is not known; known: {', '.join(names)}"


_HEAD = "How `chronology import` reads {}. Edit it, and run the same command again."
_HEAD_OF_ROLES = "Each column is one of: {}. docs/import.md describes them."


def dump(found: ImportMap) -> str:
    """The text of a map file."""
    plain = msgspec.to_builtins(found)
    columns = {
        name: column["as"] if len(column) == 1 else column
        for name, column in plain.pop("columns").items()
    }
    text = yaml.dump(
        {**plain, "columns": columns}, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False
    )
    roles = ", ".join([*ROLES, *(f"{group}.NAME" for group in NAMED_ROLES)])
    head = (_HEAD.format(found.file or "the file"), _HEAD_OF_ROLES.format(roles))
    return "\n".join(
        [*(fill(line, 98, initial_indent="# ", subsequent_indent="#   ") for line in head), text]
    )


def settings(path: Path) -> Mapping[str, str]:
    """The options of a map for reading the file; empty if there is no map."""
    try:
        plain = yaml.load(path.read_text("utf-8"), Loader=yaml.CBaseLoader)
    except (OSError, yaml.YAMLError, UnicodeError):
        return {}
    table = plain.get("table") if isinstance(plain, dict) else None
    return {str(k): str(v) for k, v in table.items()} if isinstance(table, dict) else {}
