// The layout of a lane: events in rows, counts where there is no room, or bars.
import { DAY_MS, HOUR_MS, MINUTE_MS } from "./data.js";

const MOST_LANES = 12;
const MOST_ITEMS = 300;
const LABELLED = 16; // with at most so many events, each has a row and a title
const PILL_WIDTH = 46;
const LEAST_BAR = 4; // px
const GAP = 6;
const UNITS = [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, DAY_MS];
const MIDDLE = 3; // of the importances from 1 to 5
const LETTER = 6.2; // px of a title, on average

const valuesOf = (event, column) => [].concat(event[column] ?? []).map((each) => each.name ?? each);

/** The lanes by a column, the fullest first, events without a value last. */
export function lanes({ complete, events, lanes: counted }, column, label, colours) {
  if (!complete) return counted;
  const found = new Map();
  const none = [];
  for (const event of events) {
    const values = valuesOf(event, column);
    if (!values.length) none.push(event);
    for (const value of values) {
      if (!found.has(value)) found.set(value, []);
      found.get(value).push(event);
    }
  }
  const sorted = [...found].sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1));
  const shown = sorted.slice(0, sorted.length > MOST_LANES ? MOST_LANES - 1 : MOST_LANES);
  const others = sorted.slice(shown.length);
  const lane = (name, value, listed) => ({
    name, value, events: listed, count: listed.length,
    colour: colours.includes(value) ? colours.indexOf(value) : null,
  });
  const result = shown.map(([name, listed]) => lane(name, name, listed));
  if (others.length) {
    const all = [...new Set(others.flatMap(([, listed]) => listed))].sort((a, b) => a.index - b.index);
    result.push(lane(`${others.length} others`, null, all));
  }
  if (none.length) result.push(lane(`No ${label} named`, "", none));
  return result;
}

/** Events in given lanes: those of the counts, once few enough are in view. */
export function inLanes(events, column, given) {
  const named = new Set(given.map(({ value }) => value));
  return given.map((lane) => ({
    ...lane,
    events: events.filter((event) => {
      const values = valuesOf(event, column);
      if (lane.value === "") return !values.length;
      return lane.value === null ? values.some((value) => !named.has(value))
        : values.includes(lane.value);
    }),
  }));
}

/** What a lane shows between the edges of a scale: items in rows with counts, or bars. */
export function arrange(lane, x, width, mostRows) {
  if (!lane.events) return { visible: lane.count, bars: binned(lane, x, width) };
  const [start, end] = x.domain().map(Number);
  const seen = lane.events.filter(({ date }) => date.from < end && date.to > start);
  const visible = seen.length;
  if (visible > MOST_ITEMS) return { visible, seen, bars: spread(seen, x, width) };
  const labelled = visible <= LABELLED;
  const items = seen.map((event) => item(event, x, width, labelled));
  // The most important first, then the most certain, so that they get the top rows.
  items.sort((a, b) => importance(b.event) - importance(a.event) || a.vague - b.vague
    || a.x0 - b.x0);
  const rows = [];
  const most = labelled ? LABELLED : mostRows;
  const rest = items.filter((each) => !placed(each, rows, most));
  label(rows, width);
  return { visible, seen, items: rows.flat(), rows: rows.length, pills: pills(rest) };
}

/** From 1 to 5; an event without one is in the middle. */
export function importance(event) {
  return event.importance ?? MIDDLE;
}

function item(event, x, width, labelled) {
  const { date } = event;
  const edge = (time) => Math.max(-4, Math.min(width + 4, Number.isFinite(time) ? x(time)
    : time < 0 ? -4 : width + 4));
  let core = date.core && date.core.map(edge);
  let [x0, x1] = [edge(date.from), edge(date.to)];
  if (core && core[1] - core[0] < 6) {
    const middle = (core[0] + core[1]) / 2;
    core = [middle - 3, middle + 3];
  }
  x1 = Math.max(x1, x0 + 6, core ? core[1] : 0);
  // The whole extent, also outside the view: a bar does not fade where the view cuts it.
  const far = (time, open) => (Number.isFinite(time)
    ? Math.max(-40 * width, Math.min(41 * width, x(time))) : open);
  const ends = [Math.min(far(date.from, -4), x0), Math.max(far(date.to, width + 4), x1)];
  const text = labelled ? Math.min(event.title.length * LETTER + 8, 260) : 0;
  const vague = core ? 0 : Math.min(date.to - date.from, 1e13);
  return { event, core, x0, x1, ends, reach: x1 + text, vague };
}

