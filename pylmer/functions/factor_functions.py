"""factor, ordered, relevel, droplevels, interaction, cut, dummy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from .arrays import Array, has_nan
from .factors import as_factor, as_strings, drop_unused, recode
from .levels import TextLevels
from .matching import Promise, r_function
from .values import (
    Factor,
    Logical,
    Matrix,
    RefusedError,
    Strings,
    Value,
    flag,
    numeric,
    strings_of,
    text,
    texts_of,
    vector,
    whole,
)

State = dict[str, Any]


def kept_levels(factor: Factor, state: State, what: str) -> Factor:
    """The levels of the fit for new data; a label that was not there then is refused."""
    levels = state.setdefault("levels", factor.levels)
    recoded, lost = recode(factor, levels)
    if lost:
        raise RefusedError(f"{what} has new level{'s' if len(lost) > 1 else ''} {', '.join(map(repr, lost[:5]))}")
    return recoded


@r_function("factor")
def factor(x: Value, levels: Value = None, labels: Value = None, ordered: Value = None, *, state: State) -> Factor:
    """A factor of anything; levels that do not occur are left out unless `levels` names them."""
    made = drop_unused(as_factor(x)) if levels is None else _on_levels(x, levels)
    if labels is None and levels is None:
        made = kept_levels(made, state, "factor()")
    if labels is not None:
        made = _labelled(made, _texts(labels))
    was_ordered = isinstance(x, Factor) and x.ordered
    return replace(made, ordered=flag(ordered, "ordered", was_ordered), contrasts=None)


@r_function("ordered")
def ordered_factor(x: Value, levels: Value = None, labels: Value = None, *, state: State) -> Factor:
    """A factor whose levels have an order; coded by orthogonal polynomials."""
    return replace(factor(x, levels, labels, state=state), ordered=True)


@r_function("as.factor")
def to_factor(x: Value, *, state: State) -> Factor:
    """A factor as it is, or a new one."""
    return x if isinstance(x, Factor) else kept_levels(as_factor(x), state, "as.factor()")


@r_function("as.ordered")
def to_ordered(x: Value, *, state: State) -> Factor:
    """The same, with an order."""
    return replace(to_factor(x, state=state), ordered=True)


def _texts(value: Value) -> list[str]:
    return [label for label in texts_of(as_strings(value)) if label is not None]


def _on_levels(x: Value, levels: Value) -> Factor:
    labels = _texts(levels)
    if len(set(labels)) < len(labels):
        raise RefusedError("levels are given twice")
    return recode(as_factor(x), TextLevels(tuple(labels)))[0]


def _labelled(made: Factor, labels: Sequence[str]) -> Factor:
    """New labels for the levels, one each, or one text to be numbered; equal labels merge levels."""
    n = len(made.levels)
    if len(labels) == 1 and n > 1:
        labels = [f"{labels[0]}{i + 1}" for i in range(n)]
    if len(labels) != n:
        raise RefusedError(f"{len(labels)} labels for {n} levels")
    merged = strings_of(labels)
    return replace(made, codes=np.append(merged.codes, -1)[made.codes], levels=TextLevels(merged.values))


@r_function("relevel")
def relevel(x: Value, ref: Value) -> Factor:
    """The factor with level `ref` (a label, or a number from 1) first."""
    if not isinstance(x, Factor | Strings):
        raise RefusedError("relevel() wants a factor")
    made = as_factor(x)
    if made.ordered:
        raise RefusedError("relevel() is for unordered factors")
    first = _reference(made, ref)
    order = [first, *(i for i in range(len(made.levels)) if i != first)]
    return replace(recode(made, made.levels.take(np.array(order)))[0], contrasts=None)


def _reference(made: Factor, ref: Value) -> int:
    if not isinstance(ref, Strings):
        return whole(ref, "ref") - 1
    label = text(ref, "ref")
    if label not in made.levels:
        raise RefusedError(f"ref = {label!r} is not a level (levels: {', '.join(made.levels.labels()[:20])})")
    return made.levels.places[label]


@r_function("droplevels")
def without_unused(x: Value, *, state: State) -> Factor:
    """The factor without levels that do not occur."""
    return kept_levels(drop_unused(as_factor(x)), state, "droplevels()")


@r_function("interaction")
def interaction(*dots: Promise, drop: Value = None, sep: Value = None, lex_order: Value = None, state: State) -> Factor:
    """All combinations of levels, `a1.b1`; the first factor's levels vary fastest, or slowest with lex.order = TRUE."""
    if not dots:
        raise RefusedError("interaction() needs at least one factor")
    between = "." if sep is None else text(sep, "sep")
    slow_first = flag(lex_order, "lex.order", False)
    made = as_factor(dots[0].value)
    for promise in dots[1:]:
        made = _combined(made, as_factor(promise.value), between, slow_first)
    if flag(drop, "drop", False):
        made = drop_unused(made)
    return kept_levels(made, state, "interaction()")


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


