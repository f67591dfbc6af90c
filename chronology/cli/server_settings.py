"""The address of a service, read from the settings in its folder as Datasette reads them."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import msgspec

from chronology.model.addresses import service_address

PLUGIN = "datasette-chronology"
_ENDINGS = ("json", "yaml", "yml")


class _Settings(msgspec.Struct):
    """The fields of a file of Datasette's settings that decide the address."""

    plugins: dict[str, dict[str, Any]] = {}
    settings: dict[str, Any] = {}


def address_in(folder: Path, metadata: Path | None = None) -> str | None:
    """The address of the service of a folder with `base_url`; None if no `public_url` is set.

    A named file of metadata comes before those in the folder.
    """
    is_old = version("datasette").startswith("0.")
    named = [metadata] if metadata else []
    files = [_read(path) for path in (*named, *_files(folder, is_old))]
    given = [file.plugins.get(PLUGIN, {}).get("public_url") for file in files]
    public_url = next(filter(None, given), None)
    if public_url is None:
        return None
    if not isinstance(public_url, str):
        raise click.UsageError("public_url is not a text; give the address with --url")
    base_urls = [file.settings.get("base_url") for file in files]
    if is_old and (path := folder / "settings.json").exists():
        base_urls = [_decode(path, dict[str, Any]).get("base_url")]
    return with_base(public_url, next(filter(None, base_urls), "/"))


def with_base(public_url: str, base_url: str) -> str:
    """The address of a service with `base_url` once, without a slash at the end."""
    return service_address(public_url, base_url) + f"/{base_url.strip('/')}".rstrip("/")


def _files(folder: Path, is_old: bool) -> Iterator[Path]:
    """The files with settings of plugins; Datasette reads the first of each kind."""
    for name in ("metadata",) if is_old else ("datasette", "metadata"):
        found = (folder / f"{name}.{ending}" for ending in _ENDINGS)
        if path := next((path for path in found if path.exists()), None):
            yield path


def _read(path: Path) -> _Settings:
    settings: _Settings = _decode(path, _Settings)
    return settings


def _decode(path: Path, kind: Any) -> Any:
    try:
        return msgspec.yaml.decode(path.read_bytes(), type=kind)
    except msgspec.MsgspecError as error:
        reason = str(error).replace("\n", " ")
        raise click.UsageError(f"{path} cannot be read as settings: {reason}; correct it") from None
