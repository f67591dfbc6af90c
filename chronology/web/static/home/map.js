// The map: the spots of the events over land and water, whole or day by day.
import { placeWords } from "./card.js";
import { DAY_MS, number, onDay } from "./data.js";
import { html, svg } from "./svg.js";

const { L } = globalThis;
const STEP_MS = 900;
const REGION_KM = 40;

export class EventMap {
  constructor(section, { announce, card, config, symbols, timeline }) {
    Object.assign(this, { section, announce, card, config, symbols, timeline });
    this.calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.day = null;
    this.map = L.map(section.querySelector(".canvas"), {
      minZoom: 4, maxZoom: config.tiles ? 17 : 13, maxBoundsViscosity: 1,
      scrollWheelZoom: false, zoomAnimation: !this.calm, fadeAnimation: !this.calm,
      markerZoomAnimation: !this.calm, inertia: !this.calm,
    }).setView([0, 0], 4);
    this.map.attributionControl.setPrefix(false);
    this.map.on("focus click", () => this.map.scrollWheelZoom.enable());
    this.map.on("click", () => card.close());
    this.map.on("blur mouseout", () => this.map.scrollWheelZoom.disable());
    L.control.scale({ imperial: false }).addTo(this.map);
    this.labels = L.layerGroup().addTo(this.map);
    this.ring = L.circleMarker([0, 0], { radius: 24, className: "ring", interactive: false });
    // After the clusters have moved, too.
    this.map.on("zoomend moveend", () => setTimeout(() => this.name()));
    this.ready = this.ground();
    this.controls();
  }

  /** Land, rivers and lakes, and the tiles if a server of them is configured. */
  async ground() {
    const { tiles, attribution, shapes } = this.config;
    const pane = this.map.createPane("ground");
    pane.style.zIndex = 150;
    const layers = ["land", "rivers", "lakes"].map(async (name) => {
      const shape = await (await fetch(`${shapes}${name}.json`)).json();
      const style = ({ properties }) => ({
        className: `ground-${name}`, stroke: name === "rivers",
        weight: name === "rivers" ? Math.max(0.6, 2.4 - (properties.rank ?? 6) * 0.2) : 0,
      });
      return L.geoJSON(shape, { pane: "ground", interactive: false, style });
    });
    const [land, ...water] = await Promise.all(layers);
    if (tiles) L.tileLayer(tiles, { attribution, maxZoom: 17 }).addTo(this.map);
    else {
      for (const layer of [land, ...water]) layer.addTo(this.map);
      this.bounds = land.getBounds();
      this.map.fitBounds(this.bounds, { animate: false });
      const least = this.map.getBoundsZoom(this.bounds, true);
      this.map.setZoom(least, { animate: false });
      this.map.setMinZoom(least);
      this.map.setMaxBounds(this.bounds);
      this.map.attributionControl.addAttribution("Made with Natural Earth");
    }
  }

  /** Made anew for each selection, once the least zoom of the map is known. */
  cluster(spots) {
    this.clusters?.remove();
    this.clusters = L.markerClusterGroup({
      iconCreateFunction: (cluster) => this.clusterIcon(cluster), maxClusterRadius: 30,
      showCoverageOnHover: false, animate: !this.calm, spiderfyOnMaxZoom: false,
      disableClusteringAtZoom: 12,
    });
    this.markers = spots.map((spot) => this.marker(spot));
    this.clusters.addLayers(this.markers);
    this.clusters.on("animationend", () => this.name());
    this.clusters.addTo(this.map);
  }

  async show(data) {
    this.data = data;
    await this.ready;
    if (this.data !== data) return;
    this.ring.remove();
    const on = data.events.filter((event) => event.latitude !== null && this.holds(event));
    const fits = on.map(({ latitude, longitude }) => [latitude, longitude]);
    const key = data.events.map(({ id }) => id).join();
    if (this.fitted !== key && fits.length) {
      this.map.fitBounds(middleOf(fits), { padding: [30, 30], maxZoom: 8, animate: false });
      this.fitted = key;
    }
    this.slider.max = data.window[0] === null || data.window[1] === null ? 0
      : (data.window[1] - data.window[0]) / DAY_MS + 1;
    this.draw();
  }

  holds({ latitude, longitude }) {
    return !this.bounds || this.bounds.contains([latitude, longitude]);
  }

