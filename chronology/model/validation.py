"""Validation: every fault of a record, with the path to its field.

`records.load` stops at the first fault, but an editor wants to see all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from chronology.model.fields import (
    FILE_PATTERN,
    ID_PATTERN,
    KEY_PATTERN,
    LINE_PATTERN,
    RELATION_PATTERN,
    TEXT_PATTERN,
    URL_PATTERN,
    Fields,
)
from chronology.model.records import decode_date, fields_of

FieldPath = tuple[str | int, ...]


def find_faults(kind: type[Fields], data: Mapping[str, Any]) -> Iterator[tuple[FieldPath, str]]:
    """Every fault in `data` as (path, reason)."""
    yield from _struct_faults(data, kind, ())


def find_change_faults(
    kind: type[Fields], changed: Mapping[str, Any], unset: Sequence[Any]
) -> Iterator[tuple[FieldPath, str]]:
    """Every fault in the `set` and `unset` of a correction of a `kind`."""
    fields = fields_of(kind)
    for key, value in changed.items():
        if key in fields:
            yield from _faults(value, fields[key].type, ("set", key))
        else:
            yield ("set", key), _unknown_field(key, fields)
    for index, key in enumerate(unset):
        if not isinstance(key, str) or key not in fields:
            yield ("unset", index), _unknown_field(key, fields)
        elif fields[key].required:
            yield ("unset", index), f"the field {key!r} is required; set it instead"
        elif key in changed:
            yield ("unset", index), f"the field {key!r} is both set and unset"


def _unknown_field(key: object, fields: Mapping[str, Any]) -> str:
    near = get_close_matches(str(key)[:40], fields, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"fields: {', '.join(fields)}"
    return f"{_shorten(key)} is not a field ({hint})"


def _faults(value: Any, kind: Any, path: FieldPath) -> Iterator[tuple[FieldPath, str]]:
    """The faults of a value of a field, whose annotation is `kind`."""
    if get_origin(kind) is Union:
        kind = _alternative(kind, value)
    plain = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    if isinstance(plain, type) and issubclass(plain, Fields) and isinstance(value, Mapping):
        yield from _struct_faults(value, plain, path)
    elif get_origin(plain) is list and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _faults(item, get_args(plain)[0], (*path, index))
        if not value and plain is not kind:  # An annotated list has a least length.
            yield path, "the list is empty"
        most = get_args(kind)[1].max_length if plain is not kind else None
        if most is not None and len(value) > most:
            yield path, f"the list has more than {most} entries"
    elif get_origin(plain) is dict and isinstance(value, Mapping):
        key_kind, value_kind = get_args(plain)
        for key, item in value.items():
            yield from ((p, f"key {key!r} {r}") for p, r in _faults(key, key_kind, path))
            yield from _faults(item, value_kind, (*path, key))
    else:
        try:
            msgspec.convert(value, kind, strict=False, dec_hook=decode_date)
        except msgspec.ValidationError as error:
            yield path, _reason(str(error), value)


def _alternative(union: Any, value: Any) -> Any:
    """The type that a value should have, of a text or fields; any other union stays as it is."""
    kinds = get_args(union)
    fields = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Fields)]
    if not fields:
        return union
    return fields[0] if isinstance(value, Mapping) else kinds[0]


def _struct_faults(
    value: Mapping[str, Any], kind: type[Fields], path: FieldPath
) -> Iterator[tuple[FieldPath, str]]:
    fields = fields_of(kind)
    for key in value:
        if key not in fields:
            yield (*path, key), _unknown_field(key, fields)
    for key, field in fields.items():
        if key in value:
            yield from _faults(value[key], field.type, (*path, key))
        elif field.required:
            yield path, f"the field {key!r} is missing"


_PATTERN_FAULTS = {
    ID_PATTERN: "is not an id; use lower-case letters, digits and single hyphens",
    KEY_PATTERN: "is not a key; use lower-case letters, digits and single underscores",
    LINE_PATTERN: "is empty or contains a line break or a control character",
    TEXT_PATTERN: "is empty or contains a control character",
    URL_PATTERN: "is not an address that begins with http:// or https://",
    FILE_PATTERN: "is not the name of a file in media/; run 'chronology media FILE', which copies"
    " the file there and prints its name",
    RELATION_PATTERN: "is not a relation; write part-of, caused-by, follows, or same-as-in: and the"
    " address of another chronology",
}


def _reason(message: str, value: Any) -> str:
    shown = _shorten(value)
    for pattern, text in _PATTERN_FAULTS.items():
        if repr(pattern) in message:
            return f"{shown} {text}"
    message = re.sub(r" - at `[^`]*`$", "", message)
    if message.startswith(("'", '"')):
        return message
    if message.startswith(("is not a date", "is not a geometry")):
        return f"{shown} {message}"
    return f"{shown} is not valid: {message[0].lower()}{message[1:].replace('`', '')}"


def _shorten(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
