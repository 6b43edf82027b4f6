"""Families of contrasts: coefficients for m means, their labels, and how they are adjusted unless told otherwise."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from types import FunctionType
from typing import Any

import numpy as np
import pandas as pd

from ...errors import ArgumentError
from ...fit.words import several
from ...language.suggest import did_you_mean
from ...numerics.linalg import Array
from ...text.arguments import call_given, check_call

DEGREES = ("linear", "quadratic", "cubic", "quartic")
MOST_DEGREES = 6
NOTHING = "(nothing)"


@dataclass(frozen=True, eq=False)
class ContrastCoefficients:
    """Coefficients (q, m), one row for each contrast. means: how many are compared in pairs, if all are."""

    labels: tuple[str, ...]
    coefficients: Array
    adjust: str = "none"
    means: int | None = None


def contrasts(method: Any, labels: Sequence[str], options: Mapping[str, Any]) -> ContrastCoefficients:
    """The contrasts that `method` makes of means with these labels.

    method   a name of `FAMILIES`, {"a - b": [1, -1, 0], ...}, one vector or several, or a function of the labels that
             gives one of these
    options  of the family: ref, reverse, exclude, include, max_degree, wts

    Raises ArgumentError for unknown names and options, and for vectors of another length.
    """
    if not labels:
        raise ArgumentError("by= takes every variable of the means: none are left to compare")
    if callable(method):
        if isinstance(method, FunctionType):  # what C made may have no signature
            check_call("the function of contrasts", method, (list(labels),), dict(options))
        made = call_given(partial(method, **options), "the function of contrasts", list(labels))
        return contrasts(made, labels, {})
    if not isinstance(method, str):
        _no_options(options, (), "contrasts given by their coefficients")
        return _own(method, len(labels))
    if method not in FAMILIES:
        raise ArgumentError(
            f"no contrasts {method!r}{did_you_mean(method, list(FAMILIES))}; there are {', '.join(FAMILIES)}, "
            "or give their coefficients"
        )
    make, known = FAMILIES[method]
    _no_options(options, (*known, "exclude", "include") if method in EXCLUDING else known, f"{method!r}")
    if not isinstance(options.get("reverse", False), bool | np.bool_):
        raise ArgumentError(f"reverse={options['reverse']!r}: wanted True or False")
    rest = {name: value for name, value in options.items() if name in known}
    chosen = _included(labels, options.get("exclude"), options.get("include"))
    if not chosen:
        raise ArgumentError("exclude leaves no means to compare")
    if len(chosen) == len(labels):
        return _or_nothing(make(list(labels), **rest))
    made = _or_nothing(make([labels[i] for i in chosen], **rest))
    full = np.zeros((len(made.labels), len(labels)))
    full[:, chosen] = made.coefficients
    return ContrastCoefficients(made.labels, full, made.adjust, made.means)


def _or_nothing(made: ContrastCoefficients) -> ContrastCoefficients:
    """The contrasts, or where there are none, as of a single mean, the one that R prints: it cannot be estimated."""
    if len(made.labels):
        return made
    return replace(made, labels=(NOTHING,), coefficients=np.full((1, made.coefficients.shape[1]), np.nan))


def _no_options(options: Mapping[str, Any], known: Sequence[str], what: str) -> None:
    for name in options:
        if name not in known:
            raise ArgumentError(f"{what}: no option {name!r}; {'it takes ' + ', '.join(known) if known else 'none'}")


def _own(given: Any, m: int) -> ContrastCoefficients:
    """Contrasts by their coefficients."""
    if isinstance(given, Mapping):
        rows, labels = [_vector(row, m) for row in given.values()], [str(label) for label in given]
    else:
        listed = given.ndim > 0 if isinstance(given, np.ndarray) else isinstance(given, Sequence)
        several = listed and len(given) > 0 and isinstance(given[0], Sequence | np.ndarray | pd.Series)
        rows = [_vector(row, m) for row in (given if several else [given])]
        labels = [_spelled(row) for row in rows]
    if not rows:
        raise ArgumentError("no contrast is given")
    return ContrastCoefficients(tuple(labels), np.array(rows))


def _spelled(row: Array) -> str:
    """R's name of a contrast without one: c(1, -1, 0)."""
    return f"c({', '.join(f'{value:.15g}' for value in row)})"


