// The timeline: lanes of events over time, with zoom from the whole window down to minutes.
import { DAY_MS, during, MINUTE_MS, number, period, sum, year } from "./data.js";
import { Drawing, middleOf, rect } from "./drawing.js";
import { Keys } from "./keys.js";
import { inLanes, lanes, leastUnit } from "./layout.js";
import { gradients } from "./shapes.js";
import { svg } from "./svg.js";

const { d3 } = globalThis;
const HEAD = 20;
const WIDE = 24; // px that a bar needs to be clicked
const MOST = 2000; // with fewer counted events in view, they are loaded one by one
const SETTLED_MS = 150;
const EDGE = 22; // px from the edge, half of a label

export class Timeline {
  constructor(section, { announce, card, config, filter }) {
    Object.assign(this, { section, announce, card, config, selected: () => {} });
    this.box = section.querySelector(".lanes");
    this.axis = section.querySelector(".axis");
    this.filterButton = section.querySelector("[data-zoom=filter]");
    this.svg = d3.select(this.box).append("svg").attr("aria-hidden", "true");
    this.svg.node().append(gradients());
    this.canvas = this.svg.append("g").node();
    this.head = d3.select(this.axis).append("svg").append("g");
    this.zoom = d3.zoom().filter(wanted).on("zoom", () => this.redraw());
    this.svg.call(this.zoom).on("dblclick.zoom", null);
    Object.assign(this, { current: null, period: null, near: null });
    this.keys = new Keys(this);
    this.svg.on("click", (event) => this.click(event));
    section.querySelector(".buttons").addEventListener("click", ({ target }) => {
      if (target.dataset.zoom === "filter") filter({ _within: this.visible().name });
      else if (target.dataset.zoom) this.step(target.dataset.zoom);
    });
    new ResizeObserver(() => this.resize()).observe(this.box);
  }

  /** Shows the data of a source in lanes by a column, and zooms to its `within`, if any. */
  show(data, source, column) {
    Object.assign(this, { data, source, near: null });
    this.bounds = bounds(data);
    if (this.current) this.current = data.events.find(({ id }) => id === this.current.id) ?? null;
    this.lanesBy(column, false);
    this.resize();
    if (data.within) {
      const [from, to] = data.within;
      const around = Math.max(3 * Math.min(DAY_MS, to - from), (to - from) / 20);
      this.lookAt(from - around, to + around);
    } else if (this.within) this.step("all");
    this.within = data.within;
  }

  lanesBy(column, draw = true) {
    const { value: label, text } = this.section.querySelector(`option[data-column="${column}"]`);
    const colours = column === this.config.first ? this.config.series : [];
    Object.assign(this, { column, label, lanes: lanes(this.data, column, text, colours) });
    this.keys.reset();
    if (draw) this.redraw();
  }

  resize() {
    if (!this.data || !this.box.clientWidth) return;
    this.width = this.box.clientWidth;
    const [from, to] = this.bounds;
    this.base = d3.scaleUtc().domain([from, to]).range([0, this.width]);
    this.zoom.scaleExtent([1, Math.max(1, (to - from) / (10 * MINUTE_MS))])
      .extent([[0, 0], [this.width, 1]]).translateExtent([[0, 0], [this.width, 1]]);
    this.redraw();
  }

  get scale() {
    return d3.zoomTransform(this.svg.node()).rescaleX(this.base);
  }

  get inSight() {
    return this.scale.domain().map(Number);
  }

  step(which) {
    if (which === "all") this.svg.call(this.zoom.transform, d3.zoomIdentity);
    else this.svg.call(this.zoom.scaleBy, which === "in" ? 2 : 0.5);
  }

  lookAt(from, to) {
    const k = (this.bounds[1] - this.bounds[0]) / (to - from);
    this.svg.call(this.zoom.transform,
      d3.zoomIdentity.scale(Math.max(1, k)).translate(-this.base(from), 0));
  }

  /** The period between the edges: whole days, or minutes of one or two days. */
  visible() {
    const [from, to] = this.inSight;
    const unit = to - from > 2 * DAY_MS ? DAY_MS : MINUTE_MS;
    return period(Math.floor(from / unit) * unit, Math.ceil(to / unit) * unit);
  }

