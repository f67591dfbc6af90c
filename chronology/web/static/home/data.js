// Decodes the response of the server: events with times to draw, or counts of events.

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
const NONE = 7;
const OTHERS = 6;

// Browsers read and write years before 1, and after 9999, with six digits.
const start = (day) => Date.parse(`${day.replace(/^-/, "-00")}T00:00:00Z`);

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
    event.picture = answer.pictures?.[event.id] ?? null;
    const first = [].concat(event[config.first])[0];
    event.colour = first === undefined ? NONE : colourOf.get(first) ?? OTHERS;
    return event;
  });
  const window = answer.span.map((second) => (second === null ? null : second * 1000));
  const within = answer.within && answer.within.map((second) => second * 1000);
  const complete = !answer.lanes;
  return { events, window, within, total, complete, ...(complete ? {} : counted(answer)) };
}

function counted({ lanes, spots, placeless }) {
  const bins = { first: start(lanes.first), step: lanes.step_seconds * 1000 };
  return {
    lanes: lanes.rows.map((lane) => ({ ...lane, ...bins, count: lane.events, events: null })),
    spots: spots.map((spot) => ({ ...spot, count: sum(spot.colours), events: null })),
    placeless,
  };
}

/** A period of some days or minutes, as the filters write it and in words. */
export function period(from, to) {
  const isDays = from % DAY_MS === 0 && to % DAY_MS === 0;
  const [first, last] = isDays ? [dayOf(from), dayOf(to - 1)] : [minuteOf(from), minuteOf(to - 1)];
  const days = isDays ? [inWords(from), inWords(to - DAY_MS)]
    : [`${inWords(from)}, ${clock(from)}`, inWords(from) === inWords(to) ? clock(to)
      : `${inWords(to)}, ${clock(to)}`];
  return {
    from, to, name: first === last ? first : `${first}/${last}`,
    words: first === last ? days[0] : days.join(" to "),
  };
}

/** Whether an event is in a period: certain, possible or not (null). */
export function during({ date }, { from, to }) {
  const isDays = from % DAY_MS === 0 && to % DAY_MS === 0;
  const { core, spans } = isDays ? date.days : date;
  const overlaps = ([start, end]) => start < to && (end > from || (start === end && start === from));
  const certain = date.lasts ? core && overlaps(core)
    : spans[0][0] >= from && spans.at(-1)[1] <= to;
  if (certain) return "certain";
  return spans.some(overlaps) ? "possible" : null;
}

// Created once: creating a format takes longer than drawing a marker.
const FIGURES = new Intl.NumberFormat("en");
const DAYS = new Intl.DateTimeFormat("en-GB",
  { day: "numeric", month: "long", timeZone: "UTC" });

export function number(count) {
  return FIGURES.format(count);
}

export function sum(numbers) {
  return numbers.reduce((a, b) => a + b, 0);
}

/** The day that a time is on, as the filters write it. */
export function dayOf(time) {
  const [day] = new Date(time).toISOString().split("T");
  return day.replace(/^-00/, "-");
}

/** The minute that a time is in, as the filters write it. */
function minuteOf(time) {
  return `${dayOf(time)}T${clock(time)}`;
}

export function clock(time) {
  return new Date(time).toISOString().slice(-13, -8);
}

export function year(time) {
  const number = new Date(time).getUTCFullYear();
  return number > 0 ? String(number) : `${1 - number} BC`;
}

export function inWords(time) {
  return `${DAYS.format(time)} ${year(time)}`;
}
