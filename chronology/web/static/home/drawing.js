// The lanes of the timeline as shapes, and the position of each event.
import { number } from "./data.js";
import { arrange } from "./layout.js";
import { arrow, around, COLOURS, dispute, vague } from "./shapes.js";
import { svg } from "./svg.js";

const ROW = 16;
const HEAD = 20;
const BARS = 56;
const ROWS = 8;
const LEAST_HEIGHT = 120;
const LOCATED = 2000; // with fewer events in bars, each is located

export class Drawing {
  /** Draws lanes by a scale; `where` gets the box of each event, by its id. */
  constructor(lanes, scale, width) {
    Object.assign(this, { scale, width, where: new Map(), rows: [] });
    this.ground = svg("rect", { class: "ground", width });
    this.parts = [this.ground];
    let top = 0;
    lanes.forEach((lane, index) => {
      const start = top;
      const found = arrange(lane, scale, width, ROWS);
      this.parts.push(this.heading(lane, found.visible, top));
      top = found.bars ? this.bars(found, top + HEAD, lane, index) : this.items(found, top + HEAD, lane);
      this.rows.push([start, top - start]);
    });
    if (!lanes.length) {
      const middle = { x: width / 2, y: LEAST_HEIGHT / 2, "text-anchor": "middle" };
      this.parts.push(svg("text", { class: "nothing", ...middle }, "No events match these filters."));
    }
    this.height = Math.max(top, LEAST_HEIGHT);
    this.ground.setAttribute("height", this.height);
  }

  heading(lane, visible, top) {
    const line = svg("line", { class: "lane", x2: this.width, y1: top + 0.5, y2: top + 0.5 });
    const all = number(lane.count);
    const of = visible === lane.count ? all : `${number(visible)} of ${all}`;
    const name = svg("text", { class: "lane-name", x: 4, y: top + 14 }, lane.name);
    name.append(svg("tspan", { class: "lane-count", dx: 7 }, of));
    return svg("g", {}, [line, name]);
  }

  items({ items, rows, pills }, top, lane) {
    for (const each of items) this.parts.push(this.item(each, top + each.row * ROW, lane.colour));
    const below = top + rows * ROW;
    for (const pill of pills) this.parts.push(this.pill(pill, below));
    return below + (pills.length ? 20 : 0) + 8;
  }

  item(each, y, own) {
    const { event, core, x0, x1 } = each;
    const colour = own ?? event.colour;
    // The title of a pale bar is above it, and that of a solid bar on it.
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
    this.locate(event, box);
    const group = svg("g", { class: "item", "data-id": event.index }, parts);
    group.append(svg("title", {}, `${event.date.words}: ${event.title}`));
    return group;
  }

  pill({ x, events }, y) {
    const text = `+${events.length}`;
    const width = 12 + text.length * 6.5;
    const box = [Math.min(x, this.width - width - 2), y + 1, width, 16];
    for (const event of events) this.locate(event, box);
    return svg("g", { class: "pill", "data-ids": events.map(({ index }) => index).join() }, [
      svg("rect", { ...rect(box), rx: 8 }),
      svg("text", { x: box[0] + width / 2, y: y + 13, "text-anchor": "middle" }, text),
      svg("title", {}, `${events.length} more events here`),
    ]);
  }

  bars({ visible, seen, bars }, top, lane, index) {
    const colour = lane.colour ?? COLOURS - 1;
    const most = Math.max(...bars.map(({ certain, possible }) => certain + possible), 1e-9);
    const group = svg("g", { class: "bars", "data-lane": index }, [
      svg("rect", { class: "hit", width: this.width, y: top, height: BARS }),
      svg("path", { class: `c${colour}`, d: columns(bars, top + BARS, BARS / most, () => 0, "certain") }),
      svg("path", { class: `c${colour} possible`,
        d: columns(bars, top + BARS, BARS / most, ({ certain }) => certain, "possible") }),
      svg("title", {}, `${number(visible)} events; click to open`),
    ]);
    this.parts.push(group);
    for (const event of seen && visible < LOCATED ? seen : []) {
      const at = Math.max(0, Math.min(this.width - 8, this.scale(middleOf(event))));
      this.locate(event, [at - 4, top, 8, BARS]);
    }
    return top + BARS + 6;
  }

  locate(event, box) {
    if (!this.where.has(event.id)) this.where.set(event.id, box);
  }

  /** A box over all lanes or one between two times, at least a few pixels wide. */
  between(from, to, [y, height] = [0, this.height]) {
    const [x0, x1] = [this.scale(from), this.scale(to)];
    return [x0, y, Math.max(2, x1 - x0), height];
  }
}

/** The bars of one part as a path, each on top of the bar below. */
function columns(bars, ground, unit, below, part) {
  return bars.filter((bar) => bar[part] > 0).map((bar) => {
    const left = (bar.x + 0.5).toFixed(1);
    const y = (ground - unit * below(bar)).toFixed(1);
    return `M${left} ${y}h${Math.max(1, bar.width - 1).toFixed(1)}v${(-unit * bar[part]).toFixed(1)}H${left}z`;
  }).join("");
}

/** The middle of the certain days of an event, else of the possible, within some bounds. */
export function middleOf({ date }, [first, last] = [-8e15, 8e15]) {
  const [from, to] = date.core ?? [date.from, date.to];
  if (from === -Infinity) return to - 1;
  return to === Infinity ? from : (Math.max(from, first) + Math.min(to, last)) / 2;
}

export function rect([x, y, width, height]) {
  return { x, y, width, height };
}