  redraw() {
    if (!this.base) return;
    this.frame ??= requestAnimationFrame(() => this.draw());
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.look(), SETTLED_MS);
  }

  /** Loads the counted events in view one by one, once they are few enough. */
  async look() {
    const [from, to] = this.inSight;
    if (this.data.complete || this.isNear()) return;
    const visible = this.visible();
    if (expected(this.lanes, from, to) > MOST) return;
    const found = await this.source.ask([["_within", visible.name]]).catch(() => null);
    if (!found?.complete || visible.name !== this.visible().name) return;
    this.near = {
      ...visible, events: found.events, lanes: inLanes(found.events, this.column, this.lanes),
    };
    this.redraw();
  }

  isNear() {
    const [from, to] = this.inSight;
    return this.near !== null && this.near.from <= from && to <= this.near.to;
  }

  /** The events drawn one by one; null while they are counted. */
  get events() {
    if (this.data.complete) return this.data.events;
    return this.isNear() ? this.near.events : null;
  }

  get drawnLanes() {
    return !this.data.complete && this.isNear() ? this.near.lanes : this.lanes;
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = null;
    const drawing = new Drawing(this.drawnLanes, this.scale, this.width);
    this.drawing = drawing;
    this.canvas.replaceChildren(...drawing.parts, ...this.marks());
    this.svg.attr("width", this.width).attr("height", drawing.height);
    this.drawAxis(this.scale);
    this.filterButton.disabled = d3.zoomTransform(this.svg.node()).k <= 1.01;
  }

  drawAxis(x) {
    d3.select(this.axis).select("svg").attr("width", this.width).attr("height", 26);
    this.head.attr("transform", "translate(0,25)")
      .call(d3.axisTop(x).ticks(Math.max(2, this.width / 90)).tickSizeOuter(0).tickFormat(tick));
    // The labels at the edges are not cut.
    this.head.selectAll(".tick text").attr("text-anchor", (time) => (
      x(time) < EDGE ? "start" : x(time) > this.width - EDGE ? "end" : "middle"));
  }

  /** Marks of the period on the map and of the selected event, or bin of a lane. */
  marks() {
    const found = [];
    if (this.period) {
      const box = this.drawing.between(this.period.from, this.period.to);
      found.push(svg("rect", { class: "day-mark", ...rect(box) }));
    }
    const box = this.boxOfChosen();
    if (box) found.push(svg("rect", { class: "chosen", ...rect(box), rx: 3 }));
    return found;
  }

  boxOfChosen() {
    if (this.events) return this.current && this.drawing.where.get(this.current.id);
    const { lane, bin } = this.keys;
    const chosen = bin === null ? null : this.lanes[lane];
    if (!chosen) return null;
    const start = chosen.first + bin * chosen.step;
    return this.drawing.between(start, start + chosen.step, this.drawing.rows[lane]);
  }

  // Choosing -------------------------------------------------------------------------------------

  click(event) {
    if (event.defaultPrevented) return;
    const one = event.target.closest(".item");
    const many = event.target.closest(".pill");
    const bars = event.target.closest(".bars");
    if (one) this.choose(this.events[one.dataset.id], true, event);
    else if (many) {
      const chosen = many.dataset.ids.split(",").map((index) => this.events[index]);
      this.card.open(chosen, point(event), this.box, `${chosen.length} more events here`);
    } else if (bars) this.openBars(this.drawnLanes[bars.dataset.lane], event);
    else this.card.close();
  }

  /** Zooms in on the clicked bar, or lists its events if it is the smallest and wide enough. */
  openBars(lane, event) {
    const time = Number(this.scale.invert(d3.pointer(event, this.svg.node())[0]));
    const [from, to] = this.inSight;
    const step = lane.events ? leastUnit(lane.events) : Math.min(lane.step, DAY_MS);
    if ((this.width * step) / (to - from) < WIDE) {
      this.lookAt(time - (to - from) / 8, time + (to - from) / 8);
    } else this.openBin(lane, Math.floor(time / step) * step, step, point(event));
  }

  /** Lists the events of a lane in a bin: certain ones first. */
  async openBin(lane, start, step, at) {
    const bin = period(start, start + step);
    const says = `${lane.name}, ${bin.words}`;
    if (lane.events) {
      const sure = lane.events.filter((each) => during(each, bin) === "certain");
      const others = lane.events.filter((each) => during(each, bin) === "possible");
      const heading = `${says}: ${number(sure.length)} certain, ${number(others.length)} possible`;
      this.card.open([...sure, ...others], at, this.box, heading);
      return;
    }
    const extra = [["_within", bin.name], ...this.filterOf(lane)];
    await this.card.ask(this.source, extra, at, this.box, lane.value === null ? bin.words : says);
  }

  /** The filters that select the events of a lane; the lane of the others has none. */
  filterOf({ value }) {
    if (value === null) return [];
    if (this.column === "kind") return [["kind", value]];
    if (value === "") return [[this.column, "[]"]];
    return [this.column === "places" ? ["places__arraycontains", value] : [`_${this.label}`, value]];
  }

  /** Selects an event, scrolls it into view, and optionally opens it. */
  choose(event, open = false, at = null) {
    this.current = event;
    this.bringIntoView(event);
    this.draw();
    this.selected(event);
    const box = this.drawing.where.get(event.id);
    if (box) this.scrollTo(box);
    if (open) this.card.open([event], at ? point(at) : this.spotOf(box ?? [0, 0, 0, 0]), this.box);
  }

  /** The position of a box of the drawing on the screen. */
  spotOf([x, y]) {
    const frame = this.box.getBoundingClientRect();
    return [frame.left + x, frame.top + y + HEAD - this.box.scrollTop];
  }

  bringIntoView(event) {
    const [from, to] = this.inSight;
    const [start, end] = event.date.core ?? [event.date.from, event.date.to];
    if (start < to && end > from) return;
    const time = middleOf(event, this.bounds);
    this.lookAt(time - (to - from) / 2, time + (to - from) / 2);
  }

  scrollTo([, y, , height]) {
    const { scrollTop, clientHeight } = this.box;
    if (y < scrollTop) this.box.scrollTop = y - HEAD;
    else if (y + height > scrollTop + clientHeight) this.box.scrollTop = y + height - clientHeight;
  }

  markPeriod(period) {
    this.period = period;
    this.redraw();
  }
}