def _vector(row: Any, m: int) -> Array:
    try:
        values = np.asarray(row, float)
    except (TypeError, ValueError):
        raise ArgumentError(f"a contrast is made of numbers, found {row!r}") from None
    if values.shape != (m,):
        raise ArgumentError(f"a contrast of {m} means wants {m} coefficients, found {values.size}")
    if not np.isfinite(values).all():
        raise ArgumentError("a contrast has coefficients that are not finite")
    return values


def places(given: Any, labels: Sequence[str], what: str) -> list[int]:
    """Positions (from 1, as in R) or labels -> positions from 0."""
    return [_place(item, labels, what) for item in several(given)]


def _place(item: Any, labels: Sequence[str], what: str) -> int:
    if isinstance(item, str) and item in labels:
        return labels.index(item)
    if isinstance(item, int | np.integer) and not isinstance(item, bool) and 1 <= item <= len(labels):
        return int(item) - 1
    raise ArgumentError(f"{what}={item!r}: wanted a level ({', '.join(labels)}) or its number, 1 to {len(labels)}")


def _included(labels: Sequence[str], exclude: Any, include: Any) -> list[int]:
    if exclude is not None and include is not None:
        raise ArgumentError("give exclude or include, not both")
    if include is not None:
        return sorted(places(include, labels, "include"))
    left_out = [] if exclude is None else places(exclude, labels, "exclude")
    return [i for i in range(len(labels)) if i not in left_out]


def pairwise(labels: Sequence[str], reverse: bool = False) -> ContrastCoefficients:
    """All differences: a - b, a - c, b - c; reversed b - a, c - a, c - b."""
    m = len(labels)
    pairs = [(i, j) for i in range(m) for j in range(i)] if reverse else list(itertools.combinations(range(m), 2))
    names = tuple(f"{labels[i]} - {labels[j]}" for i, j in pairs)
    eye = np.eye(m)
    return ContrastCoefficients(names, np.array([eye[i] - eye[j] for i, j in pairs]).reshape(-1, m), "tukey", m)


def against_control(labels: Sequence[str], ref: Any = 1, reverse: bool = False) -> ContrastCoefficients:
    """Each level against one, or against the average of several."""
    control, m = places(ref, labels, "ref"), len(labels)
    name = labels[control[0]] if len(control) == 1 else f"avg({','.join(labels[i] for i in control)})"
    others, base = [i for i in range(m) if i not in control], np.zeros(m)
    base[control] = 1 / len(control)
    sign = -1.0 if reverse else 1.0
    names = tuple(f"{name} - {labels[i]}" if reverse else f"{labels[i]} - {name}" for i in others)
    return ContrastCoefficients(names, sign * (np.eye(m)[others] - base), "dunnettx")


def against_last(labels: Sequence[str], ref: Any = None, reverse: bool = False) -> ContrastCoefficients:
    """Each level against the last."""
    return against_control(labels, len(labels) if ref is None else ref, reverse)


def effects(labels: Sequence[str], wts: Any = None) -> ContrastCoefficients:
    """Each level against the (weighted) average of all."""
    share = _shares(wts, len(labels))
    coefficients = np.eye(len(labels)) - share if len(labels) > 1 else np.full((1, 1), np.nan)
    return ContrastCoefficients(tuple(f"{label} effect" for label in labels), coefficients, "fdr")


def deleted_effects(labels: Sequence[str], wts: Any = None) -> ContrastCoefficients:
    """Each level against the average of the others."""
    share = _shares(wts, len(labels))
    with np.errstate(divide="ignore", invalid="ignore"):  # a level that has all the weight has no others
        coefficients = (np.eye(len(labels)) - share) / (1 - share)[:, None]
    return ContrastCoefficients(tuple(f"{label} effect" for label in labels), coefficients, "fdr")


def _shares(weights: Any, m: int) -> Array:
    values = np.ones(m) if weights is None else _vector(weights, m)
    if not values.sum() > 0 or np.any(values < 0):
        raise ArgumentError("wts: wanted numbers that are not negative and not all zero")
    return np.asarray(values / values.sum())


