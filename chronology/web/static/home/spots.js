// The spots of the map: the points of events, and how they are drawn.
import { placeWords } from "./card.js";
import { number, sum } from "./data.js";
import { svg } from "./svg.js";

const COLOURS = 8;

/** The spots of events that have a point; each with its count, colours, name and place. */
export function spotsOf(events) {
  const found = new Map();
  for (const event of events) {
    if (event.latitude === null) continue;
    const key = `${event.latitude},${event.longitude}`;
    if (!found.has(key)) found.set(key, spotAt(event));
    const spot = found.get(key);
    spot.events.push(event);
    spot.colours[event.colour] += 1;
    spot.count += 1;
  }
  return [...found.values()];
}

function spotAt({ latitude, longitude, places }) {
  const place = places.find((each) => each.latitude === latitude && each.longitude === longitude);
  return {
    at: [latitude, longitude],
    place: place ?? null,
    name: places.map((each) => each.name).join(" – "),
    events: [],
    colours: new Array(COLOURS).fill(0),
    count: 0,
  };
}

export function nameOf({ place, name }) {
  return place ? placeWords(place) : name;
}

export function labelOf(spot) {
  return `${nameOf(spot)}: ${number(spot.count)} event${spot.count === 1 ? "" : "s"}`;
}

/** Several spots as one, for a cluster. */
export function merged(spots) {
  const colours = new Array(COLOURS).fill(0);
  for (const spot of spots) spot.colours.forEach((count, colour) => { colours[colour] += count; });
  return { colours, count: sum(colours), events: null };
}

export function sizeOf(count, most) {
  // Larger for more events, up to a size that does not hide other discs.
  const scale = Math.max(1, Math.sqrt(most) / 6);
  return Math.round(Math.min(46, 17 + (5.5 * Math.sqrt(count)) / scale));
}

/** A disc with the number of events, ringed by the colours of its events. */
export function disc({ colours, count }, size) {
  const half = size / 2;
  const radius = half - 2.5;
  const round = 2 * Math.PI * radius;
  const box = { cx: half, cy: half, r: radius };
  const parts = [svg("circle", { class: "disc", ...box })];
  let start = 0;
  colours.forEach((part, colour) => {
    if (!part) return;
    const length = (round * part) / count;
    parts.push(svg("circle", { ...box, class: `arc c${colour}`, "stroke-dashoffset": -start,
      "stroke-dasharray": `${length} ${round - length}`,
      transform: `rotate(-90 ${half} ${half})` }));
    start += length;
  });
  parts.push(svg("text", { x: half, y: half + 3.8, "text-anchor": "middle" }, short(count)));
  return svg("svg", { width: size, height: size, viewBox: `0 0 ${size} ${size}`,
    "aria-hidden": "true" }, parts);
}

function short(count) {
  if (count < 1000) return String(count);
  return count < 10_000 ? `${(count / 1000).toFixed(1)}k` : `${Math.round(count / 1000)}k`;
}

/** The bounds of most points, so that a few distant ones do not shrink the view. */
export function middleOf(points) {
  const ends = [0, 1].map((axis) => {
    const sorted = points.map((each) => each[axis]).sort((a, b) => a - b);
    const cut = Math.floor(sorted.length * 0.03);
    return [sorted[cut], sorted[sorted.length - 1 - cut]];
  });
  return [[ends[0][0], ends[1][0]], [ends[0][1], ends[1][1]]];
}
