"""The data of stored records: reading it without trust, and checking it.

Readers check only the types of values. A value beyond the limits, which ingesting would have
refused, is shown as it is; `check_json` finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct

from chronology.model.fields import TEXT_PATTERN, Fields, Id
from chronology.model.records import decode_date, encode_value, fields_of, load_json


def check_json(kind: type[Fields], action: str, data: str) -> None:
    """Raises `msgspec.ValidationError` unless stored JSON is of the types for a kind and an action.

    It takes no more memory than a valid record of the same length.
    """
    if action == "recorded":
        load_json(kind, data)
        return
    change, fields = _decode_change(data), fields_of(kind)
    for key, value in change.set.items():
        if key not in fields:
            raise msgspec.ValidationError(
                f"Object contains unknown field `{key[:40]}` - at `$.set`"
            )
        msgspec.json.decode(value, type=fields[key].type, dec_hook=decode_date)


class _Change(Struct, forbid_unknown_fields=True):
    """The data of a correction or a retraction."""

    because: Annotated[str, Meta(pattern=TEXT_PATTERN)]
    set: dict[str, msgspec.Raw] = {}
    unset: list[str] = []
    into: Id | None = None


_decode_change = msgspec.json.Decoder(_Change).decode


def amend(fields: Any, change: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as plain values, after the `set` and `unset` of a correction."""
    plain: dict[str, Any] = msgspec.to_builtins(fields, enc_hook=encode_value)
    plain.update(change.get("set", {}))
    return {key: value for key, value in plain.items() if key not in change.get("unset", ())}


def load_partial(kind: type[Fields], data: Mapping[str, Any]) -> dict[str, Any]:
    """Some fields of a `kind` as plain values; raises `msgspec.ValidationError`."""
    fields = fields_of(kind)
    values = {
        key: msgspec.convert(value, fields[key].type, strict=False, dec_hook=decode_date)
        for key, value in data.items()
    }
    plain: dict[str, Any] = msgspec.to_builtins(values, enc_hook=encode_value)
    return plain


def read_json(kind: type[Fields], data: str) -> Any:
    """A `kind` from stored JSON, of which only the types are checked: half the time of `load_json`.

    The patterns and limits were checked when the record was appended; `verify` checks them again.
    """
    return make_decoder(kind)(data)


def read(kind: type[Fields], data: Mapping[str, Any]) -> Any:
    """A `kind` from stored plain values, of which only the types are checked."""
    return msgspec.convert(data, _without_limits(kind), strict=False, dec_hook=decode_date)


@cache
def make_decoder(kind: type[Fields]) -> Callable[[str], Any]:
    """The decoder of `read_json` for a kind; the objects are of a subclass of it."""
    return msgspec.json.Decoder(_without_limits(kind), dec_hook=decode_date).decode


@cache
def _without_limits(kind: type[Fields]) -> Any:
    """A subclass of a kind whose fields, and theirs, have the same types without limits."""
    types = get_type_hints(kind)  # These leave out the limits in the annotations.
    fields = [
        (field.name, _unlimited(types[field.name]))
        if field.required
        else (field.name, _unlimited(types[field.name]), _default(field))
        for field in msgspec.structs.fields(kind)
    ]
    names = {field.name: field.encode_name for field in msgspec.structs.fields(kind)}
    return msgspec.defstruct(kind.__name__, fields, bases=(kind,), rename=names)


def _unlimited(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, Fields):
        return _without_limits(annotation)
    origin, parts = get_origin(annotation), tuple(map(_unlimited, get_args(annotation)))
    if origin in (UnionType, Union):
        return reduce(or_, parts)
    return origin[parts] if origin in (list, dict) else annotation


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return msgspec.field(default_factory=field.default_factory)
    return field.default
