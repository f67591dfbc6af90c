// The names of places on the map, where there is room.
import { html } from "./svg.js";

const { L } = globalThis;
const REGION_KM = 40;
const NEAREST_REGION = 9; // from this zoom on a region is wider than the map

export class Names {
  constructor(map) {
    this.map = map;
    this.layer = L.layerGroup().addTo(map);
  }

  /** Writes the names of places, given with their counts, the most frequent first. */
  write(counted, discs) {
    this.layer.clearLayers();
    const taken = discs.map(({ x, y, r }) => [x - r, y - r, x + r, y + r]);
    const view = this.map.getBounds();
    for (const [place] of counted) {
      const at = [place.latitude, place.longitude];
      const region = place.radius_km > REGION_KM;
      if (typeof at[0] !== "number" || !view.contains(at)) continue;
      if (region && this.map.getZoom() > NEAREST_REGION) continue;
      this.beside(place, at, region, discs, taken);
    }
  }

  /** Writes the name of a place beside its disc, if there is room. */
  beside(place, at, region, discs, taken) {
    const point = this.map.latLngToContainerPoint(at);
    const disc = discs.find(({ x, y, r }) => Math.hypot(x - point.x, y - point.y) < r);
    if (disc?.named) return;
    const then = place.names.find(([, use]) => use === "period")?.[0];
    const width = (region ? 8 : 6.4) * Math.max(place.name.length, then?.length ?? 0) + 4;
    const { x, y } = disc ?? point;
    const left = disc ? x + disc.r + 3 : region ? x - width / 2 : x + 4;
    const box = [left, y - 8, left + width, y + (then ? 18 : 8)];
    if (taken.some((other) => overlap(box, other))) return;
    taken.push(box);
    if (disc) disc.named = true;
    const text = html("span", {}, place.name);
    if (then) text.append(html("i", {}, then));
    const icon = L.divIcon({ html: text, className: `place-name${region ? " region" : ""}`,
      iconSize: null, iconAnchor: [point.x - left, point.y - y + 7] });
    L.marker(at, { icon, interactive: false, keyboard: false, pane: "shadowPane" })
      .addTo(this.layer);
  }
}

function overlap(a, b) {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}
