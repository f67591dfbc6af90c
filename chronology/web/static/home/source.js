// Requests to the server: the events that the filters of an address select, and parts of them.
import { decode } from "./data.js";

const KEPT = 24;

export class Source {
  constructor(config, url, lane) {
    Object.assign(this, { config, lane });
    this.params = new URLSearchParams(url.search);
    this.params.delete("_lane");
    this.answers = new Map();
  }

  get query() {
    return this.params.toString();
  }

  /** The parameters with additional filters as pairs. */
  with(extra) {
    const params = new URLSearchParams(this.params);
    for (const [key, value] of extra) params.append(key, value);
    return params;
  }

  /** The selected events, with additional filters, decoded; each request is sent once. */
  async ask(extra = [], signal = undefined) {
    const params = this.with(extra);
    params.append("_lane", this.lane);
    for (const [key, value] of Object.entries(this.config.database)) params.append(key, value);
    const query = params.toString();
    if (!this.answers.has(query)) {
      const answer = await fetched(`${this.config.points}?${query}`, signal);
      this.answers.set(query, decode(await answer.json(), this.config));
      if (this.answers.size > KEPT) this.answers.delete(this.answers.keys().next().value);
    }
    return this.answers.get(query);
  }

  /** The address of the list of the same events. */
  list(extra = []) {
    const params = this.with(extra);
    for (const day of params.getAll("_day")) params.append("_within", day);
    params.delete("_day");
    return `${this.config.events}?${params}`;
  }

  /** The address of one event, in the state that is shown. */
  event({ id }) {
    const moment = this.params.get("_as_of");
    return `${this.config.events}/${id}${moment === null ? "" : `?_as_of=${encodeURIComponent(moment)}`}`;
  }
}

/** A response of the server; the message of an error page becomes that of the error. */
export async function fetched(url, signal) {
  const answer = await fetch(url, { signal });
  if (answer.ok) return answer;
  const text = await answer.text();
  const page = new DOMParser().parseFromString(text, "text/html");
  const message = page.querySelector("main .said")?.textContent;
  throw new Error(message?.trim() || errorIn(text) || `The server returned status ${answer.status}`);
}

function errorIn(text) {
  try {
    return JSON.parse(text).error;
  } catch {
    return "";
  }
}
