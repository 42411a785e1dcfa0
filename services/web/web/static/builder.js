// The snippet builder: what the form says is what the preview shows and what the snippet does.

// Settings that go without saying.
const DEFAULTS = { board: "all", rank_by: "tweets", limit: "10", theme: "auto", count: "auto", links: "on", accent: "#4f46e5" };
// Pixels of a board without its rows, of a row, and of a reason in a narrow one.
const [AROUND, ROW, REASON] = [110, 44, 39];

const form = document.querySelector("#builder");
const preview = document.querySelector("#preview");
const snippet = document.querySelector("#snippet");
const copied = document.querySelector("#copied");

function settings() {
  const data = new FormData(form);
  const chosen = {};
  for (const name of new Set(data.keys())) {
    const value = data.getAll(name).join(" ");
    const isRight = name === "paused" || (value && [...form.querySelectorAll(`[name=${name}]`)].every((field) => field.validity.valid));
    if (name !== "kind" && isRight && value !== DEFAULTS[name]) chosen[name] = value;
  }
  // The other boards leave no choice.
  const ranking = form.elements.rank_by;
  ranking.disabled = ranking.parentElement.hidden = !["1h", "24h", "7d"].includes(form.elements.board.value);
  if (ranking.disabled) delete chosen.rank_by;
  return chosen;
}

// This page's own address, whatever proxies there are before it.
function address(path) {
  return new URL(path, location.href).href;
}

function asScript(chosen) {
  const script = document.createElement("script");
  script.setAttribute("src", address("widget.js"));
  script.setAttribute("defer", "");
  const board = document.createElement("trending-hashtags");
  for (const [name, value] of Object.entries(chosen)) board.setAttribute(name, value);
  return `${plain(script)}\n${plain(board)}`;
}

function asFrame(chosen) {
  const frame = document.createElement("iframe");
  const query = new URLSearchParams(chosen).toString();
  const { board, limit = 10, width = 360 } = chosen;
  const row = ROW + (board === "rising" ? REASON : 0);
  const attributes = { src: address("widget") + (query && `?${query}`), title: "Trending hashtags", width, height: AROUND + row * limit, loading: "lazy" };
  for (const [name, value] of Object.entries(attributes)) frame.setAttribute(name, value);
  // As text only: this page's own policy refuses an element with a style.
  return plain(frame).replace(' loading="', ' style="border:0" loading="');
}

// An empty value needs no quotes.
function plain(element) {
  return element.outerHTML.replaceAll('=""', "");
}

function update() {
  const chosen = settings();
  for (const name of new Set([...form.elements].map((field) => field.name))) {
    if (!name || name === "kind") continue;
    if (name in chosen) preview.setAttribute(name, chosen[name]);
    else preview.removeAttribute(name);
  }
  const isFrame = form.elements.kind.value === "iframe";
  snippet.textContent = isFrame ? asFrame(chosen) : asScript(chosen);
  document.querySelector("#framing").hidden = !isFrame;
  copied.textContent = "";
}

form.addEventListener("input", update);
form.addEventListener("submit", (event) => event.preventDefault());

document.querySelector("#copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(snippet.textContent);
    copied.textContent = "Copied.";
  } catch {
    // Without https a page may not write there.
    getSelection().selectAllChildren(snippet);
    copied.textContent = "Selected: copy it with the keyboard.";
  }
});

update();
