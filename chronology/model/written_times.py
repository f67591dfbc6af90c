"""Times of day as people write them, such as `5:30 pm` or `17:30 CET`."""

from __future__ import annotations

import re

from chronology.model.date_words import ZONES, alternatives
from chronology.model.written_rules import Rules, Unread

_CLOCK = rf"""
    (?P<hour>\d{{1,2}}) (?:
        (?: [:h] (?P<minute>\d\d) (?:[:m](?P<second>\d\d)s?(?P<fraction>[.]\d+)?)?
          | [.](?P<pointed>\d\d)(?=\s*[ap]\.?m)
          | (?=\s*[ap]\.?m) )
        \s* (?P<half>[ap])?(?(half)\.?m\.?) (?:\s*(?:hrs?|hours|uhr))?
      | (?P<packed>\d\d)\s*(?:hrs?|hours|z\b) )
    \s* (?P<zone>[+-](?:0\d|1[0-4])(?::?\d\d)?(?![\d:])
      | (?:{alternatives(ZONES)})(?:[+-]\d\d?(?::?\d\d)?)?)?
"""
CLOCK = re.compile(_CLOCK, re.VERBOSE | re.ASCII)
_CLOCK_START = re.compile(
    r"\d{1,2}[:h]\d\d|\d{1,2}(?:\.\d\d)?\s*[ap]\.?m|\d{4}\s*(?:hrs?|hours|z)\b"
)
_BEFORE_CLOCK = re.compile(r"(?<=\d)t$|\s+(?:at|um|a)?\s*$")


def split_time(text: str, rules: Rules) -> tuple[str, str]:
    start = _CLOCK_START.search(text)
    match = CLOCK.fullmatch(text, start.start()) if start else None
    before = _BEFORE_CLOCK.search(text[: match.start()]) if match else None
    if not match or not before:
        return text, ""
    time = clock(match, rules)
    # Spreadsheets and databases write a day as its midnight.
    return text[: before.start()], "" if time in ("00:00", "00:00:00") else time


def clock(match: re.Match[str], rules: Rules) -> str:
    """The time of day that a match of `CLOCK` means; raises `Unread`."""
    hour = int(match["hour"])
    minute = int(match["minute"] or match["pointed"] or match["packed"] or 0)
    if match["half"]:
        if not 1 <= hour <= 12:
            raise Unread("a time has hours from 1 to 12 before am or pm")
        hour = hour % 12 + (12 if match["half"] == "p" else 0)
    if hour > 23 or minute > 59 or int(match["second"] or 0) > 59:
        raise Unread("that time does not exist")
    if match["fraction"] and match["fraction"].strip(".0"):
        rules.note("coarsened: fractions of a second are left out")
    seconds = f":{match['second']}" if match["second"] else ""
    return f"{hour:02}:{minute:02}{seconds}{_zone(match, rules)}"


def _zone(match: re.Match[str], rules: Rules) -> str:
    if match["packed"] and match[0].rstrip().endswith("z"):
        return "Z"
    zone = match["zone"] or ""
    name = re.match("[a-z]*", zone)
    offset = zone[name.end() if name else 0 :]
    if not offset:
        if zone not in ("", "z", "utc", "gmt", "ut"):
            rules.note(f"doubtful: the zone {zone.upper()} is read as {ZONES[zone]}")
        return ZONES[zone] if zone else ""
    hours, minutes = offset[1:3].rstrip(":"), offset[3:].strip(":") or "00"
    text = f"{offset[0]}{int(hours):02}:{minutes}"
    return "Z" if text[1:] == "00:00" else text
