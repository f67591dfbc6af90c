"""The date of a row, from one cell or from several."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from chronology.importing.map_file import ImportMap
from chronology.importing.tables import Unreadable
from chronology.model import as_written, edtf, written_dates
from chronology.model.errors import DateError
from chronology.model.written_rules import Order, Rules, Unread
from chronology.model.written_times import CLOCK, clock

_ELAPSED = re.compile(r"([-+]?)(\d{1,6}):(\d\d)(?::(\d\d))?")
_PACKED_TIME = re.compile(r"(\d{1,6})(?:\.(\d+))?")
_FIRST_OF_JANUARY = re.compile(r"(-?\d{4})-01-01(?:T00:00:00Z)?")
_MIDNIGHT = re.compile(r"(-?\d{4}-\d\d-\d\d)T00:00:00Z")
_NAIVE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(?![\d:+Z-])")
_OFFSET = re.compile(r"Z|[+-]\d\d:\d\d")
_MAX_WRITTEN = 300
_BY_PRECISION = {"11": 10, "10": 7, "9": 4, "8": 4, "7": 4}


class RowDate(NamedTuple):
    """A date in EDTF with its words and remarks, each with its column and cell."""

    text: str
    written: str = ""
    remarks: tuple[tuple[str, str, str], ...] = ()


class RowFault(Exception):
    """A row cannot be read: the column, the cell, the reason and the remedy."""

    def __init__(self, column: str, cell: str, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.column = column
        self.cell = cell
        self.reason = reason
        self.remedy = remedy


class DateReader:
    """Reads the dates of rows as a map says."""

    def __init__(self, mapping: ImportMap, order: Order | None) -> None:
        self.mapping = mapping
        self.order = order
        self.date = mapping.of("date")
        self.end = mapping.of("end")
        self.elapsed = mapping.of("elapsed")
        self.precision = mapping.of("precision")
        self.time = mapping.of("time")
        self.written = mapping.of("as_written")
        self.parts = {part: mapping.of(part) for part in ("year", "month", "day")}
        self.end_parts = {p: mapping.of(f"end.{p}") for p in ("year", "month", "day")}
        self.end_time = mapping.of("end.time")
        self.zone = _zone(mapping.zone)

    def read(self, cells: Mapping[str, str]) -> RowDate:
        """The date of a row; raises `RowFault`."""
        start = self._start(cells)
        end = self._end(cells)
        remarks = (*start.remarks, *(end.remarks if end else ()))
        text = self._joined(start, end, cells)
        text = self._with_zone(text)
        written = " ".join(filter(None, (cells[column] for column in self.written)))
        if not written and any(remarks):
            written = " – ".join(filter(None, (start.written, end.written if end else "")))
        if len(written) > _MAX_WRITTEN:
            column = next(iter(self.written), "")
            remark = f"coarsened: cut after {_MAX_WRITTEN} characters"
            remarks = (*remarks, (column, written, remark))
        return RowDate(text, written[:_MAX_WRITTEN], remarks)

    def person_date(self, cell: str) -> str:
        """A date of birth or death; raises `RowFault`."""
        try:
            return written_dates.read(cell, self.order, self.mapping.century).text
        except DateError as error:
            raise RowFault("", cell, error.reason.partition(";")[0], "") from None

    def _start(self, cells: Mapping[str, str]) -> RowDate:
        for column in self.elapsed:
            if cells[column]:
                return self._elapsed(column, cells[column])
        for column in self.date:
            if cells[column]:
                return self._with_time(self._one(column, cells), self.time, cells)
        if any(cells[name] for names in self.parts.values() for name in names):
            return self._with_time(self._from_parts(self.parts, cells), self.time, cells)
        return RowDate("")

    def _end(self, cells: Mapping[str, str]) -> RowDate | None:
        for column in self.end:
            if cells[column]:
                return self._with_time(self._one(column, cells), self.end_time, cells)
        if any(cells[name] for names in self.end_parts.values() for name in names):
            return self._with_time(self._from_parts(self.end_parts, cells), self.end_time, cells)
        return None

    def _joined(self, start: RowDate, end: RowDate | None, cells: Mapping[str, str]) -> str:
        column = (self.date or self.elapsed or self.parts["year"] or self.end or [""])[0]
        cell = cells.get(column, "")
        if not start.text and not (end and end.text):
            raise RowFault(column, "", "it gives no date", "add the date, or leave the row out")
        if not end or end.text == start.text:
            return start.text
        if not start.text:
            return f"/{end.text}"
        parts = [start.text, end.text]
        if any(part[0] in "[{/" or "/" in part for part in parts):
            reason = "the date and its end are not two single dates"
            raise RowFault(column, f"{cell} – {end.written}", reason, "keep one of the two columns")
        text = "/".join(parts)
        try:
            edtf.parse(text)
        except DateError:
            reason = "the event ends before it begins"
            remedy = "correct the date in the table, or under 'cells' in the map"
            raise RowFault(column, f"{cell} – {end.written}", reason, remedy) from None
        return text

    def _one(self, column: str, cells: Mapping[str, str]) -> RowDate:
        cell = cells[column]
        settings = self.mapping.columns[column]
        precision = next((cells[name] for name in self.precision if cells[name]), "")
        if precision and (midnight := _MIDNIGHT.fullmatch(cell.lstrip("+"))):
            return self._by_precision(column, cell, midnight[1], precision)
        if settings.january_1 and (match := _FIRST_OF_JANUARY.fullmatch(cell.lstrip("+"))):
            remark = "doubtful: the first of January is read as the whole year"
            return RowDate(match[1], cell, ((column, cell, remark),))
        if settings.january_1 and (match := _MIDNIGHT.fullmatch(cell.lstrip("+"))):
            return RowDate(match[1], cell)
        try:
            found = written_dates.read(cell, self.order, self.mapping.century)
        except DateError as error:
            remedy = "correct it in the table, or under 'cells' in the map"
            reason, _, advice = error.reason.partition("; ")
            raise RowFault(column, cell, reason, advice or remedy) from None
        remarks = tuple((column, cell, remark) for remark in found.remarks)
        return RowDate(found.text, cell, remarks)

    def _by_precision(self, column: str, cell: str, day: str, precision: str) -> RowDate:
        """A date of Wikidata: 11 is a day, 10 a month, 9 a year, 8 a decade, 7 a century."""
        length = _BY_PRECISION.get(precision)
        if length is None:
            reason = f"the precision {precision!r} is not known"
            raise RowFault(column, cell, reason, "precisions: 7 to 11")
        sign, day = day[: day.startswith("-")], day.removeprefix("-")
        text = sign + day[:length]
        if precision in ("8", "7"):
            text = text[:-1] + "X" if precision == "8" else text[:-2] + "XX"
        return RowDate(text, cell)

    def _from_parts(self, parts: Mapping[str, list[str]], cells: Mapping[str, str]) -> RowDate:
        values = {part: _first(names, cells) for part, names in parts.items()}
        column = next(iter(parts["year"] or parts["month"] or parts["day"]))
        cell = " ".join(filter(None, (values["day"], values["month"], values["year"])))
        if not values["year"] or (values["day"] and not values["month"]):
            missing = "year" if not values["year"] else "month"
            raise RowFault(column, cell, f"the {missing} is missing", "add it to the table")
        numbers = [re.sub(r"\.0+$", "", values[part]) for part in ("year", "month", "day")]
        text = " ".join(filter(None, reversed(numbers)))
        if all(not number or re.fullmatch(r"-?\d+", number) for number in numbers):
            sign, year = numbers[0][:1] == "-", numbers[0].lstrip("-")
            months = [f"{int(number):02}" for number in numbers[1:] if number]
            text = "-".join([f"{'-' * sign}{int(year):04}", *months])
        try:
            found = written_dates.read(text, "eu", self.mapping.century)
        except DateError as error:
            raise RowFault(column, cell, error.reason, "correct it in the table") from None
        return RowDate(found.text, cell, tuple((column, cell, r) for r in found.remarks))

    def _elapsed(self, column: str, cell: str) -> RowDate:
        match = _ELAPSED.fullmatch(cell)
        if as_written.is_elapsed(cell):
            return RowDate(cell, cell)
        if not match or int(match[3]) > 59 or int(match[4] or 0) > 59:
            reason = "it is not a time since the zero"
            raise RowFault(column, cell, reason, "write hours and minutes like 118:07:34")
        seconds = f":{match[4]}" if match[4] else ""
        return RowDate(f"T{match[1] or '+'}{int(match[2]):02}:{match[3]}{seconds}", cell)

    def _with_time(self, date: RowDate, columns: list[str], cells: Mapping[str, str]) -> RowDate:
        column = next((name for name in columns if cells[name]), None)
        if column is None or not date.text:
            return date
        cell = cells[column]
        rules = Rules()
        time = _time_of_day(cell, rules)
        if time is None:
            remark = (column, cell, "left out: it is not a time of day; write it like 17:30")
            return date._replace(written=f"{date.written} {cell}", remarks=(*date.remarks, remark))
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", date.text):
            remark = (column, cell, "left out: a time needs a single day")
            return date._replace(remarks=(*date.remarks, remark))
        remarks = tuple((column, cell, remark) for remark in rules.remarks)
        written = f"{date.written} {cell}"
        return RowDate(f"{date.text}T{time}", written, (*date.remarks, *remarks))

    def _with_zone(self, text: str) -> str:
        if self.zone is None:
            return text
        if isinstance(self.zone, str):
            return _NAIVE.sub(rf"\g<1>{self.zone}", text)
        zone = self.zone
        return _NAIVE.sub(lambda match: match[1] + _offset(match[1], zone), text)


def _first(names: list[str], cells: Mapping[str, str]) -> str:
    return next((cells[name] for name in names if cells[name]), "")


def _time_of_day(cell: str, rules: Rules) -> str | None:
    """The time in a cell: `17:30`, `5:30 pm`, or packed as in `123000.0`; None if it is none."""
    text = cell.casefold().strip()
    try:
        if match := CLOCK.fullmatch(text):
            return clock(match, rules)
        if match := _PACKED_TIME.fullmatch(text):
            digits = match[1].zfill(4 if len(match[1]) < 5 else 6)
            hour, minute, second = int(digits[:2]), int(digits[2:4]), int(digits[4:] or 0)
            if "." in text:
                digits = match[1].zfill(6)
                hour, minute, second = int(digits[:2]), int(digits[2:4]), int(digits[4:])
            if hour < 24 and minute < 60 and second < 60:
                if match[2] and match[2].strip("0"):
                    rules.note("coarsened: fractions of a second are left out")
                return f"{hour:02}:{minute:02}" + (f":{second:02}" if second else "")
    except Unread:
        return None
    return None


def _zone(name: str | None) -> ZoneInfo | str | None:
    """A zone by its name, such as Europe/Berlin, or as an offset."""
    if name is None:
        return None
    if name in ("UTC", "Z"):
        return "Z"
    if _OFFSET.fullmatch(name):
        return name
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        remedy = "write UTC, +02:00 or a name like Europe/Berlin"
        raise Unreadable(f"{name!r} is not a time zone; {remedy}") from None


def _offset(text: str, zone: ZoneInfo) -> str:
    """The offset of a zone at a local time."""
    offset = datetime.fromisoformat(text).replace(tzinfo=zone).utcoffset() or timedelta()
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}" if minutes else "Z"
