"""The hypotheses L beta = 0 that an analysis of variance tests for each term, of types I, II and III.

    I    each term after those before it
    II   each term after all that do not contain it, every one of these with all levels of its factors
    III  estimable functions of a term and those containing it, orthogonal to those of the latter alone

as in SAS (Goodnight 1978, The Sweep operator and SAS TR R-101) and lmerTest. A term contains another that has the same
numeric variables and fewer factors. The types do not depend on contrasts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...design import Design, summed_columns
from ...errors import ArgumentError
from ...fit.fitted_model import FittedModel
from ...fit.per_fit import once_per_fit
from ...numerics.linalg import Array, chunks, triangular_factor
from ...numerics.rank import TOLERANCE as RANK
from ...numerics.rank import left_to_right
from .estimable import Overparametrised, overparametrise

TOLERANCE = 1e-8
TYPES = {1: "I", 2: "II", 3: "III", "1": "I", "2": "II", "3": "III", "I": "I", "II": "II", "III": "III"}


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """L (q, p) of one term, its rows named after the columns they set to zero."""

    term: str
    rows: tuple[str, ...]
    L: Array


def type_of(given: Any) -> str:
    """1, 2, 3 or "I", "II", "III" -> roman."""
    if isinstance(given, bool) or not isinstance(given, int | str | np.integer) or given not in TYPES:
        raise ArgumentError(f"type={given!r}: the types of an analysis of variance are 1, 2 and 3")
    return TYPES[given]


def hypotheses(fit: FittedModel, type: int | str = 3) -> tuple[Hypothesis, ...]:
    """One hypothesis for each term that has coefficients."""
    return {"I": first, "II": second, "III": third}[type_of(type)](fit)


def columns_of(design: Design) -> dict[str, list[int]]:
    """Label of each term that has columns -> their positions."""
    found = {label: [j for j, t in enumerate(design.assign) if t == k + 1] for k, label in enumerate(_labels(design))}
    return {label: columns for label, columns in found.items() if columns}


def _labels(design: Design) -> tuple[str, ...]:
    return design.fixed_terms.labels


@once_per_fit
def crossproduct_factor(fit: FittedModel) -> Array:
    """R (p, p) with R'R = X'X, unweighted."""
    summed = summed_columns(fit)
    if summed is not None:
        return summed.R
    X = fit.rows.X
    blocks = (X[at] if isinstance(X, np.ndarray) else X[at].toarray() for at in chunks(fit.design.n))
    return triangular_factor(blocks, X.shape[1])


def first(fit: FittedModel) -> tuple[Hypothesis, ...]:
    """Type I: rows of the unit upper triangle U in X'X = U'DU."""
    U = _unit(crossproduct_factor(fit))
    names = fit.design.X_names
    return tuple(Hypothesis(t, tuple(names[j] for j in at), U[at]) for t, at in columns_of(fit.design).items())


def _unit(R: Array) -> Array:
    """R with ones on the diagonal; entries that are rounding, measured in the columns' own sizes, are zero."""
    size = np.sqrt(np.sum(R**2, axis=0))
    return np.asarray(np.where(np.abs(R) < TOLERANCE * size, 0.0, R) / np.diag(R)[:, None])


def second(fit: FittedModel) -> tuple[Hypothesis, ...]:
    """Type II: the same with the terms that contain a term moved behind it."""
    if len(_labels(fit.design)) == 1:
        return first(fit)
    every, terms = overparametrise(fit), columns_of(fit.design)
    return tuple(_second(fit, every, terms, label) for label in terms)


def _second(fit: FittedModel, every: Overparametrised, terms: dict[str, list[int]], label: str) -> Hypothesis:
    own = every.assign == every.labels.index(label)
    outside = ~own & ~np.isin(every.assign, every.containing(label))
    at, p, names = terms[label], len(fit.beta), fit.design.X_names
    behind = [j for k in every.containing(label) for j in terms[every.labels[k]]]
    before = [j for j in range(p) if j not in at and j not in behind]
    others = np.flatnonzero(outside)
    if len(left_to_right(every.R[:, others], RANK)) > len(before):
        return _after_all_levels(every, label, others, at, names)
    L = np.zeros((len(at), p))
    if behind:
        order = [*before, *at, *behind]
        rows = slice(len(before), len(before) + len(at))
        L[:, order] = _unit(triangular_factor([crossproduct_factor(fit)[:, order]], p))[rows]
    else:
        L[np.arange(len(at)), at] = 1.0
    return Hypothesis(label, tuple(names[j] for j in at), L)


