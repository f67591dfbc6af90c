// A pop-up with one or more events; Escape closes it.
import { number } from "./data.js";
import { html } from "./svg.js";

const MOST = 60;
const SAYS = { date: "the date", figures: "figures", claim: "what happened" };

export class Card {
  constructor(element, config, symbols) {
    Object.assign(this, { element, config, symbols, source: null, opener: null });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
    document.addEventListener("pointerdown", (event) => {
      if (!element.contains(event.target) && event.target.closest(".views") === null) this.close();
    });
  }

  /** Opens events at a point of the screen; on closing, the focus returns to the opener.
   *
   * `more` is the number of further events, with the address of the full list.
   */
  open(events, at, opener, heading = "", more = null) {
    const one = events.length === 1 && !more;
    this.place(one ? this.one(events[0]) : this.several(events, heading, more), at, opener);
  }

  /** Opens the events that additional filters select, once the server has sent them. */
  async ask(source, extra, at, opener, heading) {
    const request = this.request = {};
    this.element.setAttribute("aria-busy", "true");
    try {
      const { events, total } = await source.ask(extra);
      if (this.request !== request) return;
      const more = { count: total - Math.min(events.length, MOST), list: source.list(extra) };
      this.open(events, at, opener, `${heading}: ${number(total)}`, total > MOST ? more : null);
    } catch (error) {
      this.place([html("p", { class: "disputed" }, error.message)], at, opener);
    } finally {
      this.element.removeAttribute("aria-busy");
    }
  }

  place(content, [x, y], opener) {
    this.opener = opener;
    const close = html("button", { type: "button", class: "close", "aria-label": "Close" }, "✕");
    close.addEventListener("click", () => this.close());
    this.element.replaceChildren(close, ...content);
    this.element.hidden = false;
    const { width, height } = this.element.getBoundingClientRect();
    const left = Math.max(8, Math.min(x + 8, document.documentElement.clientWidth - width - 8));
    const top = Math.max(8, Math.min(y + 10, innerHeight - height - 8));
    this.element.style.left = `${left + scrollX}px`;
    this.element.style.top = `${top + scrollY}px`;
    (this.element.querySelector("a") ?? close).focus({ preventScroll: true });
  }

  close() {
    this.request = null;
    if (this.element.hidden) return;
    const inside = this.element.contains(document.activeElement);
    this.element.hidden = true;
    if (inside) this.opener?.focus({ preventScroll: true });
  }

  one(event) {
    const parts = [
      html("p", { class: "kind", title: this.config.kinds[event.kind] },
        event.status === "asserted" ? unslug(event.kind) : `${unslug(event.kind)} · ${event.status}`),
      html("h3", {}, this.link(event)),
      html("p", { class: "date" }, [event.date.words, " ", html("code", {}, event.date.edtf)]),
    ];
    if (event.picture) {
      const src = `${this.config.events.replace(/events$/, "media")}/${event.picture.file}`;
      parts.push(html("img", { class: "picture", src, alt: event.picture.alt }));
    }
    const places = event.places.map(placeWords).join("; ");
    if (places) parts.push(html("p", { class: "note" }, places));
    if (event.formations.length) parts.push(this.units(event));
    for (const [column, label] of Object.entries(this.config.tags)) {
      if (event[column]?.length) {
        parts.push(html("p", { class: "note" }, `${label}: ${event[column].join(", ")}`));
      }
    }
    if (event.disputed.length) {
      const about = event.disputed.map((what) => SAYS[what] ?? what).join(" and ");
      parts.push(html("p", { class: "disputed" }, `The sources disagree about ${about}.`));
    }
    return parts;
  }

  units(event) {
    const list = html("ul", { class: "units" });
    for (const [name, level, side] of event.formations) {
      const item = html("li", {}, [name, " ", html("span", { class: "note" }, `${unslug(level)}, ${capitalised(unslug(side))}`)]);
      const symbol = this.symbols.element(level, side, 16);
      if (symbol) item.prepend(symbol);
      list.append(item);
    }
    return list;
  }

  several(events, heading, more) {
    const list = html("ol", {}, events.slice(0, MOST).map((event) => {
      const mark = event.disputed.length ? [" ", html("span", { class: "mark" }, "◆")] : [];
      const when = html("span", { class: "when" }, event.date.words);
      return html("li", {}, [this.link(event), ...mark, " ", when]);
    }));
    const parts = [html("h3", {}, heading), list];
    if (more) {
      const says = `${number(more.count)} more in the list`;
      parts.push(html("p", {}, html("a", { href: more.list }, says)));
    } else if (events.length > MOST) {
      const says = `${number(events.length - MOST)} more: zoom in or filter`;
      parts.push(html("p", { class: "note" }, says));
    }
    return parts;
  }

  link(event) {
    return html("a", { href: this.source.event(event) }, event.title);
  }
}

/** Words with capital initials. */
function capitalised(text) {
  return text.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
}

/** A slug as words. */
function unslug(slug) {
  return (slug ?? "").replaceAll("-", " ");
}

/** A place with its other names, period names first. */
export function placeWords({ name, names }) {
  const others = names.map(([other, use]) => (use === "period" ? `then ${other}` : other));
  return others.length ? `${name} (${others.join(", ")})` : name;
}
