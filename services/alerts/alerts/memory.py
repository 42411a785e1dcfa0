"""Everything that the service remembers, as one value: what it saw, announced and has to send.

Pure functions, no input or output. The value is one cell in HBase, so each step is atomic.
"""

import json
from collections.abc import Collection, Container, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

# A receiver that is away for longer gets no more than this many messages when it is back.
MOST_PENDING = 100
PARAGRAPH = "\n\n"


@dataclass(frozen=True)
class Rule:
    """Which tags are worth a message: the first `top` of `board`, from `score` on."""

    board: str
    top: int
    score: float


@dataclass(frozen=True)
class Seen:
    """The keys that met a rule when its board was last read."""

    rule: Rule
    keys: frozenset[str]


@dataclass(frozen=True)
class Message:
    """A message to be sent to the receivers in `to`, which are positions in ALERT_URLS.

    `created` is in Unix seconds. `about` are the keys that the first paragraphs are about, each a
    paragraph.
    """

    number: int
    title: str
    body: str
    created: float
    to: tuple[int, ...]
    about: tuple[str, ...] = ()


@dataclass(frozen=True)
class Memory:
    """What is remembered across restarts.

    `seen` has what was on each board, by its name, once it has been read. `announced` has the time,
    in Unix seconds, at which a tag was last put into a message, whatever the board.
    `outbox` has the messages that somebody has not got yet, the oldest first. `sent` and `dropped`
    count deliveries to a receiver.
    """

    seen: dict[str, Seen] = field(default_factory=dict)
    announced: dict[str, float] = field(default_factory=dict)
    outbox: tuple[Message, ...] = ()
    next_number: int = 1
    sent: int = 0
    dropped: int = 0
    last_sent: float | None = None

    def to_json(self) -> bytes:
        """Format the value of the cell."""
        seen = {
            board: {"rule": asdict(each.rule), "keys": sorted(each.keys)}
            for board, each in self.seen.items()
        }
        document = asdict(self) | {"seen": seen}
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, cell: bytes) -> "Memory":
        """Parse the cell; raise ValueError if it is not what `to_json` wrote, now or earlier."""
        try:
            raw: dict[str, Any] = json.loads(cell)
            messages = (
                {**each, "to": tuple(each["to"]), "about": tuple(each["about"])}
                for each in raw.pop("outbox")
            )
            return cls(
                seen=_seen_on_one(raw) if "present" in raw else _seen(raw.pop("seen")),
                outbox=tuple(Message(**each) for each in messages),
                **raw,
            )
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error


def _seen(raw: dict[str, Any]) -> dict[str, Seen]:
    return {
        board: Seen(Rule(**each["rule"]), frozenset(each["keys"])) for board, each in raw.items()
    }


def _seen_on_one(raw: dict[str, Any]) -> dict[str, Seen]:
    """Take what was seen out of a cell from when a single board could be watched."""
    rule, present = raw.pop("rule"), raw.pop("present")
    return {} if present is None else _seen({rule["board"]: {"rule": rule, "keys": present}})


def meets(rule: Rule, rank: int, score: float) -> bool:
    """Whether a place on the board of a rule is worth a message."""
    return rank <= rule.top and score >= rule.score


def entered(memory: Memory, rule: Rule, keys: Sequence[str]) -> list[str]:
    """Return those of the `keys`, which meet `rule` now, that did not the last time.

    When a rule is first followed, what meets it then is no news.
    """
    seen = memory.seen.get(rule.board)
    if seen is None or seen.rule != rule:
        return []
    return [key for key in keys if key not in seen.keys]


def not_quiet(memory: Memory, keys: Sequence[str], quiet_before: float) -> list[str]:
    """Return those of the keys that were last announced before `quiet_before`, or never."""
    return [key for key in keys if memory.announced.get(key, quiet_before) <= quiet_before]


def observe(memory: Memory, rule: Rule, keys: Collection[str], quiet_before: float) -> Memory:
    """Remember which keys meet `rule` now, and forget announcements from before the quiet time."""
    announced = {key: at for key, at in memory.announced.items() if at > quiet_before}
    seen = memory.seen | {rule.board: Seen(rule, frozenset(keys))}
    return replace(memory, seen=seen, announced=announced)


def announce(
    memory: Memory,
    keys: Collection[str],
    text: tuple[str, str, tuple[str, ...]],
    receivers: int,
    now: float,
) -> Memory:
    """Put a message about the keys (title, body, about) into the outbox, for all receivers."""
    title, body, about = text
    message = Message(memory.next_number, title, body, now, tuple(range(1, receivers + 1)), about)
    outbox = (*memory.outbox, message)
    surplus = outbox[:-MOST_PENDING]
    return replace(
        memory,
        announced=memory.announced | dict.fromkeys(keys, now),
        outbox=outbox[-MOST_PENDING:],
        next_number=memory.next_number + 1,
        dropped=memory.dropped + sum(len(each.to) for each in surplus),
    )


def delivered(memory: Memory, number: int, receiver: int, now: float) -> Memory:
    """Remember that a receiver has got a message."""
    memory = _without(memory, number, receiver)
    return replace(memory, sent=memory.sent + 1, last_sent=now)


def dropped(memory: Memory, number: int, receiver: int) -> Memory:
    """Remember that a message is not sent to a receiver any more."""
    return replace(_without(memory, number, receiver), dropped=memory.dropped + 1)


def withhold(memory: Memory, hidden: Container[str]) -> Memory:
    """Take hidden hashtags out of the outbox; a message about nothing else goes."""
    outbox = (_without_hidden(each, hidden) for each in memory.outbox)
    return replace(memory, outbox=tuple(each for each in outbox if each))


def turned_off(memory: Memory) -> Memory:
    """Forget what is on the boards and what waits: turned on again, only news is announced."""
    return replace(memory, seen={}, outbox=())


def only_on(memory: Memory, boards: Container[str]) -> Memory:
    """Forget boards that are no longer watched: watched again, only news is announced."""
    seen = {board: each for board, each in memory.seen.items() if board in boards}
    return replace(memory, seen=seen)


def only_for(memory: Memory, receivers: int) -> Memory:
    """Forget messages to receivers that are no longer set."""
    outbox = (
        replace(each, to=tuple(position for position in each.to if position <= receivers))
        for each in memory.outbox
    )
    return replace(memory, outbox=tuple(each for each in outbox if each.to))


def waiting(memory: Memory) -> int:
    """Return how many deliveries have yet to be made."""
    return sum(len(each.to) for each in memory.outbox)


def next_for(memory: Memory, receiver: int) -> Message | None:
    """Return the oldest message that a receiver has not got yet."""
    return next((each for each in memory.outbox if receiver in each.to), None)


def _without(memory: Memory, number: int, receiver: int) -> Memory:
    outbox = (
        replace(each, to=tuple(position for position in each.to if position != receiver))
        if each.number == number
        else each
        for each in memory.outbox
    )
    return replace(memory, outbox=tuple(each for each in outbox if each.to))


def _without_hidden(message: Message, hidden: Container[str]) -> Message | None:
    paragraphs = dict(zip(message.about, message.body.split(PARAGRAPH), strict=False))
    shown = {key: text for key, text in paragraphs.items() if key not in hidden}
    if shown == paragraphs:
        return message
    if not shown:
        return None
    ending = message.body.split(PARAGRAPH)[len(message.about) :]
    return replace(message, about=tuple(shown), body=PARAGRAPH.join([*shown.values(), *ending]))