def consecutive(labels: Sequence[str], reverse: bool = False) -> ContrastCoefficients:
    """Each level against the one before it."""
    m, sign = len(labels), -1.0 if reverse else 1.0
    pairs = [(i, i + 1) if reverse else (i + 1, i) for i in range(m - 1)]
    names = tuple(f"{labels[i]} - {labels[j]}" for i, j in pairs)
    return ContrastCoefficients(names, sign * (np.eye(m)[1:] - np.eye(m)[:-1]), "mvt")


def mean_changes(labels: Sequence[str], reverse: bool = False) -> ContrastCoefficients:
    """The average of the levels after each step against that of those before it."""
    m, sign = len(labels), -1.0 if reverse else 1.0
    rows = [np.repeat([-1 / (i + 1), 1 / (m - i - 1)], [i + 1, m - i - 1]) for i in range(m - 1)]
    names = tuple(f"{labels[i]}|{labels[i + 1]}" for i in range(m - 1))
    return ContrastCoefficients(names, sign * np.array(rows).reshape(-1, m), "mvt")


def polynomial(labels: Sequence[str], max_degree: Any = None) -> ContrastCoefficients:
    """Orthogonal polynomials of equally spaced levels, in the smallest whole numbers, as in printed tables."""
    m = len(labels)
    if max_degree is not None and (not isinstance(max_degree, int | np.integer) or max_degree < 1):
        raise ArgumentError(f"max_degree={max_degree!r}: wanted a degree, 1 or more")
    most = min(MOST_DEGREES if max_degree is None else int(max_degree), m - 1)
    names = tuple(DEGREES[d] if d < len(DEGREES) else f"degree {d + 1}" for d in range(most))
    return ContrastCoefficients(names, np.array([_whole(m, d + 1) for d in range(most)]).reshape(-1, m))


def _whole(m: int, degree: int) -> list[float]:
    """Gram's polynomial of 0..m-1: sum_j (-1)^(d-j) C(d, j) C(d+j, j) C(x, j) / C(m-1, j), cleared of fractions."""
    values = [
        sum(
            Fraction((-1) ** (degree - j) * math.comb(degree, j) * math.comb(degree + j, j) * math.comb(x, j),
                     math.comb(m - 1, j))
            for j in range(degree + 1)
        )
        for x in range(m)
    ]  # fmt: skip
    common = math.lcm(*(value.denominator for value in map(Fraction, values)))
    whole = [int(value * common) for value in values]
    divisor = math.gcd(*whole)
    return [value / divisor for value in whole]


def identity(labels: Sequence[str]) -> ContrastCoefficients:
    """The means themselves."""
    return ContrastCoefficients(tuple(labels), np.eye(len(labels)))


FAMILIES: dict[str, tuple[Callable[..., ContrastCoefficients], tuple[str, ...]]] = {
    "pairwise": (pairwise, ("reverse",)),
    "revpairwise": (lambda labels: pairwise(labels, reverse=True), ()),
    "tukey": (pairwise, ("reverse",)),
    "poly": (polynomial, ("max_degree",)),
    "trt.vs.ctrl": (against_control, ("ref", "reverse")),
    "trt.vs.ctrl1": (against_control, ("ref", "reverse")),
    "trt.vs.ctrlk": (against_last, ("ref", "reverse")),
    "dunnett": (against_control, ("ref", "reverse")),
    "eff": (effects, ("wts",)),
    "del.eff": (deleted_effects, ("wts",)),
    "consec": (consecutive, ("reverse",)),
    "mean_chg": (mean_changes, ("reverse",)),
    "identity": (identity, ()),
}
DESCRIPTIONS = {
    "poly": "polynomial contrasts",
    "trt.vs.ctrl": "differences from control",
    "trt.vs.ctrl1": "differences from control",
    "trt.vs.ctrlk": "differences from control",
    "dunnett": "differences from control",
    "eff": "differences from grand mean",
    "del.eff": "differences from mean of others",
    "consec": "changes between consecutive levels",
    "mean_chg": "mean after minus mean before",
    "identity": "Identity",
    "pairwise": "pairwise differences",
    "revpairwise": "pairwise differences",
    "tukey": "pairwise differences",
}
EXCLUDING = tuple(name for name in FAMILIES if name != "poly")
