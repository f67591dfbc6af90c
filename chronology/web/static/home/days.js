// The days of the map: a slider over the window, and playback.
import { DAY_MS, dayOf, inWords } from "./data.js";

const STEP_MS = 900;

export class Days {
  /** `show` draws the day that begins at a time, or all days with null. */
  constructor(section, config, show) {
    Object.assign(this, { config, show, first: null, timer: null });
    const find = (selector) => section.querySelector(selector);
    this.slider = find(".slider input");
    this.play = find("[data-play]");
    this.output = find("output");
    this.all = find("[data-all]");
    this.read = find(".read");
    this.slider.addEventListener("input", () => this.goTo(Number(this.slider.value)));
    this.play.addEventListener("click", () => this.playing(this.timer === null));
    this.all.addEventListener("click", () => this.goTo(0));
  }

  set window([first, last]) {
    this.first = first;
    this.slider.max = first === null || last === null ? 0 : (last - first) / DAY_MS + 1;
  }

  start(number) {
    return number ? this.first + (number - 1) * DAY_MS : null;
  }

  /** Shows one day by its number in the window, or all with 0. */
  async goTo(number) {
    const day = this.start(number);
    this.slider.value = number;
    const says = day === null ? "All days" : inWords(day);
    this.output.textContent = says;
    this.slider.setAttribute("aria-valuetext", says);
    this.all.hidden = day === null;
    this.read.hidden = day === null;
    if (day !== null) this.read.href = this.reading(day);
    await this.show(day, this.start(number + 1));
  }

  reading(day) {
    const params = new URLSearchParams(location.search);
    params.delete("_day");
    params.set("_within", dayOf(day));
    return `${this.config.home}?${params}`;
  }

  playing(on) {
    clearTimeout(this.timer);
    this.timer = null;
    this.play.setAttribute("aria-pressed", String(on));
    this.play.textContent = on ? "❚❚ Pause" : "▶ Play the days";
    if (on) this.tick();
  }

  /** Shows the next day, and continues once it is drawn. */
  async tick() {
    const next = Number(this.slider.value) + 1;
    if (next > Number(this.slider.max)) {
      this.playing(false);
      return;
    }
    const timer = this.timer = setTimeout(() => {}, 0);
    const began = performance.now();
    await this.goTo(next);
    if (this.timer !== timer) return;
    this.timer = setTimeout(() => this.tick(), Math.max(0, STEP_MS - (performance.now() - began)));
  }
}
