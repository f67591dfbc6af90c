"""Guess the map of a table from the names of its columns and from their values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path

from chronology.importing import html_texts
from chronology.importing.column_samples import ROWS, Sample, take_samples
from chronology.importing.map_file import FIELDS, ChronologyFields, Column, ImportMap, SourceFields
from chronology.importing.slugs import key_name
from chronology.importing.tables import Table
from chronology.model.reserved_names import PARAMETERS
from chronology.projections import event_rows

_NAMES: dict[str, str] = {
    "date": "date|event date|start date|date start|start|begin|began|when|day of event|datum|fecha"
    "|data|timestamp|datetime|date time|start time|reign start|from|dtstart|date long|first date",
    "end": "end|end date|date end|until|to|finish|ended|reign end|end time|last date|dtend",
    "time": "time|hour|clock|origin t|uhrzeit|heure|hora|time utc|event time",
    "title": "title|headline|event|name|label|event name|event title|what|subject|titel|titre"
    "|evento|ereignis|item label|event label|heading|happening",
    "summary": "summary|description|text|comment|comments|details|notes|note|body|abstract"
    "|beschreibung|remarks|content",
    "kind": "kind|type|category|event type|class|art|typ",
    "place": "place|location|city|town|where|venue|ort|lieu|lugar|site|region|place name"
    "|location label|place label",
    "latitude": "latitude|lat|breite",
    "longitude": "longitude|lon|lng|long|lange",
    "point": "coordinates|coords|point|geo|coord|coordinate location|lat lon|lat long",
    "people": "people|person|persons|who|participants|names|personen",
    "source": "source|sources|reference|references|citation|ref|quelle",
    "source.url": "source url|source link|reference url",
    "importance": "importance|rank|significance",
    "as_written": "display date|date as written|original date",
    "precision": "precision|date precision|time precision",
    "media": "image|media|photo|picture|thumbnail|img|pic|bild|media url|image url",
    "media.credit": "media credit|credit|image credit|photo credit",
    "media.caption": "media caption|caption|image caption",
}
_KEYS = re.compile(r"(uid|id|key|qid|guid|uuid|index|number|no|nr|\w* ?id( no)?|event id|item)")
_TIMELINEJS = {
    "Year": "year",
    "Month": "month",
    "Day": "day",
    "Time": "time",
    "End Year": "end.year",
    "End Month": "end.month",
    "End Day": "end.day",
    "End Time": "end.time",
    "Display Date": "as_written",
    "Headline": "title",
    "Text": "summary",
    "Media": "media",
    "Media Credit": "media.credit",
    "Media Caption": "media.caption",
    "Media Thumbnail": "ignore",
    "Type": "ignore",
    "Group": "tags.group",
    "Tag": "tags.group",
    "Background": "ignore",
    "Alt Text": "media.alt",
}
_OWN = dict.fromkeys(
    [
        "earliest",
        "latest",
        "sort_day",
        "precision",
        "status",
        "months",
        "accounts",
        "disputed",
        "version",
        "position",
        "recorded_at",
        "number",
        "first_day",
        "last_day",
        "first_second",
        "last_second",
        "sort_key",
    ],
    "ignore",
)
_OWN |= {name: f"field.{name}" for name in FIELDS}
_OWN |= {
    "formations": "formations",
    "id": "id",
    "date": "date",
    "time": "ignore",
    "basis": "basis",
    "title": "title",
}
_OWN |= {"summary": "summary", "kind": "kind", "as_written": "as_written", "places": "place"}
_OWN |= {"people": "people", "sources": "source", "importance": "importance"}
_OWN |= {"latitude": "latitude", "longitude": "longitude"}
MAX_TAGS = 100
"""A text with at most so many values becomes a dimension."""
_MAX_QUANTITIES = 20
_MAX_DIMENSIONS = 12
_DATE_SHARE = 0.6
_NAMED_DATE_SHARE = 0.3
_IMAGE = re.compile(
    r"\.(jpe?g|png|gif|webp|avif|svg|tiff?|mp3|ogg|wav|mp4|webm|pdf)(\?|$)|FilePath/", re.I
)


def guess(table: Table, path: Path, title: str | None) -> ImportMap:
    """The map of a table; columns of no known role keep their values as tags or claims.

    `title` is that of the chronology to start, if there is none.
    """
    samples = take_samples(table)
    roles = _preset(table, {s.name: s for s in samples}) or _roles(samples)
    columns = {}
    for sample in samples:
        role = roles.get(sample.name) or _other_role(sample, roles)
        roles[sample.name] = role
        columns[sample.name] = _column(sample, role)
    key = _key(samples, roles)
    for name in key:
        if columns[name].group == "claims":
            columns[name].role = "key"
    titles = _title_slide(table)
    if title and titles:
        title = titles["Headline"] or title
    empty = sorted({text for sample in samples for text in sample.empty})
    return ImportMap(
        file=path.name,
        source=SourceFields(name=path.name),
        chronology=_chronology(title, titles),
        leave_out={"Type": "title"} if titles else {},
        table=dict(table.settings),
        key=key,
        empty=empty,
        columns=columns,
    )


def _title_slide(table: Table) -> dict[str, str]:
    """The cells of the title slide of TimelineJS, which is not an event."""
    if not {"Year", "Headline", "Type"} <= {*table.columns}:
        return {}
    for row in islice(table.rows(), ROWS):
        cells = dict(zip(table.columns, row.cells, strict=True))
        if cells["Type"] == "title":
            return cells
    return {}


def _chronology(title: str | None, titles: Mapping[str, str]) -> ChronologyFields | None:
    if not title:
        return None
    summary = html_texts.read(titles.get("Text", "")).text
    return ChronologyFields(title=" ".join(title.split())[:300], summary=summary or None)


def _own_role(sample: Sample) -> str:
    """The role of a column of our CSV that a chronology declares."""
    if sample.name in event_rows.RESERVED:
        return "ignore"
    is_quantity = sample.filled and sample.numbers == 1
    return f"quantities.{sample.name}" if is_quantity else f"tags.{sample.name}"


def _preset(table: Table, samples: Mapping[str, Sample]) -> dict[str, str]:
    if table.roles:
        return dict(table.roles)
    columns = {*table.columns}
    if {"Year", "Headline"} <= columns:
        return {c: _TIMELINEJS[c] for c in columns if c in _TIMELINEJS}
    if {"id", "date", "earliest", "latest", "sort_day", "title", "kind"} <= columns:
        return {c: _OWN.get(c) or _own_role(samples[c]) for c in columns}
    return {}


def _roles(samples: Iterable[Sample]) -> dict[str, str]:
    """The roles of the columns that are recognised, by column."""
    samples = list(samples)
    chosen: dict[str, str] = {}

    def take(role: str, fits: Mapping[str, float]) -> None:
        left = {name: score for name, score in fits.items() if name not in chosen and score > 0}
        if left:
            chosen[max(left, key=lambda name: left[name])] = role

    take("date", {s.name: _date_score(s) for s in samples})
    if not chosen:
        take("elapsed", {s.name: s.fill for s in samples if s.is_elapsed})
    if not {"date", "elapsed"} & {*chosen.values()}:
        _take_parts(samples, chosen)
    if "date" in chosen.values():
        take("end", {s.name: _named(s, "end") * (s.dates > _DATE_SHARE) for s in samples})
        take("time", {s.name: _named(s, "time") * (s.longest < 30) for s in samples})
    take("latitude", {s.name: _named(s, "latitude") * s.within(-90, 90) for s in samples})
    take("longitude", {s.name: _named(s, "longitude") * s.within(-180, 180) for s in samples})
    take("point", {s.name: s.points > 0.9 for s in samples})
    for role in ("title", "place", "kind", "summary", "people", "source.url", "source"):
        take(role, {s.name: _text_score(s, role) for s in samples})
    for role in ("importance", "as_written", "precision", "media.credit", "media.caption"):
        take(role, {s.name: _named(s, role) for s in samples})
    take("media", {s.name: _named(s, "media") * (s.urls > 0.5) for s in samples})
    if "title" not in chosen.values():
        take("title", {s.name: _as_title(s) for s in samples})
    if "summary" not in chosen.values():
        take("summary", {s.name: s.longest * (s.longest > 80) for s in samples if s.urls < 0.1})
    return chosen


def _take_parts(samples: list[Sample], chosen: dict[str, str]) -> None:
    """Columns for the year, the month and the day."""
    for sample in samples:
        if sample.words in (
            "year",
            "month",
            "day",
            "jahr",
            "monat",
            "tag",
            "annee",
            "mois",
            "jour",
        ):
            role = {"j": "year", "a": "year", "y": "year"}.get(sample.words[0], sample.words)
            names = {"monat": "month", "mois": "month", "tag": "day", "jour": "day"}
            chosen[sample.name] = names.get(sample.words, role)


def _date_score(sample: Sample) -> float:
    """How well a column is the date: readable, filled, exact, and named so."""
    names = _NAMES["date"].split("|")
    words = sample.words
    if sample.dates < (_NAMED_DATE_SHARE if words in names else _DATE_SHARE) or not sample.fill:
        return 0.0
    named = 1.0 if words in names else 0.6 if re.search(r"\b(date|start|when)\b", words) else 0.0
    if words in _NAMES["end"].split("|") or re.search(r"\bend\b", words):
        named = -0.5
    exact = sample.share(
        lambda value: re.search(r"\d{4}\D\d|\d\D\d{4}|\d{8}|[^\W\d]{3}.*\d{4}", value)
    )
    return max(0.01, 2 * named + sample.dates * sample.fill * 2 + 0.5 * exact)


def _named(sample: Sample, role: str) -> float:
    """How well the name of a column fits a role: those that are listed first fit best."""
    names = _NAMES[role].split("|")
    if not sample.filled:
        return 0.0
    return 1.0 - names.index(sample.words) / 100 if sample.words in names else 0.0


def _text_score(sample: Sample, role: str) -> float:
    score = _named(sample, role)
    if role == "title" and (sample.urls > 0.5 or (sample.numbers > 0.5 and sample.dates > 0.5)):
        return 0.0
    if role in ("place", "kind") and (sample.numbers > 0.5 or sample.longest > 300):
        return 0.0
    if role == "kind" and len(sample.values) > MAX_TAGS:
        return 0.0
    return score * (0.5 + sample.fill / 2)


def _as_title(sample: Sample) -> float:
    """How well a column of no known name is the title: a text with a value in each row."""
    if sample.urls > 0.1 or sample.numbers > 0.5 or sample.longest > 2_000:
        return 0.0
    return sample.fill * len(sample.values) / max(1, sample.filled)


def _other_role(sample: Sample, roles: Mapping[str, str]) -> str:
    """The role of a column that is not recognised: its values are kept."""
    name = _free_name(key_name(sample.name), roles)
    used = list(roles.values())
    if not sample.filled:
        return "ignore"
    if sample.urls > 0.8:
        is_media = sample.share(_IMAGE.search) > 0.8 and "media" not in used
        return "media" if is_media else "link"
    groups = [role.partition(".")[0] for role in used]
    names_rows = _KEYS.fullmatch(sample.words) or re.search("year|date|jahr", sample.words)
    if sample.numbers > 0.9 and not names_rows and groups.count("quantities") < _MAX_QUANTITIES:
        return f"quantities.{name}"
    count = len(sample.values)
    is_repeated = 2 <= count <= MAX_TAGS and count * 2 <= sample.filled and sample.longest <= 60
    if is_repeated and sample.dates < 0.5 and groups.count("tags") < _MAX_DIMENSIONS:
        return f"tags.{name}"
    return "says" if sample.longest > 300 else f"claims.{name}"


def _free_name(name: str, roles: Mapping[str, str]) -> str:
    """A name that no column of `events` and no other column of the map has."""
    taken = {role.partition(".")[2] for role in roles.values()}
    taken |= event_rows.RESERVED | {parameter.replace("-", "_") for parameter in PARAMETERS}
    base, number = name, 1
    while name in taken:
        number += 1
        name = f"{base}_{'value' if number == 2 else number}"
    return name


def _column(sample: Sample, role: str) -> Column:
    column = Column(role=role)
    if role in ("people", "place", "source", "formations") or role.startswith("tags."):
        if sample.share(lambda value: value.startswith("[")) > 0.5:
            column.split = "json"
        elif sample.share(lambda value: "; " in value) > 0.05:
            column.split = ";"
    if role in ("date", "end") and _is_wikidata(sample):
        column.january_1 = "year"
    return column


def _is_wikidata(sample: Sample) -> bool:
    """Whether all dates are midnights, and most of them first days of years."""
    midnight = re.compile(r"[-+]?\d{4,}-\d\d-\d\dT00:00:00Z")
    return (
        sample.share(midnight.fullmatch) == 1
        and sample.share(lambda value: "-01-01T" in value) > 0.2
    )


def _key(samples: Iterable[Sample], roles: Mapping[str, str]) -> list[str]:
    """The column that names the rows: an id with another value in each of them."""
    for sample in samples:
        if roles.get(sample.name) in ("key", "id"):
            return [sample.name]
    fitting = [s for s in samples if s.is_unique and s.fill == 1 and s.rows > 1]
    for sample in fitting:
        is_item = sample.share(lambda value: "wikidata.org/entity/Q" in value) == 1
        if is_item or (_KEYS.fullmatch(sample.words) and sample.longest <= 60):
            return [sample.name]
    return []
