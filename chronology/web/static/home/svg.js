const SPACE = "http://www.w3.org/2000/svg";

/** An SVG element with attributes and children; markup is never parsed. */
export function svg(name, attributes = {}, children = []) {
  const element = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  }
  element.append(...[].concat(children));
  return element;
}

/** An HTML element with attributes and children; markup is never parsed. */
export function html(name, attributes = {}, children = []) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  }
  element.append(...[].concat(children));
  return element;
}

/** Lets the browser paint or do more urgent work first. */
export function pause() {
  return new Promise((resolve) => { setTimeout(resolve); });
}
