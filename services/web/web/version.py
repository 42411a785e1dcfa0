"""The version of the product, which its image was built as."""

import os
from collections.abc import Mapping


def running_version(env: Mapping[str, str] = os.environ) -> str:
    """Return the version, such as 0.1.0, that the Dockerfile puts into the environment.

    Outside an image there is none.
    """
    return env.get("TWEET_TRENDS_VERSION") or "development"
