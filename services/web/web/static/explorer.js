// The card beside the board: a tag's chart, alone or compared with others, and what else is known
// of it. It begins with the leading tag of the board. Tags are text from strangers: they only ever
// become textContent.

import { MAX_TAGS, fold, keepInLinks, linkTo, readAddress, writeAddress } from "./address.js";
import { Chart } from "./chart.js";
import { locale, zone as ownZone } from "./locale.js";
import { Poller } from "./poller.js";
import { Rising } from "./rising.js";
import { Search } from "./search.js";
import { RANGES, combine, length } from "./series.js";

const SLOW = 60; // seconds between two requests where a point is a day
const SPELLINGS = 5;

const card = document.querySelector("#history");
const board = document.querySelector("#board trending-hashtags");
const find = (selector) => card.querySelector(selector);
const number = new Intl.NumberFormat(locale);
const refresh = Number(card.dataset.refresh);
const rising = new Rising();

let chosen = readAddress();
let leader = null; // the first tag of the board, which is shown until one is chosen
let zone = ownZone;
let found = []; // what the API told last of each tag
let series = null;
let drawn = { tags: "", how: "" }; // what the drawing is of
let isNews = false; // whether a screen reader is to be told of the next answer

function shown() {
  return chosen.tags.length || leader === null ? chosen.tags : [leader];
}

function wanted() {
  return { tags: shown().map(fold).join(), how: `${chosen.range} ${zone}` };
}

function element(name, ...children) {
  const node = document.createElement(name);
  node.append(...children);
  return node;
}

