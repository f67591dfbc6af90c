// The names on the map, where there is room: places of events, then seas and continents.
import { html } from "./svg.js";

const { L } = globalThis;
const REGION_KM = 40;
const NEAREST_REGION = 9; // from this zoom on a region is wider than the map

export class Names {
  constructor(map) {
    this.map = map;
    this.layer = L.layerGroup().addTo(map);
    this.ground = [];
  }

  /** Writes the names of places, sorted by importance; `pointOf` moves points to where they are drawn. */
  write(places, discs, pointOf) {
    this.layer.clearLayers();
    const taken = discs.map(({ x, y, r }) => [x - r, y - r, x + r, y + r]);
    const [view, zoom] = [this.map.getBounds(), this.map.getZoom()];
    for (const place of places) {
      if (typeof place.latitude !== "number") continue;
      const at = pointOf([place.latitude, place.longitude]);
      const region = place.radius_km > REGION_KM;
      if (!view.contains(at) || (region && zoom > NEAREST_REGION)) continue;
      this.beside(place, at, region, discs, taken);
    }
    for (const [name, latitude, longitude, kind, [from, to]] of this.ground) {
      const at = pointOf([latitude, longitude]);
      if (from <= zoom && zoom <= to && view.contains(at)) this.over(name, at, kind, taken);
    }
  }

  /** Writes the name of a sea or a continent at its middle, if there is room. */
  over(name, at, kind, taken) {
    const { x, y } = this.map.latLngToContainerPoint(at);
    const half = 4.2 * name.length;
    this.mark(html("span", {}, name), at, `ground-name ${kind}`, [half, 7], [x - half, y - 8, x + half, y + 8], taken);
  }

  /** Writes the name of a place beside its disc, if there is room. */
  beside(place, at, region, discs, taken) {
    const point = this.map.latLngToContainerPoint(at);
    const disc = discs.find(({ x, y, r }) => Math.hypot(x - point.x, y - point.y) < r);
    if (disc?.named) return;
    const then = place.names.find(([, use]) => use === "period")?.[0];
    const width = (region ? 8 : 6.4) * Math.max(place.name.length, then?.length ?? 0) + 4;
    const { x, y } = disc ?? point;
    const gap = disc ? disc.r + 3 : 4;
    const text = html("span", {}, place.name);
    if (then) text.append(html("i", {}, then));
    const sides = region && !disc ? [["region", x - width / 2]] : [["", x + gap], ["before", x - gap - width]];
    const drawn = sides.some(([side, left]) => {
      const anchor = [point.x - left - (side === "before" ? width : 0), point.y - y + 7];
      const box = [left, y - 8, left + width, y + (then ? 18 : 8)];
      return this.mark(text, at, `place-name ${region ? "region" : ""} ${side}`, anchor, box, taken);
    });
    if (drawn && disc) disc.named = true;
  }

  /** Draws a text at a point; returns false if its box overlaps one that is taken, or the edge. */
  mark(text, at, className, iconAnchor, box, taken) {
    if (box[0] < 0 || box[2] > this.map.getSize().x) return false;
    if (taken.some((other) => overlap(box, other))) return false;
    taken.push(box);
    const icon = L.divIcon({ html: text, className, iconSize: null, iconAnchor });
    L.marker(at, { icon, interactive: false, keyboard: false, pane: "shadowPane" }).addTo(this.layer);
    return true;
  }
}

function overlap(a, b) {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}