// The wheel scrolls the page; with Ctrl it zooms.
function wanted(event) {
  return event.type === "wheel" ? event.ctrlKey || event.metaKey : !event.button;
}

/** The approximate number of counted events between two times. */
function expected(counted, from, to) {
  return sum(counted.map(({ first, step, certain, possible, count }) => {
    const all = certain.map((sure, bin) => sure + possible[bin]);
    const [start, end] = [Math.floor((from - first) / step), Math.ceil((to - first) / step)];
    // An event that lasts is in several bins.
    const bins = Math.max(1, sum(all) / count);
    return sum(all.slice(Math.max(0, start), Math.max(0, end))) / bins;
  }));
}

function bounds({ window, complete, events, lanes: counted }) {
  let [from, to] = window;
  if (!complete) {
    from ??= counted[0].first;
    to ??= counted[0].first + counted[0].certain.length * counted[0].step;
  }
  const times = events.flatMap(({ date }) => [date.from, date.to]).filter(Number.isFinite);
  from ??= times.reduce((a, b) => Math.min(a, b), Date.now());
  to ??= times.reduce((a, b) => Math.max(a, b), from + DAY_MS);
  const margin = (to - from) * 0.02;
  return [from - margin, to + margin];
}

const [SECONDS, CLOCK, DAY, MONTH] = ["%H:%M:%S", "%H:%M", "%-d %b", "%b"].map(d3.utcFormat);

function tick(time) {
  if (d3.utcMinute(time) < time) return SECONDS(time);
  if (d3.utcDay(time) < time) return CLOCK(time);
  if (d3.utcMonth(time) < time) return DAY(time);
  return d3.utcYear(time) < time ? MONTH(time) : year(time);
}

function point(event) {
  return [event.clientX, event.clientY];
}
