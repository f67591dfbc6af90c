// The map: the spots of the events over land and water, whole or day by day.
import { groundOf } from "../ground.js";
import { dayOf, inWords, number, onDay, sum } from "./data.js";
import { Days } from "./days.js";
import { Names } from "./names.js";
import { disc, middleOf, nameOf, labelOf, sizeOf, spotsOf, merged } from "./spots.js";
import { html, pause } from "./svg.js";

const { L } = globalThis;
// Drawn only when it is added to the map, since most markers are inside a cluster.
const SpotIcon = L.DivIcon.extend({
  createIcon(old) {
    this.options.html = this.options.draw();
    return L.DivIcon.prototype.createIcon.call(this, old);
  },
});

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
    this.names = new Names(this.map);
    this.ring = L.circleMarker([0, 0], { radius: 24, className: "ring", interactive: false });
    // Fires after the clusters have moved, too.
    this.map.on("zoomend moveend", () => this.nameSoon());
    this.ready = this.ground();
    this.days = new Days(section, config, (day, next) => this.goTo(day, next));
    section.querySelector("[name=symbols]").addEventListener("change", async ({ target }) => {
      if (target.checked) await symbols.load();
      else symbols.unload();
      this.draw();
    });
  }

  /** Loads land, rivers and lakes, or map tiles if a tile server is configured. */
  async ground() {
    const { tiles, attribution, shapes } = this.config;
    if (tiles) this.layers = [L.tileLayer(tiles, { attribution, maxZoom: 17 })];
    else {
      this.layers = await groundOf(this.map, shapes);
      this.bounds = this.layers[0].getBounds();
      this.map.fitBounds(this.bounds, { animate: false });
      const least = this.map.getBoundsZoom(this.bounds, true);
      this.map.setZoom(least, { animate: false });
      this.map.setMinZoom(least);
      this.map.setMaxBounds(this.bounds);
    }
  }

  async show(data, source) {
    Object.assign(this, { data, source });
    await this.ready;
    if (this.data !== data) return;
    this.ring.remove();
    this.days.window = data.window;
    const spots = (data.spots ?? spotsOf(data.events)).filter((spot) => this.holds(spot));
    if (this.fitted !== source.query && spots.length) {
      const points = spots.flatMap(({ at, events }) => (events ? events.map(() => at) : [at]));
      this.map.fitBounds(middleOf(points), { padding: [30, 30], maxZoom: 8, animate: false });
    }
    this.fitted = source.query;
    // Added once the view is set, since every change of the view redraws them.
    for (const layer of this.layers.splice(0)) {
      layer.addTo(this.map);
      await pause();
    }
    if (this.data === data) await this.goTo(this.day);
  }

  holds({ at }) {
    return !this.bounds || this.bounds.contains(at);
  }

  // Days -----------------------------------------------------------------------------------------

  /** Shows the day that begins at a time, or all days with null; preloads the next. */
  async goTo(day, next = null) {
    this.day = day;
    this.timeline.markDay(day);
    const { data } = this;
    try {
      const found = await this.ofDay(day);
      if (this.day !== day || this.data !== data) return;
      this.shown = found;
      this.draw();
      if (day !== null && next !== null && !data.complete) await this.ofDay(next);
    } catch (error) {
      this.announce(error.message);
    }
  }

  /** The events of a day with their spots; the server sends them if events are counted. */
  async ofDay(day) {
    let { data } = this;
    if (day !== null && !data.complete) {
      data = await this.source.ask([["_within", dayOf(day)]]);
    }
    if (data.spots) return { ...data, day };
    const events = day === null ? data.events : data.events.filter((event) => onDay(event, day));
    return { total: events.length, events, spots: spotsOf(events), complete: true, day };
  }

  draw() {
    if (!this.shown) return;
    const [on, beyond] = [[], []];
    for (const spot of this.shown.spots) (this.holds(spot) ? on : beyond).push(spot);
    this.most = Math.max(1, ...on.map(({ count }) => count));
    this.cluster(on);
    this.showCounts(on, beyond);
    this.nameSoon();
  }

  /** Shows the number of events that are not on the map; a click opens them. */
  showCounts(on, beyond) {
    const { shown } = this;
    const count = (spots) => sum(spots.map((spot) => spot.count));
    const box = this.section.querySelector(".mapped");
    box.replaceChildren(html("b", { class: "on-map" }, number(count(on))), " on the map");
    const placeless = shown.complete ? shown.events.filter(({ latitude }) => latitude === null) : null;
    this.besides(box, placeless?.length ?? shown.placeless, "not mapped", (...at) => {
      if (placeless) this.card.open(placeless, ...at);
      else this.card.ask(this.source, [...this.filterOfDay(), ["latitude__isnull", "1"]], ...at);
    });
    this.besides(box, count(beyond), "outside this view", (at, button, says) => {
      if (shown.complete) this.card.open(beyond.flatMap(({ events }) => events), at, button, says);
      else this.card.spots(beyond, at, button, says, (spot) => this.listOf(spot));
    });
  }

  besides(box, count, what, open) {
    if (!count) return;
    const says = `${number(count)} ${what}`;
    const button = html("button", { type: "button", class: "linklike" }, says);
    button.addEventListener("click", () => {
      const { left, bottom } = button.getBoundingClientRect();
      open([left, bottom], button, says);
    });
    box.append(" · ", button);
  }

  filterOfDay() {
    return this.day === null ? [] : [["_within", dayOf(this.day)]];
  }

  /** The filters that select the events of a spot. */
  filterOf({ box: [south, west, north, east] }) {
    return [...this.filterOfDay(), ["latitude__gte", south], ["latitude__lte", north],
      ["longitude__gte", west], ["longitude__lte", east]];
  }

  listOf(spot) {
    return this.source.list(this.filterOf(spot));
  }

  // Markers --------------------------------------------------------------------------------------

  /** Creates the clusters of a selection; the minimum zoom of the map must be set. */
  cluster(spots) {
    this.clusters?.remove();
    this.clusters = L.markerClusterGroup({
      iconCreateFunction: (cluster) => this.clusterIcon(cluster), maxClusterRadius: 30,
      showCoverageOnHover: false, animate: !this.calm, spiderfyOnMaxZoom: false,
      disableClusteringAtZoom: 12,
    });
    this.markers = spots.map((spot) => this.marker(spot));
    this.clusters.addLayers(this.markers);
    this.clusters.on("animationend", () => this.nameSoon());
    this.clusters.addTo(this.map);
  }

  marker(spot) {
    const says = labelOf(spot);
    const marker = L.marker(spot.at, { icon: this.icon(spot), title: says, alt: says });
    marker.spot = spot;
    const open = ({ originalEvent }) => {
      const box = marker.getElement().getBoundingClientRect();
      const at = originalEvent.clientX ? [originalEvent.clientX, originalEvent.clientY]
        : [box.right, box.bottom];
      this.open(spot, at, marker.getElement());
    };
    marker.on("click", open);
    marker.on("keypress", (event) => event.originalEvent.key === "Enter" && open(event));
    return marker;
  }

  open(spot, at, element) {
    if (!spot.events) {
      const when = this.day === null ? "" : `, ${inWords(this.day)}`;
      this.card.ask(this.source, this.filterOf(spot), at, element, nameOf(spot) + when);
      return;
    }
    this.card.open(spot.events, at, element, labelOf(spot));
    if (spot.events.length === 1 && this.data.complete) this.timeline.choose(spot.events[0]);
  }

  clusterIcon(cluster) {
    const spot = merged(cluster.getAllChildMarkers().map((marker) => marker.spot));
    return this.icon(spot, `${number(spot.count)} events at several places; zoom in`);
  }

  icon(spot, says = "") {
    const size = sizeOf(spot.count, this.most);
    const draw = () => {
      const unsure = this.day !== null
        && spot.events?.every((event) => onDay(event, this.day) !== "certain");
      const beside = says ? html("span", { class: "visually-hidden" }, says)
        : this.unitsOf(spot.events);
      return html("span", { class: unsure ? "spot unsure" : "spot" },
        [disc(spot, size), beside].filter(Boolean));
    };
    return new SpotIcon({ draw, className: "spot-icon", iconSize: [size, size] });
  }

  unitsOf(events) {
    if (!this.symbols.library || !events) return null;
    const units = new Map(events.flatMap(({ formations }) => formations)
      .map(([, level, side]) => [`${level} ${side}`, [level, side]]));
    const elements = [...units.values()].slice(0, 3)
      .map(([level, side]) => this.symbols.element(level, side, 15));
    return elements.length ? html("span", { class: "spot-units" }, elements) : null;
  }

  /** Writes the names in a separate task, so that the browser paints the markers first. */
  nameSoon() {
    clearTimeout(this.naming);
    this.naming = setTimeout(() => this.name());
  }

  /** Writes the names of places where there is room, those with the most events first. */
  name() {
    if (!this.clusters) return;
    const counts = new Map();
    for (const { events, place, count } of this.shown.spots) {
      const named = events ? events.flatMap(({ places }) => places) : [place].filter(Boolean);
      for (const each of named) counts.set(each, (counts.get(each) ?? 0) + (events ? 1 : count));
    }
    this.names.write([...counts].sort((a, b) => b[1] - a[1]), this.discs());
  }

  /** The discs of the spots on the screen, clustered or not. */
  discs() {
    const seen = new Set(this.markers.map((marker) => this.clusters.getVisibleParent(marker)));
    seen.delete(null);
    return [...seen].map((marker) => ({
      ...this.map.latLngToContainerPoint(marker.getLatLng()),
      r: (marker.getElement()?.firstElementChild?.firstElementChild.getAttribute("width") ?? 20) / 2,
    }));
  }

  /** Marks the event that is selected in the timeline. */
  highlight({ latitude, longitude }) {
    const at = [latitude, longitude];
    if (latitude === null || !this.holds({ at })) return this.ring.remove();
    if (!this.map.getBounds().contains(at)) this.map.panTo(at, { animate: !this.calm });
    return this.ring.setLatLng(at).addTo(this.map);
  }
}
