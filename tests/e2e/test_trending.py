"""A fortnight is replayed at full speed: its boards are those that trends.evaluate shows."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.orders import shuffled, start
from support.stack import START_SECONDS, Json, Stack, run
from support.waiting import eventually

DAYS, POSTS_A_DAY, PEOPLE = 14, 400, 150
# People and hours of events, and how many hours ago they ended.
EVENTS = {"news": (12, 3, 0), "slow": (20, 24, 0), "quick": (6, 1, 1), "over": (15, 4, 48)}


def fortnight(seed: int) -> list[Json]:
    """A small timeline as lines of an archive, which ends a minute ago."""
    rng = random.Random(seed)
    end = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1)
    posts = []

    def post(hours_ago: float, tag: str, author: object) -> None:
        created = end - timedelta(minutes=int(60 * hours_ago))
        posts.append({"at": created, "tag": tag, "author": f"user{author}"})

    for _ in range(DAYS * POSTS_A_DAY):
        if rng.random() < 0.3:
            tag = f"t{int(rng.random() ** 4 * 500)}"
            post(rng.random() * 24 * DAYS, tag, rng.randrange(PEOPLE))
    for number in range(90):
        post(number / 60, "spam", "the_spammer")
    for day in range(DAYS):
        for author in range(6):
            post(24 * day + rng.random(), "daily", author)
    for tag, (people, hours, ended) in EVENTS.items():
        for number in range(people):
            post(ended + hours * number / people, tag, f"_{tag}_{number}")
    return sorted(posts, key=lambda post: post["at"])


def test_a_fortnight_has_the_boards_of_the_evaluator(no_stack: Stack, tmp_path: Path) -> None:
    stack, path = no_stack, tmp_path / "fortnight.jsonl"
    posts = fortnight(seed=5)
    lines = [
        {
            "id": str(10**18 + number),
            "created_at": post["at"].isoformat(),
            "text": f"something about #{post['tag']}",
            "author_id": post["author"],
            "edit_history_tweet_ids": [str(10**18 + number)],
        }
        for number, post in enumerate(posts)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    path.chmod(0o644)
    path.parent.chmod(0o755)
    stream = "".join(
        json.dumps({"at": post["at"].isoformat(), "key": post["tag"], "author": post["author"]})
        + "\n"
        for post in posts
    )
    stack.configure({"SOURCE": "replay", "REPLAY_FILE": str(path)})
    start(stack, shuffled(stack, "a fortnight"))
    eventually(lambda: stack.board()["tweets_read"] >= len(posts), within=START_SECONDS)
    stack.later_board()

    rising, now = stack.board("rising"), stack.board("now")
    right = evaluated(stream, rising)
    assert rising["known_hours"] == right["known_hours"]
    assert _shown(rising["hashtags"]) == _shown(right["rising"])
    if now["as_of"] != rising["as_of"]:
        right = evaluated(stream, now)
    assert now["window"] == right["now"]["window"]
    assert _shown(now["hashtags"]) == _shown(right["now"]["hashtags"])

    keys = [entry["key"] for entry in rising["hashtags"]]
    assert {"news", "slow", "quick"} <= set(keys)
    assert not {"spam", "daily", "over"} & set(keys)

    # A restart changes nothing: the baseline comes from HBase.
    stack.kill9("trends")
    again = stack.later_board()
    assert again["tweets_read"] == len(posts)
    rising = stack.board("rising")
    right = evaluated(stream, rising)
    assert _shown(rising["hashtags"]) == _shown(right["rising"])


def evaluated(stream: str, board: Json) -> Json:
    """Return both boards of the stream at the time of a board, as `make evaluate` shows them."""
    command = ["docker", "run", "--rm", "--interactive", "--network", "none", "tweet-trends/spark"]
    options = ["evaluate", "-", "--at", board["as_of"], "--top", "100"]
    return json.loads(run([*command, *options], text=stream))  # type: ignore[no-any-return]


def _shown(entries: list[Json]) -> list[Json]:
    return [
        {name: value for name, value in entry.items() if name not in ("tag", "url")}
        for entry in entries
    ]
