"""Exact precautions before summing: a shift of the response, a common scale for columns (design.md section 4)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import (
    FEW_LONG,
    Array,
    chunks,
    inverse_upper,
    products_of_rows,
    rows_for_factor,
    rows_for_products,
    triangular_factor,
)
from ...numerics.rank import clear_factor
from ...structures import STRUCTURES
from .rows import Rows, TermRows

SINGULAR = 1e-7  # a column of a whitened term that keeps less than this of its length is collinear
DEPENDENT = 1e-13  # part of a column outside the span of the others, relative, that is rounding


@dataclass(frozen=True, eq=False)
class Scaling:
    """X~ = X R^-1, Z~_i = Z_i R_i^-1, y~ = y - X shift. R is upper triangular (p, p), each R_i (l_i, l_i)."""

    R: Array
    R_terms: tuple[Array, ...]
    shift: Array

    @cached_property
    def logdet_R(self) -> float:
        """log |R|, positive diagonal."""
        return float(np.sum(np.log(np.diag(self.R))))

    @cached_property
    def inverse(self) -> Array:
        """R^-1 (p, p)."""
        return inverse_upper(self.R)

    @cached_property
    def inverse_terms(self) -> tuple[Array, ...]:
        """R_i^-1 (l_i, l_i) of every random term."""
        return tuple(inverse_upper(R) for R in self.R_terms)


def find_scaling(rows: Rows) -> Scaling:
    """Scales from the rows themselves: R of [X y] gives the scale and the shift at once.

    Of X'X where its columns are far from depending on each other, else by QR.
    """
    p, full = rows.p, _by_products(rows)
    if full is None:
        weighted = _weighted_Xy(rows, rows_for_factor(p + 1))
        full = triangular_factor(weighted if rows.bordered is None else [rows.bordered.of_Xy], p + 1)
    R = full[:p, :p]
    if np.logical_or.reduce(R.diagonal() <= DEPENDENT * np.maximum.reduce(np.abs(R), axis=0, initial=0.0)):
        raise NumericalError(
            "the fixed-effect columns are linearly dependent, weights included: "
            "leave check_rankX at its default, and weights of one magnitude"
        )
    shift = inverse_upper(R) @ full[:p, p]
    R = R / math.sqrt(rows.n)
    return Scaling(R, tuple(_term_scale(rows, t, R) for t in rows.terms), shift)


def _weighted_Xy(rows: Rows, size: int) -> Iterator[Array]:
    """sqrt(w) [X y], some rows at a time."""
    for at in chunks(rows.n, size):
        block = np.empty((rows.p + 1, at.stop - at.start)).T
        block[:, :-1], block[:, -1] = rows.fixed(at), rows.y[at]
        yield block if rows.weights is None else block * rows.root_weights(at)


def _Xy_columns(rows: Rows, size: int) -> Iterator[Array | list[Array]]:
    """The columns of sqrt(w) [X y], some rows at a time; of few columns without weights, as they lie."""
    if rows.weights is not None or rows.p >= FEW_LONG:
        return (block.T for block in _weighted_Xy(rows, size))
    return ([*rows.fixed(at).T, rows.y[at]] for at in chunks(rows.n, size))


def _by_products(rows: Rows) -> Array | None:
    """The first p rows of R of [X y] (p, p + 1) from cross-products; None where they would lose something."""
    p = rows.p
    if rows.bordered is not None or not p:
        return None
    total = np.zeros((p + 1, p + 1))
    with np.errstate(over="ignore", invalid="ignore"):
        for block in _Xy_columns(rows, rows_for_products(p + 1)):
            total += products_of_rows(block)
        R = clear_factor(total[:p, :p])
    if R is None or not np.isfinite(total[:p, p]).all():
        return None
    full = np.empty((p, p + 1))
    full[:, :p], full[:, p] = R, inverse_upper(R).T @ total[:p, p]
    return full


def _term_scale(rows: Rows, term: TermRows, R: Array) -> Array:
    """R_i: whitening where the structure is `linear`, else one scale a column, one common scale where hom.

    R  that of X, whose columns may be those of the term
    """
    if term.Z is None:
        return np.full((1, 1), 1.0 if rows.weights is None else math.sqrt(np.add.reduce(rows.weights) / rows.n) or 1.0)
    if term.Z is rows.X:
        return suited_scale(R, term.structure, term.hom)
    blocks = (term.columns(at) * rows.root_weights(at) for at in chunks(rows.n, rows_for_factor(term.width)))
    return suited_scale(triangular_factor(blocks, term.width) / np.sqrt(rows.n), term.structure, term.hom)


def column_lengths(R: Array) -> Array:
    """Lengths of the columns, of whatever size they are."""
    unit = np.maximum.reduce(np.abs(R), axis=0, initial=0.0)
    unit[unit == 0] = 1.0
    return np.asarray(unit * np.sqrt(np.add.reduce((R / unit) ** 2, axis=0)))


def scaled_fixed(rows: Rows, scaling: Scaling, at: slice) -> Array:
    """sqrt(w) [X~ y~] on some rows: (rows, p + 1)."""
    y = rows.y[at] - rows.fixed(at) @ scaling.shift
    return np.hstack([scaled_X(rows, scaling, at), y[:, None] * rows.root_weights(at)])


def scaled_X(rows: Rows, scaling: Scaling, at: slice) -> Array:
    """sqrt(w) X~ on some rows: (rows, p)."""
    X = rows.fixed(at) @ scaling.inverse
    return X if rows.weights is None else X * rows.root_weights(at)


def scaled_random(rows: Rows, scaling: Scaling, terms: Sequence[int], at: slice) -> Array:
    """sqrt(w) Z~ of some terms side by side on some rows: (rows, L)."""
    parts = [rows.terms[t].columns(at) @ scaling.inverse_terms[t] for t in terms]
    return np.hstack(parts) * rows.root_weights(at)


def suited_scale(R: Array, structure: str, hom: bool) -> Array:
    """R_i that suits the structure, of columns whose triangular factor is R: R'R = Z'Z / n (l, l)."""
    rms = column_lengths(R)
    rms[rms == 0] = 1.0
    if not STRUCTURES[structure].linear:
        return np.asarray(np.diag(np.full_like(rms, np.sqrt(np.mean(rms**2))) if hom else rms))
    if (R.diagonal() < SINGULAR * rms).any():
        return np.asarray(np.diag(rms))
    return R
