"""How long a label of a domain name is in ASCII, by Punycode (RFC 3492), for Spark's own functions.

Java's own conversion maps and forbids characters first, which X's does not. Each batch is planned
anew, expression by expression: hence tables, made here, where the RFC has loops.
"""

from collections.abc import Iterable, Iterator

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 -- the name that Spark's own documentation uses

from trends.extract.columns import let

MAX_LABEL = 63

# RFC 3492, section 5.
_BASE, _SKEW, _DAMP = 36, 38, 700
_T_MIN, _T_MAX = 1, 26
_INITIAL_BIAS, _INITIAL_N = 72, 128

_MAX_DIGITS = 8  # no label that is short enough has a delta of more

# A label that holds another script's full stops is one label that is encoded in parts.
_STOPS = "\u3002\uff0e\uff61"
_PART_IN_OTHERS = rf"[^{_STOPS}]*[^{_STOPS}\x00-\x7F][^{_STOPS}]*"


def _bias(damped: int) -> int:
    """RFC 3492, section 6.1: the bias that a delta leads to, once it is damped."""
    bias = 0
    while damped > (_BASE - _T_MIN) * _T_MAX // 2:
        damped //= _BASE - _T_MIN
        bias += _BASE
    return bias + (_BASE - _T_MIN + 1) * damped // (damped + _SKEW)


def _first_of_each_bias() -> dict[int, int]:
    """The smallest damped delta that leads to each bias, in ascending order."""
    first: dict[int, int] = {}
    scales = [(_BASE - _T_MIN) ** power for power in range(6)]
    for damped in sorted({number * scale for number in range(457) for scale in scales}):
        first.setdefault(_bias(damped), damped)
    return first


def _limits(bias: int) -> Iterator[int]:
    """RFC 3492, section 3.3: the deltas from which on there are 2, 3, ... digits."""
    limit, weight = 0, 1
    for k in range(1, _MAX_DIGITS):
        threshold = min(max(_BASE * k - bias, _T_MIN), _T_MAX)
        limit += threshold * weight
        weight *= _BASE - threshold
        yield limit


def _table(numbers: Iterable[int]) -> Column:
    # One constant, which an array of constants is not until it is optimized.
    return F.split(F.lit(" ".join(map(str, numbers))), " ").cast("array<bigint>")


_FIRST = _first_of_each_bias()
_LIMITS = [limit for bias in (_INITIAL_BIAS, *_FIRST) for limit in _limits(bias)]


def is_too_long(label: Column) -> Column:
    """Whether `label` is too long in ASCII for a domain name."""
    is_other = F.octet_length(label) > F.length(label)
    # `|` and `&` go no further than they must: the length takes a while.
    return (F.length(label) > MAX_LABEL) | (is_other & (ascii_length(label) > MAX_LABEL))


def ascii_length(label: Column) -> Column:
    """The length in ASCII of a label that is not too long before."""
    parts = F.regexp_extract_all(label, F.lit(_PART_IN_OTHERS), F.lit(0))
    return F.aggregate(parts, F.length(label), lambda length, part: length + _growth(part))


def _growth(part: Column) -> Column:
    codes = F.transform(F.split(part, ""), F.ascii)  # which is the code point of any character
    return let(codes, lambda codes: let(_others(codes), lambda others: _encoded(codes, others)))


def _others(codes: Column) -> Column:
    """In the order that they are inserted in: what all start from, and each that is not basic."""

    def placed(code: Column, i: Column) -> Column:
        # Its place, from 1, among the characters that are there once it is inserted.
        before = F.filter(F.slice(codes, 1, i + 1), lambda other: other <= code)
        return F.struct(code.alias("code"), F.size(before).alias("place"))

    others = F.filter(F.transform(codes, placed), lambda one: one["code"] >= _INITIAL_N)
    start = F.struct(F.lit(_INITIAL_N).alias("code"), F.lit(0).alias("place"))
    return F.sort_array(F.concat(F.array(start), others))


def _encoded(codes: Column, others: Column) -> Column:
    """RFC 3492, section 6.3: how many characters more than before."""
    basic = F.size(codes) + 1 - F.size(others)

    def delta(one: Column, i: Column) -> Column:
        last = others[i]
        return (one["code"] - last["code"]) * (basic + i + 1) + one["place"] - last["place"] - 1

    def more_digits(deltas: Column) -> Column:
        return F.transform(deltas, lambda delta, i: _more_digits(delta, deltas, i, basic + i))

    deltas = F.transform(F.slice(others, 2, F.size(codes)), delta)
    # A delimiter follows the basic characters, if there are any.
    return len("xn--") + F.least(basic, F.lit(1)) + F.size(F.flatten(let(deltas, more_digits)))


def _more_digits(delta: Column, deltas: Column, i: Column, count: Column) -> Column:
    """As many elements as `delta` has digits after the first one."""
    damp = F.greatest(F.lit(2), (2 - i) * _DAMP)  # the very first delta is damped by more
    damped = F.call_function("div", F.get(deltas, i - 1), damp)

    def row(damped: Column) -> Column:
        # Without a last delta there is none below it, which is the initial bias's row.
        smaller = damped + F.call_function("div", damped, count)
        return F.size(F.filter(_table(_FIRST.values()), lambda first: first <= smaller))

    columns = _MAX_DIGITS - 1
    limits = F.slice(_table(_LIMITS), let(damped, row) * columns + 1, columns)
    return F.filter(limits, lambda limit: limit <= delta)
