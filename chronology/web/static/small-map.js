// A small map of the places of one page, over the vendored shapes or over tiles.
const { L } = globalThis;
const box = document.querySelector(".small-map");
const config = JSON.parse(document.getElementById("small-map").textContent);
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

async function ground(map) {
  const pane = map.createPane("ground");
  pane.style.zIndex = 150;
  const names = ["land", "rivers", "lakes"];
  const shapes = await Promise.all(names.map(async (name) => (
    await fetch(`${config.shapes}${name}.json`)).json()));
  shapes.forEach((shape, index) => {
    const name = names[index];
    const river = name === "rivers";
    const style = ({ properties }) => ({
      className: `ground-${name}`, stroke: river,
      weight: river ? Math.max(0.6, 2.4 - (properties.rank ?? 6) * 0.2) : 0,
    });
    L.geoJSON(shape, { pane: "ground", interactive: false, style }).addTo(map);
  });
  map.attributionControl.addAttribution("Made with Natural Earth");
}

function draw(map, { name, role, latitude, longitude, radius_km: radius, path }, first) {
  const at = [latitude, longitude];
  if (radius) L.circle(at, { radius: radius * 1000, className: "reach", interactive: false }).addTo(map);
  const spot = L.circleMarker(at, { radius: first ? 7 : 5, className: first ? "place-spot first" : "place-spot" });
  const says = role && role !== "at" ? `${role} ${name}` : name;
  spot.bindTooltip(says, { permanent: first, direction: "right", offset: [8, 0], className: "place-tip" });
  spot.on("click", () => location.assign(path));
  spot.addTo(map);
}

async function show() {
  box.hidden = false;
  const still = { zoomAnimation: !calm, fadeAnimation: !calm, markerZoomAnimation: !calm };
  const map = L.map(box, { scrollWheelZoom: false, maxZoom: config.tiles ? 17 : 12, ...still });
  map.attributionControl.setPrefix(false);
  const points = config.points.map(({ latitude, longitude }) => [latitude, longitude]);
  map.fitBounds(L.latLngBounds(points).pad(0.3), { maxZoom: points.length > 1 ? 9 : 7, animate: false });
  L.control.scale({ imperial: false }).addTo(map);
  const { tiles, attribution } = config;
  if (tiles) L.tileLayer(tiles, { attribution, maxZoom: 17 }).addTo(map);
  else await ground(map);
  // The first is the place itself, or where the event was: it lies on top.
  const first = points.length < 4 ? points.length : 1;
  [...config.points.entries()].reverse().forEach(([index, point]) => draw(map, point, index < first));
  box.dataset.ready = "true";
}

show();
