"""The vendored browser libraries and map shapes: as listed, small, and self-contained."""

import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "chronology" / "web" / "static"
VENDOR = STATIC / "vendor"
LIBRARIES = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))["libraries"]
LOADED = [
    VENDOR / file["path"]
    for library in LIBRARIES
    for file in library["files"]
    if file["path"].endswith((".js", ".css"))
]

# What makes a browser ask another host when the file is loaded. Addresses in comments, in links
# that a reader may follow, and names of XML namespaces do not.
REMOTE = re.compile(
    r"""sourceMappingURL=\s*(?:https?:)?//
    | @import\s+(?:url\()?\s*["']?(?:https?:)?//
    | url\(\s*["']?(?:https?:)?//
    | \b(?:from|import)\s*\(?\s*["'](?:https?:)?//
    | \b(?:fetch|importScripts|open|EventSource|WebSocket)\([^)]{0,40}["'](?:https?:|wss?:)?//
    | \b(?:src|href)\s*=\s*["'](?:https?:)?//[^"']+\.(?:js|css|png|svg|woff2?)\b""",
    re.VERBOSE | re.IGNORECASE,
)


def compressed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))


def shapes(name: str) -> list[dict[str, Any]]:
    features: list[dict[str, Any]] = json.loads(
        (STATIC / "map" / f"{name}.json").read_text(encoding="utf-8")
    )["features"]
    return features


def points(coordinates: list[Any]) -> Iterator[tuple[float, float]]:
    if isinstance(coordinates[0], (int, float)):
        yield coordinates[0], coordinates[1]
    else:
        for inner in coordinates:
            yield from points(inner)


def test_the_manifest_lists_exactly_the_files_there_are() -> None:
    listed = {file["path"] for library in LIBRARIES for file in library["files"]}
    there = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    assert there == listed | {"manifest.json"}


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library["name"])
def test_a_library_is_as_released(library: dict[str, Any]) -> None:
    pinned = json.loads((ROOT / "scripts" / "vendor-package.json").read_text(encoding="utf-8"))
    assert library["version"] == pinned["dependencies"][library["name"]]
    for file in library["files"]:
        content = (VENDOR / file["path"]).read_bytes()
        assert file["path"].startswith(f"{library['name']}-{library['version']}/")
        assert (len(content), hashlib.sha256(content).hexdigest()) == (
            file["bytes"],
            file["sha256"],
        )


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library["name"])
def test_a_library_has_its_licence(library: dict[str, Any]) -> None:
    assert library["licence"] in {"ISC", "MIT", "BSD-2-Clause", "BSD-3-Clause"}
    text = (VENDOR / library["licence_file"]).read_text(encoding="utf-8")
    assert "copyright" in text.lower()


@pytest.mark.parametrize("path", LOADED, ids=lambda path: path.name)
def test_a_file_asks_no_other_host_when_it_loads(path: Path) -> None:
    found = REMOTE.search(path.read_text(encoding="utf-8"))
    assert found is None, found


@pytest.mark.parametrize(
    "text",
    [
        "//# sourceMappingURL=https://cdn.example/a.map",
        '@import "//cdn.example/a.css"',
        "a { background: url(http://cdn.example/a.png) }",
        'import {a} from "https://cdn.example/a.js"',
        "fetch('https://api.example/')",
        'request.open("GET", "https://api.example/")',
    ],
)
def test_a_request_to_another_host_would_be_noticed(text: str) -> None:
    assert REMOTE.search(text)


def test_relative_imports_and_images_are_vendored_too() -> None:
    names = re.compile(
        r"""(?:\b(?:from|import)\s*|url\()["']?(\.?\.?/?[\w./-]+\.(?:js|png))["')]"""
    )
    missing = [
        (path.name, name)
        for path in LOADED
        for name in names.findall(path.read_text(encoding="utf-8"))
        if not (path.parent / name).is_file()
    ]
    assert missing == []


def test_the_libraries_are_small_together() -> None:
    assert sum(compressed(path) for path in LOADED) <= 250_000


@pytest.mark.parametrize("name", ["vendor-package-lock.json", "requirements-map.lock"])
def test_a_lock_has_hashes_and_no_addresses(name: str) -> None:
    text = (ROOT / "scripts" / name).read_text(encoding="utf-8")
    assert "sha512-" in text or "--hash=sha256:" in text
    assert "resolved" not in text
    assert "://" not in text


def test_the_shapes_are_small_and_within_the_region() -> None:
    names = ("land", "rivers", "lakes")
    for name in names:
        for feature in shapes(name):
            for x, y in points(feature["geometry"]["coordinates"]):
                assert 12 <= x <= 32
                assert 34 <= y <= 50
    assert sum(compressed(STATIC / "map" / f"{name}.json") for name in names) <= 150_000


@pytest.mark.parametrize(
    ("river", "town", "x", "y"),
    [
        ("Danube", "Belgrade", 20.457, 44.818),
        ("Danube", "Budapest", 19.040, 47.498),
        ("Sava", "Belgrade", 20.457, 44.818),
        ("Drava", "Osijek", 18.695, 45.555),
        ("Tisza", "Szeged", 20.148, 46.253),
        ("Morava", "Aleksinac", 21.705, 43.539),
    ],
)
def test_a_river_passes_its_town(river: str, town: str, x: float, y: float) -> None:
    near = [
        (east, north)
        for feature in shapes("rivers")
        if feature["properties"]["name"] == river
        for east, north in points(feature["geometry"]["coordinates"])
        if abs(east - x) < 0.15 and abs(north - y) < 0.15
    ]
    assert near, f"{river} does not come near {town}"
