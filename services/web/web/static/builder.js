// The snippet builder: what the form says is what the preview shows and what the snippet does.
import { keepForm } from "./kept_form.js";
import { badge, badgePath, framed, framePath, frameScheme, frameWidth, height, originsLine, snippet } from "./snippets.js";

// Settings that go without saying.
const DEFAULTS = { board: "all", rank_by: "tweets", limit: "10", layout: "list", theme: "auto", count: "auto", links: "on" };
const NAMES = ["board", "rank_by", "limit", "layout", "refresh", "theme", "lang", "width", "max-height", "chrome", "count", "links", "paused", "accent"];
// The other boards leave no choice of ranking.
const RANKED = ["1h", "24h", "7d"];
const EXAMPLE_SITE = "https://your.site";
const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d+){3}|0\.0\.0\.0|\[::1?\])$/;

const find = (selector) => document.querySelector(selector);
const form = find("#builder");
const preview = find("#preview");
const frame = find("#preview-frame");
const fields = form.elements;

// The address that visitors use, if the service knows it; else this page's own.
const root = new URL("./", document.body.dataset.publicUrl || location.href).href;
const { version: path, integrity } = form.dataset;
let sources; // who may show the iframe, as the service says

function settings() {
  // First of all, so that a disabled field keeps what was chosen in it.
  const ranking = fields.rank_by;
  ranking.disabled = ranking.parentElement.hidden = !RANKED.includes(fields.board.value);
  const data = new FormData(form);
  if (!fields.own_accent.checked) data.delete("accent");
  const chosen = {};
  for (const name of NAMES) {
    if (!data.has(name)) continue;
    const value = data.getAll(name).join(" ");
    const isRight = [...form.querySelectorAll(`[name="${name}"]`)].every((field) => field.validity.valid);
    if ((value || name === "paused") && isRight && value !== DEFAULTS[name]) chosen[name] = value;
  }
  return chosen;
}

// Beside a number that is not allowed: what is, and what holds until then.
function explain(field) {
  const error = document.getElementById(`${field.name}-error`);
  const isWrong = !field.validity.valid;
  field.setAttribute("aria-invalid", isWrong);
  write(error, isWrong ? `Enter a whole number from ${field.min} to ${field.max}. Until then the default is used.` : "");
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
  preview.hidden = isFrame;
  frame.hidden = !isFrame;
  for (const name of NAMES) assign(preview, name, chosen[name]);
  const inside = framed(chosen, fields.ground.value);
  frame.style.colorScheme = frameScheme(inside);
  assign(frame, "width", frameWidth(inside));
  const source = isFrame ? framePath(inside) : undefined;
  if (source === (frame.getAttribute("src") ?? undefined)) return;
  assign(frame, "height", height(inside, "narrow"));
  assign(frame, "src", source);
}

function showCode(chosen, isFrame) {
  write(find("#snippet"), snippet({
    root,
    settings: isFrame ? framed(chosen, fields.ground.value) : chosen,
    kind: fields.kind.value,
    language: fields.language.value,
    version: fields.fixed?.checked && !isFrame ? { path, integrity } : undefined,
    // widget.js gives the frame in the preview the height that its board has.
    measured: isFrame ? frame.getAttribute("height") : undefined,
  }));
  write(find("#badge-code"), badge(root, chosen));
  assign(find("#badge"), "src", badgePath(chosen, fields.ground.value));
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
  const chosen = settings();
  const isFrame = fields.kind.value === "iframe";
  for (const field of form.querySelectorAll("[type=number]")) explain(field);
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

// The board and its ranking are those of the page that is open.
keepForm(form, ["board", "rank_by"]);
if (fields.fixed) fields.fixed.parentElement.hidden = !path;
warn();
update();
