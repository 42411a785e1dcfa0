// Why a tag is rising, from the board "rising".

import { locale } from "./locale.js";
import { number } from "./words.js";

const KEPT = 30_000; // milliseconds

export class Rising {
  #entries = [];
  #asked = -Infinity;

  // A sentence, or nothing for a tag that is not rising.
  reason(key) {
    const entry = this.#entries.find((each) => each.key === key);
    return entry && sentence(entry);
  }

  // What is known stays when there is no answer.
  async refresh(signal) {
    if (Date.now() - this.#asked < KEPT) return;
    try {
      const response = await fetch("api/v1/trends?board=rising&limit=100", { signal, credentials: "omit" });
      if (response.ok) this.#entries = (await response.json()).hashtags;
      this.#asked = Date.now();
    } catch {
      // Whoever asks for the tag itself hears of it.
    }
  }
}

function sentence({ people, window, expected, surprise }) {
  const usual = new Intl.NumberFormat(locale, { maximumSignificantDigits: 2 }).format(expected);
  const hours = parseInt(window, 10);
  const span = hours === 1 ? "hour" : `${number.format(hours)} hours`;
  const who = `${number.format(people)} ${people === 1 ? "person" : "people"}`;
  const chance = surprise < 1e9 ? number.format(surprise) : `more than ${number.format(surprise)}`;
  return `${who} in the last ${span}, ${usual} usual. By chance this happens once in ${chance} boards.`;
}
