// What the builder (builder.js) writes for people to copy: text, made of its settings alone. With a
// `tag` among them they are those of the tag's chart, else those of a board.

// Pixels of a board without its rows, of a row, and of a reason in a wide and in a narrow one.
const AROUND = 110;
const ROW = { list: 44, compact: 27 };
const REASON = { wide: 22, narrow: 39 };
const [HEAD, FOOT, TICKER] = [27, 18, 46];
const CHART = 300;
const FRAME_WIDTH = { board: 360, tag: 480 };

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escapeText(text) {
  return String(text).replace(/[&<>"]/g, (each) => ENTITIES[each]);
}

// An empty value needs no quotes.
function tag(name, attributes, content = "") {
  const written = Object.entries(attributes).map(([key, value]) => (value === "" ? ` ${key}` : ` ${key}="${escapeText(value)}"`));
  return `<${name}${written.join("")}>${content}</${name}>`;
}

function query(parameters) {
  const text = new URLSearchParams(parameters).toString();
  return text && `?${text}`;
}

function isChart(settings) {
  return settings.tag !== undefined;
}

/** The board of the settings as the API and the page `/` know it. */
export function boardQuery({ board, rank_by }) {
  return query({ board: board ?? "all", ...(rank_by && { rank_by }) });
}

// What the page `/` shows of it.
function pageQuery(settings) {
  if (!isChart(settings)) return boardQuery(settings);
  const { range, tz } = settings;
  return query({ tag: settings.tag, ...(range && { range }), ...(tz && { tz }) });
}

function elementName(settings) {
  return isChart(settings) ? "hashtag-history" : "trending-hashtags";
}

function title(settings) {
  return isChart(settings) ? `#${settings.tag}` : "Trending hashtags";
}

/**
 * The settings of a widget in an iframe, which cannot see the page around it: what is transparent
 * has the colours that go with the ground it is for.
 */
export function framed(settings, ground) {
  if (settings.theme !== "transparent") return settings;
  return { ...settings, theme: ground, chrome: [settings.chrome, "transparent"].filter(Boolean).join(" ") };
}

/** The `color-scheme` of an iframe: only with that of the page in it, it is seen through. */
export function frameScheme({ theme }) {
  return theme === "light" || theme === "dark" ? theme : "light dark";
}

/** The address of the widget or the chart alone, relative to the page `/`. */
export function framePath(settings) {
  // The frame gets the size; what is inside fills it.
  const { width, tag: name, height: _, ...rest } = settings;
  return isChart(settings) ? `embed/tag/${encodeURIComponent(name)}${query(rest)}` : `widget${query(rest)}`;
}

export function frameWidth(settings) {
  return Number(settings.width ?? FRAME_WIDTH[isChart(settings) ? "tag" : "board"]);
}

/** The height in pixels that it takes with the usual font size, in a wide or narrow place. */
export function height(settings, place) {
  if (isChart(settings)) return Number(settings.height ?? CHART);
  const { board, limit = 10, layout = "list", chrome = "", "max-height": most = Infinity } = settings;
  if (layout === "ticker") return TICKER;
  const row = ROW[layout] + (board === "rising" && layout === "list" ? REASON[place] : 0);
  const hidden = (chrome.includes("noheader") ? HEAD : 0) + (chrome.includes("nofooter") ? FOOT : 0);
  return Math.min(AROUND - hidden + row * limit, most);
}

function link(root, settings) {
  return tag("a", { href: root + pageQuery(settings) }, escapeText(title(settings)));
}

function scriptAttributes(root, settings, version) {
  if (!version) return { src: `${root}${isChart(settings) ? "hashtag-history" : "widget"}.js` };
  return { src: root + version.path, integrity: version.integrity, crossorigin: "anonymous" };
}

// Without room that the page itself keeps, what is below would move when the script arrives; and
// the link is for visitors without it.
function scriptHtml(root, settings, version) {
  const style = `display:block;min-height:${height(settings, "wide")}px`;
  const script = tag("script", { ...scriptAttributes(root, settings, version), defer: "" });
  return `${script}\n${tag(elementName(settings), { ...settings, style }, link(root, settings))}`;
}

function frameAttributes(root, settings, measured) {
  return { src: root + framePath(settings), title: title(settings), width: frameWidth(settings), height: measured ?? height(settings, "narrow") };
}

function frameHtml(root, settings, measured) {
  const style = `border:0;max-width:100%;color-scheme:${frameScheme(settings)}`;
  return tag("iframe", { ...frameAttributes(root, settings, measured), style, loading: "lazy" });
}

function componentName(settings) {
  return isChart(settings) ? "HashtagHistory" : "TrendingHashtags";
}

// In JSX braces begin an expression.
function linkReact(root, settings) {
  return tag("a", { href: root + pageQuery(settings) }, `{${JSON.stringify(title(settings))}}`);
}

function scriptReact(root, settings, version) {
  const { src, integrity } = scriptAttributes(root, settings, version);
  const name = elementName(settings);
  // In JSX an attribute without a value would be `true`.
  const attributes = Object.entries(settings).map(([key, value]) => ` ${key}="${escapeText(value || "1")}"`);
  const lines = [
    'import { useEffect } from "react";',
    "",
    `export function ${componentName(settings)}() {`,
    "  useEffect(() => {",
    `    if (customElements.get("${name}")) return;`,
    '    const script = document.createElement("script");',
    ...(integrity ? [`    script.integrity = ${JSON.stringify(integrity)};`, '    script.crossOrigin = "anonymous";'] : []),
    `    script.src = ${JSON.stringify(src)};`,
    "    document.head.append(script);",
    "  }, []);",
    "  return (",
    `    <${name}${attributes.join("")} style={{ display: "block", minHeight: ${height(settings, "wide")} }}>`,
    `      ${isChart(settings) ? linkReact(root, settings) : link(root, settings)}`,
    `    </${name}>`,
    "  );",
    "}",
  ];
  return lines.join("\n");
}

function frameReact(root, settings, measured) {
  const attributes = Object.entries(frameAttributes(root, settings, measured)).map(([key, value]) => ` ${key}="${escapeText(value)}"`);
  return [
    `export function ${componentName(settings)}() {`,
    `  return <iframe${attributes.join("")} style={{ border: 0, maxWidth: "100%", colorScheme: "${frameScheme(settings)}" }} loading="lazy" />;`,
    "}",
  ].join("\n");
}

/** The code for a page: `kind` is script or iframe, `language` html, wordpress or react. */
export function snippet({ root, settings, kind, language, version, measured }) {
  if (language === "react") return kind === "iframe" ? frameReact(root, settings, measured) : scriptReact(root, settings, version);
  const html = kind === "iframe" ? frameHtml(root, settings, measured) : scriptHtml(root, settings, version);
  // As the editor stores a block of the kind Custom HTML, which also is what it takes when pasted.
  return language === "wordpress" ? `<!-- wp:html -->\n${html}\n<!-- /wp:html -->` : html;
}

/** The address of the badge, relative to the page `/`; it has a dark variant. */
export function badgePath(settings, theme) {
  return `badge.svg${boardQuery(settings)}${theme === "dark" ? "&theme=dark" : ""}`;
}

/** The badge for a README: in one theme, or as the reader has it. */
export function badge(root, settings) {
  const target = root + boardQuery(settings);
  const { theme } = settings;
  if (theme === "light" || theme === "dark") return `[![Top hashtags](${root}${badgePath(settings, theme)})](${target})`;
  const dark = tag("source", { media: "(prefers-color-scheme: dark)", srcset: root + badgePath(settings, "dark") }).replace("</source>", "");
  const light = tag("img", { src: root + badgePath(settings, "light"), alt: "Top hashtags" }).replace("</img>", "");
  return tag("a", { href: target }, tag("picture", {}, dark + light));
}

/** The line of .env that lets a site show the iframe; `sources` are those that may already. */
export function originsLine(sources, site) {
  const known = sources.filter((source) => source !== "'none'");
  return `EMBED_ALLOWED_ORIGINS="${[...new Set([...known, site])].join(" ")}"`;
}
