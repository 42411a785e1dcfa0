// <trending-hashtags>: the board on any page. web/embed/widget.py puts the style sheet (widget.css) and
// the languages (i18n/board.json) in place of the two names STYLE and STRINGS, and modules in place of
// INCLUDE, and makes it small.
// What is local is renamed there and a member of an object is not, so state is kept in closures.
//
// Tags are text from strangers: they only ever become textContent.
(() => {
  const NAME = "trending-hashtags";
  if (customElements.get(NAME)) return;

  const WAITING = 5; // seconds between two requests while there is no board
  const HOLD = 30000; // milliseconds that rows keep still under a pointer or the focus
  const RESERVED = 20; // rows whose place is kept, however few tags there are

  // The texts of each language, in the order of their names.
  const { names, ...strings } = STRINGS;
  // A module has no current script.
  const base = new URL(".", /** @type {HTMLScriptElement} */ (document.currentScript || document.querySelector('script[src*="/widget"]')).src);
  const sheet = new CSSStyleSheet();
  const style = STYLE;
  sheet.replaceSync(style);

  // --- Settings: attributes of the element; a wrong one counts as absent. ---

  // These boards have names of their own, and are always ranked by people.
  const BY_PEOPLE = ["rising", "now"];
  /**
   * The least and the greatest number, or a pattern.
   * @type {Record<string, any>}
   */
  const SETTINGS = {
    board: "all|1h|24h|7d|rising|now",
    rank_by: "tweets|people",
    limit: [1, 100],
    refresh: [2, 3600],
    theme: "auto|light|dark|transparent",
    lang: `(${Object.keys(strings).join("|")})(-[a-zA-Z]{2}|-[0-9]{3})?`,
    width: [200, 1200],
    "max-height": [100, 4000],
    layout: "list|compact|ticker",
    chrome: "(noheader|nofooter|noborder|transparent| )*",
    links: "on|off",
    count: "auto|exact|compact|off",
    paused: "|0|1",
    accent: "#?([0-9a-fA-F]{3}){1,2}",
  };

  function isRight(name, value) {
    const rule = SETTINGS[name];
    if (rule.map) return /^\d+$/.test(value) && value >= rule[0] && value <= rule[1];
    return RegExp(`^(${rule})$`).test(value);
  }

  const warned = {};
  function warn(name, value, allowed) {
    const text = `${NAME}: ${name} is "${value}", but must be ${allowed}`;
    warned[text] ||= !(/** @type {any} */ (console.warn(text)));
  }

  function settingsOf(element) {
    /** @type {Record<string, any>} */
    const settings = { board: "all", rank_by: "tweets", limit: 10, theme: "auto", count: "auto" };
    for (const name in SETTINGS) {
      const text = element.getAttribute(name);
      if (text === null) continue;
      const rule = SETTINGS[name];
      if (isRight(name, text)) settings[name] = rule.map ? +text : text;
      else warn(name, text, [].concat(rule).join(" to "));
    }
    if (BY_PEOPLE.includes(settings.board)) settings.rank_by = "people";
    else if (settings.board === "all" && settings.rank_by === "people") {
      warn("rank_by", "people", "tweets with board=all");
      settings.rank_by = "tweets";
    }
    // The page's own language before the visitor's: a board is a part of its page.
    const page = element.parentElement?.closest("[lang]");
    settings.lang ||= [page?.lang, navigator.language].find((lang) => isRight("lang", lang)) || "en";
    return settings;
  }

  INCLUDE("ground.js");

  INCLUDE("poller.js");

  // --- Feeds: one request for all elements that show the same board. ---

  const feeds = {};

  function makeFeed(query) {
    const members = new Set();
    let answer;
    let loaded = 0; // hashtags of the answer, at most

    const wanting = () => [...members].filter((member) => member.wants());
    const most = (list) => Math.max(...list.map((member) => member.get().limit));

    // Seconds to the next request while all is well: of those who want it, or else of all, who may
    // be seen again before.
    const pause = () => Math.min(3600, ...(wanting()[0] ? wanting() : [...members]).map((member) => member.get().refresh || answer?.poll_after_seconds || 10));

    function take(trends, limit) {
      answer = trends;
      loaded = limit;
      for (const member of members) member.draw(trends);
    }

    function fail(problem) {
      for (const member of members) member.fail(problem);
      return pause();
    }

    // The browser revalidates by itself: setting If-None-Match here would cost a preflight on
    // another origin.
    async function ask(signal) {
      const limit = most(wanting());
      const response = await fetch(`${base}api/v1/trends?${query}&limit=${limit}`, { signal, credentials: "omit" });
      if (response.ok) {
        take(await response.json(), limit);
        // One that came meanwhile may want more.
        return most(wanting()) > limit ? 0 : pause();
      }
      const problem = await response.json().catch(() => {});
      throw { ...problem, retry: retryAfter(response.headers) };
    }

    const poller = makePoller(ask, fail, () => wanting()[0]);
    return {
      poller,
      // `drawn` is what the server has drawn already.
      add(member, drawn) {
        const { limit } = member.get();
        // The members that come in the same moment share the first request.
        const isNews = !wanting()[0] || limit > loaded;
        members.add(member);
        if (drawn) take(drawn, limit);
        else if (answer) member.draw(answer);
        poller.schedule(drawn ? (drawn.hashtags ? pause() : WAITING) : isNews ? 0 : undefined);
      },
      remove(member) {
        members.delete(member);
        poller.schedule();
      },
    };
  }

  // --- Drawing ---

  INCLUDE("parts.js");

  function newRow(key, board) {
    const tag = set(make("a", "tag", make("bdi")), { target: "_blank", rel: "noreferrer nofollow ugc", translate: "no" });
    const spark = set(make("svg", "spark", make("polyline")), { "aria-hidden": "true", preserveAspectRatio: "none" });
    const bar = set(make("svg", "bar", make("rect")), { "aria-hidden": "true" });
    const row = make("li", "row", make("span", "rank"), tag, spark, make("span", "change"), make("data", "count"), make("span", "unit"), bar);
    if (board === "rising") row.append(make("span", "reason"));
    return set(row, { "data-key": key });
  }

  function makeBoard(element) {
    // What the server has drawn makes room for the same with a script behind it.
    let isDrawn = element.shadowRoot;
    const root = element.attachShadow({ mode: "open" });
    const own = new CSSStyleSheet();
    root.adoptedStyleSheets = [sheet, own];

    let settings, feed, section, answer, held, isWanted, isUnseen, isChanging, touched;

    const part = (name) => root.querySelector("." + name);
    const isPaused = () => /^1?$/.test(settings.paused);
    const emit = (name, detail) => element.dispatchEvent(new CustomEvent("trends-" + name, { detail, bubbles: true, cancelable: true }));

    // --- Words ---

    // The text of a name, if there is one, with values in place of {their names}.
    const text = (name, values) => strings[settings.lang.slice(0, 2)].split("|")[names.split("|").indexOf(name)]?.replace(/{(\w+)}/g, (_, each) => values[each]);
    // The form of a text for so many: "person" or "people".
    const plural = (name, size, values) => text(size === 1 ? name + "_one" : name, values);
    const number = (value, options) => value.toLocaleString(settings.lang, options);

    // Below a hundred thousand the exact count is as short as a rounded one.
    const count = (value) => number(value, { notation: settings.count === "compact" || (settings.count === "auto" && value >= 1e5) ? "compact" : undefined });

    // "12 hours" for "12h".
    const span = (window) => number(parseInt(window), { style: "unit", unit: /d/.test(window) ? "day" : "hour", unitDisplay: "long" });

    // The text beside the name of the board; `window` is that of the board "now".
    function period(window) {
      const { board } = settings;
      if (board === "rising") return "";
      if (board === "all") return text(board);
      return span(board === "now" ? window : board) + (settings.rank_by === "people" ? " · " + text("people") : "");
    }

    // --- Settings ---

    function apply() {
      const before = settings;
      settings = settingsOf(element);
      const query = `board=${settings.board}&rank_by=${settings.rank_by}`;
      if (feed && feed === feeds[query] && before.lang === settings.lang) {
        dress();
        if (answer) draw(answer, true);
        if (["limit", "refresh", "paused"].some((name) => before[name] !== settings[name])) feed.poller.schedule(0);
        return;
      }
      feed?.remove(member);
      answer = held = undefined;
      build();
      dress();
      feed = feeds[query] ||= makeFeed(query);
      // Any other script inside is the page's.
      const drawn = isDrawn && element.querySelector("script");
      isDrawn = null;
      feed.add(member, drawn && JSON.parse(drawn.textContent));
      drawn?.remove();
    }

    // Properties set by a script are no inline style to a content security policy.
    function dress() {
      const { width, accent, "max-height": height } = settings;
      // Of the element, so that its board is laid out for it; the page's own style goes before.
      // What is not set makes no sense to the browser, and so has no effect.
      own.replaceSync(`:host{max-width:${width}px}.body{max-height:calc(${height}px - 8em)}`);
      section.style.setProperty("--accent", accent ? "#" + accent.replace("#", "") : "");
      // What scrolls has to be reached by keyboard.
      set(part("body"), { tabindex: height && 0 });
      set(part("pause"), { "aria-pressed": isPaused() + "" });
      tint();
    }

    function tint() {
      section.style.colorScheme = /a.t|tr/.test(settings.theme) ? (isOnDark(element, section) ? "dark" : "light") : "";
      section.style.outline = ""; // the probe's
    }

    // All elements of a board, in the place that the first answer will need.
    function build() {
      const { lang, board } = settings;
      const chip = (name) => set(make("span", "chip"), { class: "chip " + name, hidden: true });
      const pause = set(make("button", "pause"), { "aria-label": text("pause") });
      pause.onclick = () => set(element, { paused: !isPaused() });
      const rows = set(make("ol", "rows"), { role: "list" });
      rows.onclick = choose;
      for (const type of ["pointermove", "focusin", "pointerleave", "focusout"]) rows.addEventListener(type, hold);
      section = make(
        "section",
        "board",
        // The period of "now" comes with the answer: this one keeps its place, unseen (widget.css).
        make("div", "head", set(make("p", "title", text(BY_PEOPLE.includes(board) ? board : "trending") + " ", make("span", "period", period("12h"))), { id: "title" }), chip("learning"), chip("demo")),
        make("div", "body", make("p", "message"), rows),
        make("div", "foot", set(make("p", "notice"), { role: "status" }), make("time", "time", "00:00:00"), make("span", "totals", text("totals", { tagged: 10000, read: 10000 })), pause),
      );
      set(section, { "aria-labelledby": "title", lang, dir: /^ar/.test(lang) ? "rtl" : "ltr" });
      root.replaceChildren(section);
      show("loading");
      reserve(settings.limit);
    }

    // Keeps room for so many rows.
    function reserve(most) {
      const list = part("rows");
      for (const slot of list.querySelectorAll(".slot")) slot.remove();
      while (list.children.length < most) {
        const reason = settings.board === "rising" ? set(make("p"), { class: "reason" }) : "";
        list.append(set(make("li", "", reason), { class: "slot", "aria-hidden": "true" }));
      }
    }

    // --- Visitors ---

    // Nothing moves away from under somebody who is about to press it.
    function hold({ type, relatedTarget }) {
      const isOver = /move|in$/.test(type);
      if (!isOver && part("rows").contains(relatedTarget)) return;
      touched = isOver && Date.now();
      if (!isOver && held) draw(held);
    }

    // A page that takes over a choice, by `preventDefault()`, has the row marked.
    function choose(event) {
      const row = event.target.closest("[href]")?.parentNode;
      if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (emit("select", answer.hashtags.find((entry) => entry.key === row.dataset.key))) return;
      event.preventDefault();
      for (const each of row.parentNode.children) set(each, { "aria-current": each === row && "true" });
    }

    // --- Answers ---

    // In the one line of the foot, so that nothing moves: how old the board is, and why. A message
    // is in the place of the rows.
    function show(state, why, message) {
      set(section, { "data-state": state, class: "board " + (answer ? why : "pending") });
      set(part("message"), { hidden: !message, class: "message " + state, part: state }, message);
      set(part("notice"), { hidden: !why }, why && `${text("stale")} · ${part("time").textContent}`);
      set(part("time"), { hidden: !!why });
    }

    // `isSame`: with other settings; else a board that is paused or held stays as it is.
    function draw(trends, isSame) {
      // The server had nothing to draw.
      if (!trends.hashtags) return fail(trends);
      held = undefined;
      if (answer && !isSame && !isWanted && (isPaused() || Date.now() - touched < HOLD)) {
        held = trends;
        return;
      }
      isWanted = false;
      const entries = trends.hashtags.slice(0, settings.limit);
      drawRows(entries);
      answer = trends;
      set(part("demo"), { hidden: !trends.demo }, text("demo"));
      const learning = text(trends.certainty);
      set(part("learning"), { hidden: !learning }, learning && `${learning} · ${span(trends.known_hours + "h")}`);
      set(part("period"), {}, period(trends.window));
      const date = new Date(trends.as_of);
      // Half a day ago is not told from now by the time alone.
      set(part("time"), { datetime: trends.as_of }, date.toLocaleString(settings.lang, { dateStyle: Date.now() - +date > 4e7 ? "medium" : undefined, timeStyle: "medium" }));
      // Of the board's own time, where that is known.
      const all = settings.board === "all";
      const tagged = all ? trends.tweets_tagged : trends.window_tagged;
      const read = all ? trends.tweets_read : trends.window_posts;
      set(part("totals"), {}, read >= 0 ? text("totals", { tagged: count(tagged), read: count(read) }) : "");
      const isFull = entries[0];
      show(isFull ? "ready" : "empty", trends.stale ? "outdated" : "", isFull ? "" : text(settings.board === "rising" ? "calm" : "empty"));
      tint();
      emit("update", trends);
    }

    // Keeps what is drawn and says that it gets old. What the service lacks is its operator's
    // business, and not that of a page's visitors.
    function fail({ waiting_for: waitingFor }) {
      isWanted = false;
      if (answer) show(section.dataset.state, "outdated", part("message").textContent);
      else show(waitingFor ? "waiting" : "failed", "", text(waitingFor ? "empty" : "failed"));
    }

    // A tag keeps its element, so its bar grows to the new length and it moves to its new rank
    // instead of jumping.
    function drawRows(entries) {
      const list = part("rows");
      const before = [...list.querySelectorAll(".row")];
      const places = new Map(before.map((row) => [row, row.offsetTop]));
      const focused = before.findIndex((row) => row.contains(root.activeElement));
      const { board } = settings;
      const counted = settings.rank_by === "people" ? "people" : "count";
      // Bars show what the ranks go by.
      const ranked = board === "rising" ? "score" : counted;
      const top = Math.max(...entries.map((entry) => entry[ranked])) || 1;
      const someKnown = entries.some((entry) => entry.change != null);
      const rows = entries.map((entry) => {
        const row = before.find((each) => each.dataset.key === entry.key) || newRow(entry.key, board);
        drawRow(row, entry, counted, entry[ranked] / top, someKnown);
        return row;
      });
      for (const row of before) if (!rows.includes(row)) row.remove();
      // The row with the focus, which it would lose, is not moved: the others move around it.
      rows.reduceRight((next, row) => {
        if (row !== before[focused] && (row.nextSibling !== next || !row.parentNode)) list.insertBefore(row, next);
        return row;
      }, list.querySelector(".slot"));
      // One that has left the board hands its focus on to the row in its place.
      if (focused >= 0 && !before[focused].parentNode) (rows[focused] || rows.at(-1))?.children[1].focus();
      section.style.setProperty("--tags", rows.length);
      reserve(Math.min(settings.limit, RESERVED));
      if (matchMedia("(prefers-reduced-motion)").matches) return;
      for (const row of rows) {
        const moved = places.get(row) - row.offsetTop;
        if (moved) row.animate({ transform: [`translateY(${moved}px)`, "none"] }, { duration: 400, easing: "ease" });
      }
    }

    function drawRow(row, entry, counted, share, someKnown) {
      const [rank, tag, spark, change, sum, unit, bar, reason] = row.children;
      const { change: moved, people, points = [0] } = entry;
      const name = "#" + entry.tag;
      const size = entry[counted];
      set(rank, {}, number(entry.rank));
      set(tag, { href: settings.links !== "off" && entry.url, title: name });
      set(tag.firstChild, {}, name);
      const most = Math.max(1, ...points);
      set(spark, { hidden: points.length < 2, viewBox: `0 0 ${points.length - 1} ${most}` });
      set(spark.firstChild, { points: points.map((point, place) => [place, most - point]) });
      const way = moved > 0 ? "up" : moved ? "down" : "";
      // A new tag has null, of which the minifier's form of abs() would make no number.
      const places = Math.abs(+moved);
      const n = number(places);
      const said = plural(way, places, { n });
      const arrow = way ? (moved > 0 ? "▲" : "▼") + n : moved == null && someKnown ? text("new") : "";
      set(change, { class: "change " + way, role: said && "img", "aria-label": said }, arrow);
      // Where people are counted too: both numbers.
      const more = people >= 0 ? ` · ${number(people)} ${plural("people", people)}` : "";
      set(sum, { value: size, title: `${number(entry.count)} ${plural("count", entry.count)}${more}` }, count(size));
      set(unit, {}, plural(counted, size));
      set(bar.firstChild, { width: (100 * share).toFixed(1) + "%" });
      // Why a tag rises.
      if (reason) set(reason, {}, plural("reason", people, { people: number(people), window: span(entry.window), expected: number(entry.expected, { maximumSignificantDigits: 2 }) }));
    }

    // --- What the feed and the element know of it ---

    const member = {
      get: () => settings,
      // One that is paused or not seen waits for its first board only.
      wants: () => isWanted || !answer || !(isPaused() || isUnseen),
      draw,
      fail,
    };

    // Far outside the window is seen; in a closed <details>, or a tab that is not shown, is not.
    const sight = new IntersectionObserver((entries) => {
      isUnseen = !entries.at(-1).isIntersecting;
      feed?.poller.schedule();
    }, { rootMargin: "99999px" });

    return {
      connect() {
        tints.add(tint);
        for (const node of around(element)) changes.observe(node, { attributes: true });
        apply();
        sight.observe(element);
      },
      disconnect() {
        tints.delete(tint);
        sight.disconnect();
        isUnseen = false;
        feed.remove(member);
        feed = undefined;
      },
      // Several attributes are often set in one go.
      change() {
        if (!feed || isChanging) return;
        isChanging = true;
        queueMicrotask(() => {
          isChanging = false;
          if (feed) apply();
        });
      },
      // Asks for the board now, also when it is paused or not seen.
      refresh() {
        isWanted = true;
        feed?.poller.schedule(0);
      },
    };
  }

  customElements.define(
    NAME,
    class extends HTMLElement {
      static observedAttributes = Object.keys(SETTINGS);
      #board = makeBoard(this);

      connectedCallback() {
        this.#board.connect();
      }

      disconnectedCallback() {
        this.#board.disconnect();
      }

      attributeChangedCallback() {
        this.#board.change();
      }

      refresh() {
        this.#board.refresh();
      }
    },
  );

  // A page in an iframe tells how high it is.
  addEventListener("message", ({ data, origin, source }) => {
    const height = data?.[NAME]?.height;
    if (origin !== base.origin || !(height > 0)) return;
    for (const frame of document.querySelectorAll("iframe")) if (frame.contentWindow === source) /** @type {any} */ (frame).height = Math.min(height, 10000);
  });
})();
