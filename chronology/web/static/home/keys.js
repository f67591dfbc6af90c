// Keyboard navigation of the timeline: between events, or between days where events are counted.
import { number, period } from "./data.js";
import { middleOf } from "./drawing.js";

export class Keys {
  constructor(timeline) {
    this.timeline = timeline;
    this.reset();
    timeline.box.addEventListener("keydown", (event) => this.pressed(event));
    timeline.box.addEventListener("focus", () => this.welcome());
  }

  /** Deselects the day of a counted lane. */
  reset() {
    Object.assign(this, { lane: 0, bin: null });
  }

  welcome() {
    const { data, current, events, announce } = this.timeline;
    if (current || this.bin !== null || !data?.total) return;
    announce(`Timeline of ${number(data.total)} events. Press the right arrow for the first`
      + `${events ? " event." : " day, or plus to zoom in on the events."}`);
  }

  pressed(event) {
    const { timeline } = this;
    const { key } = event;
    const along = { ArrowRight: 1, ArrowLeft: -1 }[key];
    const across = { ArrowDown: 1, ArrowUp: -1 }[key];
    const zoom = { "+": "in", "=": "in", "-": "out", 0: "all" }[key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (along || across) this.move(along ?? 0, across ?? 0);
    else if (zoom) timeline.step(zoom);
    else if (key === "Home") this.end(0);
    else if (key === "End") this.end(-1);
    else if (key === "Enter") this.open();
    else if (key === "Escape") timeline.card.close();
    else return;
    event.preventDefault();
  }

  move(along, across) {
    const { events, data } = this.timeline;
    if (!data.total) return;
    if (!events) this.toDay(along, across);
    else if (across && events.includes(this.timeline.current)) this.cross(across);
    else this.step(along || across);
  }

  end(which) {
    const { events, lanes } = this.timeline;
    if (events) this.say(events.at(which));
    else {
      this.bin = which ? lanes[this.lane].certain.length : -1;
      this.toDay(which || 1, 0);
    }
  }

  open() {
    const { timeline } = this;
    if (timeline.events && timeline.current) timeline.choose(timeline.current, true);
    else if (!timeline.events && this.bin !== null) {
      const lane = timeline.lanes[this.lane];
      const box = timeline.boxOfChosen();
      timeline.openBin(lane, lane.first + this.bin * lane.step, lane.step, timeline.spotOf(box));
    }
  }

  // Events -----------------------------------------------------------------------------------------

  step(step) {
    const { events, current } = this.timeline;
    const here = events.indexOf(current);
    if (here >= 0) this.say(events[here + step]);
    else {
      // None is selected, or one outside the view: take the first in view.
      const [from, to] = this.timeline.inSight;
      this.say(events.find(({ date }) => date.from < to && date.to > from) ?? events[0]);
    }
  }

  /** Moves to the event of the next lane that is nearest in time. */
  cross(step) {
    const { drawnLanes: lanes, current, bounds } = this.timeline;
    const here = lanes.findIndex(({ events }) => events.includes(current));
    const lane = lanes.slice(step > 0 ? here + 1 : 0, step > 0 ? undefined : here)
      .filter(({ events }) => events.length).at(step > 0 ? 0 : -1);
    if (!lane) return;
    const time = middleOf(current, bounds);
    const distance = (event) => Math.abs(middleOf(event, bounds) - time);
    this.say(lane.events.reduce((a, b) => (distance(b) < distance(a) ? b : a)));
  }

  say(event) {
    if (!event) return;
    const { timeline } = this;
    const of = timeline.events;
    timeline.choose(event);
    const lane = timeline.drawnLanes.find(({ events }) => events?.includes(event))?.name ?? "";
    const disputed = event.disputed.length ? ` Disputed: ${event.disputed.join(", ")}.` : "";
    timeline.announce(`${event.date.words}: ${event.title}. ${lane}.${disputed}`
      + ` ${event.index + 1} of ${of.length}.`);
  }

  // Bins of counted events -------------------------------------------------------------------------

  /** Moves to the next day with events in this lane, or to the same day in another lane. */
  toDay(along, across) {
    const { lanes, inSight } = this.timeline;
    this.lane = Math.max(0, Math.min(lanes.length - 1, this.lane + across));
    const lane = lanes[this.lane];
    const has = (bin) => lane.certain[bin] + lane.possible[bin] > 0;
    const last = lane.certain.length - 1;
    if (this.bin === null) {
      this.bin = Math.max(-1, Math.floor((inSight[0] - lane.first) / lane.step) - 1);
    }
    const from = this.bin;
    if (along || from < 0) {
      do this.bin += along || 1; while (this.bin >= 0 && this.bin <= last && !has(this.bin));
    }
    if (this.bin < 0 || this.bin > last) this.bin = Math.max(0, Math.min(last, from));
    this.sayDay(lane);
  }

  sayDay(lane) {
    const { timeline } = this;
    const start = lane.first + this.bin * lane.step;
    const [from, to] = timeline.inSight;
    if (start < from || start + lane.step > to) {
      timeline.lookAt(start - (to - from) / 2, start + (to - from) / 2);
    }
    timeline.draw();
    timeline.scrollTo(timeline.boxOfChosen());
    const sure = Math.round(lane.certain[this.bin]);
    const besides = Math.round(lane.possible[this.bin]);
    const more = besides ? `, probably ${number(besides)} more` : "";
    timeline.announce(`${period(start, start + lane.step).words}: ${number(sure)} certain${more}.`
      + ` ${lane.name}. Press Enter to list them.`);
  }
}
