"""factor, ordered, relevel, droplevels, interaction, dummy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..language import format_number
from .arrays import Array, has_nan
from .factors import as_factor, as_strings, drop_unused, match_levels, recode
from .grouping import level_summaries
from .levels import Levels, NumberLevels, TextLevels
from .matching import Promise
from .reading import reading
from .table import TABLE, r_function
from .values import (
    Factor,
    Logical,
    Matrix,
    RefusedError,
    Strings,
    Value,
    flag,
    missing,
    scalar,
    strings_of,
    text,
    texts_of,
    vector,
)

State = dict[str, Any]


def kept_levels(factor: Factor, state: State, what: str) -> Factor:
    """The levels of the fit for new data; a label that was not there then is refused."""
    levels = state.setdefault("levels", factor.levels)
    recoded, lost = recode(factor, levels)
    if lost:
        raise RefusedError(f"{what} has new level{'s' if len(lost) > 1 else ''} {', '.join(map(repr, lost[:5]))}")
    return recoded


NOTHING = Logical(np.array([-1], dtype=np.int8))  # exclude = NA: no level but NA is left out


@r_function("factor")
def factor(
    x: Value,
    levels: Value = None,
    labels: Value = None,
    exclude: Value = NOTHING,
    ordered: Value = None,
    nmax: Value = None,
    *,
    state: State,
) -> Factor:
    """A factor of anything; levels that do not occur are left out unless `levels` names them."""
    made = drop_unused(as_factor(x)) if levels is None else _on_levels(x, levels)
    made = _without(made, exclude)
    if labels is None and levels is None:
        made = kept_levels(made, state, "factor()")
    if labels is not None:
        made = labelled(made, texts_among(labels))
    was_ordered = isinstance(x, Factor) and x.ordered
    return replace(made, ordered=flag(ordered, "ordered", was_ordered), contrasts=None)


def _without(made: Factor, exclude: Value) -> Factor:
    """The factor without some levels, whose rows become NA."""
    if isinstance(exclude, Logical) and np.all(exclude.codes < 0):
        return made
    if missing(exclude) is None and missing(made) is not None:
        raise RefusedError(
            "without NA in exclude, NA would be a level; give the missing a label of their own, or add NA"
        )
    if exclude is None:
        return made
    lost = match_levels(drop_unused(as_factor(exclude)).levels, made.levels)
    kept = np.setdiff1d(np.arange(len(made.levels)), lost)
    return made if kept.shape[0] == len(made.levels) else recode(made, made.levels.take(kept))[0]


@r_function("ordered")
def ordered_factor(
    x: Value,
    levels: Value = None,
    labels: Value = None,
    exclude: Value = NOTHING,
    nmax: Value = None,
    *,
    state: State,
) -> Factor:
    """A factor whose levels have an order; coded by orthogonal polynomials."""
    return replace(factor(x, levels, labels, exclude, state=state), ordered=True)


@r_function("as.factor")
def to_factor(x: Value, *, state: State) -> Factor:
    """A factor as it is, or a new one."""
    return x if isinstance(x, Factor) else kept_levels(drop_unused(as_factor(x)), state, "as.factor()")


@r_function("as.ordered")
def to_ordered(x: Value, *, state: State) -> Factor:
    """The same, with an order, and without levels that do not occur."""
    if isinstance(x, Factor) and x.ordered:
        return x
    return replace(kept_levels(drop_unused(as_factor(x)), state, "as.ordered()"), ordered=True, contrasts=None)


def texts_among(value: Value) -> list[str]:
    """The texts of a vector without NA."""
    return [label for label in texts_of(as_strings(value)) if label is not None]


def _on_levels(x: Value, levels: Value) -> Factor:
    """Values that are no level become NA, as in R; a level in another spelling than the data's is refused."""
    labels = texts_among(levels)
    if len(set(labels)) < len(labels):
        raise RefusedError("levels are given twice")
    made = as_factor(x)
    recoded, lost = recode(made, _given_levels(levels, labels))
    if lost and isinstance(made.levels, NumberLevels) and isinstance(levels, Strings | Factor):
        _check_spelling(lost, labels)
    return recoded


def _given_levels(levels: Value, labels: Sequence[str]) -> Levels:
    """Numbers stay numbers, so that 1e5 is found in a column of integers (R compares "1e+05" with "100000": no row)."""
    if isinstance(levels, np.ndarray) and levels.ndim == 1 and levels.dtype.kind in "iuf":
        return NumberLevels(levels[~np.isnan(levels)] if has_nan(levels) else levels)
    return TextLevels(tuple(labels))


def _check_spelling(lost: Sequence[str], labels: Sequence[str]) -> None:
    """Raise RefusedError where a lost number is among the levels in another spelling ("03" for 3)."""
    spelt = {reading(label): label for label in labels if not math.isnan(reading(label))}
    for label in lost:
        other = spelt.get(reading(label))
        if other is not None:
            raise RefusedError(f"the level {other!r} is written {label!r} in the data; its rows would be lost")


def labelled(made: Factor, labels: Sequence[str]) -> Factor:
    """New labels for the levels, one each, or one text to be numbered; equal labels merge levels."""
    n = len(made.levels)
    if len(labels) == 1 and n > 1:
        labels = [f"{labels[0]}{i + 1}" for i in range(n)]
    if len(labels) != n:
        raise RefusedError(f"{len(labels)} labels for {n} levels")
    merged = strings_of(labels)
    return replace(made, codes=np.append(merged.codes, -1)[made.codes], levels=TextLevels(merged.values))


