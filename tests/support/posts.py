"""Builds posts in columns, as the driver gets them, from a few values."""

from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np

from trends.counting.batch import Posts


@dataclass(frozen=True)
class Record:
    """A record of the topic; `tags` maps keys to spellings, times are milliseconds."""

    id: str
    appended: int = 0
    partition: int = 0
    tags: dict[str, str] = field(default_factory=lambda: {"a": "a"})
    created: int = 0
    author: int | None = None
    source: str = "x"


def posts_of(records: list[Record]) -> Posts:
    """Turn records into columns, in the same order."""
    digests = b"".join(blake2b(each.id.encode(), digest_size=16).digest() for each in records)
    halves = np.frombuffer(digests, np.uint64)
    codes: dict[str, int] = {}
    keys: list[str] = []
    use = []
    for record in records:
        for key, spelling in record.tags.items():
            use.append(codes.setdefault(spelling, len(codes)))
            if use[-1] == len(keys):
                keys.append(key)
    sources = sorted({record.source for record in records})
    return Posts(
        hi=halves[0::2].copy(),
        lo=halves[1::2].copy(),
        partition=np.array([each.partition for each in records], np.int32),
        appended=np.array([each.appended for each in records], np.int64),
        created=np.array([each.created for each in records], np.int64),
        author=np.array([each.author or 0 for each in records], np.uint64),
        has_author=np.array([each.author is not None for each in records], np.bool_),
        source=np.array([sources.index(each.source) for each in records], np.int32),
        tags_each=np.array([len(each.tags) for each in records], np.int32),
        use=np.array(use, np.int32),
        keys=keys,
        spellings=list(codes),
        sources=sources,
    )
