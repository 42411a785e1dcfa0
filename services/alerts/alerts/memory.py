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

    `present` are the keys that met `rule` when the board was last read; None before the first
    time. `announced` has the time, in Unix seconds, at which a tag was last put into a message.
    `outbox` has the messages that somebody has not got yet, the oldest first. `sent` and `dropped`
    count deliveries to a receiver.
    """

    rule: Rule | None = None
    present: frozenset[str] | None = None
    announced: dict[str, float] = field(default_factory=dict)
    outbox: tuple[Message, ...] = ()
    next_number: int = 1
    sent: int = 0
    dropped: int = 0
    last_sent: float | None = None

    def to_json(self) -> bytes:
        """Format the value of the cell."""
        present = None if self.present is None else sorted(self.present)
        document = asdict(self) | {"present": present}
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, cell: bytes) -> "Memory":
        """Parse the cell; raise ValueError if it is not what `to_json` wrote."""
        try:
            raw: dict[str, Any] = json.loads(cell)
            messages = (
                {**each, "to": tuple(each["to"]), "about": tuple(each["about"])}
                for each in raw.pop("outbox")
            )
            rule, present = raw.pop("rule"), raw.pop("present")
            return cls(
                rule=None if rule is None else Rule(**rule),
                present=None if present is None else frozenset(present),
                outbox=tuple(Message(**each) for each in messages),
                **raw,
            )
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error


def entered(memory: Memory, rule: Rule, keys: Sequence[str]) -> list[str]:
    """Return those of the `keys`, which meet `rule` now, that did not the last time.

    When a rule is first followed, what meets it then is no news.
    """
    if memory.present is None or memory.rule != rule:
        return []
    return [key for key in keys if key not in memory.present]


def not_quiet(memory: Memory, keys: Sequence[str], quiet_before: float) -> list[str]:
    """Return those of the keys that were last announced before `quiet_before`, or never."""
    return [key for key in keys if memory.announced.get(key, quiet_before) <= quiet_before]


def observe(memory: Memory, rule: Rule, keys: Collection[str], quiet_before: float) -> Memory:
    """Remember which keys meet `rule` now, and forget announcements from before the quiet time."""
    announced = {key: at for key, at in memory.announced.items() if at > quiet_before}
    return replace(memory, rule=rule, present=frozenset(keys), announced=announced)


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
    """Forget what meets the rule and what waits: when turned on again, only news is announced."""
    return replace(memory, present=None, outbox=())


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
