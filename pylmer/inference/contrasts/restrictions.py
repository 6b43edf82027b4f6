"""A model within another as a restriction L beta = 0 (Halekoh & Hojsgaard 2014, section 2)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import ArgumentError
from ...numerics.linalg import Array, chunks, triangular_factor
from ...numerics.rank import TOLERANCE, left_to_right
from ..analysis_of_variance.hypotheses import reduced

INSIDE = 1e-5  # part of a unit column outside a space that is rounding


def restriction(X: Any, X0: Any) -> Array:
    """L (q, p) with { X beta : L beta = 0 } the column space of X0; ArgumentError if that is not within X's.

    Its rows are orthonormal. Tall matrices are reduced to their triangular factor, in which nothing is lost; ranks are
    counted as R counts them for a model, so that units have no say.
    """
    p, p0, n = X.shape[1], X0.shape[1], X.shape[0]
    blocks = (np.hstack([_dense(X0[at]), _dense(X[at])]) for at in chunks(n))
    return restriction_of_factor(triangular_factor(blocks, p0 + p), p0)


def restriction_of_factor(R: Array, p0: int) -> Array:
    """The same by the triangular factor (p0 + p, p0 + p) of [X0 X]."""
    p = R.shape[1] - p0
    size = np.sqrt(np.sum(R**2, axis=0))
    R = R / np.where(size > 0, size, 1.0)
    outer, inner = _span(R[:, p0:]), _span(R[:, :p0])
    if np.max(np.abs(_outside(R[:, :p0], outer)), initial=0.0) > INSIDE:
        raise ArgumentError(
            "the models are not nested: the fixed effects of the small one are not within the large one's"
        )
    q = outer.shape[1] - inner.shape[1]
    if not q:
        return np.zeros((0, p))
    # ones and zeros first, or coefficients in very different units would be added up
    L = reduced(np.linalg.svd(_outside(R[:, p0:], inner))[2][:q], list(range(p))) * size[p0:]
    return np.asarray(np.linalg.qr(L.T)[0].T)


def _span(R: Array) -> Array:
    """Orthonormal basis of the columns."""
    return np.asarray(np.linalg.qr(R[:, left_to_right(R, TOLERANCE)])[0])


def _outside(R: Array, basis: Array) -> Array:
    """What of the columns is outside a space."""
    rest = R - basis @ (basis.T @ R)
    return np.asarray(rest - basis @ (basis.T @ rest))


def _dense(block: Any) -> Array:
    return np.asarray(block if isinstance(block, np.ndarray) else block.toarray(), float)
