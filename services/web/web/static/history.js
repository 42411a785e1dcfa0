// One tag's history beside the board: of the leading tag at first, then of the one that is
// clicked. Tags are text from strangers: they only ever become textContent.

const SVG = "http://www.w3.org/2000/svg";
const STEPS = { minute: 60, hour: 3600, day: 86400 };

const panel = document.querySelector("#history");
const board = document.querySelector("#board trending-hashtags");
const find = (selector) => panel.querySelector(selector);
const number = new Intl.NumberFormat("en");
const day = new Intl.DateTimeFormat("en", { dateStyle: "medium" });
const moment = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

let shown = null; // the key of the tag
let hours = 24;
let asking = null; // the request under way
let table = []; // rows, made only when somebody opens it

function element(name, text, ...children) {
  const node = document.createElement(name);
  if (text !== undefined) node.textContent = text;
  node.append(...children);
  return node;
}

async function show() {
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  const giveUp = AbortSignal.any([signal, AbortSignal.timeout(8000)]);
  panel.hidden = false;
  let problem = "No answer from the server.";
  try {
    const response = await fetch(`api/v1/hashtags/${encodeURIComponent(shown)}?hours=${hours}`, { signal: giveUp });
    const answer = await response.json();
    if (response.ok) draw(answer);
    problem = response.ok ? "" : answer.detail;
  } catch {
    if (signal.aborted) return;
  }
  if (problem) find("h2 bdi").textContent = `#${shown}`;
  find(".problem").textContent = problem;
  find(".problem").hidden = !problem;
  for (const part of panel.querySelectorAll("figure, dl, details")) part.hidden = Boolean(problem);
}

function draw(answer) {
  const seconds = STEPS[answer.step];
  const first = Date.parse(answer.from);
  const format = answer.step === "day" ? day : moment;
  const time = (place) => format.format(first + place * seconds * 1000);
  const most = Math.max(...answer.counts);
  const name = `#${answer.tag}`;
  find("h2 bdi").textContent = name;
  find(".most").textContent = most ? `at most ${number.format(most)} in one ${answer.step}` : `none in this time`;
  const svg = find("svg");
  svg.setAttribute("viewBox", `0 0 ${answer.counts.length} 100`);
  svg.setAttribute("aria-label", most ? `${name}: most in one ${answer.step}, ${number.format(most)}, at ${time(answer.counts.indexOf(most))}` : `${name}: none in this time`);
  svg.replaceChildren(...answer.counts.map((count, place) => bar(count, place, most, `${time(place)}: ${number.format(count)}`)));
  const [from, to] = panel.querySelectorAll("time");
  from.textContent = time(0);
  to.textContent = "now";
  table = answer.counts.map((count, place) => [time(place), number.format(count)]).reverse();
  drawTable();
  const spellings = answer.spellings.map(({ tag, count }) => element("span", undefined, element("bdi", `#${tag}`), ` ${number.format(count)}`));
  const facts = {
    Posts: [number.format(answer.count)],
    "People, last 7 days": answer.people === null ? undefined : [number.format(answer.people)],
    "First seen": [moment.format(Date.parse(answer.first_seen))],
    "Last seen": [moment.format(Date.parse(answer.last_seen))],
    Spellings: spellings.length > 1 ? spellings.slice(0, 5) : undefined,
  };
  find("dl").replaceChildren(
    ...Object.entries(facts).flatMap(([term, said]) => (said ? [element("div", undefined, element("dt", term), element("dd", undefined, ...said))] : [])),
  );
}

// Also where nothing was there is something to point at.
function bar(count, place, most, text) {
  const group = document.createElementNS(SVG, "g");
  const title = document.createElementNS(SVG, "title");
  title.textContent = text;
  const height = most ? Math.max((100 * count) / most, count ? 1 : 0) : 0;
  group.append(title, rect(place, 0, 1, 100, "all"), rect(place + 0.1, 100 - height, 0.8, height, "some"));
  return group;
}

function rect(x, y, width, height, name) {
  const node = document.createElementNS(SVG, "rect");
  for (const [key, value] of Object.entries({ x, y, width, height, class: name })) node.setAttribute(key, value);
  return node;
}

function drawTable() {
  const rows = find("details").open ? table : [];
  find("tbody").replaceChildren(...rows.map(([time, count]) => element("tr", undefined, element("td", time), element("td", count))));
}

function choose(row) {
  if (!row?.dataset.key) return false;
  shown = row.dataset.key;
  show();
  return true;
}

find("details").addEventListener("toggle", drawTable);

find(".spans").addEventListener("click", ({ target }) => {
  if (target.tagName !== "BUTTON") return;
  hours = Number(target.value);
  for (const button of target.parentElement.children) button.setAttribute("aria-pressed", button === target);
  show();
});

// A plain click on a tag shows it here; with a modifier key it stays a link.
board.addEventListener("click", (event) => {
  const tag = event.composedPath().find((node) => node.matches?.(".tag"));
  if (!tag || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (choose(tag.closest(".row"))) event.preventDefault();
});

// The element may be drawn later than this runs.
const drawn = new MutationObserver(() => chooseFirst());
function chooseFirst() {
  const row = board.shadowRoot?.querySelector("[data-state=ready] .row");
  if (choose(row)) drawn.disconnect();
}
customElements.whenDefined("trending-hashtags").then(() => {
  drawn.observe(board.shadowRoot, { subtree: true, childList: true, attributes: true });
  chooseFirst();
});

// The stages have done their part.
document.addEventListener("first-board", () => location.reload());
