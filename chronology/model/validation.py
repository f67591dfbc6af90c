"""Validation: every fault of a record, with the path to its field.

`records.load` stops at the first fault, but an editor wants to see all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache, reduce
from operator import or_
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from chronology.model.records import (
    ID_PATTERN,
    KEY_PATTERN,
    LINE_PATTERN,
    TEXT_PATTERN,
    URL_PATTERN,
    Fields,
    decode_date,
)

FieldPath = tuple[str | int, ...]


# Inspecting a type takes longer than validating a record.
@cache
def _type_info(kind: type[Fields]) -> Any:
    return msgspec.inspect.type_info(kind)


def find_faults(kind: type[Fields], data: Mapping[str, Any]) -> Iterator[tuple[FieldPath, str]]:
    """Every fault in `data` as (path, reason)."""
    yield from _faults(data, _type_info(kind), ())


def find_change_faults(
    kind: type[Fields], changed: Mapping[str, Any], unset: Sequence[Any]
) -> Iterator[tuple[FieldPath, str]]:
    """Every fault in the `set` and `unset` of a correction of a `kind`."""
    info = _type_info(kind)
    fields = {field.encode_name: field for field in info.fields}
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


def _faults(value: Any, type_info: Any, path: FieldPath) -> Iterator[tuple[FieldPath, str]]:
    if isinstance(type_info, msgspec.inspect.UnionType) and value is not None:
        structs = [
            member for member in type_info.types if isinstance(member, msgspec.inspect.StructType)
        ]
        type_info = structs[0] if structs else type_info
    if isinstance(type_info, msgspec.inspect.StructType) and isinstance(value, Mapping):
        yield from _struct_faults(value, type_info, path)
    elif isinstance(type_info, msgspec.inspect.ListType) and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _faults(item, type_info.item_type, (*path, index))
        if len(value) < (type_info.min_length or 0):
            yield path, "the list is empty"
    elif isinstance(type_info, msgspec.inspect.DictType) and isinstance(value, Mapping):
        for key, item in value.items():
            yield from ((p, f"key {key!r} {r}") for p, r in _faults(key, type_info.key_type, path))
            yield from _faults(item, type_info.value_type, (*path, key))
    else:
        yield from _leaf_faults(value, type_info, path)


def _struct_faults(
    value: Mapping[str, Any], type_info: Any, path: FieldPath
) -> Iterator[tuple[FieldPath, str]]:
    fields = {field.encode_name: field for field in type_info.fields}
    for key in value:
        if key not in fields:
            yield (*path, key), _unknown_field(key, fields)
    for key, field in fields.items():
        if key in value:
            yield from _faults(value[key], field.type, (*path, key))
        elif field.required:
            yield path, f"the field {key!r} is missing"


def _leaf_faults(value: Any, type_info: Any, path: FieldPath) -> Iterator[tuple[FieldPath, str]]:
    try:
        msgspec.convert(value, _python_type(type_info), strict=False, dec_hook=decode_date)
    except msgspec.ValidationError as error:
        yield path, _reason(str(error), value)


def _python_type(type_info: Any) -> Any:
    """The annotation that `msgspec.inspect` described."""
    match type_info:
        case msgspec.inspect.UnionType():
            return reduce(or_, map(_python_type, type_info.types))
        case msgspec.inspect.StrType():
            return Annotated[str, _limits(type_info, "pattern", "max_length")]
        case msgspec.inspect.FloatType():
            return Annotated[float, _limits(type_info, "ge", "le", "gt")]
        case msgspec.inspect.LiteralType():
            return Literal[type_info.values]
        case msgspec.inspect.CustomType() | msgspec.inspect.StructType():
            return type_info.cls
        case msgspec.inspect.ListType():
            return list[_python_type(type_info.item_type)]  # type: ignore[misc]
    return _PLAIN.get(type(type_info), dict[str, Any])


_PLAIN: dict[type, Any] = {
    msgspec.inspect.IntType: int,
    msgspec.inspect.BoolType: bool,
    msgspec.inspect.NoneType: None,
}


def _limits(type_info: Any, *names: str) -> Meta:
    limits: dict[str, Any] = {name: getattr(type_info, name) for name in names}
    return Meta(**limits)


_PATTERN_FAULTS = {
    ID_PATTERN: "is not an id; use lower-case letters, digits and single hyphens",
    KEY_PATTERN: "is not a key; use lower-case letters, digits and single underscores",
    LINE_PATTERN: "is empty or contains a line break or a control character",
    TEXT_PATTERN: "is empty or contains a control character",
    URL_PATTERN: "is not an address that begins with http:// or https://",
}


def _reason(message: str, value: Any) -> str:
    shown = _shorten(value)
    for pattern, text in _PATTERN_FAULTS.items():
        if repr(pattern) in message:
            return f"{shown} {text}"
    message = re.sub(r" - at `[^`]*`$", "", message)
    if message.startswith(("'", '"')):
        return message
    if message.startswith("is not a date"):
        return f"{shown} {message}"
    return f"{shown} is not valid: {message[0].lower()}{message[1:].replace('`', '')}"


def _shorten(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