  draw() {
    const shown = this.day === null ? this.data.events
      : this.data.events.filter((event) => onDay(event, this.day));
    const on = shown.filter((event) => event.latitude !== null && this.holds(event));
    this.cluster(spotsOf(on));
    this.tell(shown, on);
    this.name();
  }

  /** What the map does not show is counted and opens beside it. */
  tell(shown, on) {
    const without = shown.filter(({ latitude }) => latitude === null);
    const beyond = shown.filter((event) => event.latitude !== null && !this.holds(event));
    const box = this.section.querySelector(".mapped");
    box.replaceChildren(html("b", { class: "on-map" }, number(on.length)), " on the map");
    for (const [events, what] of [[without, "without a place"], [beyond, "beyond its edges"]]) {
      if (!events.length) continue;
      const says = `${number(events.length)} ${what}`;
      const button = html("button", { type: "button", class: "linklike" }, says);
      button.addEventListener("click", () => {
        const { left, bottom } = button.getBoundingClientRect();
        this.card.open(events, [left, bottom], button, says);
      });
      box.append(" · ", button);
    }
  }

  // Markers --------------------------------------------------------------------------------------

  marker(spot) {
    const says = `${spot.name}: ${spot.events.length} event${spot.events.length === 1 ? "" : "s"}`;
    const marker = L.marker(spot.at, { icon: this.icon(spot.events), title: says, alt: says });
    marker.events = spot.events;
    const open = ({ originalEvent }) => {
      const box = marker.getElement().getBoundingClientRect();
      const point = originalEvent.clientX ? [originalEvent.clientX, originalEvent.clientY]
        : [box.right, box.bottom];
      this.card.open(spot.events, point, marker.getElement(), says);
      if (spot.events.length === 1) this.timeline.choose(spot.events[0]);
    };
    marker.on("click", open);
    marker.on("keypress", (event) => event.originalEvent.key === "Enter" && open(event));
    return marker;
  }

  clusterIcon(cluster) {
    return this.icon(cluster.getAllChildMarkers().flatMap(({ events }) => events), true);
  }

  /** A disc with the number of events, ringed by the colours of its events. */
  icon(events, cluster = false) {
    const size = Math.round(Math.min(46, 17 + 5.5 * Math.sqrt(events.length)));
    const unsure = this.day !== null && events.every((event) => onDay(event, this.day) !== "certain");
    const children = [disc(events, size)];
    if (cluster) {
      const says = `${events.length} events at several places; zoom in`;
      children.push(html("span", { class: "visually-hidden" }, says));
    }
    if (this.symbols.library && !cluster) children.push(this.unitsOf(events));
    return L.divIcon({
      html: html("span", { class: unsure ? "spot unsure" : "spot" }, children.filter(Boolean)),
      className: "spot-icon", iconSize: [size, size],
    });
  }

  unitsOf(events) {
    const units = new Map(events.flatMap(({ formations }) => formations)
      .map(([, level, side]) => [`${level} ${side}`, [level, side]]));
    const elements = [...units.values()].slice(0, 3)
      .map(([level, side]) => this.symbols.element(level, side, 15));
    return elements.length ? html("span", { class: "spot-units" }, elements) : null;
  }

  /** Names of places where there is room, those with most events first. */
  name() {
    this.labels.clearLayers();
    if (!this.clusters) return;
    const counts = new Map();
    for (const event of this.data.events) {
      for (const place of event.places) counts.set(place, (counts.get(place) ?? 0) + 1);
    }
    const discs = this.discs();
    const taken = discs.map(({ x, y, r }) => [x - r, y - r, x + r, y + r]);
    const view = this.map.getBounds();
    for (const [place] of [...counts].sort((a, b) => b[1] - a[1])) {
      const at = [place.latitude, place.longitude];
      const region = place.radius_km > REGION_KM;
      if (typeof at[0] !== "number" || !view.contains(at) || (region && this.map.getZoom() > 9)) continue;
      this.write(place, at, region, discs, taken);
    }
  }

  /** The discs of the spots on the screen, clustered or not. */
  discs() {
    const seen = new Set(this.markers.map((marker) => this.clusters.getVisibleParent(marker)));
    seen.delete(null);
    return [...seen].map((marker) => ({
      ...this.map.latLngToContainerPoint(marker.getLatLng()),
      r: marker.options.icon?.options.iconSize?.[0] / 2 || marker._icon?.offsetWidth / 2 || 10,
    }));
  }

