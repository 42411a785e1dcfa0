// The snippet builder: what the form says is what the preview shows and what the snippet does.
import { zone as ownZone } from "./locale.js";
import { keepForm } from "./kept_form.js";
import { badge, badgePath, framed, framePath, frameScheme, frameWidth, height, originsLine, snippet } from "./snippets.js";

// Settings that go without saying.
const DEFAULTS = { board: "all", rank_by: "tweets", limit: "10", layout: "list", range: "24h", theme: "auto", count: "auto", links: "on" };
const NAMES = {
  board: ["board", "rank_by", "limit", "layout", "refresh", "theme", "lang", "width", "max-height", "chrome", "count", "links", "paused", "accent"],
  tag: ["range", "tz", "height", "refresh", "theme", "lang", "chrome", "paused", "accent"],
};
const BOARD_ONLY = ["noheader", "nofooter"];
const CHART_SCRIPT = "hashtag-history.js";
// The other boards leave no choice of ranking.
const RANKED = ["1h", "24h", "7d"];
const EXAMPLE_SITE = "https://your.site";
const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d+){3}|0\.0\.0\.0|\[::1?\])$/;

const find = (selector) => document.querySelector(selector);
const form = find("#builder");
const preview = find("#preview");
const chart = find("#chart-preview");
const frame = find("#preview-frame");
const fields = form.elements;

// The address that visitors use, if the service knows it; else this page's own.
const root = new URL("./", document.body.dataset.publicUrl || location.href).href;
const { script, integrity, chartScript, chartIntegrity } = document.body.dataset;
const VERSIONS = { board: { path: script, integrity }, tag: { path: chartScript, integrity: chartIntegrity } };
let sources; // who may show the iframe, as the service says

