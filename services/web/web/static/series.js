// What the API tells of tags -> the points of a chart. Pure.

const STEPS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }; // milliseconds

// What each time range asks for. With `days`, hours are put together into days of a time zone; one
// day more than these is asked for where the API goes back so far, since the first is cut off.
export const RANGES = {
  "3h": { hours: 3, step: "minute" },
  "24h": { hours: 24, step: "hour" },
  "7d": { hours: 7 * 24, step: "hour" },
  "30d": { hours: 31 * 24, step: "hour", days: 30 },
  "90d": { hours: 90 * 24, step: "hour", days: 90 },
  "1y": { hours: 365 * 24, step: "day" },
};

export const DEFAULT_RANGE = "24h";

// Milliseconds from one point to the next.
export function interval(step) {
  return STEPS[step];
}

// Histories of the same range -> the times of the points, and for each history their counts. Days
// are those of the time zone, or of UTC where the answers do not tell: `zone` says which.
export function combine(histories, range, zone) {
  const { days } = RANGES[range];
  let lines = histories.map(counts);
  let step = histories[0].step;
  if (days) {
    zone = lines.every((line) => startsOnTheHour(line, zone)) ? zone : "UTC";
    lines = lines.map((line) => byDay(line, zone, days));
    step = "day";
  } else if (step === "day") {
    zone = "UTC";
  }
  // A minute may have passed between two answers.
  const times = [...new Set(lines.flatMap((line) => [...line.keys()]))].sort((a, b) => a - b);
  return { times, step, zone, lines: lines.map((line) => times.map((time) => line.get(time) ?? 0)) };
}

function counts(history) {
  const first = Date.parse(history.from);
  return new Map(history.counts.map((count, place) => [first + place * STEPS[history.step], count]));
}

// In India the days do not begin with an hour of UTC, so hours cannot be put together into them.
function startsOnTheHour(line, zone) {
  const minute = new Intl.DateTimeFormat("en", { timeZone: zone, minute: "numeric" });
  const times = [...line.keys()];
  return [times[0], times.at(-1)].every((time) => minute.format(time) === "0");
}

function byDay(line, zone, most) {
  const name = new Intl.DateTimeFormat("en-CA", { timeZone: zone });
  const days = [];
  let current;
  for (const [time, count] of line) {
    if (name.format(time) !== current) {
      current = name.format(time);
      days.push([time, 0]);
    }
    days.at(-1)[1] += count;
  }
  const [first] = line.keys();
  const isCutOff = name.format(first - STEPS.hour) === name.format(first);
  return new Map(days.slice(isCutOff ? 1 : 0).slice(-most));
}
