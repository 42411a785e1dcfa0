// The chart of one tag as bars, or of several as lines: uPlot, with a tooltip that is also reached
// by keyboard.

import { locale } from "./locale.js";
import { interval } from "./series.js";
import { number } from "./words.js";

const HEIGHT = 220; // pixels
// Lines differ also for those who cannot tell their colours.
const DASHES = [[], [9, 4], [2, 4], [9, 3, 2, 3]];
const WHOLE = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((each) => each * 10 ** power)).flat();

export class Chart {
  #box;
  #tip;
  #options;
  #plot = null;
  #shape;
  #series;
  #place = null; // of the point that the tooltip is about

  // `colours(many)` returns those of the lines, `describe(place)` the lines of a tooltip, and
  // `say(text)` is for screen readers.
  constructor(box, options) {
    this.#box = box;
    this.#options = options;
    this.#tip = document.createElement("div");
    this.#tip.className = "tip";
    this.#tip.hidden = true;
    box.addEventListener("keydown", (event) => this.#press(event));
    box.addEventListener("blur", () => this.#plot?.setCursor({ left: -10, top: -10 }));
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(box);
    for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
      matchMedia(query).addEventListener("change", () => this.#series && this.draw(this.#series, this.#colours()));
    }
  }

  // `series` is that of series.js; `colours` has one for each of its lines.
  draw(series, colours) {
    this.#series = series;
    // Without the library there is the table.
    this.#box.hidden = typeof uPlot === "undefined";
    if (this.#box.hidden) return;
    const data = [series.times.map((time) => time / 1000), ...series.lines];
    const shape = [series.step, series.zone, ...colours].join();
    if (this.#plot && shape === this.#shape) return this.#plot.setData(data);
    this.#shape = shape;
    this.#plot?.destroy();
    this.#plot = new uPlot({ ...this.#size(), ...this.#look(colours) }, data, this.#box);
    this.#plot.over.append(this.#tip);
  }

  #colours() {
    return this.#options.colours(this.#series.lines.length);
  }

  #size() {
    return { width: this.#box.clientWidth, height: HEIGHT };
  }

  get #isOne() {
    return this.#series.lines.length === 1;
  }

  /** @returns {Omit<import("uplot").Options, "width" | "height">} */
  #look(colours) {
    const { color: ink, borderTopColor: faint, fontSize, fontFamily } = getComputedStyle(this.#box);
    const { zone } = this.#series;
    const axis = { stroke: ink, font: `${fontSize} ${fontFamily}`, ticks: { stroke: faint, width: 1 } };
    return {
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { show: !this.#isOne } },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
      scales: {
        x: { range: () => this.#span() },
        y: { range: (_, __, most) => [0, Math.max(1, most ?? 0) * 1.05] },
      },
      axes: [
        { ...axis, size: 30, space: 72, grid: { show: false }, values: (_, splits, __, ___, step) => this.#timeLabels(splits, step) },
        {
          ...axis,
          incrs: WHOLE,
          grid: { stroke: faint, width: 1 },
          size: (_, labels) => 18 + 7 * Math.max(1, ...(labels ?? []).map((label) => label?.length ?? 0)),
          values: (_, splits) => splits.map((count) => number.format(count)),
        },
      ],
      series: [{}, ...colours.map((colour, place) => this.#line(colour, place))],
      hooks: { setCursor: [(plot) => this.#point(plot)] },
    };
  }

  #line(colour, place) {
    if (this.#isOne) {
      return { stroke: colour, fill: colour, width: 0, paths: uPlot.paths.bars({ size: [0.8, 60], align: 1 }), points: { show: false } };
    }
    return { stroke: colour, width: 2, dash: DASHES[place], points: { show: false } };
  }

  /** @returns {[number, number]} with room for the last bar */
  #span() {
    const { times, step } = this.#series;
    return [times[0] / 1000, (times.at(-1) + (this.#isOne ? interval(step) : 0)) / 1000];
  }

  #timeLabels(splits, step) {
    const { zone } = this.#series;
    const day = new Intl.DateTimeFormat(locale, { timeZone: zone, day: "numeric", month: "short" });
    const time = new Intl.DateTimeFormat(locale, { timeZone: zone, timeStyle: "short" });
    const hour = new Intl.DateTimeFormat("en", { timeZone: zone, hour: "numeric", minute: "numeric", hourCycle: "h23" });
    return splits.map((split) => {
      const isMidnight = /^0?0:0?0$/.test(hour.format(split * 1000));
      return (step >= 86_400 || isMidnight ? day : time).format(split * 1000);
    });
  }

  // Moves the tooltip to the cursor.
  #point(plot) {
    const { left } = plot.cursor;
    this.#place = left < 0 ? null : this.#placeAt(plot, left);
    this.#tip.hidden = this.#place === null;
    if (this.#place === null) return;
    this.#tip.replaceChildren(...this.#options.describe(this.#place));
    const isRight = left > plot.over.clientWidth / 2;
    this.#tip.style.left = isRight ? "" : `${left + 10}px`;
    this.#tip.style.right = isRight ? `${plot.over.clientWidth - left + 10}px` : "";
  }

  // A bar begins where its time does; a point of a line is at its time.
  #placeAt(plot, left) {
    if (!this.#isOne) return plot.posToIdx(left);
    const time = plot.posToVal(left, "x") * 1000;
    return Math.max(0, this.#series.times.findLastIndex((each) => each <= time));
  }

  #press(event) {
    const last = this.#series ? this.#series.times.length - 1 : -1;
    const place = this.#place ?? last + 1;
    const wanted = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: last }[event.key];
    if (wanted === undefined || last < 0) return;
    event.preventDefault();
    const next = Math.min(last, Math.max(0, wanted));
    const middle = this.#isOne ? interval(this.#series.step) / 2 : 0;
    const left = this.#plot.valToPos((this.#series.times[next] + middle) / 1000, "x");
    this.#plot.setCursor({ left, top: 0 });
    this.#options.say(this.#options.describe(next).map((line) => line.textContent).join(", "));
  }
}