// Of a board, or of a tag's chart.
function settings(what = fields.what.value) {
  const data = new FormData(form);
  if (!fields.own_accent.checked) data.delete("accent");
  const chosen = what === "tag" ? { tag: fields.tag.value.trim().replace(/^[#＃]+/, "") } : {};
  for (const name of NAMES[what]) {
    if (!data.has(name)) continue;
    const value = /** @type {string[]} */ (data.getAll(name)).filter((each) => what === "board" || !BOARD_ONLY.includes(each)).join(" ");
    const isRight = [...form.querySelectorAll(`[name="${name}"]`)].every((field) => field.validity.valid);
    if ((value || name === "paused") && isRight && value !== DEFAULTS[name]) chosen[name] = value;
  }
  return chosen;
}

// Beside a value that is not allowed: what is, and what holds until then.
function explain(field) {
  const error = document.getElementById(`${field.name}-error`);
  const isWrong = !field.validity.valid;
  const allowed = field.type === "number" ? `Enter a whole number from ${field.min} to ${field.max}. Until then the default is used.` : "Enter a hashtag.";
  field.setAttribute("aria-invalid", isWrong);
  write(error, isWrong ? allowed : "");
}

// The fields that are about what is embedded.
function showFields(what) {
  for (const field of form.querySelectorAll("[data-for]")) field.hidden = field.dataset.for !== what;
  const ranking = fields.rank_by;
  // Disabled, it keeps what was chosen in it.
  ranking.disabled = !RANKED.includes(fields.board.value);
  ranking.parentElement.hidden ||= ranking.disabled;
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function assign(node, name, value) {
  if (value === undefined) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

function showPreview(chosen, isFrame) {
  find(".preview").dataset.ground = fields.ground.value;
  const isChart = chosen.tag !== undefined;
  preview.hidden = isFrame || isChart;
  chart.hidden = isFrame || !isChart;
  frame.hidden = !isFrame;
  if (!isChart) for (const name of NAMES.board) assign(preview, name, chosen[name]);
  if (!chart.hidden) showChart(chosen);
  const inside = framed(chosen, fields.ground.value);
  frame.style.colorScheme = frameScheme(inside);
  assign(frame, "width", frameWidth(inside));
  // Its height is in no address.
  if (isChart) assign(frame, "height", height(inside, "narrow"));
  const source = isFrame && chosen.tag !== "" ? framePath(inside) : undefined;
  if (source === (frame.getAttribute("src") ?? undefined)) return;
  assign(frame, "height", height(inside, "narrow"));
  assign(frame, "src", source);
}

// Its script is loaded for those who want to see it.
function showChart(chosen) {
  for (const name of ["tag", ...NAMES.tag]) assign(chart, name, chosen[name]);
  if (find(`script[src="${CHART_SCRIPT}"]`)) return;
  const script = document.createElement("script");
  script.src = CHART_SCRIPT;
  document.head.append(script);
}

function showCode(chosen, isFrame) {
  const version = VERSIONS[fields.what.value];
  const board = settings("board");
  write(find("#snippet"), snippet({
    root,
    settings: isFrame ? framed(chosen, fields.ground.value) : chosen,
    kind: fields.kind.value,
    language: fields.language.value,
    version: fields.fixed.checked && !isFrame ? version : undefined,
    // widget.js gives the frame in the preview the height that its board has.
    measured: isFrame ? frame.getAttribute("height") : undefined,
  }));
  write(find("#badge-code"), badge(root, board));
  assign(find("#badge"), "src", badgePath(board, fields.ground.value));
}

function showOrigins(isFrame) {
  find("#framing").hidden = !isFrame;
  if (!isFrame) return;
  if (!sources) askForSources();
  const known = sources ?? ["'self'"];
  const site = fields.site.validity.valid && URL.canParse(fields.site.value) ? new URL(fields.site.value).origin : EXAMPLE_SITE;
  const isOpen = known.includes("*") || known.includes(site);
  find("#origins-change").hidden = isOpen;
  write(find("#origins-state"), isOpen ? "This site can show the iframe already." : "Other sites can show the iframe only if you list them. Put this line into .env, then run make up:");
  write(find("#origins"), originsLine(known, site));
}

// The service says who may frame the widget where it says so to browsers.
async function askForSources() {
  sources = ["'self'"];
  try {
    const policy = (await fetch("widget", { method: "HEAD" })).headers.get("Content-Security-Policy");
    sources = /frame-ancestors ([^;]*)/.exec(policy)?.[1].trim().split(/\s+/) ?? sources;
    update();
  } catch {
    sources = undefined;
  }
}

function warn() {
  const { hostname, protocol } = new URL(root);
  const isLocal = LOOPBACK.test(hostname);
  const warning = isLocal
    ? `Only this computer can open ${root}. Set PUBLIC_URL in .env to the https address that visitors use, then run make up.`
    : "Browsers block http on pages that use https. Serve this service over https, and set PUBLIC_URL in .env to that address.";
  write(find("#address-warning"), isLocal || protocol === "http:" ? warning : "");
}

function update() {
  showFields(fields.what.value);
  const chosen = settings();
  const isFrame = fields.kind.value === "iframe";
  for (const field of form.querySelectorAll("[type=number], [name=tag]")) explain(field);
  showPreview(chosen, isFrame);
  showCode(chosen, isFrame);
  showOrigins(isFrame);
  for (const said of document.querySelectorAll("#embed [data-said]")) write(said, "");
}

async function copy(button) {
  const code = document.getElementById(button.dataset.copies);
  const said = button.parentElement.querySelector("[data-said]");
  try {
    await navigator.clipboard.writeText(code.textContent);
    write(said, "Copied.");
  } catch {
    // Without https a page may not write there.
    getSelection().selectAllChildren(code);
    write(said, `Press ${/Mac|iP/.test(navigator.platform) ? "⌘" : "Ctrl+"}C to copy.`);
  }
}

form.addEventListener("input", ({ target }) => {
  // To pick a colour is to want it, also if it is the one that goes without saying.
  if (target.name === "accent") fields.own_accent.checked = true;
  update();
});
form.addEventListener("submit", (event) => event.preventDefault());
for (const button of document.querySelectorAll("#embed [data-copies]")) button.addEventListener("click", () => copy(button));
new MutationObserver(() => showCode(settings(), fields.kind.value === "iframe")).observe(frame, { attributeFilter: ["height"] });

// From the card of a tag: with what it shows.
document.addEventListener("embed-chart", (/** @type {CustomEvent} */ { detail }) => {
  fields.what.value = "tag";
  for (const [name, value] of Object.entries(detail)) {
    if (name === "tz") offerZones(value);
    fields[name].value = value;
  }
  update();
  find("#embed-title").focus();
});

function offerZones(zone = "") {
  const offered = new Set([ownZone, "UTC", zone]);
  offered.delete("");
  fields.tz.replaceChildren(fields.tz.options[0], ...[...offered].map((each) => new Option(each)));
}

offerZones();
fields.fixed.parentElement.hidden = !script;
// The board and its ranking are those of the page that is open.
keepForm(form, ["board", "rank_by"]);
warn();
update();