  /** Writes the name of a place beside its disc, if nothing stands there. */
  write(place, at, region, discs, taken) {
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
      .addTo(this.labels);
  }

  /** Shows where the event is that the timeline has chosen. */
  highlight(event) {
    if (event.latitude === null || !this.holds(event)) return this.ring.remove();
    const at = [event.latitude, event.longitude];
    if (!this.map.getBounds().contains(at)) this.map.panTo(at, { animate: !this.calm });
    return this.ring.setLatLng(at).addTo(this.map);
  }

  // Days -----------------------------------------------------------------------------------------

  controls() {
    this.slider = this.section.querySelector(".slider input");
    this.play = this.section.querySelector("[data-play]");
    this.slider.addEventListener("input", () => this.goTo(Number(this.slider.value)));
    this.play.addEventListener("click", () => this.playing(!this.timer));
    this.section.querySelector("[data-all]").addEventListener("click", () => this.goTo(0));
    this.section.querySelector("[name=symbols]").addEventListener("change", async ({ target }) => {
      if (target.checked) await this.symbols.load();
      else this.symbols.unload();
      this.draw();
    });
  }

  /** Shows one day by its number in the window, or all with 0. */
  goTo(number) {
    const day = number ? this.data.window[0] + (number - 1) * DAY_MS : null;
    this.day = day;
    this.slider.value = number;
    const says = day === null ? "All days" : new Date(day).toLocaleDateString("en-GB",
      { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
    this.section.querySelector("output").textContent = says;
    this.slider.setAttribute("aria-valuetext", says);
    this.section.querySelector("[data-all]").hidden = day === null;
    const read = this.section.querySelector(".read");
    read.hidden = day === null;
    if (day !== null) read.href = this.reading(day);
    this.timeline.markDay(day);
    this.draw();
  }

  reading(day) {
    const params = new URLSearchParams(location.search);
    params.set("_within", new Date(day).toISOString().slice(0, 10));
    return `${this.config.home}?${params}`;
  }

  playing(on) {
    clearInterval(this.timer);
    this.timer = on ? setInterval(() => this.tick(), STEP_MS) : null;
    this.play.setAttribute("aria-pressed", String(on));
    this.play.textContent = on ? "❚❚ Pause" : "▶ Play the days";
    if (on) this.tick();
  }

  tick() {
    const next = Number(this.slider.value) + 1;
    if (next > Number(this.slider.max)) this.playing(false);
    else this.goTo(next);
  }
}

function spotsOf(events) {
  const found = new Map();
  for (const event of events) {
    const key = `${event.latitude},${event.longitude}`;
    if (!found.has(key)) {
      const place = event.places.find((each) => each.latitude === event.latitude
        && each.longitude === event.longitude);
      const name = place ? placeWords(place) : event.places.map((each) => each.name).join(" – ");
      found.set(key, { at: [event.latitude, event.longitude], name, events: [] });
    }
    found.get(key).events.push(event);
  }
  return [...found.values()];
}

/** The bounds of most points, so that a few far ones do not make the others small. */
function middleOf(points) {
  const ends = [0, 1].map((axis) => {
    const sorted = points.map((each) => each[axis]).sort((a, b) => a - b);
    const cut = Math.floor(sorted.length * 0.1);
    return [sorted[cut], sorted[sorted.length - 1 - cut]];
  });
  return [[ends[0][0], ends[1][0]], [ends[0][1], ends[1][1]]];
}

function overlap(a, b) {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

function disc(events, size) {
  const half = size / 2;
  const radius = half - 2.5;
  const round = 2 * Math.PI * radius;
  const counts = new Map();
  for (const { colour } of events) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const box = { cx: half, cy: half, r: radius };
  const parts = [svg("circle", { class: "disc", ...box })];
  let start = 0;
  for (const [colour, count] of [...counts].sort((a, b) => a[0] - b[0])) {
    const length = (round * count) / events.length;
    parts.push(svg("circle", { ...box, class: `arc c${colour}`, "stroke-dashoffset": -start,
      "stroke-dasharray": `${length} ${round - length}`,
      transform: `rotate(-90 ${half} ${half})` }));
    start += length;
  }
  parts.push(svg("text", { x: half, y: half + 3.8, "text-anchor": "middle" },
    events.length < 10_000 ? String(events.length) : `${Math.round(events.length / 1000)}k`));
  return svg("svg", { width: size, height: size, viewBox: `0 0 ${size} ${size}`,
    "aria-hidden": "true" }, parts);
}
