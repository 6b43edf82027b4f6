"""Sample quantiles of all nine types, and ranks with all ways to treat ties."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import pandas as pd

from .arrays import Array, nan_mask
from .collation import collation_key
from .table import r_function
from .values import Factor, Logical, RefusedError, Strings, Value, text, vector

# Hyndman & Fan (1996), Sample quantiles in statistical packages, The American Statistician 50: type -> (a, b) of the
# place n p + a + p (1 - a - b)
_PLACES = {
    1: (0.0, 1.0), 2: (0.0, 1.0), 3: (-0.5, 1.5),
    4: (0.0, 1.0), 5: (0.5, 0.5), 6: (0.0, 0.0), 7: (1.0, 1.0), 8: (1 / 3, 1 / 3), 9: (3 / 8, 3 / 8),
}  # fmt: skip
_FUZZ = 4 * np.finfo(float).eps  # a product n p that should be whole is taken to be


def quantiles(numbers: Array, shares: Array, kind: int) -> Array:
    """Quantiles of `numbers` (n,) at `shares`, NaN at a share that is missing.

    Raises RefusedError for shares outside 0..1 and for an unknown type.
    """
    if kind not in _PLACES:
        raise RefusedError(f"quantiles have the types 1 to 9, not {kind}")
    known = ~np.isnan(shares)
    if np.any((shares[known] < -_FUZZ) | (shares[known] > 1 + _FUZZ)):
        raise RefusedError("probs must lie between 0 and 1")
    found = np.full(shares.shape[0], np.nan)
    if numbers.size:
        found[known] = _at(np.sort(numbers), np.clip(shares[known], 0, 1), kind)
    return found


def _at(ordered: Array, shares: Array, kind: int) -> Array:
    n, (a, b) = ordered.shape[0], _PLACES[kind]
    place = n * shares + a + shares * (1 - a - b) if kind != 7 else (n - 1) * shares + 1
    below = np.floor(place + _FUZZ)
    rest = place - below
    weight = _weight(np.where(np.abs(rest) < _FUZZ, 0.0, rest), below, kind)
    first, second = (ordered[np.clip(below + step, 0, n - 1).astype(np.int64)] for step in (-1, 0))
    mixed = (1 - weight) * first + weight * second
    upper = np.where((weight == 1) | (first == second), second, mixed)
    return np.asarray(np.where(weight == 0, first, upper))


def _weight(rest: Array, below: Array, kind: int) -> Array:
    """Weight of the upper of two neighbours."""
    if kind == 1:
        return np.asarray((rest > 0).astype(float))
    if kind == 2:
        return np.where(rest > 0, 1.0, 0.5)
    if kind == 3:
        return np.where((rest == 0) & (below % 2 == 0), 0.0, 1.0)
    return np.asarray(rest)


@r_function("rank")
def rank(x: Value, na_last: Value = None, ties_method: Value = None) -> Array:
    """Ranks; ties share their mean, or by `ties.method`; the missing come last, or by `na.last`."""
    numbers = _ordered(x)
    ties = "average" if ties_method is None else text(ties_method, "ties.method")
    if ties not in _TIES:
        raise RefusedError(f"ties.method is one of {', '.join(_TIES)}, not {ties!r}")
    absent = nan_mask(numbers)
    if absent is None:
        return _TIES[ties](numbers)
    return _with_missing(_TIES[ties](numbers[~absent]), absent, _place_of_missing(na_last))


def _ranks(numbers: Array, ties: Literal["average", "first", "max", "min"]) -> Array:
    """pandas' ranks: importing scipy.stats takes a quarter of a second."""
    return np.asarray(pd.Series(numbers).rank(method=ties))


_TIES: dict[str, Callable[[Array], Array]] = {
    "average": lambda numbers: _ranks(numbers, "average"),
    "first": lambda numbers: _ranks(numbers, "first"),
    "last": lambda numbers: _ranks(numbers[::-1], "first")[::-1],
    "max": lambda numbers: _ranks(numbers, "max"),
    "min": lambda numbers: _ranks(numbers, "min"),
}


def _ordered(x: Value) -> Array:
    """Numbers in the order of the values: texts by collation, factors by their levels."""
    if isinstance(x, Strings):
        places = {word: place for place, word in enumerate(sorted(x.values, key=collation_key))}
        return np.array([*(float(places[word]) for word in x.values), np.nan])[x.codes]
    if isinstance(x, Factor):
        return np.where(x.codes < 0, np.nan, x.codes.astype(float))
    return vector(x, "rank()").astype(float)


def _place_of_missing(na_last: Value) -> str:
    """last, first, keep or drop."""
    if na_last is None:
        return "last"
    if isinstance(na_last, Logical) and na_last.codes.shape[0] == 1:
        return {1: "last", 0: "first", -1: "drop"}[int(na_last.codes[0])]
    if text(na_last, "na.last") != "keep":
        raise RefusedError("na.last is TRUE, FALSE, NA or 'keep'")
    return "keep"


def _with_missing(ranks: Array, absent: Array, place: str) -> Array:
    """The missing are ranked in the order in which they stand."""
    if place == "drop":
        return ranks
    m = int(absent.sum())
    out = np.full(absent.shape[0], np.nan)
    out[~absent] = ranks + (m if place == "first" else 0)
    if place != "keep":
        out[absent] = np.arange(1, m + 1) + (ranks.shape[0] if place == "last" else 0)
    return out
