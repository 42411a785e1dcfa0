// Numbers and times in words, as in the visitor's region.

import { locale } from "./locale.js";

export const number = new Intl.NumberFormat(locale);

export function posts(count) {
  return `${number.format(count)} ${count === 1 ? "post" : "posts"}`;
}

/** @param {"short" | null} timeStyle null for a day */
export function moment(time, timeZone, timeStyle = "short") {
  return new Intl.DateTimeFormat(locale, { timeZone, dateStyle: "medium", timeStyle: timeStyle ?? undefined }).format(time);
}
