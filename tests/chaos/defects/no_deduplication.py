"""The driver as it is, but a post that comes twice counts twice."""

import numpy as np

from trends.counting.arrays import Bools
from trends.counting.batch import Posts
from trends.counting.duplicates import RecentIds


def find_duplicates(self: RecentIds, posts: Posts) -> Bools:
    return np.zeros(len(posts.hi), bool)


RecentIds.find_duplicates = find_duplicates  # type: ignore[method-assign]
