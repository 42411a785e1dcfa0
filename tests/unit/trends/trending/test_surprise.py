"""The probability behind a rise, against scipy's negative binomial distribution and its limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import nbinom, poisson

from trends.trending.surprise import Rate, surprise, usual_rate

RATES = st.floats(1e-6, 10)
SHAPES = st.floats(0.05, 36)


def of(people: int, shape: float, mean: float, others: float) -> float:
    rate = Rate(np.array([shape]), np.array([mean]))
    return float(surprise(np.array([people]), rate, np.array([others]))[0])


@given(st.integers(1, 300), SHAPES, RATES, st.floats(1, 1e5))
def test_it_is_a_negative_binomial_tail(
    people: int, shape: float, mean: float, others: float
) -> None:
    scale = shape / mean
    tail = nbinom.sf(people - 1, shape, scale / (scale + others))
    assert of(people, shape, mean, others) == pytest.approx(-np.log(max(tail, 1e-300)), abs=1e-6)


def test_nobody_is_no_surprise() -> None:
    assert of(0, 1, 1, 1) == 0


def test_a_well_known_rate_is_nearly_poisson_but_never_certain() -> None:
    known = of(30, 1e6, 0.01, 1000)
    assert of(30, 36, 0.01, 1000) == known
    assert known < -np.log(poisson.sf(29, 10))


@given(st.integers(2, 50), SHAPES, RATES, st.floats(1, 1e4))
def test_more_people_are_more_surprising_and_more_usual_ones_less(
    people: int, shape: float, mean: float, others: float
) -> None:
    here = of(people, shape, mean, others)
    assert of(people + 1, shape, mean, others) >= here
    assert of(people, shape, mean * 2, others) <= here
    assert of(people, shape, mean, others * 2) <= here


def test_a_new_tag_is_taken_for_an_average_one() -> None:
    rate = usual_rate(np.array([0]), 0.0, 50)
    assert rate.mean.tolist() == pytest.approx([1 / 50])
    rate = usual_rate(np.array([30]), 970.0, 50)
    assert rate.mean.tolist() == pytest.approx([30.2 / 980])
    assert rate.shape.tolist() == pytest.approx([30.2])
