// Keeps the stages, and on the page of the status all the rest, up to date: asks the API, and
// writes the answer into the elements that the server has drawn (templates/_stages.html and
// status.html). Messages may come from elsewhere: they only ever become textContent.
//
// Dispatches "first-board" at the document once the first board with a hashtag is there.

const WAITING = 2; // seconds between two looks, as long as there is no such board
const SETTLED = 10;
const LONGEST_WAIT = 300; // seconds, after many errors in a row
const GIVE_UP = 8000; // milliseconds for one answer

const language = document.documentElement.lang || undefined;
const number = new Intl.NumberFormat(language);
const clock = new Intl.DateTimeFormat(language, { timeStyle: "medium", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });

function moment(text) {
  const date = new Date(text);
  return (date.toDateString() === new Date().toDateString() ? clock : day).format(date);
}

function span(seconds) {
  for (const [unit, size] of [["d", 86400], ["h", 3600], ["min", 60]]) {
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
  else write(node, value ?? "");
}

class Visit {
  constructor(root) {
    this.root = root;
    this.errors = 0;
    this.arrived = false;
    this.waiting = !this.part("elapsed").hidden;
    document.addEventListener("visibilitychange", () => this.resume());
    window.addEventListener("online", () => this.look());
    setInterval(() => this.tick(), 1000);
    this.look();
  }

  part(name) {
    return this.root.querySelector(`[data-${name}]`);
  }

  // ±10 %, so that pages opened together do not ask together for ever.
  schedule(seconds) {
    this.due = Date.now() + seconds * (900 + 200 * Math.random());
    this.sleep();
  }

  // Nobody looks at a hidden page: it waits to be shown, whatever is due.
  sleep() {
    clearTimeout(this.timer);
    if (!document.hidden) this.timer = setTimeout(() => this.look(), Math.max(0, this.due - Date.now()));
  }

  resume() {
    if (this.looking) return;
    if (this.due) this.sleep();
    else this.look();
  }

  async look() {
    if (this.looking || document.hidden || !this.root.isConnected) return;
    this.looking = true;
    clearTimeout(this.timer);
    let wait;
    try {
      this.draw(await ask());
      this.errors = 0;
      wait = this.waiting ? WAITING : SETTLED;
    } catch {
      wait = Math.min(LONGEST_WAIT, WAITING * 2 ** ++this.errors);
    }
    this.notice(this.errors ? "The web service does not answer: this is how it was. It is asked again." : "");
    this.looking = false;
    this.schedule(wait);
  }

  notice(text) {
    const notice = this.part("status-notice");
    write(notice, text);
    notice.hidden = !text;
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

// The address is relative: the service may be behind a proxy, under a path.
async function ask() {
  const response = await fetch("api/v1/status", { signal: AbortSignal.timeout(GIVE_UP), credentials: "omit" });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.json();
}

// What only the page of the status has.
function drawRest(status) {
  const sources = document.querySelector("[data-sources]");
  if (!sources) return;
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
  const template = document.querySelector("[data-source-template]");
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

function drawAdvice(advice) {
  const list = document.querySelector("[data-advice-list]");
  while (list.children.length > advice.length) list.lastElementChild.remove();
  advice.forEach((text, place) => {
    write(list.children[place] ?? list.appendChild(document.createElement("li")), text);
  });
  list.hidden = advice.length === 0;
  document.querySelector("[data-no-advice]").hidden = advice.length > 0;
}

const root = document.querySelector("[data-status]");
if (root) new Visit(root);
