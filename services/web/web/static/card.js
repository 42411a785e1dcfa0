// Draws the card of a tag, or of several that are compared (templates/index.html).

import { Chart } from "./chart.js";
import { element, tagged } from "./dom.js";
import { interval } from "./series.js";
import { moment, number, posts } from "./words.js";

const SPELLINGS = 5;

export class Card {
  #root;
  #remove;
  #chart;
  #drawn = null; // what `draw` was given last

  // `remove(tag)` is called when one of several tags is to go.
  constructor(root, remove) {
    this.#root = root;
    this.#remove = remove;
    this.#chart = new Chart(this.find(".chart"), {
      colours: (many) => this.#colours(many),
      describe: (place) => this.#describe(place),
      say: (text) => this.say(text),
    });
    this.find("details").addEventListener("toggle", () => this.#drawTable());
  }

  find(selector) {
    return this.#root.querySelector(selector);
  }

  get rangeName() {
    return this.find(".spans [aria-pressed=true]").textContent;
  }

  // For screen readers.
  say(text) {
    this.find(".news").textContent = text;
  }

  // What is drawn stays.
  complain(text) {
    const problem = this.find(".problem");
    if (problem.textContent !== text) problem.textContent = text;
    problem.hidden = !text;
  }

  entitle(tags) {
    this.find("h2").replaceChildren(...tags.flatMap((tag, place) => [place ? ", " : "", tagged(tag)]));
    for (const link of this.#root.querySelectorAll("[data-page]")) {
      link.href = link.dataset.page + encodeURIComponent(tags[0]);
    }
  }

  // `histories` are answers of the API, each with the tag it was `asked` for; `series` is made of
  // them by series.js for `query`, `zone` is the visitor's, and `reason` is why the first tag is
  // rising.
  draw({ histories, series, zone, reason, query }) {
    for (const part of this.#root.querySelectorAll("figure, dl, details")) part.hidden = !histories.length;
    if (!histories.length) return;
    this.#drawn = { histories, series };
    this.entitle(histories.map((each) => each.tag));
    this.#drawCompared();
    this.#chart.draw(series, this.#colours(histories.length));
    this.#drawCaption(zone);
    this.#drawTable();
    this.#drawFiles(query);
    this.#drawFacts(histories[0], zone, reason);
  }

  #drawCompared() {
    const { histories, series } = this.#drawn;
    const list = this.find(".compared");
    list.hidden = histories.length < 2;
    list.replaceChildren(...histories.map(({ tag, asked }, place) => {
      const remove = element("button", "×");
      remove.type = "button";
      remove.ariaLabel = `Remove #${tag}`;
      remove.addEventListener("click", () => this.#remove(asked));
      const total = series.lines[place].reduce((sum, count) => sum + count, 0);
      const entry = element("li", tagged(tag), ` ${posts(total)} `, remove);
      entry.className = `series-${place}`;
      return entry;
    }));
  }

  #drawCaption(zone) {
    const { histories, series } = this.#drawn;
    const most = Math.max(...series.lines.flat());
    const peak = most ? `Peak: ${posts(most)} per ${series.step}` : "No posts in this period";
    const isForeign = series.step === "day" && series.zone !== zone;
    this.find(".peak").textContent = peak;
    this.find(".days").textContent = isForeign ? `Days in ${series.zone}` : "";
    const tags = histories.map((each) => `#${each.tag}`).join(", ");
    this.find(".chart").ariaLabel = `${tags}, ${this.rangeName}. ${peak}. Left and right arrow keys read the values.`;
  }

  // Only when somebody has opened it.
  #drawTable() {
    if (!this.find("details").open || !this.#drawn) return;
    const { histories, series } = this.#drawn;
    const names = histories.length > 1 ? histories.map((each) => `#${each.tag}`) : ["Posts"];
    this.find("thead tr").replaceChildren(...[`From (${series.zone})`, ...names].map((text) => {
      const cell = element("th", text);
      cell.scope = "col";
      return cell;
    }));
    const rows = series.times.map((_, place) => [this.#time(place), ...series.lines.map((line) => number.format(line[place]))]);
    this.find("tbody").replaceChildren(...rows.reverse().map((row) => element("tr", ...row.map((text) => element("td", text)))));
  }

  // As the service has the numbers, whatever the time zone: by minutes, hours or days of UTC.
  #drawFiles(query) {
    this.find(".files").replaceChildren(...this.#drawn.histories.map(({ tag, asked }) => {
      const link = element("a", `Download #${tag} as CSV`);
      link.href = `api/v1/hashtags/${encodeURIComponent(asked)}?${new URLSearchParams({ ...query, format: "csv" })}`;
      return link;
    }));
  }

  #drawFacts(history, zone, reason) {
    const spellings = history.spellings.slice(0, SPELLINGS);
    const facts = {
      Posts: [number.format(history.count)],
      "People, last 7 days": history.people === null ? [] : [number.format(history.people)],
      "First seen": [moment(Date.parse(history.first_seen), zone)],
      "Last seen": [moment(Date.parse(history.last_seen), zone)],
      Spellings: spellings.length > 1 ? spellings.map(({ tag, count }) => element("span", tagged(tag), ` ${number.format(count)}`)) : [],
      "Why it is rising": reason ? [reason] : [],
    };
    const known = Object.entries(facts).filter(([, texts]) => texts.length);
    this.find("dl").replaceChildren(...known.map(([term, texts]) => element("div", element("dt", term), element("dd", ...texts))));
  }

  // The lines of a tooltip.
  #describe(place) {
    const { histories, series } = this.#drawn;
    const lines = series.lines.map((line, each) => {
      const name = histories.length > 1 ? [tagged(histories[each].tag), " "] : [];
      const entry = element("span", ...name, posts(line[place]));
      entry.className = `series-${each}`;
      return entry;
    });
    const isRunning = series.times[place] + interval(series.step) > Date.now();
    return [element("strong", this.#time(place)), ...lines, ...(isRunning ? [element("em", "so far")] : [])];
  }

  #time(place) {
    const { step, times, zone } = this.#drawn.series;
    return moment(times[place], zone, step === "day" ? null : "short");
  }

  // As the style sheet has them, for this theme.
  #colours(many) {
    return [...this.#root.querySelectorAll(".palette i")].slice(0, many).map((each) => getComputedStyle(each).color);
  }
}
