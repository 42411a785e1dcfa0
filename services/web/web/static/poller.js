// Asks for something again and again: waits longer after each failure, and rests while nobody
// sees the page or wants an answer.

const FIRST_WAIT = 2; // seconds, doubled by each error in a row
const LONGEST_WAIT = 300;
const GIVE_UP = 8000; // milliseconds for one answer

export class Poller {
  #ask;
  #failed;
  #isWanted;
  #request = null; // the one under way
  #timer;
  #due = 0;
  #errors = 0;

  // `ask(signal)` resolves to the seconds until the next request; when it rejects, `failed` is
  // called, and it is asked again later. Whenever the answer of `isWanted()` may have changed,
  // `schedule()` has to be called.
  constructor(ask, failed, isWanted = () => true) {
    this.#ask = ask;
    this.#failed = failed;
    this.#isWanted = isWanted;
    document.addEventListener("visibilitychange", () => this.schedule());
    addEventListener("online", () => this.now());
  }

  // Asks at once. A request under way is given up: it may be for something else.
  async now() {
    this.#request?.abort();
    this.#request = null;
    this.#due = 0;
    if (document.hidden || !this.#isWanted()) return;
    clearTimeout(this.#timer);
    const request = new AbortController();
    this.#request = request;
    const wait = await this.#attempt(request.signal);
    if (request.signal.aborted) return;
    this.#request = null;
    // ±10 %, so that pages opened together do not ask together for ever.
    this.#due = Date.now() + wait * (900 + 200 * Math.random());
    this.schedule();
  }

  async #attempt(signal) {
    try {
      const wait = await this.#ask(AbortSignal.any([signal, AbortSignal.timeout(GIVE_UP)]));
      this.#errors = 0;
      return wait;
    } catch {
      if (signal.aborted) return 0;
      this.#failed();
      return Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** ++this.#errors);
    }
  }

  // A hidden page waits to be shown, whatever is due.
  schedule() {
    clearTimeout(this.#timer);
    if (document.hidden || this.#request || !this.#isWanted()) return;
    this.#timer = setTimeout(() => this.now(), Math.max(0, this.#due - Date.now()));
  }
}
