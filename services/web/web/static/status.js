// Keeps the stages, and the rest of the status page, up to date: asks the API, and writes the
// answer into the elements that the server has drawn (templates/_stages.html and status.html).
// Messages may come from elsewhere: they only ever become textContent.
//
// Dispatches "first-board" at the document once the first board with a hashtag is there.

import { locale, zone } from "./locale.js";
import { makePoller } from "./poller.js";

const WAITING = 2; // seconds between two requests, as long as there is no such board
const SETTLED = 10;

const number = new Intl.NumberFormat(locale);
const clock = new Intl.DateTimeFormat(locale, { timeStyle: "medium" });
const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });

function moment(text) {
  const date = new Date(text);
  return (date.toDateString() === new Date().toDateString() ? clock : day).format(date);
}

function span(seconds) {
  for (const [unit, size] of Object.entries({ d: 86400, h: 3600, min: 60 })) {
    if (seconds >= 2 * size) return `${Math.floor(seconds / size)} ${unit}`;
  }
  return `${seconds} s`;
}

// 4:05 or 1:04:05, as the server writes it.
function elapsed(seconds) {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (part) => String(part).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

// What stays the same is not touched: somebody may be about to copy it.
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// What is to be typed stands between backquotes.
function writeCoded(node, text) {
  if (node.textContent === text.replaceAll("`", "")) return;
  node.replaceChildren(...text.split("`").map((part, place) => {
    if (place % 2 === 0) return part;
    const code = document.createElement("code");
    code.textContent = part;
    return code;
  }));
}

// Fills the elements that name a member of the answer, and hides those that it has nothing for.
function fill(root, answer) {
  const member = (path) => path.split(".").reduce((part, name) => part?.[name] ?? null, answer);
  for (const node of root.querySelectorAll("[data-if]")) node.hidden = member(node.dataset.if) === null;
  for (const node of root.querySelectorAll("[data-field]")) show(node, member(node.dataset.field));
}

function show(node, value) {
  if (node instanceof HTMLTimeElement) {
    if (value) node.dateTime = value;
    else node.removeAttribute("datetime");
    write(node, value ? moment(value) : node.dataset.none);
  } else if (node instanceof HTMLDataElement) {
    node.value = value ?? "";
    write(node, value === null ? "?" : number.format(value));
  } else if (node.dataset.as === "span") write(node, span(value ?? 0));
  else if (node.dataset.as === "dollars") write(node, `$${(value ?? 0).toFixed(2)}`);
  else if (node.dataset.as === "share") write(node, `${Math.floor(100 * value)} %`);
  else write(node, Array.isArray(value) ? value.join(", ") : (value ?? ""));
}

class Visit {
  constructor(root) {
    this.root = root;
    this.arrived = false;
    this.waiting = !this.part("elapsed").hidden;
    this.poller = makePoller((signal) => this.ask(signal), () => this.lose());
    setInterval(() => this.tick(), 1000);
    this.poller.now();
  }

  part(name) {
    return this.root.querySelector(`[data-${name}]`);
  }

  // The address is relative: the service may be behind a proxy, under a path.
  async ask(signal) {
    const response = await fetch("api/v1/status", { signal, credentials: "omit" });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const status = await response.json();
    signal.throwIfAborted();
    this.notice("");
    this.draw(status);
    return this.waiting ? WAITING : SETTLED;
  }

  // What is drawn was true once. Nobody knows what is now.
  lose() {
    this.notice("Can't reach the server. Showing the last known status; retrying…");
    if (document.querySelector("[data-advice-list]")) drawAdvice(null);
  }

  notice(text) {
    const notice = this.part("status-notice");
    write(notice, text);
    notice.hidden = !text;
    document.body.toggleAttribute("data-outdated", Boolean(text));
  }

  draw(status) {
    this.drawStages(status.stages);
    this.drawElapsed(status.waiting_seconds);
    drawRest(status);
    if (this.waiting || this.arrived) return;
    this.arrived = true;
    document.dispatchEvent(new Event("first-board"));
  }

  drawStages(stages) {
    const news = [];
    for (const stage of stages) {
      const row = this.part(`stage="${stage.name}"`);
      if (row.dataset.state !== stage.state) {
        news.push(`${row.querySelector("[data-title]").textContent}: ${stage.state}.`);
      }
      row.dataset.state = stage.state;
      write(row.querySelector("[data-said]"), stage.state);
      write(row.querySelector("[data-detail]"), stage.detail);
      const advice = row.querySelector("[data-advice]");
      writeCoded(advice, stage.advice ?? "");
      advice.hidden = !stage.advice;
    }
    // For screen readers, which are not told of every number that changes.
    if (news.length) this.part("news").textContent = news.join(" ");
  }

  drawElapsed(seconds) {
    this.waiting = seconds !== null;
    this.part("elapsed").hidden = !this.waiting;
    const heading = this.part("heading");
    write(heading, this.waiting ? heading.dataset.waiting : heading.dataset.settled);
    const began = Date.now() - seconds * 1000;
    // A little off is the way of the answer; set right each time, the seconds would stumble.
    if (!(Math.abs(began - this.began) < 2000)) this.began = began;
    this.tick();
  }

  tick() {
    if (!this.waiting || !this.began) return;
    write(this.part("waited"), elapsed(Math.floor((Date.now() - this.began) / 1000)));
  }
}

// What only the status page has.
function drawRest(status) {
  const sources = document.querySelector("[data-sources]");
  if (!sources) return;
  write(document.querySelector("[data-zone]"), ` · Times in ${zone}`);
  fill(document.querySelector('[data-part="as_of"]'), status);
  drawSources(sources, status.ingest?.sources ?? []);
  const board = document.querySelector('[data-part="board"]');
  if (status.board) fill(board, status.board);
  board.hidden = !status.board;
  document.querySelector("[data-no-board]").hidden = Boolean(status.board);
  drawAlerts(status.alerts ?? { state: "off" });
  drawAdvice(status.advice);
}

function drawAlerts(alerts) {
  const facts = document.querySelector('[data-part="alerts"]');
  fill(facts, alerts);
  facts.hidden = alerts.state === "off";
  document.querySelector("[data-no-alerts]").hidden = alerts.state !== "off";
}

function drawSources(list, sources) {
  const template = document.querySelector("template");
  const known = Array.from(list.children, (card) => card.dataset.source);
  if (known.join() !== sources.map((source) => source.name).join()) {
    list.replaceChildren(...sources.map(() => template.content.firstElementChild.cloneNode(true)));
  }
  sources.forEach((source, place) => {
    const card = list.children[place];
    card.dataset.source = source.name;
    card.dataset.state = source.state;
    fill(card, source);
  });
  document.querySelector("[data-no-sources]").hidden = sources.length > 0;
}

// None is known while the server does not answer.
function drawAdvice(advice) {
  const list = document.querySelector("[data-advice-list]");
  const texts = advice ?? [];
  while (list.children.length > texts.length) list.lastElementChild.remove();
  texts.forEach((text, place) => {
    write(list.children[place] ?? list.appendChild(document.createElement("li")), text);
  });
  list.hidden = texts.length === 0;
  document.querySelector("[data-no-advice]").hidden = advice === null || texts.length > 0;
  document.querySelector("[data-unknown]").hidden = advice !== null;
}

const root = document.querySelector("[data-status]");
if (root) new Visit(root);
