// The card beside the board: a tag's chart, alone or compared with others, and what else is known
// of it. It begins with the leading tag of the board, and keeps in step with the address.

import { MAX_TAGS, fold, keepInLinks, linkTo, readAddress, writeAddress } from "./address.js";
import { Card } from "./card.js";
import { zone as ownZone } from "./locale.js";
import { makePoller } from "./poller.js";
import { Rising } from "./rising.js";
import { Search } from "./search.js";
import { RANGES, combine } from "./series.js";
import { posts } from "./words.js";

const SLOW = 60; // seconds between two requests where a point is a day

const root = document.querySelector("#history");
const board = document.querySelector("#board trending-hashtags");
const heading = root.querySelector("h2");
const refresh = Number(root.dataset.refresh);
const rising = new Rising();

let chosen = readAddress();
let leader = null; // the first tag of the board, which is shown until one is chosen
let zone = ownZone;
let drawn = { tags: "", how: "" }; // what the drawing is of
let isNews = false; // whether a screen reader is to be told of the next answer

function shown() {
  return chosen.tags.length || leader === null ? chosen.tags : [leader];
}

function wanted() {
  return { tags: shown().map(fold).join(), how: `${chosen.range} ${zone}` };
}

// --- Asking ---

async function ask(signal) {
  const tags = shown();
  const { hours, step, days } = RANGES[chosen.range];
  if (!tags.length) return SLOW;
  const [answers] = await Promise.all([
    Promise.all(tags.map((tag) => fetchHistory(tag, { hours, step }, signal))),
    rising.refresh(signal),
  ]);
  signal.throwIfAborted();
  card.complain(answers.map((answer) => answer.missing).filter(Boolean).join(" "));
  draw(answers.filter((answer) => answer.counts));
  return days || step === "day" ? Math.max(SLOW, refresh) : refresh;
}

// A tag that has not been seen yet may be, so it is no reason to stop asking.
async function fetchHistory(tag, query, signal) {
  const path = `api/v1/hashtags/${encodeURIComponent(tag)}?${new URLSearchParams(query)}`;
  const response = await fetch(path, { signal, credentials: "omit" });
  const answer = await response.json();
  if (response.ok) return { ...answer, asked: tag };
  if (response.status < 500) return { missing: answer.detail };
  throw new Error(answer.detail);
}

