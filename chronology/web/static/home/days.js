// The periods of the map, which are the bins of the calendar: a slider over them, and playback.

const STEP_MS = 900;

export class Days {
  /** `show` draws one period, or the whole time with null. */
  constructor(section, config, show) {
    Object.assign(this, { config, show, timer: null });
    const find = (selector) => section.querySelector(selector);
    this.slider = find(".slider input");
    this.play = find("[data-play]");
    this.output = find("output");
    this.all = find("[data-all]");
    this.read = find(".read");
    Object.assign(this, { whole: this.output.textContent, plays: this.play.textContent });
    const bars = document.querySelectorAll(".days a");
    this.periods = [...bars].map(({ dataset, ariaLabel }, number) => ({
      from: config.edges[number] * 1000, to: config.edges[number + 1] * 1000, name: dataset.day,
      // The number of events follows.
      words: ariaLabel.slice(0, ariaLabel.lastIndexOf(": ")),
    }));
    this.slider.max = this.periods.length;
    this.slider.addEventListener("input", () => this.goTo(Number(this.slider.value)));
    this.play.addEventListener("click", () => this.playing(this.timer === null));
    this.all.addEventListener("click", () => this.goTo(0));
  }

  period(number) {
    return this.periods[number - 1] ?? null;
  }

  /** Shows one period by its number, or all with 0. */
  async goTo(number) {
    const period = this.period(number);
    this.slider.value = number;
    const says = period?.words ?? this.whole;
    this.output.textContent = says;
    this.slider.setAttribute("aria-valuetext", says);
    this.all.hidden = period === null;
    this.read.hidden = period === null;
    if (period) this.read.href = this.reading(period);
    await this.show(period, this.period(number + 1));
  }

  reading({ name }) {
    const params = new URLSearchParams(location.search);
    params.delete("_day");
    params.set("_within", name);
    return `${this.config.home}?${params}`;
  }

  playing(on) {
    clearTimeout(this.timer);
    this.timer = null;
    this.play.setAttribute("aria-pressed", String(on));
    this.play.textContent = on ? "❚❚ Pause" : this.plays;
    if (on) this.tick();
  }

  /** Shows the next period, and continues once it is drawn. */
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
