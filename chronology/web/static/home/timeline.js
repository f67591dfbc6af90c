// The timeline: lanes of events over time, to be zoomed from the whole window down to hours.
import { DAY_MS, number, onDay } from "./data.js";
import { arrange, lanes } from "./layout.js";
import { arrow, around, COLOURS, dispute, gradients, vague } from "./shapes.js";
import { svg } from "./svg.js";

const { d3 } = globalThis;
const ROW = 16;
const HEAD = 20;
const BARS = 56;
const ROWS = 8;
const WIDE = 24; // px of a day that can be hit

export class Timeline {
  constructor(section, { announce, card, config, filter }) {
    Object.assign(this, { section, announce, card, config, selected: () => {} });
    this.box = section.querySelector(".lanes");
    this.axis = section.querySelector(".axis");
    this.filterButton = section.querySelector("[data-zoom=filter]");
    this.svg = d3.select(this.box).append("svg").attr("aria-hidden", "true");
    this.svg.node().append(gradients());
    this.drawing = this.svg.append("g").node();
    this.head = d3.select(this.axis).append("svg").append("g");
    this.zoom = d3.zoom().filter(wanted).on("zoom", () => this.redraw());
    this.svg.call(this.zoom).on("dblclick.zoom", null);
    this.current = null;
    this.day = null;
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("focus", () => this.welcome());
    this.svg.on("click", (event) => this.click(event));
    section.querySelector(".buttons").addEventListener("click", ({ target }) => {
      if (target.dataset.zoom === "filter") filter({ _within: this.visibleDays().join("/") });
      else if (target.dataset.zoom) this.step(target.dataset.zoom);
    });
    new ResizeObserver(() => this.resize()).observe(this.box);
  }

  /** Shows events in lanes by a column; `within` are days to look at, if they are told. */
  show(data, column, within) {
    this.data = data;
    this.bounds = bounds(data);
    if (this.current) this.current = data.events.find(({ id }) => id === this.current.id) ?? null;
    this.lanesBy(column, false);
    this.resize();
    const days = /^(\d{4}-\d\d-\d\d)(?:\/(\d{4}-\d\d-\d\d))?$/.exec(within);
    if (days) {
      const [from, to] = [Date.parse(days[1]), Date.parse(days[2] ?? days[1]) + DAY_MS];
      this.lookAt(from - 3 * DAY_MS, to + 3 * DAY_MS);
    } else if (this.within) this.step("all");
    this.within = within;
  }

  lanesBy(column, draw = true) {
    const label = this.section.querySelector(`option[data-column="${column}"]`).value;
    const colours = column === this.config.first ? this.config.series : [];
    this.lanes = lanes(this.data.events, column, label, colours);
    if (draw) this.redraw();
  }

  resize() {
    if (!this.data || !this.box.clientWidth) return;
    this.width = this.box.clientWidth;
    const [from, to] = this.bounds;
    this.base = d3.scaleUtc().domain([from, to]).range([0, this.width]);
    const hours = (to - from) / 3_600_000;
    this.zoom.scaleExtent([1, Math.max(1, hours / 6)])
      .extent([[0, 0], [this.width, 1]]).translateExtent([[0, 0], [this.width, 1]]);
    this.redraw();
  }

