"""The driver as it is, but a post that comes twice counts twice."""

import numpy as np

from trends.counting.arrays import Bools
from trends.counting.batch import Ids
from trends.counting.duplicates import RecentIds


def add(self: RecentIds, posts: Ids) -> Bools:
    return np.zeros(len(posts.hi), bool)


RecentIds.add = add  # type: ignore[method-assign]
