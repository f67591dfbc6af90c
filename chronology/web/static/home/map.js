// The map: the spots of the events over land and water, at all times or period by period.
import { cutFor, Ground } from "../ground.js";
import { during, number, sum } from "./data.js";
import { Days } from "./days.js";
import { importance } from "./layout.js";
import { Names } from "./names.js";
import { disc, middleOf, nameOf, labelOf, sizeOf, spotsOf, merged } from "./spots.js";
import { html } from "./svg.js";

const { L } = globalThis;
const CONTINENT = 3; // the zoom at which one fills the map
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
    this.period = null;
    this.map = L.map(section.querySelector(".canvas"), {
      maxZoom: config.tiles ? 17 : 13, maxBoundsViscosity: 1, zoomSnap: 0.25,
      scrollWheelZoom: false, zoomAnimation: !this.calm, fadeAnimation: !this.calm,
      markerZoomAnimation: !this.calm, inertia: !this.calm,
    }).setView([0, 0], 2);
    this.map.attributionControl.setPrefix(false);
    this.map.on("focus click", () => this.map.scrollWheelZoom.enable());
    this.map.on("click", () => card.close());
    this.map.on("blur mouseout", () => this.map.scrollWheelZoom.disable());
    L.control.scale({ imperial: false }).addTo(this.map);
    this.names = new Names(this.map);
    this.ring = L.circleMarker([0, 0], { radius: 24, className: "ring", interactive: false });
    // Fires after the clusters have moved, too.
    this.map.on("zoomend moveend", () => this.nameSoon());
    this.days = new Days(section, config, (period, next) => this.goTo(period, next));
    section.querySelector("[name=symbols]")?.addEventListener("change", async ({ target }) => {
      if (target.checked) await symbols.load();
      else symbols.unload();
      this.draw();
    });
  }

  /** Lays land, lakes and rivers below the events, or the tiles of a configured server. */
  async lay() {
    const { tiles, attribution } = this.config;
    if (tiles) {
      L.tileLayer(tiles, { attribution, maxZoom: 17 }).addTo(this.map);
      return;
    }
    const ground = new Ground(this.map, this.config, this.cut);
    this.map.setMaxBounds(ground.area);
    // A whole number: with a fraction below a half, the clusters of the farthest zoom are not drawn.
    this.map.setMinZoom(Math.floor(this.map.getBoundsZoom(ground.area, true)));
    await ground.show();
    this.names.ground = await ground.names();
  }

  async show(data, source) {
    Object.assign(this, { data, source });
    this.ring.remove();
    const spots = data.spots ?? spotsOf(data.events);
    const points = spots.flatMap(({ at, events }) => (events ? events.map(() => at) : [at]));
    const first = this.cut === undefined;
    if (first) this.cut = this.config.tiles ? -180 : cutFor(points.map(([, longitude]) => longitude));
    if (this.fitted !== source.query && points.length) {
      const bounds = this.boundsOf(points.map((at) => this.pointOf(at)));
      this.map.fitBounds(bounds, { padding: [30, 30], maxZoom: 8, animate: false });
    }
    this.fitted = source.query;
    if (first) await this.lay();
    if (this.data === data) await this.goTo(this.period);
  }

  /** The bounds of most points; of all, if those already span a continent and the scale is not halved. */
  boundsOf(points) {
    const [all, most] = [L.latLngBounds(points), L.latLngBounds(middleOf(points))];
    const [far, near] = [all, most].map((bounds) => this.map.getBoundsZoom(bounds, false, [60, 60]));
    return near <= CONTINENT && near - far < 1 ? all : most;
  }

  /** The point at which a place is drawn: the world is cut where no event is. */
  pointOf([latitude, longitude]) {
    return [latitude, longitude < this.cut ? longitude + 360 : longitude];
  }

  // Periods --------------------------------------------------------------------------------------

  /** Shows a period, or the whole time with null; preloads the next. */
  async goTo(period, next = null) {
    this.period = period;
    this.timeline.markPeriod(period);
    const { data } = this;
    try {
      const found = await this.ofPeriod(period);
      if (this.period !== period || this.data !== data) return;
      this.shown = found;
      this.draw();
      if (period && next && !data.complete) await this.ofPeriod(next);
    } catch (error) {
      this.announce(error.message);
    }
  }

  /** The events of a period with their spots; the server sends them if events are counted. */
  async ofPeriod(period) {
    let { data } = this;
    if (period && !data.complete) data = await this.source.ask([["_within", period.name]]);
    if (data.spots) return { ...data, period };
    const events = period ? data.events.filter((event) => during(event, period)) : data.events;
    return { total: events.length, events, spots: spotsOf(events), complete: true, period };
  }

  draw() {
    if (!this.shown) return;
    const { spots } = this.shown;
    this.most = Math.max(1, ...spots.map(({ count }) => count));
    this.cluster(spots);
    this.count(spots);
    this.nameSoon();
  }

  /** Shows the numbers of events on the map and not on it; a click on the latter opens them. */
  count(spots) {
    const { shown } = this;
    const box = this.section.querySelector(".mapped");
    const onMap = number(sum(spots.map((spot) => spot.count)));
    box.replaceChildren(html("b", { class: "on-map" }, onMap), " on the map");
    const placeless = shown.complete ? shown.events.filter(({ latitude }) => latitude === null) : null;
    const count = placeless?.length ?? shown.placeless;
    if (!count) return;
    const says = `${number(count)} not mapped`;
    const button = html("button", { type: "button", class: "linklike" }, says);
    button.addEventListener("click", () => {
      const { left, bottom } = button.getBoundingClientRect();
      const at = [[left, bottom], button, says];
      if (placeless) this.card.open(placeless, ...at);
      else this.card.ask(this.source, [...this.filterOfPeriod(), ["latitude__isnull", "1"]], ...at);
    });
    box.append(" · ", button);
  }

  filterOfPeriod() {
    return this.period ? [["_within", this.period.name]] : [];
  }

  /** The filters that select the events of a spot. */
  filterOf({ box: [south, west, north, east] }) {
    return [...this.filterOfPeriod(), ["latitude__gte", south], ["latitude__lte", north],
      ["longitude__gte", west], ["longitude__lte", east]];
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
    const marker = L.marker(this.pointOf(spot.at), { icon: this.icon(spot), title: says, alt: says });
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
      const when = this.period ? `, ${this.period.words}` : "";
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
      const unsure = this.period
        && spot.events?.every((event) => during(event, this.period) !== "certain");
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

  /** Writes the names of places where there is room.
   *
   * Those of the most important event come first, then those with the most events.
   */
  name() {
    if (!this.clusters) return;
    const counts = new Map();
    const ranks = new Map();
    for (const { events, place, count } of this.shown.spots) {
      const named = events
        ? events.flatMap((event) => event.places.map((each) => [each, importance(event)]))
        : [[place, 0]].filter(([each]) => each);
      for (const [each, rank] of named) {
        counts.set(each, (counts.get(each) ?? 0) + (events ? 1 : count));
        ranks.set(each, Math.max(ranks.get(each) ?? 0, rank));
      }
    }
    const sorted = [...counts.keys()]
      .sort((a, b) => ranks.get(b) - ranks.get(a) || counts.get(b) - counts.get(a));
    this.names.write(sorted, this.discs(), (at) => this.pointOf(at));
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
    if (latitude === null) return this.ring.remove();
    const at = this.pointOf([latitude, longitude]);
    if (!this.map.getBounds().contains(at)) this.map.panTo(at, { animate: !this.calm });
    return this.ring.setLatLng(at).addTo(this.map);
  }
}
