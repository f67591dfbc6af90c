// The shapes of dates: solid where certain, pale where possible, fading to an end that is open.
import { svg } from "./svg.js";

export const COLOURS = 8;

// The possible days before and after the certain ones fade away from them.
export function around({ core, ends: [x0, x1], event }, colour, y) {
  const found = [];
  const { from, to } = event.date;
  const box = { y: y - 2.5, height: 5 };
  if (core[0] - x0 > 2 && from < Infinity) {
    found.push(svg("rect", { ...box, x: x0, width: core[0] - x0, fill: `url(#to-${colour})` }));
  }
  if (x1 - core[1] > 2 && to > -Infinity) {
    found.push(svg("rect", { ...box, x: core[1], width: x1 - core[1], fill: `url(#off-${colour})` }));
  }
  return found;
}

/** A date without a certain day; an open end fades to the edge. */
export function vague({ ends: [x0, x1], event, inside }, colour, y) {
  const { from, to } = event.date;
  const fade = from === -Infinity ? "to" : to === Infinity ? "off" : "in";
  const height = inside ? 3 : 5;
  const box = { x: x0, width: x1 - x0, y: y - height / 2, height, rx: height / 2 };
  return svg("rect", { ...box, fill: `url(#${fade}-${colour})` });
}

export function arrow(x, y, direction, colour) {
  const back = x - 6 * direction;
  return svg("path", { class: `arrow c${colour}`, d: `M${back} ${y - 4}L${x} ${y}L${back} ${y + 4}` });
}

export function dispute(event, x, y) {
  const at = Math.max(x - 7, 5);
  const hollow = event.disputed.includes("date") ? "" : " hollow";
  const d = `M${at} ${y - 5}L${at + 5} ${y}L${at} ${y + 5}L${at - 5} ${y}Z`;
  return svg("path", { class: `dispute${hollow}`, d });
}

const FADES = {
  to: [[0, 0.04], [1, 0.6]],
  off: [[0, 0.6], [1, 0.04]],
  in: [[0, 0.08], [0.2, 0.42], [0.8, 0.42], [1, 0.08]],
};

export function gradients() {
  const defs = svg("defs");
  for (let colour = 0; colour < COLOURS; colour += 1) {
    for (const [name, stops] of Object.entries(FADES)) {
      defs.append(svg("linearGradient", { id: `${name}-${colour}` }, stops.map(([offset, opacity]) =>
        svg("stop", { offset, class: `c${colour}`, "stop-opacity": opacity }))));
    }
  }
  return defs;
}
