"""Sums -> Gram: the order of the factors, the scales of the columns, and the last shift of the response.

Sums of rows in memory are formed in the best coordinates at once. Those that were added up get them here: their X'X and
Z'Z say how columns are to be whitened (design.md section 4), and X'y what the response is still to be shifted by. What
is left to do should be small: rounding of sums is that of the coordinates in which they were formed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array, inverse_upper
from .gram import CrossProducts, Gram
from .incident import elimination_order
from .rows import Rows
from .scaling import SINGULAR, Scaling, find_scaling, suited_scale
from .structure import Structure

if TYPE_CHECKING:
    from .sums import Sums

SMALLEST = 1e-250  # sum of squares of a response below which products underflow


def form_gram(rows: Rows, scaling: Scaling | None = None) -> Gram:
    """The sums of `rows`; O(n) time, and memory of a few thousand rows beyond the sums themselves."""
    scaling = find_scaling(rows) if scaling is None else scaling
    gram = Structure.as_given(rows, scaling, keep=False).filled(rows.weights)
    check_response(gram, rows)
    return _in_order(gram)


def check_response(gram: Gram, rows: Rows) -> None:
    """Raise NumericalError where the sums lose the response, which is too small or too large."""
    _check_finite(gram.XytXy)
    if gram.y_square < SMALLEST and rows.y.any():
        raise NumericalError("the sums of squares vanish: rescale the response or the weights to larger numbers")


def _check_finite(XytXy: Array) -> None:
    if not np.isfinite(XytXy).all():
        raise NumericalError("the sums of squares overflow: rescale the response or the predictors")


def arrange(sums: Sums) -> Gram:
    """What engines eat, from sums that were added up: in whitened coordinates, the response shifted to least squares.

    NumericalError if columns of X depend on each other.
    """
    return ordered(whitened(sums))


def ordered(sums: Sums) -> Gram:
    """The sums as they are, with the factors in the order in which engines want them."""
    _check_finite(sums.XytXy)
    given = (sums.factors, sums.links, sums.XytXy, sums.y_square, sums.sum_log_weights, sums.coordinates)
    return _in_order(Gram(sums.n, *given))


def _in_order(gram: Gram) -> Gram:
    if len(gram.factors) == 1:
        return gram
    order = elimination_order(gram.factors, {key: len(link.pairs) for key, link in gram.links.items()})
    links = {(a, b): _link(gram, order[a], order[b]) for b in range(len(order)) for a in range(b)}
    return replace(gram, factors=tuple(gram.factors[f] for f in order), links=links)


def _link(gram: Gram, f: int, g: int) -> CrossProducts:
    return gram.links[f, g] if f < g else gram.links[g, f].turned()


def whitened(sums: Sums) -> Sums:
    """The same sums in coordinates in which X'X / n and the Z'Z / n of `us` terms are I, and X'y is zero."""
    if not sums.n:
        raise NumericalError("these are the sums of no rows at all")
    old, full = sums.coordinates, upper_factor(sums.XytXy) / np.sqrt(sums.n)
    R = full[:-1, :-1]
    if not np.all(np.diag(R) > 0):
        raise NumericalError("the fixed-effect columns are linearly dependent, weights included: leave some out")
    back = inverse_upper(R)
    shift = back @ full[:-1, -1]  # of y, in columns of X as they are scaled now
    R_terms = [_term_scale(sums, term) for term in range(len(sums.labels.terms))]
    M = np.block([[back, -shift[:, None]], [np.zeros((1, len(R))), np.ones((1, 1))]])
    new = Scaling(
        R @ old.R,
        tuple(mine @ theirs for mine, theirs in zip(R_terms, old.R_terms, strict=True)),
        old.shift + old.inverse @ shift,
    )
    return sums.combined(M, [inverse_upper(each) for each in R_terms], new)


def _term_scale(sums: Sums, term: int) -> Array:
    """What a random term's columns, as they are scaled now, are to be divided by."""
    names = sums.labels.terms[term]
    (factor,) = (each for each in sums.factors if term in each.terms)
    start = sum(len(sums.coordinates.R_terms[t]) for t in factor.terms[: factor.terms.index(term)])
    at = slice(start, start + len(sums.coordinates.R_terms[term]))
    R = upper_factor(factor.ZtZ[:, at, at].sum(axis=0)) / np.sqrt(sums.n)
    return suited_scale(R, names.structure, names.hom)


def upper_factor(A: Array) -> Array:
    """Upper triangular R with R'R = A; a row is zero where no more than SINGULAR^2 is left of a column."""
    rest, R = np.array(A), np.zeros_like(A)
    for k, whole in enumerate(np.diag(A)):
        if rest[k, k] > SINGULAR**2 * whole:
            R[k, k:] = rest[k, k:] / np.sqrt(rest[k, k])
            rest -= np.outer(R[k], R[k])
    return R
