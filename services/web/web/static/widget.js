// <trending-hashtags>: the board on any page. web/widget.py puts the style sheet (widget.css) and
// the languages (strings.json) in place of the two names STYLE and STRINGS, and makes it small.
//
// Tags are text from strangers: they only ever become textContent.
(() => {
  "use strict";
  const NAME = "trending-hashtags";
  if (customElements.get(NAME)) return;

  const LONGEST_WAIT = 300; // seconds, after many errors in a row
  const GIVE_UP = 8000; // milliseconds for one answer
  const WAITING = 5; // seconds between two looks while there is no board

  const strings = STRINGS;
  const base = new URL(".", document.currentScript.src);
  const sheet = new CSSStyleSheet();
  const style = STYLE;
  sheet.replaceSync(style);

  // --- Settings: attributes of the element; a wrong one counts as absent. ---

  const oneOf = (words) => [(value) => (words.includes(value) ? value : undefined), "one of " + words.join(", ")];
  const whole = (least, most) => [
    (value) => (/^\d{1,4}$/.test(value) && value >= least && value <= most ? +value : undefined),
    `from ${least} to ${most}`,
  ];
  // These boards have names of their own, and are always ranked by people.
  const BY_PEOPLE = ["rising", "now"];
  const chrome = ["noheader", "nofooter", "noborder", "transparent"];
  // A page may say en-GB.
  const languageOf = (tag) => strings.lang.find((lang) => lang === tag.toLowerCase().split("-")[0]);
  const SETTINGS = {
    board: oneOf(["all", "1h", "24h", "7d", ...BY_PEOPLE]),
    rank_by: oneOf(["tweets", "people"]),
    limit: whole(1, 100),
    refresh: whole(2, 3600),
    theme: oneOf(["auto", "light", "dark", "transparent"]),
    lang: [languageOf, "one of " + strings.lang.join(", ")],
    width: whole(200, 1200),
    chrome: [(value) => (value.split(" ").every((word) => !word || chrome.includes(word)) ? value : undefined), "words of " + chrome.join(", ")],
    links: oneOf(["on", "off"]),
    count: oneOf(["auto", "exact", "compact", "off"]),
    paused: [(value) => ({ "": true, 1: true, 0: false })[value], "empty, 1 or 0"],
    accent: [(value) => (/^#?([\da-f]{3}){1,2}$/i.test(value) ? value.replace(/^#?/, "#") : undefined), "a hex colour"],
  };

  const warned = {};
  function warn(name, value, allowed) {
    const text = `${NAME}: ${name} is "${value}", but must be ${allowed}`;
    if (!warned[text]) console.warn(text);
    warned[text] = true;
  }

  function settingsOf(element) {
    const settings = { board: "all", rank_by: "tweets", limit: 10 };
    for (const name in SETTINGS) {
      const text = element.getAttribute(name);
      if (text === null) continue;
      const value = SETTINGS[name][0](text);
      if (value === undefined) warn(name, text, SETTINGS[name][1]);
      else settings[name] = value;
    }
    if (BY_PEOPLE.includes(settings.board)) settings.rank_by = "people";
    else if (settings.board === "all" && settings.rank_by === "people") {
      warn("rank_by", "people", "tweets with board=all");
      settings.rank_by = "tweets";
    }
    // The page's own language before the visitor's: a board is a part of its page.
    const page = element.parentElement?.closest("[lang]");
    settings.lang ||= languageOf(page?.lang || "") || languageOf(navigator.language) || "en";
    return settings;
  }

  // --- Feeds: one request for all elements that show the same board. ---

  const feeds = {};

  class Feed {
    members = new Set();
    errors = 0;
    limit = 0;

    constructor(query) {
      this.query = query;
      document.addEventListener("visibilitychange", () => this.sleep());
      addEventListener("online", () => this.poll());
    }

    // `answer` is what the server has drawn already.
    add(member, answer) {
      this.members.add(member);
      if (answer) {
        this.take(answer, member.settings.limit);
        this.schedule(answer.hashtags ? this.pause() : WAITING);
      } else {
        if (this.answer) member.draw(this.answer);
        // The members that come in the same moment share the first request.
        if (!this.timer || member.settings.limit > this.limit) this.schedule(0);
      }
    }

    remove(member) {
      this.members.delete(member);
      this.sleep();
    }

    take(answer, limit) {
      this.answer = answer;
      this.limit = limit;
      for (const member of this.members) member.draw(answer);
    }

    // A paused element waits for its first board only.
    wanting() {
      return [...this.members].filter((member) => !member.settings.paused || !member.answer);
    }

    // Seconds to the next request while all is well.
    pause() {
      return Math.min(3600, ...this.wanting().map((member) => member.settings.refresh || this.answer?.poll_after_seconds || 10));
    }

    // ±10 %, so that pages opened together do not ask together for ever.
    schedule(seconds) {
      this.due = Date.now() + seconds * (900 + 200 * Math.random());
      this.sleep();
    }

    // Nobody looks at a hidden page: it waits to be shown, whatever is due.
    sleep() {
      clearTimeout(this.timer);
      this.timer = !document.hidden && !this.asking && this.wanting().length && setTimeout(() => this.poll(), Math.max(0, this.due - Date.now()));
    }

    // The browser revalidates by itself: setting If-None-Match here would cost a preflight on
    // another origin.
    async poll() {
      const members = this.wanting();
      if (this.asking || document.hidden || !members.length) return;
      this.asking = true;
      const limit = Math.max(...members.map((member) => member.settings.limit));
      let wait;
      try {
        const response = await fetch(new URL(`api/v1/trends?${this.query}&limit=${limit}`, base), { signal: AbortSignal.timeout(GIVE_UP), credentials: "omit" });
        if (response.ok) {
          this.take(await response.json(), limit);
          this.errors = 0;
          // One that came meanwhile may want more.
          wait = this.wanting().some((member) => member.settings.limit > limit) ? 0 : this.pause();
        } else {
          // In seconds or as a date.
          const header = response.headers.get("Retry-After");
          const retry = +header || (new Date(header) - Date.now()) / 1000;
          wait = this.fail(await response.json().catch(() => ({})));
          // Divided, so that the jitter cannot make it too early.
          if (retry > 0) wait = Math.min(retry, 86400) / 0.9;
        }
      } catch {
        wait = this.fail({});
      }
      this.asking = false;
      this.schedule(wait);
    }

    fail(problem) {
      for (const member of this.members) member.fail(problem);
      return Math.min(LONGEST_WAIT, this.pause() * 2 ** ++this.errors);
    }
  }

  // --- Drawing ---

  // An element with a class, which is its ::part() too.
  function make(name, part, ...children) {
    const node = /svg|rect/.test(name) ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
    node.append(...children);
    return part ? set(node, { class: part, part }) : node;
  }

  // Text is written only when it changes: what has a role is read out by screen readers.
  function set(node, values, text) {
    for (const name in values) {
      const value = values[name];
      if (value == null || value === false) node.removeAttribute(name);
      else node.setAttribute(name, value === true ? "" : value);
    }
    if (text !== undefined && node.textContent !== text) node.textContent = text;
    return node;
  }

  function newRow(key, board) {
    const tag = set(make("a", "tag", make("bdi")), { target: "_blank", rel: "noreferrer nofollow ugc" });
    const bar = set(make("svg", "bar", set(make("rect"), { height: "100%", rx: 3 })), { "aria-hidden": "true" });
    const row = make("li", "row", make("span", "rank"), tag, make("span", "change"), make("data", "count"), make("span", "unit"), bar);
    if (board === "rising") row.append(make("span", "reason"));
    return set(row, { "data-key": key });
  }

  customElements.define(
    NAME,
    class extends HTMLElement {
      static observedAttributes = Object.keys(SETTINGS);

      constructor() {
        super();
        // What the server has drawn makes room for the same with a script behind it.
        this.root = this.attachShadow({ mode: "open" });
        this.root.adoptedStyleSheets = [sheet, (this.own = new CSSStyleSheet())];
      }

      connectedCallback() {
        this.apply();
      }

      disconnectedCallback() {
        this.feed.remove(this);
        this.feed = undefined;
      }

      attributeChangedCallback() {
        if (!this.feed || this.changing) return;
        // Several attributes are often set in one go.
        this.changing = true;
        queueMicrotask(() => {
          this.changing = false;
          if (this.feed) this.apply();
        });
      }

      apply() {
        const before = this.settings;
        const settings = (this.settings = settingsOf(this));
        const query = `board=${settings.board}&rank_by=${settings.rank_by}`;
        if (this.feed?.query === query && before.lang === settings.lang) {
          this.dress();
          if (this.answer) this.draw(this.answer, true);
          return ["limit", "refresh", "paused"].some((name) => before[name] !== settings[name]) && this.feed.schedule(0);
        }
        this.feed?.remove(this);
        this.answer = undefined;
        this.skeleton();
        this.dress();
        this.feed = feeds[query] ||= new Feed(query);
        const drawn = this.querySelector("script");
        this.feed.add(this, drawn && JSON.parse(drawn.textContent));
        drawn?.remove();
      }

      // Properties set by a script are no inline style to a content security policy.
      dress() {
        const { width, accent = "", paused = false } = this.settings;
        // Of the element, so that its board is laid out for it; the page's own style goes before.
        this.own.replaceSync(width ? `:host{max-width:${width}px}` : "");
        this.section.style.setProperty("--accent", accent);
        set(this.part("pause"), { "aria-pressed": paused + "" });
      }

      part(name) {
        return this.root.querySelector("." + name);
      }

      // The text of a name, if there is one, with values in place of {their names}.
      text(name, values) {
        return strings[name]?.[strings.lang.indexOf(this.settings.lang)].replace(/{(\w+)}/g, (_, each) => values[each]);
      }

      number(value, options) {
        return new Intl.NumberFormat(this.settings.lang, options).format(value);
      }

      // Below a hundred thousand the exact count is as short as a rounded one.
      count(value) {
        const { count = "auto" } = this.settings;
        const isCompact = count === "compact" || (count === "auto" && value >= 1e5);
        return this.number(value, { notation: isCompact ? "compact" : "standard" });
      }

      // "12 hours" for "12h".
      span(window) {
        return this.number(parseInt(window), { style: "unit", unit: window.endsWith("d") ? "day" : "hour", unitDisplay: "long" });
      }

      // The text beside the name of the board; `window` is that of the board "now".
      period(window) {
        const { board } = this.settings;
        if (board === "rising") return "";
        if (board === "all") return this.text(board);
        return this.span(board === "now" ? window : board) + (this.settings.rank_by === "people" ? " · " + this.text("people") : "");
      }

      // Why a tag rises.
      reason({ people, window, expected, surprise }) {
        return this.text("reason", {
          people: this.number(people),
          window: this.span(window),
          expected: this.number(expected, { maximumSignificantDigits: 2 }),
          surprise: (surprise < 1e9 ? "" : "> ") + this.count(surprise),
        });
      }

      // All elements of a board, in the place that the first answer will need.
      skeleton() {
        const { lang, board, limit } = this.settings;
        // That of "now" comes with the answer: this one keeps its place, unseen (widget.css).
        const period = make("span", "period", this.period("12h"));
        const chip = (name) => set(make("span", "chip"), { class: "chip " + name, hidden: true });
        const pause = set(make("button", "pause"), { type: "button", "aria-label": this.text("pause") });
        pause.onclick = () => set(this, { paused: !this.settings.paused });
        const rows = set(make("ol", "rows"), { role: "list" });
        for (let i = 0; i < limit; i++) rows.append(set(newRow("", board), { "aria-hidden": "true" }));
        this.section = make(
          "section",
          "board",
          make("div", "head", set(make("p", "title", this.text(BY_PEOPLE.includes(board) ? board : "trending") + " ", period), { id: "title" }), chip("learning"), chip("demo")),
          rows,
          make("p", "empty", this.text(board === "rising" ? "calm" : "empty")),
          make("div", "waiting", make("p", "state"), set(make("p", "waiting-for"), { lang: "en", dir: "ltr" })),
          make("div", "foot", set(make("p", "notice"), { role: "status" }), make("time", "time", "00:00:00"), make("span", "totals", `00,000 ${this.text("posts")} · 00,000 #`), pause),
        );
        set(this.section, { "aria-labelledby": "title", lang, dir: lang === "ar" ? "rtl" : "ltr", "data-state": "loading" });
        this.root.replaceChildren(this.section);
      }

      // In the one line of the foot, so that nothing moves: how old the board is, and why.
      state(state, why) {
        set(this.section, { "data-state": state, class: why ? "board outdated" : "board" });
        set(this.part("notice"), { hidden: !why }, why ? `${this.text(why)} · ${this.part("time").textContent}` : "");
        set(this.part("time"), { hidden: !!why });
      }

      // `again`: with other settings; else a paused board stays as it is.
      draw(trends, again) {
        // The server had nothing to draw.
        if (!trends.hashtags) return this.fail(trends);
        if (this.settings.paused && this.answer && !again) return;
        const entries = trends.hashtags.slice(0, this.settings.limit);
        this.drawRows(entries);
        this.answer = trends;
        set(this.part("demo"), { hidden: !trends.demo }, this.text("demo"));
        const { certainty, known_hours: hours, window } = trends;
        const learning = this.text(certainty);
        set(this.part("learning"), { hidden: !learning, title: learning && this.text("known", { hours: this.span(hours + "h") }) }, learning);
        set(this.part("period"), {}, this.period(window));
        const date = new Date(trends.as_of);
        const isToday = date.toDateString() === new Date().toDateString();
        const time = new Intl.DateTimeFormat(this.settings.lang, { dateStyle: isToday ? undefined : "medium", timeStyle: "medium" });
        set(this.part("time"), { datetime: trends.as_of }, time.format(date));
        set(this.part("totals"), {}, `${this.count(trends.tweets_read)} ${this.text("posts")} · ${this.count(trends.tweets_tagged)} #`);
        this.state(entries.length ? "ready" : "empty", trends.stale && "stale");
      }

      // Keeps what is drawn and says why it gets old.
      fail(problem) {
        if (this.answer) return this.state(this.section.dataset.state, "offline");
        const waitingFor = problem.waiting_for;
        set(this.part("state"), {}, this.text(waitingFor ? "waiting" : "offline"));
        set(this.part("waiting-for"), {}, waitingFor ? `Waiting for ${waitingFor}.` : "");
        this.state("waiting");
      }

      // A tag keeps its element, so its bar grows to the new length and it moves to its new rank
      // instead of jumping.
      drawRows(entries) {
        const list = this.part("rows");
        const rows = [...list.children];
        const places = new Map(rows.map((row) => [row, row.offsetTop]));
        const counted = this.settings.rank_by === "people" ? "people" : "count";
        const top = Math.max(...entries.map((entry) => entry[counted]));
        const someKnown = entries.some((entry) => entry.change !== null);
        entries.forEach((entry, place) => {
          const row = rows.find((each) => each.dataset.key === entry.key) || newRow(entry.key, this.settings.board);
          this.drawRow(row, entry, entry[counted], top, someKnown);
          if (list.children[place] !== row) list.insertBefore(row, list.children[place] || null);
        });
        while (list.children.length > entries.length) list.lastChild.remove();
        if (!this.answer || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
        for (const row of list.children) {
          const moved = places.get(row) - row.offsetTop;
          if (moved !== 0) row.animate([moved ? { transform: `translateY(${moved}px)` } : { opacity: 0 }, {}], { duration: 400, easing: "ease" });
        }
      }

      drawRow(row, entry, counted, top, someKnown) {
        const [rank, tag, change, count, unit, bar, reason] = row.children;
        const { change: moved, people } = entry;
        set(rank, {}, this.number(entry.rank));
        set(tag, { href: this.settings.links === "off" ? undefined : entry.url, title: "#" + entry.tag });
        set(tag.firstChild, {}, "#" + entry.tag);
        const size = this.number(Math.abs(moved));
        const text = moved > 0 ? "▲" + size : moved < 0 ? "▼" + size : moved === null && someKnown ? this.text("new") : "";
        set(change, { class: "change " + (moved > 0 ? "up" : moved ? "down" : "") }, text);
        // Where people are counted too: both numbers.
        const more = people >= 0 ? ` · ${this.number(people)} ${this.text("people")}` : "";
        set(count, { value: counted, title: `${this.number(entry.count)} ${this.text("posts")}${more}` }, this.count(counted));
        set(unit, {}, this.text(this.settings.rank_by === "people" ? "people" : "posts"));
        set(bar.firstChild, { width: ((100 * counted) / top).toFixed(1) + "%" });
        if (reason) set(reason, {}, this.reason(entry));
      }
    },
  );

  // A page in an iframe tells how high it is.
  addEventListener("message", ({ data, origin, source }) => {
    const height = data?.[NAME]?.height;
    if (origin !== base.origin || !(height > 0)) return;
    for (const frame of document.querySelectorAll("iframe")) if (frame.contentWindow === source) frame.height = Math.min(Math.ceil(height), 10000);
  });
})();
