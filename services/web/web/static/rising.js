// Why a tag is rising, from the board "rising".

import { locale } from "./locale.js";

const KEPT = 30_000; // milliseconds

export class Rising {
  #entries = [];
  #asked = -Infinity;

  // A sentence, or nothing for a tag that is not rising.
  async reason(key, signal) {
    if (Date.now() - this.#asked > KEPT) await this.#ask(signal);
    const entry = this.#entries.find((each) => each.key === key);
    return entry && sentence(entry);
  }

  async #ask(signal) {
    const response = await fetch("api/v1/trends?board=rising&limit=100", { signal, credentials: "omit" });
    // Before the first board there is nothing that rises.
    this.#entries = response.ok ? (await response.json()).hashtags : [];
    this.#asked = Date.now();
  }
}

function sentence({ people, window, expected, surprise }) {
  const number = new Intl.NumberFormat(locale);
  const usual = new Intl.NumberFormat(locale, { maximumSignificantDigits: 2 }).format(expected);
  const hours = parseInt(window);
  const span = hours === 1 ? "hour" : `${number.format(hours)} hours`;
  const who = `${number.format(people)} ${people === 1 ? "person" : "people"}`;
  const chance = surprise < 1e9 ? number.format(surprise) : `more than ${number.format(surprise)}`;
  return `${who} in the last ${span}, ${usual} usual. By chance this happens once in ${chance} boards.`;
}
