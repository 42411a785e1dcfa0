"""How surprising it is that so many people use a tag.

A tag's rate, its uses for each use of another tag, is not known, only what it was before. By Bayes'
rule, a rate with the prior Gamma(a, b), which then had n uses while others had m, is distributed as
Gamma(a + n, b + m). How many people use the tag now is then negative binomial: a Poisson number
whose rate is uncertain (Gelman et al., Bayesian Data Analysis, section 2.6).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import betainc

from trends.counting.arrays import Bools, Integers, Ints

Numbers = npt.NDArray[np.float64]

# The prior of a rate. The smaller the shape, the more the rates of tags differ; the mean is that of
# an average tag.
_PRIOR_SHAPE = 0.2
# Even a rate with a long history is uncertain: its standard deviation is at least a sixth of it.
_MOST_SHAPE = 36.0
_LEAST_PROBABILITY = 1e-300


class Rate(NamedTuple):
    """A tag's uses for each use of another tag, distributed as Gamma(shape, shape / mean)."""

    shape: Numbers
    mean: Numbers

    def of(self, tags: Bools) -> "Rate":
        """The rates of some of the tags."""
        return Rate(self.shape[tags], self.mean[tags])


def usual_rate(uses: Ints | Integers | Numbers, others: Numbers | float, tags: int) -> Rate:
    """The rate of a tag that was used so often, and others so often, while `tags` are in use."""
    shape: Numbers = _PRIOR_SHAPE + uses.astype(np.float64)
    return Rate(shape, shape / (others + _PRIOR_SHAPE * tags))


def seasonal_mean(usual: Rate, posts: Numbers, weight: Numbers) -> Numbers:
    """The mean rate at the same time of earlier days or weeks, given each tag's posts and others'.

    The usual rate is its prior, as if seen during `weight` more uses of other tags.
    """
    uses, others = posts
    mean: Numbers = (uses + usual.mean * weight) / (others + weight)
    return mean


def surprise(people: Integers, rate: Rate, others: Numbers | float) -> Numbers:
    """−ln P(at least so many people use the tag while others are used so often)."""
    shape = np.minimum(rate.shape, _MOST_SHAPE)
    # `betainc` does not define the probability of at least 0 people, which is 1.
    tail = betainc(np.maximum(people, 1), shape, others / (others + shape / rate.mean))
    return np.where(people > 0, -np.log(np.maximum(tail, _LEAST_PROBABILITY)), 0.0)
