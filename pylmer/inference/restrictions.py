"""A model within another as a restriction L beta = 0 (Halekoh & Hojsgaard 2014, section 2)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..linalg import Array, chunks, triangular_factor

TOLERANCE = 1e-7


def restriction(X: Any, X0: Any) -> Array:
    """L (q, p) with { X beta : L beta = 0 } the column space of X0; ArgumentError if that is not within X's.

    Its rows are orthonormal. Tall matrices are reduced to their triangular factor, in which nothing is lost.
    """
    p, p0, n = X.shape[1], X0.shape[1], X.shape[0]
    blocks = (np.hstack([_dense(X0[at]), _dense(X[at])]) for at in chunks(n))
    R = triangular_factor(blocks, p0 + p)
    size = np.sqrt(np.sum(R**2, axis=0))
    R = R / np.where(size > 0, size, 1.0)
    basis, s, _ = np.linalg.svd(R[:, p0:], full_matrices=False)
    basis = basis[:, s > TOLERANCE * s[0]] if len(s) else basis
    left = R[:, :p0] - basis @ (basis.T @ R[:, :p0])
    if np.max(np.abs(left), initial=0.0) > TOLERANCE**0.75:
        raise ArgumentError(
            "the models are not nested: the fixed effects of the small one are not within the large one's"
        )
    inner, s0, _ = np.linalg.svd(R[:, :p0], full_matrices=False)
    inner = inner[:, s0 > TOLERANCE * s0[0]] if len(s0) else inner
    outside = R[:, p0:] - inner @ (inner.T @ R[:, p0:])
    _, s, Vt = np.linalg.svd(outside)
    L = Vt[: int(np.sum(s > TOLERANCE))] * size[p0:]
    return np.asarray(np.linalg.qr(L.T)[0].T) if len(L) else np.zeros((0, p))


def _dense(block: Any) -> Array:
    return np.asarray(block if isinstance(block, np.ndarray) else block.toarray(), float)
