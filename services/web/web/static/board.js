// Keeps every board on the page up to date: asks the API, draws the answer. The server has
// drawn the first one (templates/_board.html), in the same elements.
//
// Tags are text from strangers: they only ever become textContent.

const LONGEST_WAIT = 300; // seconds, after many errors in a row
const GIVE_UP = 8000; // milliseconds for one answer

const number = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const exact = new Intl.NumberFormat();
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

function time(date) {
  const today = date.toDateString() === new Date().toDateString();
  return (today ? clock : day).format(date);
}

// Below a hundred thousand the exact count is as short as a rounded one.
function count(value) {
  return (value < 100000 ? exact : number).format(value);
}

function element(name, className, text) {
  const node = document.createElement(name);
  node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function newRow(key) {
  const row = element("li", "row");
  row.dataset.key = key;
  const tag = element("a", "tag");
  tag.target = "_blank";
  tag.rel = "noopener noreferrer nofollow ugc";
  tag.append(document.createElement("bdi"));
  const bar = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  bar.setAttribute("class", "bar");
  bar.setAttribute("aria-hidden", "true");
  const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  rect.setAttribute("width", "0%");
  rect.setAttribute("height", "100%");
  rect.setAttribute("rx", "3");
  bar.append(rect);
  const counted = [element("data", "count"), element("span", "unseen")];
  row.append(element("span", "rank"), tag, element("span", "change"), ...counted, bar);
  return row;
}

function drawChange(node, change, someKnown) {
  const [className, text, title] =
    change === null ? ["new", someKnown ? "new" : "", ""]
    : change > 0 ? ["up", `▲${change}`, `up ${change}`]
    : change < 0 ? ["down", `▼${-change}`, `down ${-change}`]
    : ["", "", ""];
  node.className = `change ${className}`;
  node.textContent = text;
  if (title) node.title = title;
  else node.removeAttribute("title");
}

// On the rising board: what the rank is made of; where people are counted too: both numbers.
function countTitle(entry) {
  const posts = exact.format(entry.count);
  if (entry.expected) return `${posts}, where ${exact.format(entry.expected)} would be usual`;
  return entry.people === undefined ? posts : `posts: ${posts}, people: ${exact.format(entry.people)}`;
}

function drawRow(row, entry, counted, top, someKnown) {
  row.querySelector(".rank").textContent = entry.rank;
  const tag = row.querySelector(".tag");
  tag.href = entry.url;
  tag.title = `#${entry.tag}`;
  tag.firstChild.textContent = `#${entry.tag}`;
  drawChange(row.querySelector(".change"), entry.change, someKnown);
  const shown = row.querySelector(".count");
  shown.value = entry[counted];
  shown.textContent = count(entry[counted]);
  shown.title = countTitle(entry);
  row.querySelector(".unseen").textContent = counted === "people" ? "people" : "posts";
  row.querySelector("rect").setAttribute("width", `${((100 * entry[counted]) / top).toFixed(1)}%`);
}

class Board {
  constructor(root) {
    this.root = root;
    this.refresh = Number(root.dataset.refresh);
    this.errors = 0;
    this.answered = !this.part("foot").hidden;
    const { query, limit } = root.dataset;
    this.url = `api/v1/trends?${query}&limit=${limit}`;
    this.localise();
    document.addEventListener("visibilitychange", () => this.resume());
    window.addEventListener("online", () => this.poll());
    this.schedule(Number(root.dataset.firstPoll) || this.refresh);
  }

  part(name) {
    return this.root.querySelector(`[data-${name}]`);
  }

  // The server cannot know the visitor's language and time zone.
  localise() {
    for (const data of this.root.querySelectorAll("data[value]")) {
      data.textContent = count(Number(data.value));
      data.title ||= exact.format(Number(data.value));
    }
    const asOf = this.part("as-of");
    if (asOf.dateTime) asOf.textContent = time(new Date(asOf.dateTime));
    if (this.root.classList.contains("outdated")) this.stale();
  }

  // ±10 %, so that pages opened together do not ask together for ever.
  schedule(seconds) {
    clearTimeout(this.timer);
    this.due = Date.now() + seconds * (900 + 200 * Math.random());
    this.sleep();
  }

  // Nobody looks at a hidden page: it waits to be shown, whatever is due.
  sleep() {
    clearTimeout(this.timer);
    if (!document.hidden) this.timer = setTimeout(() => this.poll(), Math.max(0, this.due - Date.now()));
  }

  resume() {
    if (!this.polling) this.sleep();
  }

  async poll() {
    if (this.polling || document.hidden) return;
    this.polling = true;
    clearTimeout(this.timer);
    let wait;
    try {
      wait = await this.ask();
    } catch {
      wait = this.failed("", navigator.onLine ? "No answer" : "Offline");
    }
    this.polling = false;
    this.schedule(wait);
  }

  // One request; returns the seconds to the next. The browser revalidates by itself: setting
  // If-None-Match here would cost a preflight on another origin.
  async ask() {
    const response = await fetch(this.url, { signal: AbortSignal.timeout(GIVE_UP), credentials: "omit" });
    if (response.ok) {
      this.draw(await response.json());
      this.errors = 0;
      return this.refresh;
    }
    const { waiting_for: waitingFor } = await response.json().catch(() => ({}));
    const wait = this.failed(waitingFor, "The server is in trouble");
    // Divided, so that the jitter cannot make it too early.
    return retryAfter(response) / 0.9 || wait;
  }

  // Keeps what is drawn and says why it gets old; returns the seconds to the next request.
  failed(waitingFor, why) {
    if (this.answered) {
      this.notice(`${why}: this is the board of ${this.part("as-of").textContent}.`);
    } else if (waitingFor) {
      this.part("waiting-for").textContent = waitingFor;
      this.notice("");
    } else {
      this.notice(`${why}. It will be tried again.`);
    }
    return Math.min(LONGEST_WAIT, this.refresh * 2 ** ++this.errors);
  }

  notice(text) {
    const notice = this.part("notice");
    // Said again only when it changes: it is read out by screen readers.
    if (notice.textContent.trim() !== text) notice.textContent = text;
    notice.hidden = !text;
    this.root.classList.toggle("outdated", Boolean(text) && this.answered);
  }

  draw(trends) {
    this.answered = true;
    this.drawRows(trends.hashtags, trends.rank_by === "people" ? "people" : "count");
    this.part("demo").hidden = !trends.demo;
    this.part("warming").hidden = !trends.warming_up;
    this.part("waiting").hidden = true;
    this.part("foot").hidden = false;
    const asOf = this.part("as-of");
    asOf.dateTime = trends.as_of;
    asOf.textContent = time(new Date(trends.as_of));
    this.drawTotal("read", trends.tweets_read);
    this.drawTotal("tagged", trends.tweets_tagged);
    const empty = this.part("empty");
    empty.hidden = trends.hashtags.length > 0;
    empty.textContent = this.emptyText(trends);
    if (trends.stale) this.stale();
    else this.notice("");
  }

  stale() {
    this.notice(`Not up to date: this is the board of ${this.part("as-of").textContent}.`);
  }

  emptyText(trends) {
    const read = count(trends.tweets_read);
    if (trends.board === "all") return `No hashtags in the ${read} tweets read so far.`;
    const nothing = trends.board === "rising" ? "Nothing rises" : "No hashtags";
    return `${nothing} in the ${this.root.dataset.period}; ${read} tweets read so far.`;
  }

  drawTotal(name, value) {
    const data = this.part(name);
    data.value = value;
    data.textContent = count(value);
    data.title = exact.format(value);
  }

  // A tag keeps its element, and one that keeps its place is not touched in the tree: only so
  // does its bar grow to the new length instead of jumping.
  drawRows(entries, counted) {
    const list = this.part("rows");
    const known = new Map(Array.from(list.children, (row) => [row.dataset.key, row]));
    const top = Math.max(1, ...entries.map((entry) => entry[counted]));
    const someKnown = entries.some((entry) => entry.change !== null);
    entries.forEach((entry, place) => {
      const row = known.get(entry.key) ?? newRow(entry.key);
      drawRow(row, entry, counted, top, someKnown);
      if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
    });
    while (list.children.length > entries.length) list.lastElementChild.remove();
    list.hidden = entries.length === 0;
  }
}

// In seconds or as a date; 0 when there is none. No longer than a day: a timer that is set for
// more than 24 days fires at once.
function retryAfter(response) {
  const header = response.headers.get("Retry-After");
  if (!header) return 0;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return seconds > 0 ? Math.min(seconds, 86400) : 0;
}

for (const root of document.querySelectorAll("[data-trends]")) new Board(root);