@r_function("relevel", package="stats")
def relevel(x: Value, ref: Value, *, state: State) -> Factor:
    """The factor with level `ref` (a label, or a number from 1) first; contrasts of C() are left behind."""
    if not isinstance(x, Factor | Strings):
        raise RefusedError("relevel() wants a factor: factor(x) makes one")
    made = kept_levels(as_factor(x), state, "relevel()")
    if made.ordered:
        raise RefusedError("relevel() is for unordered factors")
    first = _reference(made, ref)
    return in_order(made, np.array([first, *(i for i in range(len(made.levels)) if i != first)]))


def in_order(made: Factor, order: Array) -> Factor:
    """The factor with its levels (from 0) in another order."""
    place = np.empty(order.shape[0] + 1, dtype=np.int64)
    place[order] = np.arange(order.shape[0])
    place[-1] = -1
    return replace(made, codes=place[made.codes], levels=made.levels.take(order), contrasts=None)


def _reference(made: Factor, ref: Value) -> int:
    """Position of the level that `ref` names; a number must be one of 1, 2, ... (R takes -1 for all but the first)."""
    n = len(made.levels)
    known = f"levels: {', '.join(made.levels.take(np.arange(min(n, 20))).labels())}"
    if isinstance(ref, Strings | Factor):
        label = text(as_strings(ref), "ref")
        if label not in made.levels:
            raise RefusedError(f"ref = {label!r} is not a level ({known})")
        return made.levels.places[label]
    number = scalar(ref, "ref")
    if number not in range(1, n + 1):
        raise RefusedError(f"ref = {format_number(number)} is none of 1..{n}; a label is put in quotes ({known})")
    return int(number) - 1


@r_function("reorder", package="stats")
def reorder(
    x: Value,
    X: Value,
    FUN: Value = None,
    *dots: Promise,
    order: Value = None,
    decreasing: Value = None,
    state: State,
) -> Factor:
    """The factor with its levels in the order of the means of `X` in each, or of another summary (`FUN = median`)."""
    made = as_factor(x)
    is_ordered = flag(order, "order", made.ordered)
    if "levels" in state:
        return replace(kept_levels(made, state, "reorder()"), ordered=is_ordered, contrasts=None)
    scores = level_summaries(made, vector(X, "reorder()"), TABLE["mean"] if FUN is None and dots else FUN, dots)
    down = flag(decreasing, "decreasing", False)
    places = np.argsort(-scores if down else scores, kind="stable")
    return replace(kept_levels(in_order(made, places), state, "reorder()"), ordered=is_ordered)


@r_function("droplevels")
def without_unused(x: Value, exclude: Value = NOTHING, *, state: State) -> Factor:
    """The factor without levels that do not occur, and without those of `exclude`; C()'s contrasts are left behind."""
    if not isinstance(x, Factor):
        raise RefusedError("droplevels() wants a factor: factor(x) makes one without unused levels")
    made = replace(drop_unused(_without(x, exclude)), contrasts=None)
    return kept_levels(made, state, "droplevels()")


@r_function("interaction")
def interaction(*dots: Promise, drop: Value = None, sep: Value = None, lex_order: Value = None, state: State) -> Factor:
    """All combinations of levels, `a1.b1`; the first factor's levels vary fastest, or slowest with lex.order = TRUE."""
    if not dots:
        raise RefusedError("interaction() needs at least one factor")
    between = "." if sep is None else text(sep, "sep")
    slow_first = flag(lex_order, "lex.order", False)
    made, *others = (_interacting(promise.value) for promise in dots)
    for other in others:
        made = _combined(made, other, between, slow_first)
    if flag(drop, "drop", False):
        made = drop_unused(made)
    return replace(kept_levels(made, state, "interaction()"), ordered=False, contrasts=None)


def _interacting(value: Value) -> Factor:
    return value if isinstance(value, Factor) else drop_unused(as_factor(value))


def _combined(left: Factor, right: Factor, sep: str, slow_first: bool) -> Factor:
    if left.codes.shape[0] != right.codes.shape[0]:
        raise RefusedError("interaction() of factors of different length")
    first, second = left.codes.astype(np.int64), right.codes.astype(np.int64)
    rows, columns = len(left.levels), len(right.levels)
    codes = first * columns + second if slow_first else first + rows * second
    codes[(first < 0) | (second < 0)] = -1
    if 4 * codes.shape[0] + 10_000 < rows * columns:
        raise RefusedError(f"interaction() would have {rows} x {columns} levels; a group is better written a:b")
    if slow_first:
        labels = [f"{a}{sep}{b}" for a in left.levels for b in right.levels]
    else:
        labels = [f"{a}{sep}{b}" for b in right.levels for a in left.levels]
    return Factor(codes, TextLevels(tuple(labels)))


@r_function("dummy", package="lme4")
def dummy(f: Value, levelsToKeep: Value = None, *, state: State) -> Matrix:
    """Indicators of some levels of a factor (all but the first by default), as lme4's `dummy`."""
    made = kept_levels(as_factor(f), state, "dummy()")
    labels = made.levels.labels()
    wanted = labels[1:] if levelsToKeep is None else _chosen_labels(levelsToKeep, made.levels)
    places = np.array([made.levels.places[label] for label in wanted], dtype=np.int64)
    indicators = (made.codes[:, None] == places).astype(float)
    indicators[made.codes < 0] = np.nan
    return Matrix(indicators, tuple(wanted))


def _chosen_labels(chosen: Value, levels: Levels) -> list[str]:
    """Levels by their labels; a number is the label that it prints as."""
    wanted = texts_among(chosen)
    lost = [label for label in wanted if label not in levels]
    if lost or not wanted:
        found = repr(lost[0]) if lost else "nothing"
        raise RefusedError(f"{found} is not a level (levels: {', '.join(levels.labels()[:20])})")
    return wanted
