// A field that finds hashtags as you type, after the combobox pattern of the ARIA practices.

import { element, tagged } from "./dom.js";
import { number } from "./words.js";

const PAUSE = 150; // milliseconds without a key before it asks
const MOST = 8;

export class Search {
  #input;
  #list;
  #said;
  #pick;
  #timer;
  #request;
  #marked = -1;

  // `pick(tag)` is called with what is chosen, or with what is typed when nothing is.
  constructor(root, pick) {
    this.#input = root.querySelector("input");
    this.#list = root.querySelector("ul");
    this.#said = root.querySelector("[role=status]");
    this.#pick = pick;
    this.#input.addEventListener("input", () => this.#type());
    this.#input.addEventListener("keydown", (event) => this.#press(event));
    this.#input.addEventListener("blur", () => this.#close());
    // Before the field loses the focus.
    this.#list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.#list.addEventListener("click", ({ target }) => this.#choose(target.closest("li")?.dataset.tag));
    root.classList.remove("unready");
  }

  #type() {
    clearTimeout(this.#timer);
    this.#request?.abort();
    const prefix = this.#input.value.trim();
    if (prefix) this.#timer = setTimeout(() => this.#ask(prefix), PAUSE);
    else this.#close();
  }

  async #ask(prefix) {
    this.#request = new AbortController();
    const { signal } = this.#request;
    const query = new URLSearchParams({ prefix, limit: String(MOST) });
    try {
      const response = await fetch(`api/v1/hashtags?${query}`, { signal, credentials: "omit" });
      if (!response.ok) throw new Error(`status ${response.status}`);
      const { hashtags } = await response.json();
      if (!signal.aborted) this.#show(hashtags);
    } catch {
      if (signal.aborted) return;
      this.#close();
      this.#tell("Couldn't search. Press Enter to open what you typed.");
    }
  }

  // What the list does not show is shown below the field.
  #tell(text, isHeardOnly = false) {
    this.#said.textContent = text;
    this.#said.classList.toggle("said", isHeardOnly || !text);
  }

  #show(hashtags) {
    this.#list.replaceChildren(...hashtags.map((found, place) => this.#option(found, place)));
    this.#mark(-1);
    this.#open(hashtags.length > 0);
    const { length } = hashtags;
    this.#tell(length === 0 ? "No hashtags found" : `${length} ${length === 1 ? "hashtag" : "hashtags"} found`, length > 0);
  }

  #option({ tag, count }, place) {
    const option = element("li", tagged(tag), " ", element("span", number.format(count)));
    option.id = `${this.#list.id}-${place}`;
    option.role = "option";
    option.dataset.tag = tag;
    return option;
  }

  #press(event) {
    const { length } = this.#list.children;
    if (event.key === "Enter") this.#choose(this.#list.children[this.#marked]?.dataset.tag ?? this.#input.value);
    else if (event.key === "Escape") this.#close();
    else if (event.key === "ArrowDown" && length) this.#mark((this.#marked + 1) % length);
    else if (event.key === "ArrowUp" && length) this.#mark((Math.max(this.#marked, 0) - 1 + length) % length);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #mark(place) {
    this.#marked = place;
    [...this.#list.children].forEach((option, each) => {
      option.ariaSelected = String(each === place);
    });
    const marked = this.#list.children[place];
    if (marked) this.#input.setAttribute("aria-activedescendant", marked.id);
    else this.#input.removeAttribute("aria-activedescendant");
    marked?.scrollIntoView({ block: "nearest" });
  }

  #choose(text) {
    const tag = text?.trim().replace(/^[#＃]+/, "");
    if (!tag) return;
    clearTimeout(this.#timer);
    this.#request?.abort();
    this.#input.value = "";
    this.#close();
    this.#pick(tag);
  }

  #close() {
    this.#tell("");
    this.#list.replaceChildren();
    this.#mark(-1);
    this.#open(false);
  }

  #open(is) {
    this.#list.hidden = !is;
    this.#input.ariaExpanded = String(is);
  }
}