function draw(histories) {
  drawn = wanted();
  root.classList.remove("loading");
  const series = histories.length ? combine(histories, chosen.range, zone) : null;
  const { hours, step } = RANGES[chosen.range];
  card.draw({ histories, series, zone, reason: rising.reason(histories[0]?.key), query: { hours, step } });
  if (isNews && series) card.say(`${histories.map((each) => `#${each.tag}: ${posts(each.count)}`).join(", ")}. ${card.rangeName}.`);
  isNews = false;
}

// --- Choosing ---

// `focus`: the card is gone to, and the keyboard goes on from there.
function choose(tags, { focus = false } = {}) {
  change({ ...chosen, tags });
  if (!focus) return;
  heading.focus({ preventScroll: true });
  const { top } = root.getBoundingClientRect();
  if (top >= 0 && top < innerHeight / 2) return;
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  root.scrollIntoView({ block: "start", behavior });
}

function change(next) {
  chosen = next;
  writeAddress(chosen);
  isNews = true;
  show();
}

// Whatever has changed: what is drawn of something else goes at once.
function show() {
  zone = knownZone(chosen.tz) ?? ownZone;
  offerZones();
  const tags = shown();
  for (const button of root.querySelector(".spans").querySelectorAll("button")) button.ariaPressed = String(button.value === chosen.range);
  if (tags.length && drawn.tags !== wanted().tags) card.entitle(tags);
  root.classList.toggle("loading", drawn.tags !== wanted().tags || drawn.how !== wanted().how);
  root.querySelector("[data-compare]").hidden = tags.length >= MAX_TAGS;
  root.hidden = tags.length === 0;
  card.complain("");
  entitlePage();
  mark();
  poller.now();
}

// The page is called what it shows; web/page_query.py has the same words.
function entitlePage() {
  const names = chosen.tags.map((tag) => `#${tag}`);
  const compared = [names.slice(0, -1).join(", "), names.at(-1)].filter(Boolean).join(" and ");
  const name = document.querySelector("#board-title").textContent;
  document.title = `${compared ? `${compared}, ${card.rangeName}` : name} · Tweet Trends`;
  const description = compared
    ? `Posts with ${compared}, counted exactly: ${card.rangeName}.`
    : `${name}: the hashtags of a timeline, counted exactly.`;
  document.querySelector("meta[name=description]").setAttribute("content", description);
}

// --- The time zone ---

function knownZone(name) {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name || undefined }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

function offerZones() {
  const offered = [...new Set([ownZone, "UTC", zone])];
  root.querySelector("select").replaceChildren(...offered.map((each) => new Option(each, each, false, each === zone)));
  const problem = document.querySelector("#zone-problem");
  problem.hidden = Boolean(knownZone(chosen.tz));
  problem.textContent = problem.hidden ? "" : `There is no time zone “${chosen.tz}”. Showing times in ${ownZone}.`;
}

// --- The board ---

function tagOf(row) {
  return row.querySelector(".tag").textContent.replace(/^#/, "");
}

// Marks the tags that are shown among those of the board.
function mark() {
  const tags = root.hidden ? [] : shown().map(fold);
  for (const row of board.shadowRoot?.querySelectorAll(".row") ?? []) {
    const is = tags.includes(fold(tagOf(row)));
    row.ariaCurrent = is ? "true" : null;
    row.part.toggle("shown", is);
  }
}

// The board is drawn later than this runs, and again and again.
function follow() {
  const row = board.shadowRoot.querySelector("[data-state=ready] .row:not([data-key=''])");
  const banner = document.querySelector("#demo");
  if (banner && row) banner.hidden = board.shadowRoot.querySelector(".chip.demo")?.hidden ?? true;
  mark();
  if (!row || leader !== null) return;
  leader = tagOf(row);
  if (!chosen.tags.length) show();
}

// A plain click on a tag shows it here; with a modifier key it stays a link.
board.addEventListener("click", (event) => {
  const path = /** @type {HTMLElement[]} */ (event.composedPath());
  const row = path.some((node) => node.matches?.(".tag")) && path.find((node) => node.matches?.(".row"));
  if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  choose([tagOf(row)], { focus: true });
});

// And back to where it was chosen.
root.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") board.shadowRoot.querySelector("[aria-current] .tag")?.focus();
});

// --- The controls ---

const card = new Card(root, (tag) => choose(shown().filter((each) => each !== tag), { focus: true }));
const poller = makePoller(ask, () => card.complain("Couldn't load this hashtag. Retrying…"));

new Search(document.querySelector("[data-open]"), (tag) => choose([tag], { focus: true }));
new Search(root.querySelector("[data-compare]"), (tag) => {
  const tags = shown();
  if (!tags.some((each) => fold(each) === fold(tag))) choose([...tags, tag]);
});

for (const button of root.querySelector(".spans").querySelectorAll("button")) {
  button.addEventListener("click", () => change({ ...chosen, range: button.value }));
}

// The snippet builder has the rest of it.
root.querySelector(".embed").addEventListener("click", (event) => {
  event.preventDefault();
  const detail = { tag: shown()[0], range: chosen.range, tz: chosen.tz };
  document.dispatchEvent(new CustomEvent("embed-chart", { detail }));
});

const zones = root.querySelector("select");
zones.addEventListener("change", () => change({ ...chosen, tz: zones.value === ownZone ? "" : zones.value }));

const share = root.querySelector(".share");
share.addEventListener("click", async () => {
  const link = linkTo({ ...chosen, tags: shown() });
  try {
    await navigator.clipboard.writeText(link);
    share.textContent = "Link copied";
  } catch {
    // Without https a page may not write there.
    history.replaceState(null, "", link);
    share.textContent = "The link is in the address bar";
  }
  card.say(share.textContent);
  setTimeout(() => (share.textContent = "Share"), 4000);
});

addEventListener("popstate", () => {
  chosen = readAddress();
  keepInLinks(chosen);
  show();
});

// The stages have done their part.
document.addEventListener("first-board", () => location.reload());

if (chosen.tags.length) show();
customElements.whenDefined("trending-hashtags").then(() => {
  const options = { subtree: true, childList: true, attributeFilter: ["data-state", "hidden"] };
  new MutationObserver(follow).observe(board.shadowRoot, options);
  follow();
});
