"""The vendored browser libraries and map shapes: as listed, small, and self-contained."""

import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from itertools import pairwise
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
def test_a_file_loads_nothing_from_another_host(path: Path) -> None:
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


@pytest.mark.parametrize(
    ("scale", "area", "limit"),
    [
        ("coarse", (-180, -90, 180, 90), 30_000),
        ("medium", (-180, -90, 180, 90), 180_000),
        ("balkans", (12, 34, 32, 50), 75_000),
    ],
)
def test_the_shapes_of_a_scale_are_small_and_within_its_area(
    scale: str, area: tuple[float, float, float, float], limit: int
) -> None:
    west, south, east, north = area
    files = sorted((STATIC / "map" / scale).glob("*.json"))
    assert {"land.json", "lakes.json"} <= {path.name for path in files}
    for path in files:
        for feature in shapes(f"{scale}/{path.stem}"):
            for x, y in points(feature["geometry"]["coordinates"]):
                assert west <= x <= east
                assert south <= y <= north
    assert sum(map(compressed, files)) <= limit


def test_the_regions_in_detail_are_listed_with_their_areas() -> None:
    areas = json.loads((STATIC / "map" / "areas.json").read_text("utf-8"))
    folders = {path.name for path in (STATIC / "map").iterdir() if path.is_dir()}
    assert areas == {"balkans": [12.0, 34.0, 32.0, 50.0]}
    assert folders == {"coarse", "medium", *areas}


@pytest.mark.parametrize("scale", ["coarse", "medium"])
@pytest.mark.parametrize(
    ("place", "x", "y", "is_land"),
    [
        ("Alamogordo", -105.6, 32.5, True),
        ("Belgrade", 20.5, 44.8, True),
        ("Canberra", 149.1, -35.3, True),
        ("the middle of the Atlantic", -40.0, 30.0, False),
        ("the middle of the Caspian Sea", 50.5, 42.0, False),
    ],
)
def test_a_place_is_on_land_or_on_water(
    scale: str, place: str, x: float, y: float, is_land: bool
) -> None:
    on_land = is_inside(f"{scale}/land", x, y) and not is_inside(f"{scale}/lakes", x, y)
    assert on_land is is_land, place


def is_inside(name: str, x: float, y: float) -> bool:
    """Whether a point is inside the polygons of a file (even-odd rule)."""
    crossings = 0
    for feature in shapes(name):
        geometry = feature["geometry"]
        multi = geometry["type"] == "MultiPolygon"
        for polygon in geometry["coordinates"] if multi else [geometry["coordinates"]]:
            for ring in polygon:
                for (x0, y0), (x1, y1) in pairwise(ring):
                    if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
                        crossings += 1
    return crossings % 2 == 1


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
        for feature in shapes("balkans/rivers")
        if feature["properties"]["name"] == river
        for east, north in points(feature["geometry"]["coordinates"])
        if abs(east - x) < 0.15 and abs(north - y) < 0.15
    ]
    assert near, f"{river} does not come near {town}"
