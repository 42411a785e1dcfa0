"""Types and helpers for columns: one-dimensional numpy arrays."""

import numpy as np

Ints = np.ndarray[tuple[int], np.dtype[np.int64]]
Integers = np.ndarray[tuple[int], np.dtype[np.int32]]
Unsigned = np.ndarray[tuple[int], np.dtype[np.uint64]]
Bools = np.ndarray[tuple[int], np.dtype[np.bool_]]


def first_of_runs(values: np.ndarray[tuple[int], np.dtype[np.generic]]) -> Bools:
    """Whether each value starts a run: it differs from the one before it, or is the first."""
    is_first = np.ones(len(values), np.bool_)
    is_first[1:] = values[1:] != values[:-1]
    return is_first


def run_ends(starts: Ints, length: int) -> Ints:
    """The end (exclusive) of each run, given where runs start and how many values there are."""
    return np.append(starts[1:], length)[: len(starts)]


def distinct(numbers: Integers) -> Integers:
    """The distinct numbers in order; many times faster than `np.unique`."""
    numbers = np.sort(numbers)
    return numbers[first_of_runs(numbers)]
