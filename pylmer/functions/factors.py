"""Making factors: of numbers, strings, logicals, and of pairs of factors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from ..numerics.linalg import chunks
from .arrays import Array, has_nan
from .levels import CrossedLevels, Levels, NumberLevels, TextLevels, nearly_equal, number_labels
from .values import Factor, Logical, Matrix, RefusedError, Strings, Value, logical_levels, numeric, plural

DENSE = 4  # counting sort as long as the integers span at most this many times the rows


def as_factor(value: Value) -> Factor:
    """R's as.factor: numbers sorted, strings in R's collation, FALSE before TRUE.

    >>> list(as_factor(np.array([10.0, 9.0, 2.0])).levels)
    ['2', '9', '10']
    """
    if isinstance(value, Factor):
        return value
    if isinstance(value, Strings):
        return factor_of_strings(value)
    if isinstance(value, Logical):
        return Factor(value.codes, logical_levels())
    if isinstance(value, np.ndarray) and value.ndim == 1:
        return factor_of_integers(value) if value.dtype.kind in "iu" else factor_of_numbers(value)
    if isinstance(value, Matrix) and value.numbers.shape[1] == 1:
        return as_factor(value.numbers[:, 0])
    raise RefusedError(f"a factor cannot be made of {plural(value)}")


def factor_of_strings(strings: Strings) -> Factor:
    """Levels are the texts that occur, in R's collation."""
    from .collation import collation_order  # of texts alone

    codes, used = compress(strings.codes, len(strings.values))
    texts = [strings.values[i] for i in used.tolist()]
    order = collation_order(texts)
    rank = np.empty(len(texts) + 1, dtype=np.int64)
    rank[order] = np.arange(len(texts))
    rank[-1] = -1
    return Factor(rank[codes], TextLevels(tuple(texts[i] for i in order)))


def factor_of_integers(numbers: Array) -> Factor:
    """Counting where the numbers lie close together, hashing otherwise."""
    if numbers.size == 0:
        return Factor(numbers.astype(np.int64), NumberLevels(numbers))
    low, high = int(numbers.min()), int(numbers.max())
    if high - low > DENSE * numbers.size + 1000 or high > np.iinfo(np.int64).max:
        return factor_of_numbers(numbers)
    shifted = numbers if low == 0 else numbers.astype(np.int64, copy=False) - low
    codes, used = compress(shifted, high - low + 1)
    return Factor(codes, NumberLevels(used + low))


def factor_of_numbers(numbers: Array) -> Factor:
    """Distinct numbers sorted; those with the same 15 digits are one level, as in R."""
    codes, levels = pd.factorize(numbers, sort=True)
    levels = np.asarray(levels)
    if nearly_equal(levels):
        return _merged(codes, levels)
    return Factor(codes, NumberLevels(levels))


def _merged(codes: Array, numbers: Array) -> Factor:
    labels = number_labels(numbers)
    first = [place for place, label in enumerate(labels) if place == 0 or label != labels[place - 1]]
    rank = np.append(np.searchsorted(first, np.arange(len(labels)), side="right") - 1, -1)
    return Factor(rank[codes], NumberLevels(numbers[first]))


def compress(codes: Array, size: int) -> tuple[Array, Array]:
    """Renumber codes in 0..size-1 (-1 stays) so that every number occurs: new codes (n,), the old numbers in order."""
    occurs = np.zeros(size + 1, dtype=bool)
    for at in chunks(len(codes)):  # until all have been seen
        occurs[codes[at].astype(np.intp, copy=False)] = True  # numpy's own numbers are its fastest places
        if occurs[:size].all():
            break
    used = occurs[:size].nonzero()[0]
    if used.shape[0] == size:
        return codes, used
    rank = np.empty(size + 1, dtype=np.int64)
    rank[-1] = -1
    rank[used] = np.arange(used.shape[0])
    return rank[codes], used


def drop_unused(factor: Factor) -> Factor:
    """The factor without levels that do not occur."""
    codes, used = compress(factor.codes, len(factor.levels))
    if used.shape[0] == len(factor.levels):
        return factor
    return replace(factor, codes=codes, levels=factor.levels.take(used))


def cross(first: Factor, second: Factor) -> Factor:
    """`first:second`: the combinations that occur, the first factor's levels varying slowest."""
    codes, used = _distinct(_pairs(first, second), len(first.levels) * len(second.levels))
    return Factor(codes, CrossedLevels(first.levels, second.levels, used))


def pairs_that_occur(first: Factor, second: Factor) -> Array:
    """first * len(second.levels) + second for every combination that occurs, sorted."""
    return _distinct(_pairs(first, second), len(first.levels) * len(second.levels))[1]


def _pairs(first: Factor, second: Factor) -> Array:
    pairs = first.codes.astype(np.int64) * len(second.levels) + second.codes
    if _any_missing(first, second):
        pairs[(first.codes < 0) | (second.codes < 0)] = -1
    return pairs


def _any_missing(*factors: Factor) -> bool:
    return any(bool(factor.codes.size) and factor.codes.min() < 0 for factor in factors)


def _distinct(pairs: Array, size: int) -> tuple[Array, Array]:
    if size <= DENSE * pairs.size + 1000:
        return compress(pairs, size)
    codes, used = pd.factorize(np.where(pairs < 0, -1, pairs), sort=True)
    if used.size and used[0] < 0:
        return codes - 1, np.asarray(used[1:])
    return codes, np.asarray(used)


def recode(factor: Factor, levels: Levels) -> tuple[Factor, list[str]]:
    """The same labels on other levels; labels without a place become NA and are returned."""
    if factor.levels is levels:
        return factor, []
    place = match_levels(factor.levels, levels)
    codes = np.append(place, -1)[factor.codes]
    lost = np.flatnonzero(place < 0)
    occurring = lost[np.isin(lost, factor.codes)] if lost.size else lost
    return replace(factor, codes=codes, levels=levels), factor.levels.take(occurring).labels()


def match_levels(levels: Levels, among: Levels) -> Array:
    """Position in `among` of every level, -1 where there is none.

    Numbers are compared as numbers, so that 100000 of an integer column finds 1e5; what is left, by its label.
    """
    if not (isinstance(levels, NumberLevels) and isinstance(among, NumberLevels)):
        return _match_labels(levels, among)
    if "M" in (levels.numbers.dtype.kind, among.numbers.dtype.kind):
        return _match_labels(levels, among)
    place = _match_numbers(numeric(levels.numbers), numeric(among.numbers))
    lost = np.flatnonzero(place < 0)
    if lost.size:
        place[lost] = _match_labels(levels.take(lost), among)
    return place


def _match_labels(levels: Levels, among: Levels) -> Array:
    places = among.places
    return np.array([places.get(label, -1) for label in levels.labels()], dtype=np.int64)


def _match_numbers(numbers: Array, among: Array) -> Array:
    """The numbers of `among` are distinct, in whatever order: relevel() and reorder() change it."""
    if not among.size:
        return np.full(numbers.shape[0], -1)
    order = np.argsort(among, kind="stable")
    place = order[np.minimum(np.searchsorted(among, numbers, sorter=order), among.shape[0] - 1)]
    return np.where(among[place] == numbers, place, -1)


def as_strings(value: Value) -> Strings:
    """R's as.character."""
    if isinstance(value, Strings):
        return value
    if isinstance(value, np.ndarray) and value.size == 1 and not has_nan(value):
        return Strings(np.zeros(1, dtype=np.int64), tuple(number_labels(value)))
    factor = as_factor(value)
    return Strings(factor.codes, tuple(factor.levels.labels()))