@r_function("cut")
def cut(
    x: Value,
    breaks: Value,
    labels: Value = None,
    include_lowest: Value = None,
    right: Value = None,
    dig_lab: Value = None,
    ordered_result: Value = None,
    *,
    state: State,
) -> Value:
    """Intervals of a number, `(1,2]`; one number of breaks means that many equal widths."""
    numbers = vector(x, "cut()").astype(float)
    closed_right = flag(right, "right", True)
    lowest = flag(include_lowest, "include.lowest", False)
    digits = whole(dig_lab, "dig.lab", 3)
    edges = state.setdefault("edges", _edges(numbers, numeric(breaks, "breaks")))
    codes = _interval(numbers, edges, closed_right, lowest)
    if isinstance(labels, Logical) and not flag(labels, "labels"):
        return np.where(codes < 0, np.nan, codes + 1.0) if np.any(codes < 0) else codes + 1
    names = _interval_labels(edges, closed_right, lowest, digits) if labels is None else _texts(labels)
    if len(names) != edges.shape[0] - 1:
        raise RefusedError(f"{len(names)} labels for {edges.shape[0] - 1} intervals")
    is_ordered = flag(ordered_result, "ordered_result", False)
    return replace(_labelled(Factor(codes, TextLevels(tuple(map(str, range(len(names)))))), names), ordered=is_ordered)


def _edges(numbers: Array, breaks: Array) -> Array:
    if breaks.shape[0] > 1:
        edges = np.sort(breaks.astype(float))
        if np.any(np.diff(edges) == 0):
            raise RefusedError("breaks are given twice")
        return edges
    count = int(breaks[0])
    if count < 2:
        raise RefusedError(f"cut() into {count} interval")
    low, high = np.nanmin(numbers), np.nanmax(numbers)
    width = high - low
    if width == 0:
        spread = abs(low) or 1.0
        return np.linspace(low - spread / 1000, high + spread / 1000, count + 1)
    edges = np.linspace(low, high, count + 1)
    edges[[0, -1]] = low - width / 1000, high + width / 1000
    return edges


def _interval(numbers: Array, edges: Array, right: bool, lowest: bool) -> Array:
    codes = np.searchsorted(edges, numbers, side="left" if right else "right") - 1
    if lowest:
        codes[numbers == (edges[0] if right else edges[-1])] = 0 if right else edges.shape[0] - 2
    outside = (codes < 0) | (codes > edges.shape[0] - 2) | np.isnan(numbers)
    codes[outside] = -1
    return codes


def _interval_labels(edges: Array, right: bool, lowest: bool, digits: int) -> list[str]:
    tries = ([_short(edge, tried) for edge in edges.tolist()] for tried in range(digits, max(12, digits) + 1))
    shown = next((texts for texts in tries if len(set(texts)) == len(texts)), None)
    if shown is None:
        return [f"Range_{i + 1}" for i in range(edges.shape[0] - 1)]
    if shown[0] == "-Inf" and shown[-1] == "Inf":
        shown[-1] = " Inf"  # R pads infinities to one width
    opening, closing = ("(", "]") if right else ("[", ")")
    labels = [f"{opening}{a},{b}{closing}" for a, b in pairwise(shown)]
    if lowest and right:
        labels[0] = "[" + labels[0][1:]
    if lowest and not right:
        labels[-1] = labels[-1][:-1] + "]"
    return labels


def _short(number: float, digits: int) -> str:
    """C's "%.*g"."""
    if np.isinf(number):
        return "Inf" if number > 0 else "-Inf"
    return f"{number:.{digits}g}"


@r_function("dummy")
def dummy(f: Value, levelsToKeep: Value = None, *, state: State) -> Matrix:
    """Indicators of some levels of a factor (all but the first by default), as lme4's `dummy`."""
    made = kept_levels(as_factor(f), state, "dummy()")
    labels = made.levels.labels()
    wanted = labels[1:] if levelsToKeep is None else _texts(levelsToKeep)
    lost = [label for label in wanted if label not in made.levels]
    if lost:
        raise RefusedError(f"{lost[0]!r} is not a level (levels: {', '.join(labels[:20])})")
    places = np.array([made.levels.places[label] for label in wanted], dtype=np.int64)
    indicators = (made.codes[:, None] == places).astype(float)
    indicators[made.codes < 0] = np.nan
    return Matrix(indicators, tuple(wanted))


@r_function("findInterval")
def find_interval(x: Value, vec: Value) -> Array:
    """Number of break points at or below each element."""
    numbers = vector(x, "findInterval()")
    if has_nan(numbers):
        raise RefusedError("findInterval() does not take missing values")
    return np.searchsorted(numeric(vec), numbers, side="right")
