"""The spans of time that boards cover, in minutes."""

from typing import NamedTuple

HOUR, DAY = 60, 24 * 60

ALL, RISING, NOW = "all", "rising", "now"
# The windows, and how far each looks back, including the current minute.
WINDOWS = {"1h": HOUR, "24h": DAY, "7d": 7 * DAY}
# "Places gained" compares a board with the same board this many minutes earlier.
STEPS = {ALL: DAY, RISING: 10, NOW: 10, "1h": 10, "24h": HOUR, "7d": DAY}
# The people who use a tag are counted over each of these; the most surprising number makes it rise.
RISING_LENGTHS = (1 * HOUR, 2 * HOUR, 5 * HOUR, 12 * HOUR, DAY, 2 * DAY)
# Older minutes are in no window, and were in none a step earlier.
LONGEST = max(length + STEPS[name] for name, length in WINDOWS.items())
# What is usual is known from four weeks, for windows of two days, also as it was half a day ago.
USUAL_DAYS = 28
HOURS_KEPT = (USUAL_DAYS + 3) * 24


class Span(NamedTuple):
    """`length` minutes, the last of which is `lag` minutes before the current one."""

    length: int
    lag: int = 0


class Points(NamedTuple):
    """The points of a sparkline: each counts the posts of `length` minutes."""

    length: int
    number: int

    @property
    def minutes(self) -> int:
        """The minutes that a whole sparkline covers."""
        return self.length * self.number


# How each window is divided. The board of all time shows its last thirty days.
POINTS = {
    "1h": Points(5, 12),
    "2h": Points(5, 24),
    "5h": Points(15, 20),
    "12h": Points(30, 24),
    "24h": Points(HOUR, 24),
    "48h": Points(2 * HOUR, 24),
    "7d": Points(6 * HOUR, 28),
    ALL: Points(DAY, 30),
}
# On `rising`, the longest window: a sparkline is to show what was usual before, too.
RISING_POINTS = "48h"