def _after_all_levels(
    every: Overparametrised, label: str, others: Array, at: list[int], names: Sequence[str]
) -> Hypothesis:
    """Type II where the others' columns in X span less than all their levels do, as in 0 + f + h: f after h.

    The own part of the columns, orthogonal to the others', is Q, and the hypothesis Q'X beta = 0.
    """
    own = np.flatnonzero(every.assign == every.labels.index(label))
    order, P = np.concatenate([others, own]), len(every.assign)
    columns = every.R[:, order]
    kept = np.array(left_to_right(columns, RANK), int)
    Q = np.linalg.qr(columns[:, kept])[0][:, kept >= len(others)]
    L, places = in_own_columns(Q.T @ every.R[:, P:], at, every.lengths[P:])
    return Hypothesis(label, tuple(names[j] for j in places), L)


def in_own_columns(rows: Array, own: list[int], lengths: Array) -> tuple[Array, list[int]]:
    """The same space of functions (q, p) with ones and zeros in a term's own columns, and the columns of the ones.

    The independent `rows` are for columns divided by their lengths (p,), the functions given back for the columns.
    """
    rows = reduced(orthonormal(rows), own)
    places = _pivoted(rows, own)
    return _without_rounding(rows) * lengths / lengths[places][:, None], places


def third(fit: FittedModel) -> tuple[Hypothesis, ...]:
    """Type III, among the estimable functions of the overparametrised coefficients."""
    if len(_labels(fit.design)) == 1:
        return first(fit)
    return tuple(_third(overparametrise(fit), label) for label in columns_of(fit.design))


def missing_cells(fit: FittedModel) -> list[str]:
    """Combinations of levels in terms of several factors that have no data, where there are other terms besides."""
    return overparametrise(fit).missing_cells() if len(_labels(fit.design)) > 1 else []


def averaged_terms(fit: FittedModel) -> list[str]:
    """Terms whose hypothesis of type III takes in coefficients of other terms: contrasts that do not sum to zero."""
    own = columns_of(fit.design)
    return [h.term for h in third(fit) if np.delete(h.L, own[h.term], axis=1).any()]


def _third(every: Overparametrised, label: str) -> Hypothesis:
    own = every.assign == every.labels.index(label)
    outside = ~own & ~np.isin(every.assign, every.containing(label))
    B, kept, lengths = every.B, every.kept, every.lengths[: len(own)]
    E = null_space(B[:, outside].T)  # estimable, and nothing of other terms
    functions = (E.T @ B) * lengths
    alone = null_space((E.T @ B[:, own]).T)  # of those, the ones of containing terms alone
    c = (E @ complement(functions @ (functions.T @ alone))).T
    pivots = [k for k in range(len(kept)) if own[kept[k]]]
    c = reduced(c, pivots)
    places = [kept[k] for k in _pivoted(c, pivots)]
    units = lengths[places] * np.array([every.size(place) for place in places])
    L = _without_rounding(c @ every.to_X) * every.lengths[len(own) :] / units[:, None]
    return Hypothesis(label, tuple(every.column_name(place) for place in places), L)


def _without_rounding(rows: Array) -> Array:
    """Rows for columns of about one length, in which what is rounding beside a row's largest entry is zero."""
    return np.where(np.abs(rows) < TOLERANCE * np.max(np.abs(rows), axis=1, initial=0.0, keepdims=True), 0.0, rows)


def null_space(A: Array) -> Array:
    """Orthonormal columns v with A v = 0."""
    if not A.size:
        return np.eye(A.shape[1])
    _, s, Vt = np.linalg.svd(A)
    rank = int(np.sum(s > TOLERANCE * max(float(s[0]), 1.0))) if len(s) else 0
    return np.asarray(Vt[rank:].T)


def complement(A: Array) -> Array:
    """Orthonormal columns v with A'v = 0, for A (n, k) of full column rank."""
    return np.asarray(np.linalg.qr(A, mode="complete")[0][:, A.shape[1] :])


def orthonormal(rows: Array) -> Array:
    """The same space by orthonormal rows; rows of full rank."""
    return np.asarray(np.linalg.qr(rows.T)[0].T)


def reduced(rows: Array, pivots: list[int]) -> Array:
    """The same space with ones and zeros in pivot columns, taken from `pivots` as far as they serve."""
    out, done = rows.copy(), 0
    for column in pivots:
        if done == len(out):
            break
        best = done + int(np.argmax(np.abs(out[done:, column])))
        if abs(out[best, column]) < TOLERANCE:
            continue
        out[[done, best]] = out[[best, done]]
        out[done] /= out[done, column]
        others = np.arange(len(out)) != done
        out[others] -= np.outer(out[others, column], out[done])
        done += 1
    return np.where(np.abs(out) < TOLERANCE, 0.0, out)


def _pivoted(rows: Array, pivots: list[int]) -> list[int]:
    """The pivot column of each row of a reduced matrix."""
    return [next((k for k in pivots if abs(row[k] - 1) < TOLERANCE), pivots[0]) for row in rows]
