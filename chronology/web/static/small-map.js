// A small map of the places of one page, over vendored shapes or map tiles.
import { cutFor, Ground } from "./ground.js";

const { L } = globalThis;
const [REGIONAL, WIDE] = [7, 4]; // the nearest zoom of one point: where the ground has detail, and elsewhere
const ROOM = { across: 110, down: 20 };
const box = document.querySelector(".small-map");
const config = JSON.parse(document.getElementById("small-map").textContent);
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Whether a name fits beside a spot without covering another; remembers it if it does. */
function fits({ x, y }, named) {
  if (named.some((other) => Math.abs(other.x - x) < ROOM.across && Math.abs(other.y - y) < ROOM.down)) {
    return false;
  }
  named.push({ x, y });
  return true;
}

/** A geometry in GeoJSON; what is west of the cut is drawn east of the rest. */
function shapeOf(geometry, cut) {
  const coordsToLatLng = ([longitude, latitude]) => L.latLng(latitude, longitude < cut ? longitude + 360 : longitude);
  const pointToLayer = (_, at) => L.circleMarker(at, { radius: 4, className: "place-spot", interactive: false });
  return L.geoJSON(geometry, { coordsToLatLng, pointToLayer, interactive: false, style: { className: "shape" } });
}

/** All longitudes of a point and of its geometry. */
function longitudes({ longitude, geometry }) {
  const found = [longitude];
  const collect = (part) => (typeof part[0] === "number" ? found.push(part[0]) : part.forEach(collect));
  if (geometry) collect(geometry.coordinates);
  return found;
}

function draw(map, { name, role, at, radius_km: radius, path, is_own: isOwn }, first, named) {
  if (radius) L.circle(at, { radius: radius * 1000, className: "reach", interactive: false }).addTo(map);
  const spot = L.circleMarker(at, { radius: first ? 7 : 5, className: first ? "place-spot first" : "place-spot" });
  const point = map.latLngToContainerPoint(at);
  const left = point.x > box.clientWidth * 0.55;
  // An element, since Leaflet takes a string for HTML.
  const says = document.createElement("span");
  says.textContent = role && role !== "at" ? `${role} ${name}` : name;
  spot.bindTooltip(says, {
    permanent: named !== null && !isOwn && fits(point, named), className: "place-tip",
    direction: left ? "left" : "right", offset: [left ? -8 : 8, 0],
  });
  spot.on("click", () => location.assign(path));
  spot.addTo(map);
  return spot;
}

/** The bounds of all points with their radii. */
function area(points) {
  const found = L.latLngBounds([]);
  for (const { at, radius_km: radius } of points) {
    found.extend(L.latLng(at).toBounds((radius ?? 1) * 2000));
  }
  return found.pad(0.15);
}

async function show() {
  box.hidden = false;
  const still = { zoomAnimation: !calm, fadeAnimation: !calm, markerZoomAnimation: !calm };
  const map = L.map(box, { scrollWheelZoom: false, zoomSnap: 0.25, maxZoom: config.tiles ? 17 : 12, ...still });
  map.attributionControl.setPrefix(false);
  const { tiles, attribution } = config;
  const cut = tiles ? -180 : cutFor(config.points.flatMap(longitudes));
  const points = config.points.map(({ latitude, longitude, ...point }) => (
    { ...point, at: [latitude, longitude < cut ? longitude + 360 : longitude] }));
  const ground = tiles ? null : new Ground(map, config, cut);
  const near = tiles || ground.detail?.contains(points[0].at) ? REGIONAL : WIDE;
  const bounds = area(points);
  const shapes = points.flatMap(({ geometry }) => (geometry ? [shapeOf(geometry, cut)] : []));
  for (const shape of shapes) bounds.extend(shape.getBounds());
  map.fitBounds(bounds, { maxZoom: points.length > 1 ? 9 : near, animate: false });
  L.control.scale({ imperial: false }).addTo(map);
  if (tiles) L.tileLayer(tiles, { attribution, maxZoom: 17 }).addTo(map);
  else await ground.show();
  // All points of an event are its own. Of a place, only the first is; the others lie within it.
  const own = box.dataset.own === "all" ? points.length : 1;
  for (const shape of shapes) shape.addTo(map);
  const named = [];
  // A line or an area of the event itself needs no spot in its middle.
  const spotted = points.filter(({ is_own: isOwn, geometry }) => !(isOwn && geometry));
  const spots = spotted.map((point, index) => draw(map, point, index < own, index < own ? named : null));
  spots.reverse().forEach((spot) => spot.bringToFront());
  box.dataset.ready = "true";
}

show();
