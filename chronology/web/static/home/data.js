// The answer of the server as events with times to draw.

export const DAY_MS = 86_400_000;
const NONE = 7;
const OTHERS = 6;

/** Days as milliseconds (UTC), ends exclusive; open ends are infinite. */
function drawable(date) {
  const start = (day) => Date.parse(`${day}T00:00:00Z`);
  const span = (days) => [
    days[0] ? start(days[0]) : -Infinity, days[1] ? start(days[1]) + DAY_MS : Infinity,
  ];
  const [from, to] = span([date.earliest, date.latest]);
  return {
    ...date,
    from,
    to,
    core: date.core ? span(date.core) : null,
    at: date.time ? Date.parse(`${date.earliest}T${date.time}:00Z`) : null,
    spans: (date.spans ?? [[date.earliest, date.latest]]).map(span),
  };
}

/** Everything that is drawn: events in order of time, with names in place of numbers. */
export function decode(answer, config) {
  const dates = answer.dates.map(drawable);
  const { names, columns } = answer;
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
  const window = answer.window.map((day) => (day ? Date.parse(`${day}T00:00:00Z`) : null));
  return { events, window, places: names.places, total: events.length };
}

/** How an event stands to a day that begins at `start`: on it, perhaps on it, or not (null). */
export function onDay(event, start) {
  const { core, spans } = event.date;
  if (core && core[0] <= start && start < core[1]) return "certain";
  return spans.some(([from, to]) => from <= start && start < to) ? "possible" : null;
}

export function number(count) {
  return count.toLocaleString("en");
}
