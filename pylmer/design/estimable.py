"""Which functions of the coefficients a design determines.

A linear function l'beta of all columns of X, the dropped ones too, can be estimated if l is orthogonal to the null
space of X: it then has the same value for every solution of the normal equations (Searle 1971, Linear Models, 5.4).
Whether it is, is asked of columns of about one length, so that the units of the data have no say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..numerics.linalg import Array, chunks, dense, powers_of_two, triangular_factor
from .source import Sourced, summed_columns
from .summed import SummedColumns

NOT_ESTIMABLE = 1e-6  # a function's part in the null space that is rounding, relative to the summands it is made of
ROUNDING = 1e-10  # an entry of the null space that is zero
SHOWN = 5  # rows that a note names


@dataclass(frozen=True, eq=False)
class NullSpace:
    """The v with X v = 0.

    lengths  (P,) largest entry of each column of X, to the nearest power of two
    vectors  (P, P - r) orthonormal basis of the null space of X / lengths
    """

    lengths: Array
    vectors: Array

    def outside(self, L: Array) -> Array:
        """Parts (q, P - r) of the functions L (q, P) in the null space, zero where they are rounding."""
        units = L / self.lengths
        parts = units @ self.vectors
        rounding = np.abs(parts) <= NOT_ESTIMABLE * (np.abs(units) @ np.abs(self.vectors))
        return np.where(rounding, 0.0, parts)

    def estimable(self, L: Array) -> Array:
        """Mask (q,) of the functions L (q, P) that can be estimated; functions with missing weights cannot."""
        return np.asarray(np.all(self.outside(L) == 0, axis=1) & np.isfinite(L).all(axis=1))


def null_space(fit: Sourced, kept: Array) -> NullSpace:
    """The null space of all columns of a fit's X, of which those at `kept` (r,) are a basis."""
    summed = summed_columns(fit)
    if summed is not None:
        return _of_sums(summed, kept)
    rows, spec, P = fit.rows, fit.design.spec, len(fit.design.X_full_names)
    left = np.setdiff1d(np.arange(P), kept)
    X = rows.X
    if len(left):
        X = spec.fixed_coder.matrix(rows.variables, rows.n)
    root = np.ones(rows.n) if rows.weights is None else np.sqrt(rows.weights)
    largest = [np.max(np.abs(dense(X[at])), axis=0, initial=0.0) for at in chunks(rows.n)]
    lengths = powers_of_two(np.max(largest, axis=0, initial=0.0))
    if not len(left):
        return NullSpace(lengths, np.zeros((P, 0)))
    R = triangular_factor((root[at, None] * (dense(X[at]) / lengths) for at in chunks(rows.n)), P)
    return _spanned(lengths, kept, left, np.linalg.lstsq(R[:, kept], R[:, left], rcond=None)[0])


def _of_sums(columns: SummedColumns, kept: Array) -> NullSpace:
    """The null space by what sums say of the columns."""
    lengths, P = columns.lengths(), columns.every.shape[1]
    left = np.setdiff1d(np.arange(P), kept)
    inside = columns.every[:, left] * lengths[kept][:, None] / lengths[left]
    return _spanned(lengths, kept, left, inside) if len(left) else NullSpace(lengths, np.zeros((P, 0)))


def _spanned(lengths: Array, kept: Array, left: Array, inside: Array) -> NullSpace:
    """The null space where the columns left are those kept times `inside`, all divided by their lengths."""
    null = np.zeros((len(lengths), len(left)))
    null[kept], null[left] = -inside, np.eye(len(left))
    vectors = np.linalg.qr(null)[0]
    return NullSpace(lengths, np.where(np.abs(vectors) < ROUNDING, 0.0, vectors))


def not_estimable(fit: Sourced, kept: Array, X: Array, labels: pd.Index[Any]) -> str | None:
    """What to say of new rows X (m, P), called `labels`, whose means a rank-deficient fit cannot estimate."""
    lost = np.setdiff1d(np.arange(X.shape[1]), kept)
    if not len(lost):
        return None
    unknown = np.flatnonzero(np.isfinite(X).all(axis=1) & ~null_space(fit, kept).estimable(X))
    if not len(unknown):
        return None
    named = ", ".join(str(labels[i]) for i in unknown[:SHOWN]) + (", ..." if len(unknown) > SHOWN else "")
    return (
        f"predicting from a rank-deficient fit, without {', '.join(fit.design.X_full_names[j] for j in lost)}: "
        f"{len(unknown)} of {len(X)} new rows ({named}) cannot be estimated from the data, such as cells without data; "
        "the numbers given for them depend on how the factors are coded"
    )