function placed(each, rows, mostRows) {
  const [from, to] = [each.x0 - GAP - (each.event.disputed.length ? 10 : 0), each.reach];
  for (let number = 0; number < mostRows; number += 1) {
    rows[number] ??= [];
    const row = rows[number];
    if (row.every((other) => other.reach <= from || other.x0 - GAP >= to)) {
      each.row = number;
      row.push(each);
      return true;
    }
  }
  return false;
}

/** Shortens each title to fit behind its item, or on it if the item is long and pale. */
function label(rows, width) {
  for (const row of rows) {
    row.sort((a, b) => a.x0 - b.x0);
    row.forEach((each, index) => {
      const next = row[index + 1];
      const room = (next ? next.x0 - 16 : width) - each.x1 - 4;
      const inside = Math.min(each.x1, width) - Math.max(each.x0, 0) - 10;
      const behind = room >= 70 || room >= each.event.title.length * LETTER;
      const [start, end] = each.core ?? [0, 0];
      const away = end <= 8 || start >= width - 8;
      each.inside = !behind && inside >= 110 && (away || end - start >= inside);
      each.above = each.inside && away;
      const letters = Math.floor((behind ? room : each.inside ? inside : 0) / LETTER);
      each.label = letters ? shortened(each.event.title, letters) : "";
    });
  }
}

function shortened(text, letters) {
  return text.length <= letters ? text : `${text.slice(0, letters - 1).trimEnd()}…`;
}

function pills(rest) {
  const found = new Map();
  for (const each of rest) {
    const bin = Math.floor(((each.core ? each.core[0] : Math.max(each.x0, 0))) / PILL_WIDTH);
    if (!found.has(bin)) found.set(bin, { x: Math.max(bin, 0) * PILL_WIDTH + 4, events: [] });
    found.get(bin).events.push(each.event);
  }
  return [...found.values()];
}

/** The length of the shortest bars of some events: a minute if most of them have a time. */
export function leastUnit(events) {
  const timed = events.filter(({ date }) => date.instants).length;
  return 2 * timed > events.length ? MINUTE_MS : DAY_MS;
}

/** Bars that count events: certain ones, and uncertain ones spread over their possible time. */
function spread(events, x, width) {
  const px = (time) => x(time) - x(0);
  const least = leastUnit(events);
  const unit = UNITS.find((each) => each >= least && px(each) >= LEAST_BAR) ?? DAY_MS;
  const step = Math.max(px(unit), LEAST_BAR);
  const count = Math.ceil(width / step) + 1;
  const origin = x(Math.floor(x.invert(0) / unit) * unit);
  const certain = new Float64Array(count + 1);
  const possible = new Float64Array(count + 1);
  const bin = (time) => (time === Infinity ? count
    : Math.max(0, Math.min(count, Math.floor((x(time) - origin) / step + 1e-6))));
  const put = (target, from, to, weight) => {
    const [a, b] = [bin(from), Math.max(bin(to), bin(from) + 1)];
    if (a < count) {
      target[a] += weight;
      target[Math.min(b, count)] -= weight;
    }
  };
  for (const { date } of events) {
    const { core, spans } = date;
    // A day without a time is possible in each of its hours.
    if (core && (date.lasts || core[1] - core[0] <= Math.max(unit, step / px(1)))) {
      put(certain, core[0], core[1], 1);
    } else for (const [from, to] of spans) {
      const units = Math.max(1, (Math.min(to, 8e14) - Math.max(from, -8e14)) / unit);
      put(possible, from, to, Number.isFinite(to - from) ? Math.max(1, step / px(unit)) / units : 0.02);
    }
  }
  for (let i = 1; i < count; i += 1) {
    certain[i] += certain[i - 1];
    possible[i] += possible[i - 1];
  }
  return Array.from({ length: count }, (_, i) => ({
    x: origin + i * step, width: step, certain: certain[i], possible: Math.max(0, possible[i]),
  }));
}

/** The bars of a counted lane; where days are too narrow, one bar shows the mean of several. */
function binned({ first, step, certain, possible }, x, width) {
  const size = Math.ceil(LEAST_BAR / (x(first + step) - x(first)));
  const at = (px) => Math.floor((x.invert(px) - first) / step / size) * size;
  const found = [];
  for (let i = Math.max(0, at(0)); i < certain.length && i <= at(width); i += size) {
    const mean = (row) => {
      const part = row.slice(i, i + size);
      return part.reduce((a, b) => a + b, 0) / part.length;
    };
    const start = x(first + i * step);
    found.push({
      x: start, width: x(first + (i + size) * step) - start,
      certain: mean(certain), possible: mean(possible),
    });
  }
  return found;
}
