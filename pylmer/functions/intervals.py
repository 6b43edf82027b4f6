"""cut and findInterval: numbers by the interval in which they lie."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from .arrays import Array, has_nan
from .factor_functions import labelled, texts_among
from .levels import TextLevels
from .table import r_function
from .values import Factor, Logical, RefusedError, Value, flag, numeric, vector, whole

State = dict[str, Any]
MOST_INTERVALS = 100_000
MOST_DIGITS = 22  # of labels; a double has no more


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
    if isinstance(x, Logical):
        raise RefusedError("cut() wants numbers, not logicals")
    numbers = vector(x, "cut()").astype(float)
    closed_right = flag(right, "right", True)
    lowest = flag(include_lowest, "include.lowest", False)
    digits = max(whole(dig_lab, "dig.lab", 3, MOST_DIGITS), 0)
    edges = state.setdefault("edges", _edges(numbers, numeric(breaks, "breaks")))
    codes = _interval(numbers, edges, closed_right, lowest)
    if isinstance(labels, Logical) and not flag(labels, "labels"):
        return np.where(codes < 0, np.nan, codes + 1.0) if np.any(codes < 0) else codes + 1
    names = _interval_labels(edges, closed_right, lowest, digits) if labels is None else texts_among(labels)
    if len(names) != edges.shape[0] - 1:
        raise RefusedError(f"{len(names)} labels for {edges.shape[0] - 1} intervals")
    is_ordered = flag(ordered_result, "ordered_result", False)
    return replace(labelled(Factor(codes, TextLevels(tuple(map(str, range(len(names)))))), names), ordered=is_ordered)


def _edges(numbers: Array, breaks: Array) -> Array:
    if breaks.shape[0] > 1:
        edges = np.sort(breaks[~np.isnan(breaks)].astype(float))
        if np.any(edges[1:] == edges[:-1]):
            raise RefusedError("breaks are given twice")
        if edges.shape[0] > MOST_INTERVALS:
            raise RefusedError(f"cut() at {edges.shape[0]:,} breaks; at most {MOST_INTERVALS:,} can be had")
        if edges.shape[0] < 2:
            raise RefusedError("cut() needs at least two breaks that are not NA")
        return edges
    count = whole(breaks, "the number of intervals", None, MOST_INTERVALS)
    if count < 2:
        raise RefusedError(f"cut() into {count} interval{'s' if count != 1 else ''}: at least 2 are wanted")
    present = numbers[~np.isnan(numbers)]
    if not present.size or not np.all(np.isfinite(present)):
        raise RefusedError("cut() finds equal widths only among finite values; give the breaks")
    low, high = present.min(), present.max()
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


@r_function("findInterval")
def find_interval(
    x: Value, vec: Value, rightmost_closed: Value = None, all_inside: Value = None, left_open: Value = None
) -> Array:
    """Number of break points at or below each element (below it with left.open = TRUE); NA stays NA."""
    numbers, points = vector(x, "findInterval()"), numeric(vec, "the break points").astype(float)
    if has_nan(points) or np.any(points[1:] < points[:-1]):
        raise RefusedError("the break points of findInterval() must be sorted, without NA")
    is_open = flag(left_open, "left.open", False)
    found = np.searchsorted(points, numbers, side="left" if is_open else "right")
    if flag(rightmost_closed, "rightmost.closed", False) and points.size:
        edge = points[0] if is_open else points[-1]
        found[numbers == edge] = 1 if is_open else points.shape[0] - 1
    if flag(all_inside, "all.inside", False):
        found = np.clip(found, 1, points.shape[0] - 1)
    return np.where(np.isnan(numbers), np.nan, found) if has_nan(numbers) else found
