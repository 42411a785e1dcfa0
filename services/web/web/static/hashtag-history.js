// <hashtag-history>: the chart of one tag on any page. web/embed/hashtag_history.py puts the style sheets
// (widget.css and hashtag-history.css) and the languages in place of the two names STYLE and STRINGS,
// and modules in place of INCLUDE, and makes it small.
//
// Tags are text from strangers: they only ever become textContent.
(() => {
  const NAME = "hashtag-history";
  if (customElements.get(NAME)) return;

  INCLUDE("parts.js");
  INCLUDE("ground.js");
  INCLUDE("poller.js");
  INCLUDE("series.js");
  INCLUDE("bars.js");

  const SLOW = 60; // seconds between two requests where a point is a day, or the tag is not known
  const RARE = 3600; // the same for what is no tag
  const OLD = 4e7; // milliseconds, from which on a time alone does not tell the day

  // The texts of each language, in the order of their names.
  const { names, ...strings } = STRINGS;
  // A module has no current script.
  const base = new URL(".", /** @type {HTMLScriptElement} */ (document.currentScript || document.querySelector('script[src*="/hashtag-history"]')).src);
  const sheet = new CSSStyleSheet();
  const style = STYLE;
  sheet.replaceSync(style);

  // --- Settings: attributes of the element; a wrong one counts as absent. ---

  const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

  const like = (pattern) => [(text) => RegExp(`^(${pattern})$`).test(text), pattern];
  const whole = (least, most) => [(text) => /^\d+$/.test(text) && +text >= least && +text <= most, `${least} to ${most}`];

  // Whether a value is right, and what is.
  const SETTINGS = {
    tag: [(text) => withoutSign(text) !== "", "a hashtag"],
    range: like(Object.keys(RANGES).join("|")),
    tz: [isZone, "a time zone such as Europe/Paris"],
    theme: like("auto|light|dark|transparent"),
    lang: like(`(${Object.keys(strings).join("|")})(-[a-zA-Z]{2}|-[0-9]{3})?`),
    height: whole(200, 1000),
    refresh: whole(2, 3600),
    chrome: like("(noborder|transparent| )*"),
    paused: like("|0|1"),
    accent: like("#?([0-9a-fA-F]{3}){1,2}"),
  };

  function withoutSign(tag) {
    return tag.trim().replace(/^[#＃]+/, "");
  }

  function isZone(name) {
    try {
      return Boolean(new Intl.DateTimeFormat("en", { timeZone: name }));
    } catch {
      return false;
    }
  }

  const warned = new Set();
  function warn(text) {
    if (!warned.has(text)) console.warn(`${NAME}: ${text}`);
    warned.add(text);
  }

  function settingsOf(element) {
    const settings = { range: DEFAULT_RANGE, tz: OWN_ZONE, theme: "auto", height: 300 };
    for (const name in SETTINGS) {
      const text = element.getAttribute(name);
      const [isRight, allowed] = SETTINGS[name];
      if (text === null || (name === "tag" && !text.trim())) continue;
      if (isRight(text)) settings[name] = text;
      else warn(`${name} is "${text}", but must be ${allowed}`);
    }
    if (settings.tag) settings.tag = withoutSign(settings.tag);
    else if (!element.getAttribute("tag")?.trim()) warn('tag is missing; set one, for example tag="cats"');
    // The page's own language before the visitor's: a chart is a part of its page.
    const page = element.parentElement?.closest("[lang]");
    const [isOurs] = SETTINGS.lang;
    settings.lang ||= [page?.lang, navigator.language].find(isOurs) || "en";
    return settings;
  }

  // --- Feeds: one request for all elements that show the same tag and time range. ---

  const feeds = {};

  function makeFeed(tag, range) {
    const { hours, step, days } = RANGES[range];
    const address = `${base}api/v1/hashtags/${encodeURIComponent(tag)}?hours=${hours}&step=${step}`;
    const least = days || step === "day" ? SLOW : 0;
    const members = new Set();
    let history, lacking;

    const wanting = () => [...members].filter((member) => member.wants());

    // Seconds to the next request, `usual` unless a member has a wish of its own.
    function pause(usual) {
      const list = wanting();
      return Math.min(RARE, ...(list[0] ? list : [...members]).map((member) => +member.get().refresh || usual));
    }

    // What there is to draw: a history, or the name of the text that says why there is none.
    function take(found, why) {
      history = found;
      lacking = why;
      for (const member of members) hand(member);
    }

    function hand(member) {
      if (history) member.draw(history);
      else if (lacking) member.lack(lacking);
    }

    function fail() {
      for (const member of members) member.fail();
    }

    // The browser revalidates by itself: setting If-None-Match here would cost a preflight on
    // another origin.
    async function ask(signal) {
      const response = await fetch(address, { signal, credentials: "omit" });
      const { status, headers } = response;
      const answer = await response.json();
      if (answer.counts) {
        take(answer);
        return pause(Math.max(least, answer.poll_after_seconds));
      }
      // One that has not been seen yet may be.
      if (status === 404) {
        take(undefined, "unseen");
        return pause(SLOW);
      }
      if (status === 400) {
        take(undefined, "invalid");
        return RARE;
      }
      throw { retry: retryAfter(headers) };
    }

    const poller = makePoller(ask, fail, () => wanting().length > 0);
    return {
      poller,
      add(member) {
        members.add(member);
        hand(member);
        // The members that come in the same moment share the first request.
        poller.schedule();
      },
      remove(member) {
        members.delete(member);
        poller.schedule();
      },
    };
  }

  // --- Drawing ---

  function makeChart(element) {
    const root = element.attachShadow({ mode: "open" });
    const own = new CSSStyleSheet();
    root.adoptedStyleSheets = [sheet, own];

    let settings, feed, section, bars, answer, series, isAnswered, isWanted, isUnseen, isChanging;

    const part = (name) => root.querySelector("." + name);
    const isPaused = () => /^1?$/.test(settings.paused);

    // --- Words ---

    // The text of a name, with values in place of {their names}.
    const text = (name, values) => strings[settings.lang.slice(0, 2)].split("|")[names.split("|").indexOf(name)].replace(/{(\w+)}/g, (_, each) => values[each]);
    const number = (value, options) => value.toLocaleString(settings.lang, options);
    const posts = (size) => `${number(size)} ${text(size === 1 ? "count_one" : "count")}`;
    // In its own direction, which the text around is not to change.
    const isolated = (tag) => `\u2068#${tag}\u2069`;

    // "7 days" for "7d".
    function period() {
      const { range } = settings;
      const unit = { h: "hour", d: "day", y: "year" }[range.at(-1)];
      return number(parseInt(range), { style: "unit", unit, unitDisplay: "long" });
    }

    const moment = (time, format) => new Intl.DateTimeFormat(settings.lang, { timeZone: series.zone, ...format }).format(time);

    function timeOf(at) {
      return moment(series.times[at], { dateStyle: "medium", timeStyle: series.step === "day" ? undefined : "short" });
    }

    // Of a bar, in the tooltip.
    function describe(at) {
      const isRunning = series.times[at] + interval(series.step) > Date.now();
      return `${timeOf(at)}: ${posts(series.lines[0][at])}${isRunning ? ` (${text("running")})` : ""}`;
    }

    // Below the axis: a day, where a bar is a day or the range has many.
    function label(time) {
      const isDay = !/h/.test(settings.range);
      return moment(time, isDay ? { day: "numeric", month: "short" } : { timeStyle: "short" });
    }

    function summary() {
      const [counts] = series.lines;
      const most = Math.max(...counts);
      if (!most) return text("none");
      const total = counts.reduce((sum, count) => sum + count, 0);
      return `${posts(total)} · ${text(`peak_${series.step}`, { posts: posts(most) })}`;
    }

    // --- Settings ---

    function apply() {
      const before = settings;
      settings = settingsOf(element);
      const { tag, range } = settings;
      // With a space in it, it is the name of no member that each object has.
      const query = `${range} ${tag}`;
      if (feed && feed === feeds[query] && before.lang === settings.lang) {
        dress();
        if (answer) draw(answer, true);
        if (["refresh", "paused"].some((name) => before[name] !== settings[name])) feed.poller.now();
        return;
      }
      feed?.remove(member);
      feed = answer = isAnswered = undefined;
      build();
      dress();
      if (!tag) return lack(element.getAttribute("tag")?.trim() ? "invalid" : "absent");
      feed = feeds[query] ||= makeFeed(tag, range);
      feed.add(member);
    }

    // Properties set by a script are no inline style to a content security policy.
    function dress() {
      const { height, accent } = settings;
      // Of the element: the page's own style goes before.
      own.replaceSync(`:host{height:${height}px}`);
      section.style.setProperty("--accent", accent ? "#" + accent.replace("#", "") : "");
      set(part("pause"), { "aria-pressed": isPaused() + "" });
      tint();
    }

    function tint() {
      section.style.colorScheme = /a.t|tr/.test(settings.theme) ? (isOnDark(element, section) ? "dark" : "light") : "";
      section.style.outline = ""; // the probe's
    }

    // All elements of a chart, in the place that the first answer will need.
    function build() {
      const { lang, tag = "", tz } = settings;
      const title = set(make("p", "title", set(make("bdi", "tag"), { translate: "no" }, tag && "#" + tag), " ", make("span", "period", period())), { id: "title" });
      const demo = set(make("span", "chip"), { class: "chip demo", hidden: true }, text("demo"));
      bars = new Bars({ number, label, describe, say: (said) => set(part("news"), {}, said) });
      const table = set(make("div", "table"), { hidden: true, tabindex: 0, role: "group", "aria-label": text("table") });
      table.append(make("table", "", make("thead", "", make("tr")), make("tbody")));
      const turn = set(make("button", "turn"), { type: "button", "aria-pressed": "false" }, text("table"));
      turn.onclick = () => {
        set(turn, { "aria-pressed": table.hidden + "" });
        table.hidden = !table.hidden;
        bars.node.hidden = !table.hidden;
        drawTable();
      };
      const pause = set(make("button", "pause"), { type: "button", "aria-label": text("pause") });
      pause.onclick = () => set(element, { paused: !isPaused() });
      section = make(
        "section",
        "board",
        make("div", "head", title, demo),
        make("p", "summary"),
        make("div", "body", set(make("p", "message"), { hidden: true }), bars.node, table),
        make("div", "foot", set(make("p", "notice"), { role: "status" }), make("time", "time"), make("span", "zone", text("zone", { zone: tz })), turn, pause),
        set(make("p", "news"), { role: "status" }),
      );
      set(section, { "aria-labelledby": "title", lang, dir: /^ar/.test(lang) ? "rtl" : "ltr" });
      root.replaceChildren(section);
      show("loading");
    }

    // --- Answers ---

    // In the one line of the foot, so that nothing moves: how old the chart is, and why. A message
    // is in its place.
    function show(state, why, message) {
      set(section, { "data-state": state, class: "board " + (answer ? why : "pending") });
      set(part("message"), { hidden: !message, class: "message " + state, part: state }, message);
      set(part("notice"), { hidden: !why }, why && `${text("stale")} · ${part("time").textContent}`);
      set(part("time"), { hidden: !!why });
    }

    // `isSame`: with other settings; else a chart that is paused stays as it is.
    function draw(history, isSame) {
      if (answer && !isSame && !isWanted && isPaused()) return;
      isWanted = false;
      isAnswered = true;
      answer = history;
      series = combine([history], settings.range, settings.tz);
      set(part("tag"), { title: "#" + history.tag }, "#" + history.tag);
      set(part("demo"), { hidden: !history.demo });
      set(part("summary"), {}, summary());
      const isForeign = series.step === "day" && series.zone !== settings.tz;
      set(part("zone"), {}, text(isForeign ? "days" : "zone", { zone: series.zone }));
      const date = new Date(history.as_of ?? Date.now());
      set(part("time"), { datetime: date.toISOString() }, moment(date, { dateStyle: Date.now() - +date > OLD ? "medium" : undefined, timeStyle: "medium" }));
      bars.describe(`${isolated(history.tag)}, ${period()}. ${summary()}. ${text("keys")}`, text("chart"));
      bars.draw(series);
      drawTable();
      show("ready", history.stale ? "outdated" : "", "");
      tint();
      element.dispatchEvent(new CustomEvent("trends-update", { detail: history, bubbles: true, cancelable: true }));
    }

    // Only when somebody has opened it; the newest first.
    function drawTable() {
      if (part("table").hidden || !answer) return;
      const cell = (name, said) => make(name, "", said);
      const head = [text("from"), text("count")].map((said) => set(cell("th", said), { scope: "col" }));
      const rows = series.lines[0].map((size, at) => make("tr", "", cell("td", timeOf(at)), cell("td", number(size))));
      root.querySelector("thead tr").replaceChildren(...head);
      root.querySelector("tbody").replaceChildren(...rows.reverse());
    }

    // Nothing is left of what was drawn: the tag may be hidden now.
    function lack(why) {
      isWanted = false;
      isAnswered = true;
      answer = undefined;
      const tag = why === "unseen" ? isolated(settings.tag) : settings.tag ?? element.getAttribute("tag");
      show(why, "", text(why, { tag }));
    }

    // Keeps what is drawn and says that it gets old.
    function fail() {
      isWanted = false;
      if (answer) show("ready", "outdated", "");
      else show("failed", "", text("failed"));
    }

    // --- What the feed and the element know of it ---

    const member = {
      get: () => settings,
      // One that is paused or not seen waits for its first answer only.
      wants: () => isWanted || !isAnswered || !(isPaused() || isUnseen),
      draw,
      lack,
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
        feed?.remove(member);
        feed = undefined;
      },
      // Several attributes are often set in one go.
      change() {
        if (!settings || isChanging) return;
        isChanging = true;
        queueMicrotask(() => {
          isChanging = false;
          if (element.isConnected) apply();
        });
      },
      // Asks for the history now, also when it is paused or not seen.
      refresh() {
        isWanted = true;
        feed?.poller.now();
      },
    };
  }

  customElements.define(
    NAME,
    class extends HTMLElement {
      static observedAttributes = Object.keys(SETTINGS);
      #chart = makeChart(this);

      connectedCallback() {
        this.#chart.connect();
      }

      disconnectedCallback() {
        this.#chart.disconnect();
      }

      attributeChangedCallback() {
        this.#chart.change();
      }

      refresh() {
        this.#chart.refresh();
      }
    },
  );
})();
