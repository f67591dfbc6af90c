// The home page: the address has the filters; timeline, map and list show the selected events.
// Without this script the page works with its links and its form.
import { Card } from "./home/card.js";
import { number } from "./home/data.js";
import { fetched, Source } from "./home/source.js";
import { pause } from "./home/svg.js";
import { Symbols } from "./home/symbols.js";
import { Timeline } from "./home/timeline.js";

const config = JSON.parse(document.getElementById("explore").textContent);
const form = document.querySelector(".explore-filters");
const alertBox = document.querySelector(".alert");
const announced = document.getElementById("announced");
const laneSelect = document.querySelector("select[name=lane]");
const defaultLane = config.lane;

const announce = (text) => { announced.textContent = text; };
const symbols = new Symbols(config);
const card = new Card(document.querySelector(".card"), config, symbols);
const hooks = { announce, card, config, filter: (changes) => go(changed(changes)) };
document.querySelector(".views").hidden = false;
const timeline = new Timeline(document.querySelector(".timeline"), hooks);
const map = await mapOf(document.querySelector(".map"));
const moment = momentOf(location);
let loading = null;

/** The map, if any place has a point. */
async function mapOf(section) {
  if (!section) return null;
  const { EventMap } = await import("./home/map.js");
  const made = new EventMap(section, { ...hooks, symbols, timeline });
  timeline.selected = (event) => made.highlight(event);
  return made;
}

// The filters ----------------------------------------------------------------------------------

function query(url = location) {
  return new URLSearchParams(url.search);
}

function momentOf(url) {
  return query(url).get("_as_of");
}

function address(params) {
  const text = params.toString();
  return text ? `${config.home}?${text}` : config.home;
}

/** The address of the page with some parameters set, or removed by an empty value. */
function changed(changes) {
  const params = query();
  params.delete("_day");
  for (const [key, value] of Object.entries(changes)) {
    if (value) params.set(key, value);
    else params.delete(key);
  }
  return address(params);
}

function fromForm() {
  const params = new URLSearchParams();
  for (const [key, value] of new FormData(form)) {
    if (value.trim() && key !== "_lane") params.append(key, value.trim());
  }
  return withLane(params);
}

function withLane(params) {
  if (laneSelect.value !== defaultLane) params.set("_lane", laneSelect.value);
  return address(params);
}

function toForm(params, typing = null) {
  for (const field of form.elements) {
    if (!field.name || field.type === "hidden" || field === typing) continue;
    const value = params.get(field.name) ?? (field.name === "_within" && params.get("_day")) ?? "";
    field.value = value || "";
  }
}

// Loading --------------------------------------------------------------------------------------

async function go(url) {
  const target = new URL(url, location);
  if (target.search !== location.search) await show(target, true);
}

/** Shows the selection of an address, with the parts of the page that the server renders. */
async function show(url, going = false) {
  loading?.abort();
  const { signal } = loading = new AbortController();
  document.body.classList.add("loading");
  try {
    const source = new Source(config, url, laneSelect.value);
    const [page, points] = await Promise.all([
      fetched(config.home + url.search, signal).then((answer) => answer.text()),
      source.ask([], signal),
    ]);
    replace(new DOMParser().parseFromString(page, "text/html"));
    // Keeps what the visitor has typed meanwhile.
    toForm(query(url), going ? document.activeElement : null);
    if (going) history.pushState(null, "", url);
    alertBox.hidden = true;
    announce(`${number(points.total)} events`);
    await pause();
    if (!signal.aborted) await draw(points, source);
  } catch (error) {
    if (error.name !== "AbortError") complain(error);
  } finally {
    if (loading?.signal === signal) document.body.classList.remove("loading");
  }
}

function complain(error) {
  alertBox.textContent = error.message;
  alertBox.hidden = false;
}

/** Replaces the parts of the page by those of another, and keeps the focus. */
function replace(page) {
  const focus = document.activeElement;
  const mark = focus?.dataset?.day ? `[data-day="${focus.dataset.day}"]`
    : focus?.rel ? `[rel="${focus.rel}"]` : null;
  for (const part of document.querySelectorAll("[data-part]")) {
    const other = page.querySelector(`[data-part="${part.dataset.part}"]`);
    if (other) part.replaceChildren(...document.adoptNode(other).childNodes);
  }
  document.title = page.title;
  if (focus && !document.contains(focus)) {
    const same = mark && document.querySelector(mark);
    (same || document.querySelector(".status")).focus({ preventScroll: true });
  }
  tabStop();
}

/** Shows the data of a source in all views, each in a task of its own. */
async function draw(points, source) {
  const column = laneSelect.selectedOptions[0].dataset.column;
  card.source = source;
  timeline.show(points, source, column);
  await pause();
  await map?.show(points, source);
}

// The Tab key reaches the days as a whole; the arrow keys move between them.
function tabStop() {
  const days = [...document.querySelectorAll(".days a")];
  const current = days.find((day) => day.ariaCurrent || day.hasAttribute("aria-current"));
  for (const day of days) day.tabIndex = -1;
  if (days.length) (current ?? days[0]).tabIndex = 0;
}

// Listening ------------------------------------------------------------------------------------

function delayed(action, limit_ms) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, limit_ms);
  };
}

const apply = () => go(fromForm());
form.addEventListener("submit", (event) => {
  event.preventDefault();
  apply();
});
form.addEventListener("change", apply);
form.elements._search.addEventListener("input", delayed(apply, 400));

laneSelect.addEventListener("change", async () => {
  const params = query();
  params.delete("_lane");
  history.replaceState(null, "", withLane(params));
  if (timeline.data.complete) timeline.lanesBy(laneSelect.selectedOptions[0].dataset.column);
  else await load();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const url = new URL(link.href, location);
  if (url.origin !== location.origin || url.pathname !== config.home) return;
  // Another state of the chronology has other choices, so the page is loaded.
  if (!link.closest(".content") || momentOf(url) !== momentOf(location)) return;
  event.preventDefault();
  const below = link.closest("[data-part=list], [data-part=facets]");
  go(withLane(query(url))).then(() => below && form.scrollIntoView({ block: "start" }));
});

document.addEventListener("keydown", (event) => {
  const day = event.target.closest?.(".days a");
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!day || !step) return;
  const days = [...document.querySelectorAll(".days a")];
  days[days.indexOf(day) + step]?.focus();
  event.preventDefault();
});

addEventListener("popstate", () => {
  if (momentOf(location) === moment) show(new URL(location));
  else location.reload();
});

/** Draws the selection of the address. */
async function load() {
  const source = new Source(config, new URL(location), laneSelect.value);
  try {
    await draw(await source.ask(), source);
  } catch (error) {
    complain(error);
  }
}

tabStop();
await load();
document.body.classList.add("ready");
