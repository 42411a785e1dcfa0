"""How long a label of a domain name is in ASCII, by Punycode (RFC 3492), for Spark's own functions.

Java's own conversion maps and forbids characters first, which X's does not.
"""

from collections.abc import Callable

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 -- the name that Spark's own documentation uses

from trends.columns import let

MAX_LABEL = 63

# RFC 3492, section 5.
_BASE, _SKEW, _DAMP = 36, 38, 700
_T_MIN, _T_MAX = 1, 26
_INITIAL_BIAS, _INITIAL_N = 72, 128

_MAX_DIGITS = 7  # more than any number takes that comes of so few characters


def ascii_length(label: Column) -> Column:
    """The length of `label` in ASCII; where it is too long even before, its length before."""
    # A label that holds another script's full stops is one label that is encoded in parts.
    parts = F.split(label, "[\u3002\uff0e\uff61]")
    length = F.aggregate(parts, F.lit(-1), lambda total, part: total + 1 + _part_length(part))
    return F.when(F.length(label) > MAX_LABEL, F.length(label)).otherwise(length)


def _part_length(part: Column) -> Column:
    is_ascii = F.octet_length(part) == F.length(part)
    codes = F.transform(F.split(part, ""), F.ascii)  # which is the code point of any character
    encoded = let(codes, _encoded_length) + len("xn--")
    return F.when(is_ascii, F.length(part)).otherwise(encoded.cast("int"))


def _encoded_length(codes: Column) -> Column:
    """The number of the basic characters, of a delimiter after them, and of all others' digits."""

    def placed(code: Column, place: Column) -> Column:
        # Its place among the characters that are there by the time it is inserted.
        before = F.filter(F.slice(codes, 1, place), lambda other: other <= code)
        return _longs(code=code, place=F.size(before))

    others = F.filter(F.transform(codes, placed), lambda one: one["code"] >= _INITIAL_N)
    basic = F.size(F.filter(codes, lambda code: code < _INITIAL_N))
    return let(basic, lambda basic: _length_of_all(basic, F.array_sort(others)))


def _length_of_all(basic: Column, others: Column) -> Column:
    start = _longs(
        length=basic + F.signum(basic),
        bias=F.lit(_INITIAL_BIAS),
        damp=F.lit(_DAMP),
        count=basic,
        code=F.lit(_INITIAL_N),
        place=F.lit(0),
    )
    return F.aggregate(others, start, _insert, lambda state: state["length"])


def _insert(state: Column, character: Column) -> Column:
    """RFC 3492, section 6.3: one more character, in the order of their code points."""
    count = state["count"] + 1
    delta = (character["code"] - state["code"]) * count + character["place"] - state["place"]
    return let(
        delta,
        lambda delta: _longs(
            length=state["length"] + _digits(delta, state["bias"]),
            bias=_adapted(delta, count, state["damp"]),
            damp=F.lit(2),
            count=count,
            code=character["code"],
            place=character["place"] + 1,
        ),
    )


def _digits(delta: Column, bias: Column) -> Column:
    """RFC 3492, section 3.3: the digits of a number of variable length."""

    def step(state: Column, digit: Column) -> Column:
        threshold = F.least(F.lit(_T_MAX), F.greatest(F.lit(_T_MIN), digit * _BASE - bias))
        rest = _quotient(state["rest"] - threshold, _BASE - threshold)
        return F.when(
            state["rest"] >= threshold, _longs(rest=rest, digits=state["digits"] + 1)
        ).otherwise(state)

    start = _longs(rest=delta, digits=F.lit(1))
    return _repeat(start, step, lambda state: state["digits"])


def _adapted(delta: Column, count: Column, damp: Column) -> Column:
    """RFC 3492, section 6.1: the bias for the next number."""
    limit = (_BASE - _T_MIN) * _T_MAX // 2

    def step(state: Column, _: Column) -> Column:
        smaller = _quotient(state["delta"], F.lit(_BASE - _T_MIN))
        return F.when(
            state["delta"] > limit, _longs(delta=smaller, bias=state["bias"] + _BASE)
        ).otherwise(state)

    def bias(state: Column) -> Column:
        above = (_BASE - _T_MIN + 1) * state["delta"]
        return state["bias"] + _quotient(above, state["delta"] + _SKEW)

    start = let(
        _quotient(delta, damp),
        lambda damped: _longs(delta=damped + _quotient(damped, count), bias=F.lit(0)),
    )
    return _repeat(start, step, bias)


def _repeat(
    start: Column,
    step: Callable[[Column, Column], Column],
    finish: Callable[[Column], Column],
) -> Column:
    return F.aggregate(F.sequence(F.lit(1), F.lit(_MAX_DIGITS)), start, step, finish)


def _quotient(dividend: Column, divisor: Column) -> Column:
    return F.call_function("div", dividend, divisor)


def _longs(**fields: Column) -> Column:
    return F.struct(*(value.cast("long").alias(name) for name, value in fields.items()))
