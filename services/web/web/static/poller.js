// Asks for something again and again: waits longer after each failure, and rests while nobody
// sees the page or wants an answer. The pages import it, and the elements for other pages include
// it: what is local is made short there, so state is kept in a closure.

const FIRST_WAIT = 2; // seconds, doubled by each error in a row
const LONGEST_WAIT = 300;
const GIVE_UP = 8000; // milliseconds for one answer

/**
 * `ask(signal)` resolves to the seconds until the next request. When it rejects, `failed` is called
 * with the reason, and it is asked again later: after `reason.retry` seconds, or else after those
 * that `failed` returned, doubled by each error in a row. Whenever the answer of `isWanted()` may
 * have changed, `schedule()` has to be called.
 *
 * @param {(signal: AbortSignal) => Promise<number>} ask
 * @param {(reason: any) => any} failed
 */
export function makePoller(ask, failed, isWanted = () => true) {
  let request; // the one under way
  let timer;
  let due = 0;
  let errors = 0;

  // Asks at once. A request under way is given up: it may be for something else.
  async function now() {
    request?.abort();
    request = null;
    due = 0;
    if (document.hidden || !isWanted()) return;
    clearTimeout(timer);
    const own = new AbortController();
    let wait;
    request = own;
    try {
      wait = await ask(AbortSignal.any([own.signal, AbortSignal.timeout(GIVE_UP)]));
      errors = 0;
    } catch (reason) {
      if (own !== request) return;
      const first = failed(reason) || FIRST_WAIT;
      wait = reason.retry || Math.min(LONGEST_WAIT, first * 2 ** ++errors);
    }
    if (own !== request) return;
    request = null;
    schedule(wait);
  }

  // With `wait`, the next request is due in so many seconds, ±10 %: pages opened together do not
  // ask together for ever. A hidden page waits to be shown, whatever is due.
  function schedule(wait) {
    if (wait >= 0) due = Date.now() + wait * (900 + 200 * Math.random());
    clearTimeout(timer);
    if (!document.hidden && !request && isWanted()) {
      // Not less than 0: a browser takes what is far below for a wait of days.
      timer = setTimeout(now, Math.max(0, due - Date.now()));
    }
  }

  document.addEventListener("visibilitychange", () => schedule());
  addEventListener("online", now);
  return { now, schedule };
}

/**
 * The seconds that a server asks to be left alone, in seconds or as a date, or 0. They are divided,
 * so that the ±10 % cannot make it too early.
 *
 * @param {Headers} headers
 */
export function retryAfter(headers) {
  const header = headers.get("Retry-After");
  const seconds = +header || (Date.parse(header) - Date.now()) / 1000;
  return seconds > 0 ? Math.min(seconds, 86400) / 0.9 : 0;
}
