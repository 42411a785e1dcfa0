"""Generates timelines: tags and people as they are spread on real ones, habits, floods, events.

A fifth of the posts have hashtags, one to three. Tags follow Zipf's law; how much an account posts
is log-normal. Nights are quiet, weekends quieter, and no day is as busy as the next. Besides:

- one account that floods a tag with 20 to 60 posts in two hours, on six days of ten;
- a bot that tags 30 posts a day;
- a habit of every morning, and one of every Saturday, with many people;
- events: 3 to 20 people use a tag once or twice within 1 to 24 hours. Half of these tags are new,
  half are rare ones.
"""

from dataclasses import dataclass

import numpy as np

from trends.counting.arrays import Integers, Ints, Unsigned

DAY, WEEK = 24 * 60, 7 * 24 * 60
DAYS, JUDGED_FROM = 42, 28
# People and hours of the events: from barely visible to obvious.
KINDS = (
    (3, 1), (4, 2), (4, 8), (5, 5), (5, 24), (6, 2), (6, 12), (8, 5), (8, 12), (12, 5), (12, 12),
    (20, 24),
)  # fmt: skip
EVENTS = 4 * len(KINDS)
SATURDAY = 5

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]
Part = tuple[Ints, Ints, Ints]
"""Minute, tag and author of uses."""


@dataclass(frozen=True)
class Event:
    """A tag that so many people use within so many hours from the minute `start`."""

    tag: int
    people: int
    hours: int
    start: int

    @property
    def kind(self) -> tuple[int, int]:
        """One of `KINDS`."""
        return self.people, self.hours


@dataclass(frozen=True)
class Timeline:
    """Uses in the order of their minutes; tags and authors are numbers, tags below `tags`.

    `habits` names the tags that are loud, but not news.
    """

    minute: Ints
    tag: Integers
    author: Unsigned
    tags: int
    events: list[Event]
    habits: dict[int, str]


def generate(posts_a_day: int, seed: int) -> Timeline:
    """Generate six weeks; the events lie in the last two."""
    rng = np.random.default_rng(seed)
    tagged = posts_a_day * 0.2
    authors = int(np.clip(posts_a_day * 0.6, 150, 200_000))
    common = int(np.clip(posts_a_day * 8, 2_000, 1_000_000))
    parts = [_background(rng, tagged, authors, common)]
    flood, bot, weekly, daily = range(common, common + 4)
    parts += [
        _flood(rng, flood, authors),
        _bot(rng, bot, authors + 1),
        _habit(rng, weekly, authors, max(6, tagged * 0.06), 14, 4, range(SATURDAY, DAYS, 7)),
        _habit(rng, daily, authors, max(3, tagged * 0.03), 8, 1, range(DAYS)),
    ]
    events = []
    for number in range(EVENTS):
        is_new = number % 2 == 0
        tag = common + 4 + number if is_new else int(rng.integers(common // 20, common))
        people, hours = KINDS[number % len(KINDS)]
        start = int((JUDGED_FROM + rng.random() * (DAYS - JUDGED_FROM - 2)) * DAY)
        events.append(Event(tag, people, hours, start))
        parts.append(_event(rng, events[-1], authors))
    minutes, tags, who = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(minutes, kind="stable")
    return Timeline(
        minutes[order],
        tags[order].astype(np.int32),
        who[order].astype(np.uint64),
        common + 4 + EVENTS,
        events,
        {flood: "flood", bot: "bot", weekly: "weekly habit", daily: "daily habit"},
    )


def activity() -> Floats:
    """How busy each minute of a week is, on average 1."""
    minute = np.arange(WEEK)
    hour, day = minute % DAY / 60, minute // DAY
    by_hour = (
        0.15
        + np.clip(np.sin((hour - 7) / 24 * 2 * np.pi), 0, None)
        + 0.6 * np.exp(-(((hour - 21) / 2.5) ** 2))
    )
    by_day = np.where(day >= SATURDAY, 0.85, 1.0)
    return np.asarray(by_hour * by_day / (by_hour * by_day).mean())


def _background(rng: np.random.Generator, tagged: float, authors: int, tags: int) -> Part:
    by_author = np.cumsum(rng.lognormal(0, 1.2, authors))
    by_tag = np.cumsum(1 / np.arange(1, tags + 1) ** 1.05)
    busy = activity()
    parts = []
    for day in range(DAYS):
        rate = tagged / DAY * rng.lognormal(0, 0.25) * busy[day % 7 * DAY :][:DAY]
        minutes = np.repeat(np.arange(DAY) + day * DAY, rng.poisson(rate))
        tags_each = rng.choice([1, 2, 3], len(minutes), p=[0.7, 0.2, 0.1])
        author = np.searchsorted(by_author, rng.random(len(minutes)) * by_author[-1])
        use = np.repeat(np.arange(len(minutes)), tags_each)
        tag = np.searchsorted(by_tag, rng.random(len(use)) * by_tag[-1])
        parts.append((minutes[use], tag, author[use]))
    minute, tag, author = (np.concatenate(column) for column in zip(*parts, strict=True))
    return minute, tag, author


def _flood(rng: np.random.Generator, tag: int, author: int) -> Part:
    minutes = [
        day * DAY + rng.integers(0, DAY - 120) + rng.integers(0, 120, rng.integers(20, 60))
        for day in range(DAYS)
        if rng.random() < 0.6
    ]
    return _uses(np.concatenate(minutes), tag, author)


def _bot(rng: np.random.Generator, tag: int, author: int) -> Part:
    return _uses(rng.integers(0, DAYS * DAY, DAYS * 30), tag, author)


def _habit(
    rng: np.random.Generator,
    tag: int,
    authors: int,
    people: float,
    hour: int,
    spread: int,
    days: range,
) -> Part:
    minutes = [
        day * DAY + np.clip(rng.normal(hour * 60, spread * 60, rng.poisson(people)), 0, DAY - 1)
        for day in days
    ]
    minute = np.concatenate(minutes).astype(np.int64)
    return minute, np.full(len(minute), tag), rng.integers(0, authors, len(minute))


def _event(rng: np.random.Generator, event: Event, authors: int) -> Part:
    author = rng.choice(authors, event.people, replace=False)
    minute = event.start + rng.integers(0, event.hours * 60, event.people)
    times = rng.choice([1, 1, 2], event.people)
    return np.repeat(minute, times), np.full(times.sum(), event.tag), np.repeat(author, times)


def _uses(minute: Ints, tag: int, author: int) -> Part:
    return minute, np.full(len(minute), tag), np.full(len(minute), author)
