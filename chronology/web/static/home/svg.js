const SPACE = "http://www.w3.org/2000/svg";

/** An element of SVG with attributes and children; no markup is ever parsed. */
export function svg(name, attributes = {}, children = []) {
  const element = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  }
  element.append(...[].concat(children));
  return element;
}

/** An element of HTML, likewise. */
export function html(name, attributes = {}, children = []) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  }
  element.append(...[].concat(children));
  return element;
}

/** Until the browser has drawn, or done what is more urgent. */
export function pause() {
  return new Promise((resolve) => { setTimeout(resolve); });
}