  get scale() {
    return d3.zoomTransform(this.svg.node()).rescaleX(this.base);
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

  /** The days between the edges, as dates. */
  visibleDays() {
    const day = (time) => new Date(time).toISOString().slice(0, 10);
    const [from, to] = this.scale.domain();
    return [day(from), day(to - 1)];
  }

  redraw() {
    if (this.base) this.frame ??= requestAnimationFrame(() => this.draw());
  }

  // Drawing --------------------------------------------------------------------------------------

  draw() {
    this.frame = null;
    const x = this.scale;
    this.where = new Map();
    const parts = [this.background(x)];
    let top = 0;
    for (const lane of this.lanes) {
      const found = arrange(lane, x, this.width, ROWS);
      parts.push(this.heading(lane, found.visible.length, top));
      top += HEAD;
      if (found.bars) {
        parts.push(this.bars(found, top, lane));
        top += BARS + 6;
      } else {
        for (const each of found.items) {
          parts.push(this.item(each, top + each.row * ROW, lane.colour));
        }
        top += found.rows * ROW;
        for (const pill of found.pills) parts.push(this.pill(pill, top));
        top += (found.pills.length ? 20 : 0) + 8;
      }
    }
    const height = Math.max(top, 120);
    parts[0].setAttribute("height", height);
    this.drawing.replaceChildren(...parts, ...this.marks(x, height));
    this.svg.attr("width", this.width).attr("height", height);
    this.drawAxis(x);
    this.filterButton.disabled = d3.zoomTransform(this.svg.node()).k <= 1.01;
  }

  drawAxis(x) {
    d3.select(this.axis).select("svg").attr("width", this.width).attr("height", 26);
    this.head.attr("transform", "translate(0,25)")
      .call(d3.axisTop(x).ticks(Math.max(2, this.width / 90)).tickSizeOuter(0)
        .tickFormat(x.tickFormat(6)).tickFormat(tick));
  }

  background() {
    return svg("rect", { class: "ground", width: this.width, height: 10 });
  }

  heading(lane, visible, top) {
    const line = svg("line", { class: "lane", x2: this.width, y1: top + 0.5, y2: top + 0.5 });
    const all = number(lane.events.length);
    const of = visible === lane.events.length ? all : `${number(visible)} of ${all}`;
    const name = svg("text", { class: "lane-name", x: 4, y: top + 14 }, lane.name);
    name.append(svg("tspan", { class: "lane-count", dx: 7 }, of));
    return svg("g", {}, [line, name]);
  }

  item(each, y, own) {
    const { event, core, x0, x1 } = each;
    const colour = own ?? event.colour;
    // A title on a pale bar stands above it.
    const onCore = each.inside && !each.above;
    const middle = each.above ? y + ROW - 3 : y + ROW / 2;
    const parts = core ? around(each, colour, middle) : [vague(each, colour, middle)];
    if (core) {
      const box = { x: core[0], width: core[1] - core[0], y: middle - 4.5, height: 9, rx: 2 };
      if (onCore) Object.assign(box, { y: y + 1, height: ROW - 2 });
      parts.push(svg("rect", { class: `core c${colour}`, ...box }));
    }
    if (event.date.from === -Infinity) parts.push(arrow(1, middle, -1, colour));
    if (event.date.to === Infinity) parts.push(arrow(this.width - 1, middle, 1, colour));
    if (event.disputed.length) parts.push(dispute(event, core ? core[0] : x0, middle));
    if (each.label) {
      const at = each.inside ? Math.max(x0, 0) + 5 : x1 + 5;
      parts.push(svg("text", { class: onCore ? "label on-core" : "label",
        x: at, y: y + (each.above ? 10 : 11.8) }, each.label));
    }
    const left = Math.max(x0, 0);
    const box = [left - 2, y, Math.max(8, Math.min(x1, this.width) - left) + 4, ROW];
    parts.unshift(svg("rect", { class: "hit", ...rect(box) }));
    if (!this.where.has(event.id)) this.where.set(event.id, box);
    const group = svg("g", { class: "item", "data-id": event.index }, parts);
    group.append(svg("title", {}, `${event.date.words}: ${event.title}`));
    return group;
  }

  pill({ x, events }, y) {
    const text = `+${events.length}`;
    const width = 12 + text.length * 6.5;
    const box = [Math.min(x, this.width - width - 2), y + 1, width, 16];
    for (const event of events) if (!this.where.has(event.id)) this.where.set(event.id, box);
    return svg("g", { class: "pill", "data-ids": events.map(({ index }) => index).join() }, [
      svg("rect", { ...rect(box), rx: 8 }),
      svg("text", { x: box[0] + width / 2, y: y + 13, "text-anchor": "middle" }, text),
      svg("title", {}, `${events.length} more events here`),
    ]);
  }

  bars({ visible, bars }, top, lane) {
    const colour = lane.colour ?? COLOURS - 1;
    const most = Math.max(...bars.map(({ certain, possible }) => certain + possible), 1e-9);
    const group = svg("g", { class: "bars", "data-lane": this.lanes.indexOf(lane) });
    for (const bar of bars) {
      const certain = (BARS * bar.certain) / most;
      const possible = (BARS * bar.possible) / most;
      const box = { x: bar.x + 0.5, width: Math.max(1, bar.width - 1) };
      group.append(
        svg("rect", { class: `c${colour}`, ...box, y: top + BARS - certain, height: certain }),
        svg("rect", { class: `c${colour} possible`, ...box, y: top + BARS - certain - possible,
          height: possible }),
      );
    }
    group.append(svg("title", {}, `${number(visible.length)} events; click to open`));
    for (const event of visible.length < 2000 ? visible : []) {
      const at = Math.max(0, Math.min(this.width - 8, this.scale(middleOf(event))));
      if (!this.where.has(event.id)) this.where.set(event.id, [at - 4, top, 8, BARS]);
    }
    return group;
  }

  /** The day that the map shows, and the event that is chosen. */
  marks(x, height) {
    const found = [];
    if (this.day !== null) {
      const [from, to] = [x(this.day), x(this.day + DAY_MS)];
      const box = { x: from, width: Math.max(2, to - from), height };
      found.push(svg("rect", { class: "day-mark", ...box }));
    }
    const box = this.current && this.where.get(this.current.id);
    if (box) found.push(svg("rect", { class: "chosen", ...rect(box), rx: 3 }));
    return found;
  }

  // Choosing -------------------------------------------------------------------------------------

  click(event) {
    if (event.defaultPrevented) return;
    const one = event.target.closest(".item");
    const many = event.target.closest(".pill");
    if (one) this.choose(this.data.events[one.dataset.id], true, event);
    else if (many) {
      const chosen = many.dataset.ids.split(",").map((index) => this.data.events[index]);
      this.card.open(chosen, point(event), this.box, `${chosen.length} more events here`);
    } else if (event.target.closest(".bars")) {
      this.openBars(event);
    } else this.card.close();
  }

  /** Bars open by zooming in, until each is a day: then its events are listed. */
  openBars(event) {
    const time = Number(this.scale.invert(d3.pointer(event, this.svg.node())[0]));
    const [from, to] = this.scale.domain().map(Number);
    const start = Math.floor(time / DAY_MS) * DAY_MS;
    if ((this.width * DAY_MS) / (to - from) < WIDE) {
      this.lookAt(time - (to - from) / 8, time + (to - from) / 8);
      return;
    }
    const { events } = this.lanes[event.target.closest(".bars").dataset.lane];
    const sure = events.filter((each) => onDay(each, start) === "certain");
    const others = events.filter((each) => onDay(each, start) === "possible");
    const heading = `${number(sure.length)} events, and ${number(others.length)} perhaps`;
    this.card.open([...sure, ...others], point(event), this.box, heading);
  }

  /** Makes an event the chosen one, brings it into view, says it, and opens it if asked. */
  choose(event, open = false, at = null) {
    this.current = event;
    this.bringIntoView(event);
    this.draw();
    this.selected(event);
    const box = this.where.get(event.id);
    if (box) this.scrollTo(box);
    if (!open) return;
    const frame = this.box.getBoundingClientRect();
    const spot = at ? point(at) : [frame.left + (box?.[0] ?? 0),
      frame.top + (box ? box[1] + ROW - this.box.scrollTop : 0)];
    this.card.open([event], spot, this.box);
  }

  bringIntoView(event) {
    const [from, to] = this.scale.domain().map(Number);
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

  welcome() {
    if (this.current || !this.data?.events.length) return;
    this.announce(`Timeline of ${this.data.events.length} events. Right arrow goes to the first.`);
  }

  key(pressed) {
    const { key } = pressed;
    const along = { ArrowRight: 1, ArrowLeft: -1 }[key];
    const across = { ArrowDown: 1, ArrowUp: -1 }[key];
    const zoom = { "+": "in", "=": "in", "-": "out", 0: "all" }[key];
    if (pressed.ctrlKey || pressed.metaKey || pressed.altKey) return;
    if (along) this.move(along);
    else if (across) this.cross(across);
    else if (zoom) this.step(zoom);
    else if (key === "Home" || key === "End") this.say(this.data.events.at(key === "Home" ? 0 : -1));
    else if (key === "Enter" && this.current) this.choose(this.current, true);
    else if (key === "Escape") this.card.close();
    else return;
    pressed.preventDefault();
  }

  move(step) {
    const { events } = this.data;
    const next = this.current ? events[this.current.index + step] : events[0];
    if (next) this.say(next);
  }

  /** To the event of the next lane that is nearest in time. */
  cross(step) {
    if (!this.current) return this.move(1);
    const here = this.lanes.findIndex(({ events }) => events.includes(this.current));
    const lane = this.lanes[here + step];
    if (!lane) return undefined;
    const time = middleOf(this.current, this.bounds);
    const distance = (event) => Math.abs(middleOf(event, this.bounds) - time);
    return this.say(lane.events.reduce((a, b) => (distance(b) < distance(a) ? b : a)));
  }

  say(event) {
    if (!event) return;
    this.choose(event);
    const lane = this.lanes.find(({ events }) => events.includes(event))?.name ?? "";
    const disputed = event.disputed.length ? ` Disputed: ${event.disputed.join(", ")}.` : "";
    this.announce(`${event.date.words}: ${event.title}. ${lane}.${disputed}`
      + ` ${event.index + 1} of ${this.data.events.length}.`);
  }

  markDay(start) {
    this.day = start;
    this.redraw();
  }
}

// A plain wheel scrolls the page; with Ctrl it zooms.
function wanted(event) {
  return event.type === "wheel" ? event.ctrlKey || event.metaKey : !event.button;
}

function bounds({ window, events }) {
  let [from, to] = window;
  const times = events.flatMap(({ date }) => [date.from, date.to]).filter(Number.isFinite);
  from ??= times.reduce((a, b) => Math.min(a, b), Date.now());
  to = to === null ? times.reduce((a, b) => Math.max(a, b), from + DAY_MS) : to + DAY_MS;
  const margin = (to - from) * 0.02;
  return [from - margin, to + margin];
}

function middleOf({ date }, [first, last] = [-8e15, 8e15]) {
  if (date.at) return date.at;
  const [from, to] = date.core ?? [date.from, date.to];
  if (from === -Infinity) return to - 1;
  return to === Infinity ? from : (Math.max(from, first) + Math.min(to, last)) / 2;
}

const FORMATS = ["%H:%M", "%-d %b", "%B", "%Y"].map((form) => d3.utcFormat(form));

function tick(time) {
  if (d3.utcDay(time) < time) return FORMATS[0](time);
  if (d3.utcMonth(time) < time) return FORMATS[1](time);
  return FORMATS[d3.utcYear(time) < time ? 2 : 3](time);
}

function point(event) {
  return [event.clientX, event.clientY];
}

function rect([x, y, width, height]) {
  return { x, y, width, height };
}
