// The ground of the maps: vendored shapes of land, lakes and rivers, finer where the map is nearer.
import { pause } from "./home/svg.js";

const { L } = globalThis;
const FINER_FROM = 5; // the zoom from which the coarse shapes are too coarse
const SETS = { coarse: ["land", "lakes"], medium: ["land", "rivers", "lakes"], detail: ["land", "rivers", "lakes"] };
const REACH = 85; // degrees north and south that the projection shows

/** Where the world is cut for points that lie around the antimeridian: at -180, or halfway round. */
export function cutFor(longitudes) {
  const sorted = [...new Set(longitudes)].sort((a, b) => a - b);
  if (sorted.length < 2 || sorted.at(-1) - sorted[0] < 180) return -180;
  let [gap, cut] = [0, -180];
  for (let i = 1; i < sorted.length; i += 1) {
    if (sorted[i] - sorted[i - 1] > gap) [gap, cut] = [sorted[i] - sorted[i - 1], (sorted[i] + sorted[i - 1]) / 2];
  }
  return gap > 180 ? cut : -180;
}

export class Ground {
  /** `config` has the address of the shapes, and the region with detail and borders if there are any. */
  constructor(map, config, cut = -180) {
    Object.assign(this, { map, config, cut, sets: new Map() });
    for (const [index, set] of ["coarse", "medium", "detail", "names"].entries()) {
      map.createPane(`ground-${set}`).style.zIndex = 150 + index;
    }
    map.attributionControl.addAttribution("Made with Natural Earth");
    this.area = L.latLngBounds([[-REACH, cut], [REACH, cut + 360]]);
    if (config.detail) {
      const [west, south, east, north] = config.detail.area;
      this.detail = L.latLngBounds([[south, west], [north, east]]);
    }
  }

  /** Draws the shapes for the view of the map, and again whenever it changes. */
  async show() {
    await this.refine();
    this.map.on("moveend", () => this.refine());
    if (this.config.borders) await this.borders(this.config.borders);
  }

  async refine() {
    const near = this.map.getZoom() >= FINER_FROM;
    const view = this.map.getBounds();
    if (near && this.detail?.intersects(view)) await this.add("detail");
    if (near && this.detail?.contains(view)) return;
    if (near) {
      await this.add("medium");
      this.sets.get("coarse")?.remove();
    } else if (!this.sets.has("medium")) {
      await this.add("coarse");
    }
  }

  /** Adds a set of shapes once. */
  async add(set) {
    if (this.sets.has(set)) return;
    const group = L.layerGroup().addTo(this.map);
    this.sets.set(set, group);
    const folder = set === "detail" ? this.config.detail.name : set;
    const shapes = await Promise.all(SETS[set].map((name) => load(`${this.config.shapes}${folder}/${name}.json`)));
    const pane = `ground-${set}`;
    if (set === "detail") {
      // The detail replaces what is below it, and its sea is not land.
      L.rectangle(this.detail, { pane, interactive: false, stroke: false, className: "ground-sea" }).addTo(group);
    }
    for (const [index, name] of SETS[set].entries()) {
      for (const shift of this.shifts(set)) layer(shapes[index], name, pane, shift).addTo(group);
      await pause();
    }
  }

  /** The world is drawn twice if the map is cut elsewhere than at the antimeridian. */
  shifts(set) {
    return this.cut === -180 || set === "detail" ? [0] : [0, 360];
  }

  /** Seas, continents and mountains: name, latitude, longitude, `water` or `land`, and its zooms. */
  names() {
    return load(`${this.config.shapes}names.json`);
  }

  async borders({ url, attribution }) {
    const shape = await load(url);
    const style = { className: "ground-borders", fill: false, weight: 1 };
    L.geoJSON(shape, { pane: "ground-names", interactive: false, style }).addTo(this.map);
    this.map.attributionControl.addAttribution(attribution);
  }
}

async function load(url) {
  return (await fetch(url)).json();
}

function layer(shape, name, pane, shift) {
  const river = name === "rivers";
  const style = ({ properties }) => ({
    className: `ground-${name}`, stroke: river,
    weight: river ? Math.max(0.6, 2.4 - (properties.rank ?? 6) * 0.2) : 0,
  });
  const coordsToLatLng = ([x, y]) => L.latLng(y, x + shift);
  return L.geoJSON(shape, { pane, interactive: false, style, coordsToLatLng });
}
