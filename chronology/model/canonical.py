"""Canonical JSON, and the values in it that are more than texts and numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import msgspec

from chronology.model import as_written, geometry
from chronology.model.edtf import Date, EventDate, parse
from chronology.model.errors import DateError
from chronology.model.geometry import Geometry


def encode_value(value: object) -> object:
    if isinstance(value, EventDate):
        return value.text
    if isinstance(value, Geometry):
        return value.plain
    raise NotImplementedError


_encoder = msgspec.json.Encoder(enc_hook=encode_value, order="sorted")


def canonical(value: object) -> str:
    """The canonical JSON of a value: sorted keys, no white space, no default values."""
    return _encoder.encode(value).decode()


_READERS: dict[type, Callable[[str], EventDate]] = {
    Date: lru_cache(maxsize=1 << 14)(parse),
    EventDate: lru_cache(maxsize=1 << 14)(as_written.read),
}


def decode_date(kind: type, value: object) -> object:
    """The hook by which msgspec decodes dates and geometries."""
    if kind is Geometry:
        return geometry.read(value)
    read = _READERS.get(kind)
    if read is None:
        raise NotImplementedError
    if not isinstance(value, str):
        raise ValueError("is not a date; write the date as text, in quotes")
    try:
        return read(value)
    except DateError as error:
        raise ValueError(str(error)) from None
