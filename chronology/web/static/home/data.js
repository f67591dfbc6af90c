// Decodes the response of the server: events with times to draw, or counts of events.

export const DAY_MS = 86_400_000;
const NONE = 7;
const OTHERS = 6;

const start = (day) => Date.parse(`${day}T00:00:00Z`);

/** Times as milliseconds (UTC), ends exclusive; open ends are infinite. `days` has whole days. */
function drawable(date) {
  const span = (days) => [
    days[0] ? start(days[0]) : -Infinity, days[1] ? start(days[1]) + DAY_MS : Infinity,
  ];
  const days = {
    core: date.core ? span(date.core) : null,
    spans: (date.spans ?? [[date.earliest, date.latest]]).map(span),
  };
  const { core, spans } = date.instants ? exact(date.instants) : days;
  return { ...date, from: spans[0][0], to: spans.at(-1)[1], core, spans, days };
}

/** Seconds as milliseconds, open ends infinite. */
function exact({ core, spans }) {
  const span = ([from, to]) => [
    from === null ? -Infinity : from * 1000, to === null ? Infinity : to * 1000,
  ];
  return { core: core && span(core), spans: spans.map(span) };
}

/** Events in order of time, with names in place of numbers.
 *
 * Unless `complete`, `events` are the first of `total`; `lanes`, `spots` and `placeless` count all.
 */
export function decode(answer, config) {
  const dates = answer.dates.map(drawable);
  const { names, columns, total } = answer;
  const colourOf = new Map(config.series.map((name, index) => [name, index]));
  const events = answer.rows.map((row, index) => {
    const event = { index };
    columns.forEach((column, i) => {
      const value = row[i];
      if (column === "date") event.date = dates[value];
      else if (Array.isArray(value)) event[column] = value.map((n) => names[column][n]);
      else event[column] = names[column] ? names[column][value] : value;
    });
    const first = [].concat(event[config.first])[0];
    event.colour = first === undefined ? NONE : colourOf.get(first) ?? OTHERS;
    return event;
  });
  const window = answer.window.map((day) => (day ? start(day) : null));
  const complete = !answer.lanes;
  return { events, window, total, complete, ...(complete ? {} : counted(answer)) };
}

function counted({ lanes, spots, placeless }) {
  const bins = { first: start(lanes.first), step: lanes.step_seconds * 1000 };
  return {
    lanes: lanes.rows.map((lane) => ({ ...lane, ...bins, count: lane.events, events: null })),
    spots: spots.map((spot) => ({ ...spot, count: sum(spot.colours), events: null })),
    placeless,
  };
}

/** Whether an event is on the day that begins at `start`: certain, possible or not (null). */
export function onDay(event, start) {
  const { core, spans } = event.date.days;
  if (core && core[0] <= start && start < core[1]) return "certain";
  return spans.some(([from, to]) => from <= start && start < to) ? "possible" : null;
}

// Created once: creating a format takes longer than drawing a marker.
const FIGURES = new Intl.NumberFormat("en");
const DAYS = new Intl.DateTimeFormat("en-GB",
  { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

export function number(count) {
  return FIGURES.format(count);
}

export function sum(numbers) {
  return numbers.reduce((a, b) => a + b, 0);
}

/** The day that a time is on, as the filters write it. */
export function dayOf(time) {
  return new Date(time).toISOString().slice(0, 10);
}

export function inWords(time) {
  return DAYS.format(time);
}