function bare(tag) {
  return tag.replace(/^#/, "");
}

function name(tag) {
  const node = element("bdi", `#${tag}`);
  node.translate = false;
  return node;
}

// --- Asking ---

const poller = new Poller(ask, () => complain("Couldn't load this hashtag. Retrying…"));

async function ask(signal) {
  const tags = shown();
  const { hours, step, days } = RANGES[chosen.range];
  if (!tags.length) return SLOW;
  const [answers] = await Promise.all([
    Promise.all(tags.map((tag) => fetchHistory(tag, { hours, step }, signal))),
    rising.refresh(signal),
  ]);
  signal.throwIfAborted();
  found = answers.filter((answer) => answer.counts);
  complain(answers.map((answer) => answer.missing).filter(Boolean).join(" "));
  draw();
  return days || step === "day" ? Math.max(SLOW, refresh) : refresh;
}

// A tag that has not been seen yet may be, so it is no reason to stop asking.
async function fetchHistory(tag, query, signal) {
  const path = `api/v1/hashtags/${encodeURIComponent(tag)}?${new URLSearchParams(query)}`;
  const response = await fetch(path, { signal, credentials: "omit" });
  if (response.ok) return { ...(await response.json()), asked: tag };
  const { detail } = await response.json();
  if (response.status < 500) return { missing: detail };
  throw new Error(detail);
}

// --- Drawing ---

// What is drawn stays.
function complain(text) {
  const problem = find(".problem");
  if (problem.textContent !== text) problem.textContent = text;
  problem.hidden = !text;
}

function draw() {
  const has = found.length > 0;
  card.classList.remove("loading");
  for (const part of card.querySelectorAll("figure, dl, details")) part.hidden = !has;
  drawn = wanted();
  if (!has) return;
  series = combine(found, chosen.range, zone);
  drawHeading(found.map((each) => each.tag));
  drawCompared();
  chart.draw(series, colours(series.lines.length));
  drawCaption();
  drawTable();
  drawFacts(found[0]);
  mark();
  if (isNews) say(`${found.map((each) => `#${each.tag}: ${posts(each.count)}`).join(", ")}. ${rangeName()}.`);
  isNews = false;
}

function drawHeading(tags) {
  find("h2").replaceChildren(...tags.flatMap((tag, place) => [place ? ", " : "", name(tag)]));
  for (const link of card.querySelectorAll("[data-page]")) link.href = link.dataset.page + encodeURIComponent(tags[0]);
}

function drawCompared() {
  const list = find(".compared");
  list.hidden = found.length < 2;
  list.replaceChildren(...found.map(({ tag, asked }, place) => {
    const remove = element("button", "×");
    remove.type = "button";
    remove.ariaLabel = `Remove #${tag}`;
    remove.addEventListener("click", () => choose(shown().filter((each) => each !== asked), find("h2")));
    const total = series.lines[place].reduce((sum, count) => sum + count, 0);
    const entry = element("li", name(tag), ` ${posts(total)} `, remove);
    entry.className = `series series-${place}`;
    return entry;
  }));
}

function drawCaption() {
  const most = Math.max(...series.lines.flat());
  const peak = most ? `Peak: ${posts(most)} per ${series.step}` : "No posts in this period";
  find(".peak").textContent = peak;
  find(".days").textContent = series.step === "day" && series.zone === "UTC" && zone !== "UTC" ? "Days in UTC" : "";
  const tags = found.map((each) => `#${each.tag}`).join(", ");
  find(".chart").setAttribute("aria-label", `${tags}, ${rangeName()}. ${peak}. Left and right arrow keys read the values.`);
}

function drawTable() {
  if (!find("details").open || !series) return;
  const head = [`From (${series.zone})`, ...(found.length > 1 ? found.map((each) => `#${each.tag}`) : ["Posts"])];
  find("thead tr").replaceChildren(...head.map((text) => {
    const cell = element("th", text);
    cell.scope = "col";
    return cell;
  }));
  const rows = series.times.map((_, place) => [from(place), ...series.lines.map((line) => number.format(line[place]))]);
  find("tbody").replaceChildren(...rows.reverse().map((row) => element("tr", ...row.map((text) => element("td", text)))));
}

function drawFacts(history) {
  const reason = rising.reason(history.key);
  const spellings = history.spellings.slice(0, SPELLINGS).map(({ tag, count }) => element("span", name(tag), ` ${number.format(count)}`));
  const facts = {
    Posts: [number.format(history.count)],
    "People, last 7 days": history.people === null ? [] : [number.format(history.people)],
    "First seen": [moment(history.first_seen)],
    "Last seen": [moment(history.last_seen)],
    Spellings: spellings.length > 1 ? spellings : [],
    "Why it is rising": reason ? [reason] : [],
  };
  const known = Object.entries(facts).filter(([, texts]) => texts.length);
  find("dl").replaceChildren(...known.map(([term, texts]) => element("div", element("dt", term), element("dd", ...texts))));
}

// --- Words ---

function posts(count) {
  return `${number.format(count)} ${count === 1 ? "post" : "posts"}`;
}

function moment(time) {
  return new Intl.DateTimeFormat(locale, { timeZone: zone, dateStyle: "medium", timeStyle: "short" }).format(Date.parse(time));
}

function from(place) {
  const timeStyle = series.step === "day" ? undefined : "short";
  return new Intl.DateTimeFormat(locale, { timeZone: series.zone, dateStyle: "medium", timeStyle }).format(series.times[place]);
}

function rangeName() {
  return find(".spans [aria-pressed=true]").textContent;
}

function describe(place) {
  const time = element("strong", from(place));
  const isRunning = series.times[place] + length(series.step) > Date.now();
  const lines = series.lines.map((line, each) => {
    const entry = element("span", ...(found.length > 1 ? [name(found[each].tag), " "] : []), posts(line[place]));
    entry.className = `series series-${each}`;
    return entry;
  });
  return [time, ...lines, ...(isRunning ? [element("em", "so far")] : [])];
}

function say(text) {
  find(".news").textContent = text;
}

// As the style sheet has them, for this theme.
function colours(many) {
  return [...card.querySelectorAll(".palette i")].slice(0, many).map((each) => getComputedStyle(each).color);
}

// The page is called what it shows.
function entitle() {
  const tags = chosen.tags.map((tag) => `#${tag}`);
  const names = [tags.slice(0, -1).join(", "), tags.at(-1)].filter(Boolean).join(" and ");
  const heading = document.querySelector("#board-title").textContent;
  document.title = `${names ? `${names}, ${rangeName()}` : heading} · Tweet Trends`;
  const description = names ? `How often ${names} was posted, counted exactly: ${rangeName()}.` : `${heading}: the hashtags of a timeline, counted exactly.`;
  document.querySelector("meta[name=description]").content = description;
}

// --- Choosing ---

// `focus`: what the keyboard goes on from, if the card is to be gone to.
function choose(tags, focus) {
  change({ ...chosen, tags });
  if (!focus) return;
  focus.focus({ preventScroll: true });
  const { top } = card.getBoundingClientRect();
  if (top >= 0 && top < innerHeight / 2) return;
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  card.scrollIntoView({ block: "start", behavior });
}

function change(next) {
  chosen = next;
  writeAddress(chosen);
  isNews = true;
  show();
}

// Whatever has changed: what is drawn of other tags goes at once.
function show() {
  const tags = shown();
  zone = zoneOf(chosen.tz);
  for (const button of find(".spans").children) button.ariaPressed = String(button.value === chosen.range);
  if (tags.length && drawn.tags !== wanted().tags) drawHeading(tags);
  card.classList.toggle("loading", drawn.tags !== wanted().tags || drawn.how !== wanted().how);
  find("[data-compare]").hidden = tags.length >= MAX_TAGS;
  card.hidden = tags.length === 0;
  complain("");
  entitle();
  mark();
  poller.now();
}

// Marks the tags that are shown among those of the board.
function mark() {
  const tags = card.hidden ? [] : shown().map(fold);
  for (const row of board.shadowRoot?.querySelectorAll(".row") ?? []) {
    const is = tags.includes(fold(bare(row.querySelector(".tag").textContent)));
    row.ariaCurrent = is ? "true" : null;
    row.part.toggle("shown", is);
  }
}

// --- The time zone ---

// A zone that there is not is the visitor's own.
function zoneOf(name) {
  const problem = document.querySelector("#zone-problem");
  problem.hidden = true;
  if (!name) return ownZone;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    problem.textContent = `There is no time zone “${name}”. Showing times in ${ownZone}.`;
    problem.hidden = false;
    return ownZone;
  }
}

function offerZones() {
  const select = find("select");
  const offered = [...new Set([ownZone, "UTC", zoneOf(chosen.tz)])];
  select.replaceChildren(...offered.map((each) => new Option(each, each, false, each === zoneOf(chosen.tz))));
}

// --- What happens ---

const chart = new Chart(find(".chart"), { locale, number, describe, colours, say });

new Search(document.querySelector("[data-open]"), (tag) => choose([tag], find("h2")));
new Search(find("[data-compare]"), (tag) => {
  const tags = shown();
  if (!tags.some((each) => fold(each) === fold(tag))) choose([...tags, tag]);
});

find("details").addEventListener("toggle", drawTable);
find(".spans").addEventListener("click", ({ target }) => target.value && change({ ...chosen, range: target.value }));
find("select").addEventListener("change", ({ target }) => {
  change({ ...chosen, tz: target.value === ownZone ? "" : target.value });
});

find(".share").addEventListener("click", async ({ target }) => {
  const link = linkTo({ ...chosen, tags: shown() });
  try {
    await navigator.clipboard.writeText(link);
    target.textContent = "Link copied";
  } catch {
    // Without https a page may not write there.
    history.replaceState(null, "", link);
    target.textContent = "The link is in the address bar";
  }
  setTimeout(() => (target.textContent = "Copy link"), 4000);
});

addEventListener("popstate", () => {
  chosen = readAddress();
  keepInLinks(chosen);
  offerZones();
  show();
});

// A plain click on a tag shows it here; with a modifier key it stays a link.
board.addEventListener("click", (event) => {
  const tag = event.composedPath().find((node) => node.matches?.(".tag"));
  if (!tag || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  choose([bare(tag.textContent)], find("h2"));
});

// And back to where it was chosen.
card.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") board.shadowRoot.querySelector("[aria-current] .tag")?.focus();
});

// The board is drawn later than this runs, and again and again.
function follow() {
  const row = board.shadowRoot?.querySelector("[data-state=ready] .row[data-key]:not([data-key=''])");
  const banner = document.querySelector("#demo");
  const chip = board.shadowRoot?.querySelector(".chip.demo");
  if (banner && row && chip) banner.hidden = chip.hidden;
  mark();
  if (!row || leader !== null) return;
  leader = bare(row.querySelector(".tag").textContent);
  if (!chosen.tags.length) show();
}

offerZones();
if (chosen.tags.length) show();
customElements.whenDefined("trending-hashtags").then(() => {
  const options = { subtree: true, childList: true, attributeFilter: ["data-state", "hidden"] };
  new MutationObserver(follow).observe(board.shadowRoot, options);
  follow();
});

// The stages have done their part.
document.addEventListener("first-board", () => location.reload());
