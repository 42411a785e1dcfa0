// Draws the points of one tag (series.js) as bars, with axes and a tooltip that is also reached by
// keyboard. Everything is placed by shares of the box, so nothing has to be measured.

import { make, set } from "./parts.js";

const STEPS_ABOVE = 3; // lines above the lowest one, at most
const LABELS = 4; // of times, at most
const LAST_LABEL = 0.8; // where one begins, at most: it needs room

// The smallest 1, 2 or 5 with zeros behind it that reaches `most` in a few steps.
function roundStep(most) {
  for (let power = 1; ; power *= 10) {
    for (const digit of [1, 2, 5]) if (digit * power * STEPS_ABOVE >= most) return digit * power;
  }
}

function percent(share) {
  return `${100 * share}%`;
}

function place(node, side, share) {
  node.style[side] = percent(share);
  return node;
}

export class Bars {
  #words;
  #series;
  #marked; // the time of the bar that the tooltip is about
  #ticks = make("div", "ticks");
  #lines = make("div", "lines");
  #outline = make("polyline");
  #mark = make("span", "mark");
  #tip = make("p", "tip");
  #times = make("div", "times");
  #plot;

  // The box with all of it.
  node;

  // `words` has functions that return a text: `number(count)`, `label(time)` for the axis, and
  // `describe(place)` for the tooltip; and `say(text)`, for screen readers.
  constructor(words) {
    this.#words = words;
    const bars = set(make("svg", "bars", this.#outline), { "aria-hidden": "true", preserveAspectRatio: "none" });
    this.#plot = make("div", "plot", this.#lines, bars, this.#mark, this.#tip);
    this.node = make("div", "chart", set(this.#ticks, { "aria-hidden": "true" }), this.#plot, set(this.#times, { "aria-hidden": "true" }));
    for (const type of ["pointermove", "pointerdown"]) this.#plot.addEventListener(type, (event) => this.#show(this.#under(event)));
    // A finger that is lifted leaves the tooltip where it is.
    this.#plot.addEventListener("pointerleave", ({ pointerType }) => pointerType === "mouse" && this.#show());
    this.#plot.addEventListener("blur", () => this.#show());
    this.#plot.addEventListener("keydown", (event) => this.#press(event));
    this.#show();
  }

  describe(label, role) {
    set(this.#plot, { tabindex: 0, role: "application", "aria-roledescription": role, "aria-label": label });
  }

  draw(series) {
    this.#series = series;
    const { times, lines: [counts] } = series;
    const most = Math.max(1, ...counts);
    const step = roundStep(most);
    const top = step * Math.ceil(most / step);
    const ticks = Array.from({ length: top / step + 1 }, (_, number) => number * step);
    this.#ticks.replaceChildren(...ticks.map((tick) => place(make("span", "", this.#words.number(tick)), "bottom", tick / top)));
    this.#lines.replaceChildren(...ticks.map((tick) => place(make("span"), "bottom", tick / top)));
    set(this.#outline.parentNode, { viewBox: `0 0 ${counts.length} ${top}` });
    set(this.#outline, { points: counts.flatMap((count, at) => [[at + 0.1, top], [at + 0.1, top - count], [at + 0.9, top - count], [at + 0.9, top]]).join(" ") });
    this.#times.replaceChildren(...this.#labelled().map((at) => place(make("span", "", this.#words.label(times[at])), "insetInlineStart", at / times.length)));
    this.#show(times.indexOf(this.#marked));
  }

  // Where the times stand that people count by.
  #labelled() {
    const { times } = this.#series;
    const all = [...times.keys()];
    const round = all.filter((at) => this.#isRound(times[at]));
    const chosen = round.length ? round : all;
    const every = Math.ceil(chosen.length / LABELS);
    return chosen.filter((at, number) => number % every === 0 && at / times.length <= LAST_LABEL);
  }

  #isRound(time) {
    const { step, times, zone } = this.#series;
    const clock = new Intl.DateTimeFormat("en", { timeZone: zone, hour: "numeric", minute: "numeric", hourCycle: "h23" });
    const [hour, minute] = clock.format(time).split(":").map(Number);
    if (step === "minute") return minute === 0;
    return step === "day" || hour % (times.length > 48 ? 24 : 6) === 0;
  }

  get #isRightToLeft() {
    return getComputedStyle(this.#plot).direction === "rtl";
  }

  #under({ clientX }) {
    if (!this.#series) return -1;
    const { left, width } = this.#plot.getBoundingClientRect();
    const share = (clientX - left) / width;
    const many = this.#series.times.length;
    return Math.min(many - 1, Math.max(0, Math.floor((this.#isRightToLeft ? 1 - share : share) * many)));
  }

  // Marks a bar, or with -1 none.
  #show(at = -1) {
    set(this.#mark, { hidden: at < 0 });
    set(this.#tip, { hidden: at < 0 });
    this.#marked = this.#series?.times[at];
    if (at < 0) return;
    const many = this.#series.times.length;
    const share = at / many;
    place(this.#mark, "insetInlineStart", share).style.width = percent(1 / many);
    set(this.#tip, {}, this.#words.describe(at));
    const isFirstHalf = share < 0.5;
    this.#tip.style.insetInlineStart = isFirstHalf ? percent(share) : "auto";
    this.#tip.style.insetInlineEnd = isFirstHalf ? "auto" : percent(1 - share - 1 / many);
  }

  #press(event) {
    if (!this.#series) return;
    const { times } = this.#series;
    const last = times.length - 1;
    const before = times.indexOf(this.#marked);
    const at = before < 0 ? last + 1 : before;
    const way = this.#isRightToLeft ? -1 : 1;
    const wanted = { ArrowLeft: at - way, ArrowRight: at + way, Home: 0, End: last, Escape: -1 }[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    const next = event.key === "Escape" ? -1 : Math.min(last, Math.max(0, wanted));
    this.#show(next);
    if (next >= 0) this.#words.say(this.#words.describe(next));
  }
}
