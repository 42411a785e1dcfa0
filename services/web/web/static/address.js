// What the visitor has chosen, as the address of the page has it (web/page_query.py): tags, time
// range and time zone. The board is for the server.

import { DEFAULT_RANGE, RANGES } from "./series.js";

export const MAX_TAGS = 4;

// Roughly the key of a tag, by which the service counts: enough to tell spellings of one apart from
// other tags.
export function fold(tag) {
  return tag.normalize("NFKC").toLowerCase();
}

export function readAddress() {
  const given = new URLSearchParams(location.search);
  const tags = given.getAll("tag").map((tag) => tag.trim().replace(/^[#＃]+/, ""));
  const range = given.get("range");
  return {
    tags: tags.filter((tag, place) => tag && tags.findIndex((each) => fold(each) === fold(tag)) === place).slice(0, MAX_TAGS),
    range: range in RANGES ? range : DEFAULT_RANGE,
    tz: given.get("tz") ?? "",
  };
}

// A new entry of the browser's history; the links to other boards keep what is chosen.
export function writeAddress(chosen) {
  history.pushState(null, "", `./?${withChosen(location.search, chosen)}`);
  keepInLinks(chosen);
}

// The whole address, for somebody else.
export function linkTo(chosen) {
  return new URL(`./?${withChosen(location.search, chosen)}`, location.href).href;
}

export function keepInLinks(chosen) {
  const links = [...document.querySelectorAll(".choices nav")].flatMap((nav) => [...nav.querySelectorAll("a")]);
  for (const link of links) link.href = `./?${withChosen(link.search, chosen)}`;
}

function withChosen(search, { tags, range, tz }) {
  const query = new URLSearchParams(search);
  for (const name of ["tag", "range", "tz"]) query.delete(name);
  for (const tag of tags) query.append("tag", tag);
  if (range !== DEFAULT_RANGE) query.set("range", range);
  if (tz) query.set("tz", tz);
  return query;
}
