"""The home timeline on Mastodon, read page by page.

GET /api/v1/timelines/home answers the newest first; `min_id` and `max_id` are exclusive, pages may
be shorter than asked. https://docs.joinmastodon.org/methods/timelines/#home
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ingest import message
from ingest.fields import Context, InvalidError, Message, iso_time_field
from ingest.settings import Common
from ingest.sources.base import TIMEOUT_SECONDS, Batch, Cursor, Standing
from ingest.sources.http.session import LimitedSession
from ingest.sources.mastodon.client import MastodonApi
from ingest.sources.mastodon.paging import Descending, GoingBack, Seen, age, stage_of
from ingest.sources.mastodon.parse import excerpt, is_public, status_id
from ingest.sources.mastodon.settings import MastodonAccount

# More than the 800 posts that a server keeps of a timeline: one that has more may be in a loop.
PAGES_IN_A_ROW = 25


@dataclass
class _Haul:
    """What statuses became: messages, entries for the quarantine, and those left alone."""

    messages: list[Message] = field(default_factory=list)
    rejected: list[dict[str, str]] = field(default_factory=list)
    withheld: int = 0


class MastodonSource:
    """Polls every `poll_seconds`, and again at once after a page with new posts.

    The first polls of all go back `first_posts`.
    """

    name = "mastodon"

    def __init__(
        self,
        account: MastodonAccount,
        salt: bytes,
        *,
        poll_seconds: float = 60,
        first_posts: int = 200,
        timeout: float = TIMEOUT_SECONDS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        # Not the token's hash as well: with a new one all would be read again, and counted twice.
        # Ids are the server's, whoever reads them, so another account of it can go on from here.
        self.key = "mastodon:" + message.account_hash(account.url)
        self.standing = Standing()
        self._api = MastodonApi(account, LimitedSession(timeout), self.standing, now)
        self._context = Context(self.name, salt)
        self._poll_seconds, self._first_posts, self._now = poll_seconds, first_posts, now
        self._pages_in_a_row = 0
        self._is_repeated = False
        self._nameless: list[dict[str, str]] = []

    def fetch(self, cursor: Cursor | None) -> Batch:
        """Get one page or raise SourceError."""
        stage = stage_of(cursor, self._first_posts)
        page = self._api.home_timeline(**stage.query(afresh=self._pages_in_a_row == 0))
        named = {name: status for status in page if (name := status_id(status))}
        step = stage.take([Seen(name, self._time(status)) for name, status in named.items()])
        # The way back ends with a page without news, but not with one that is merely sent twice.
        is_known = isinstance(stage, GoingBack) and bool(named) and not step.new
        self._is_repeated = is_known and not self._is_repeated
        if self._is_repeated:
            return Batch([], stage.cursor(), 0)
        if step.is_lost:
            self.standing.gaps += 1
        haul = self._haul(named[name] for name in sorted(step.new, key=age))
        is_on_its_way = bool(step.new) or Descending in map(type, (stage, step.stage))
        return Batch(
            haul.messages,
            step.stage.cursor(),
            self._wait(is_on_its_way),
            haul.rejected + self._new_nameless(page),
            haul.withheld,
        )

    def _time(self, status: object) -> str:
        """The time of a status as a message has it, empty if it has none."""
        try:
            return iso_time_field(status, self._now()) if isinstance(status, dict) else ""
        except InvalidError:
            return ""

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def _wait(self, found: bool) -> float:
        self._pages_in_a_row = (self._pages_in_a_row + 1) % PAGES_IN_A_ROW if found else 0
        return 0 if self._pages_in_a_row else self._poll_seconds

    def _haul(self, statuses: Iterable[object]) -> _Haul:
        haul, now = _Haul(), self._now()
        for status in statuses:
            try:
                public = is_public(status)
            except InvalidError as invalid:
                # Without its content: it may be private.
                haul.rejected.append(message.quarantine(str(invalid), self.name, ""))
                continue
            if public:
                self._take(status, now, haul)
            else:
                haul.withheld += 1
        return haul

    def _take(self, status: object, now: datetime, haul: _Haul) -> None:
        """Make a message of a public status."""
        outcome = message.from_mastodon(status, self._context, now)
        if isinstance(outcome, message.Rejection):
            entry = message.quarantine(outcome.reason, self.name, excerpt(status))
            haul.rejected.append(entry)
        else:
            haul.messages.append(outcome)

    def _new_nameless(self, page: list[object]) -> list[dict[str, str]]:
        """Set aside what has no id and so comes again with every page: once is enough."""
        entries = self._haul(each for each in page if not status_id(each)).rejected
        known, self._nameless = self._nameless, entries or self._nameless
        return [entry for entry in entries if entry not in known]


def make(account: MastodonAccount, common: Common) -> MastodonSource:
    """Make the source of an account."""
    return MastodonSource(
        account,
        common.salt(account.access_token),
        poll_seconds=common.poll_seconds,
        first_posts=common.first_posts,
    )
