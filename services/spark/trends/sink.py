"""Applies batches to HBase exactly once, and publishes the boards.

docs/adr/0001-exact-counts.md describes the protocol.
"""

import logging
import math
import threading
import time

from trends import metrics
from trends.counting.batch import Batch
from trends.counting.documents import documents
from trends.counting.duplicates import RecentPosts
from trends.counting.hidden import HiddenTags
from trends.counting.leaderboard import Leaderboard
from trends.counting.post_totals import PostTotals
from trends.counting.progress import Done, Intent, ProgressError
from trends.counting.tally import Tally, tally
from trends.hbase.boards_table import BoardsTable
from trends.hbase.hashtags_table import HashtagsTable, Written
from trends.hbase.progress_row import ProgressRow
from trends.hbase.totals_table import TotalsTable
from trends.kafka.quarantine import Quarantine

log = logging.getLogger(__name__)

# How often it is read, at most, which tags are hidden.
HIDDEN_SECONDS = 3


class Sink:
    """The writer of the counts, in the one driver that is counting.

    `apply` runs in the applier's thread and `refresh` in the main thread; a lock serialises them.
    Tags in `hidden` (keys), and those that HBase has as hidden, are counted, but are on no board.
    Tags used by fewer than `min_authors` people are only on the board of all time, and
    `rising_people` are needed to rise.
    """

    def __init__(
        self,
        hashtags: HashtagsTable,
        boards: BoardsTable,
        progress: ProgressRow,
        totals: TotalsTable,
        quarantine: Quarantine,
        *,
        hidden: frozenset[str] = frozenset(),
        min_authors: int = 0,
        rising_people: int = 3,
    ) -> None:
        self._hashtags = hashtags
        self._boards = boards
        self._progress = progress
        self._totals = totals
        self._quarantine = quarantine
        self._hidden = self._always_hidden = HiddenTags(hidden)
        self._hidden_read = -math.inf
        self._min_authors = min_authors
        self._rising_people = rising_people
        self._lock = threading.Lock()
        self._leaderboard: Leaderboard | None = None
        self._post_totals: PostTotals | None = None
        self._recent = RecentPosts(0)
        self._version = 0
        self._done = Done()
        self._intent: Intent | None = None

    @property
    def done(self) -> Done:
        """The progress: the batch applied last, and the totals after it."""
        return self._done

    def load(self) -> None:
        """Load all tags from HBase, unless they are loaded already."""
        with self._lock:
            if self._leaderboard is None:
                self._leaderboard = self._read_leaderboard()

    def resume(self, done: Done, intent: Intent | None, recent: RecentPosts) -> None:
        """Continue after `done`, given the last intent and the ids of posts before `done`."""
        self._done, self._intent, self._recent = done, intent, recent

    def move(self, done: Done) -> None:
        """Continue after `done`, and drop everything read from HBase so far."""
        self._done = done
        self._leaderboard = self._post_totals = None
        self._hashtags.forget()

    def apply(self, batch: Batch) -> None:
        """Count a batch that begins where the last one ended.

        Raises:
            ProgressError: records of the batch are counted already, another driver has taken
                over, or HBase has lost acknowledged writes.
        """
        with self._lock:
            self._check_start(batch)
            # The fence is greater than every earlier one, even if the clock was set back.
            fence = max(_now(), (self._intent.fence if self._intent else 0) + 1)
            end = {**self._done.end, **batch.end}
            start = {p: self._done.end.get(p, batch.start.get(p, 0)) for p in end}
            intent = Intent(fence, start, end)
            self._progress.announce(intent, self._done)
            self._intent = intent
            self._count(batch, intent)

    def finish(self, batch: Batch, intent: Intent) -> None:
        """Count a batch that was announced, and perhaps half applied, before the driver died."""
        with self._lock:
            self._leaderboard = self._post_totals = None  # they may include parts of this batch
            self._count(batch, intent)

    def refresh(self) -> None:
        """Publish the boards again: windows move on even when no posts arrive.

        Does nothing while a batch is being applied, which publishes them anyway.
        """
        if self._lock.acquire(blocking=False):
            try:
                if self._done.has(self._intent):
                    self._publish(self._done)
                # Otherwise the rows may have half a batch, which no board may show.
            finally:
                self._lock.release()

    def _check_start(self, batch: Batch) -> None:
        """Reject records that are counted already."""
        for partition, start in batch.start.items():
            if start < (counted := self._done.end.get(partition, 0)):
                raise ProgressError(
                    f"partition {partition} was counted to offset {counted}, but the query came "
                    f"with {start}: restarting"
                )

    def _count(self, batch: Batch, intent: Intent) -> None:
        watch = metrics.Stopwatch()
        duplicates = self._recent.add(batch.posts)
        self._recent.advance(batch.newest)
        added = tally(batch.posts, duplicates, self._done.demo)
        watch.lap("tally")
        self._quarantine.send(batch.quarantined)
        if self._done.demo and not added.demo:
            if self._done.read:
                log.info("first real posts: the counts of the demo data are cleared")
            self._hashtags.clear(intent.fence)
            self._leaderboard = self._empty_leaderboard()
        writing = self._hashtags.start_writing(added, intent.fence)
        self._totals.add(added.posts, self._totals_at(intent.fence), intent.fence)
        written = writing.wait()  # only now is every count durable
        watch.lap("write")
        self._rank(added, written)
        watch.lap("rank")
        done = self._done.after(intent, batch, added)
        self._publish(done)
        self._progress.record(done)
        watch.lap("publish")
        metrics.applied(done, batch, watch.seconds())
        self._done = done

    def _rank(self, added: Tally, written: Written) -> None:
        if self._leaderboard is None:
            self._leaderboard = self._read_leaderboard()
        else:
            self._leaderboard.add(added.uses, written.counts, written.lasts)

    def _read_leaderboard(self) -> Leaderboard:
        began = time.monotonic()
        leaderboard = self._empty_leaderboard()
        leaderboard.load(self._hashtags.read_all(_now() // 60_000))
        log.info("read all tags from HBase in %.1f s", time.monotonic() - began)
        return leaderboard

    def _totals_at(self, time: int) -> PostTotals:
        """The totals of all posts at a time (ms since 1970); read from HBase if not known yet."""
        minute = time // 60_000
        if self._post_totals is None:
            self._post_totals = self._totals.read(minute, self._done, self._intent)
        self._post_totals.advance(minute)
        return self._post_totals

    def _empty_leaderboard(self) -> Leaderboard:
        return Leaderboard(_now() // 60_000, self._hidden, self._min_authors, self._rising_people)

    def _publish(self, done: Done) -> None:
        if self._leaderboard is None:
            self._leaderboard = self._read_leaderboard()
        self._version = max(_now(), self._version + 1)
        self._read_hidden()
        self._leaderboard.hide(self._hidden)
        rankings = self._leaderboard.rankings(self._version)
        totals = self._totals_at(self._version)
        spellings = self._hashtags.spellings(rankings.keys())
        boards = documents(rankings, spellings, done, totals, self._version)
        self._boards.write(boards, self._progress.next_timestamp())

    def _read_hidden(self) -> None:
        now = time.monotonic()
        if now - self._hidden_read < HIDDEN_SECONDS:
            return
        self._hidden_read = now
        try:
            self._hidden = self._always_hidden | self._boards.read_hidden()
        except ValueError as error:
            log.warning("HBase's list of hidden hashtags cannot be used: %s", error)


def _now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000
