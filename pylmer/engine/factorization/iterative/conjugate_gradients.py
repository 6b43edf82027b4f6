"""Conjugate gradients for many right-hand sides, a few vectors deflated.

With V (q, r) orthonormal and E = V'AV, the part of the solution that V reaches is exact, V E^-1 V'b, and all search
directions are kept conjugate to V (Saad, Yeung, Erhel & Guyomarc'h 2000). The preconditioner is in the scaling of A.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....errors import NumericalError
from ....numerics.linalg import Array, symmetric
from .operator import ScaledOperator

MOST_STEPS = 500


@dataclass(frozen=True, eq=False)
class Deflation:
    """V (q, r) orthonormal, AV, E = V'AV (r, r) and its inverse."""

    V: Array
    AV: Array
    E: Array
    E_inverse: Array

    @classmethod
    def by(cls, A: ScaledOperator, vectors: Array) -> Deflation:
        """Deflation of the space of some vectors (q, r), which must be independent."""
        V = np.linalg.qr(vectors)[0]
        AV = A.times(V)
        E = symmetric(V.T @ AV)
        return cls(V, AV, E, np.linalg.inv(E))

    def part(self, B: Array) -> Array:
        """V E^-1 V'B."""
        return np.asarray(self.V @ (self.E_inverse @ (self.V.T @ B)))

    def projected(self, B: Array) -> Array:
        """(I - V V') B."""
        return np.asarray(B - self.V @ (self.V.T @ B))

    def conjugate(self, B: Array) -> Array:
        """B - V E^-1 (AV)'B, of which A makes something orthogonal to V."""
        return np.asarray(B - self.V @ (self.E_inverse @ (self.AV.T @ B)))


@dataclass(frozen=True, eq=False)
class SolvedColumns:
    """A X = B up to `residual` (q, m), after so many `steps`."""

    X: Array
    residual: Array
    steps: int


def solve(
    A: ScaledOperator,
    space: Deflation,
    X: Array,
    residual: Array,
    tolerance: Array,
    least: int = 0,
    most: int = MOST_STEPS,
) -> SolvedColumns:
    """Go on from X with its `residual` (q, m) until the norm of each column's is below its `tolerance` (m,).

    NumericalError if that takes more than `most` steps.
    """
    X = X + space.part(residual)
    R = residual - space.AV @ (space.E_inverse @ (space.V.T @ residual))
    D = space.conjugate(R)
    size = np.sum(R**2, axis=0)
    for step in range(most):
        if step >= least and np.all(np.sqrt(size) <= tolerance):
            return SolvedColumns(X, R, step)
        AD = A.times(D)
        alpha = size / _nonzero(np.sum(D * AD, axis=0))
        X, R = X + alpha * D, R - alpha * AD
        new = np.sum(R**2, axis=0)
        D = space.conjugate(R) + new / _nonzero(size) * D
        size = new
    raise NumericalError(
        f"conjugate gradients did not converge in {most} steps: the crossed factors are too strongly connected for the "
        "iterative engine; leave engine= out where the factors are small enough"
    )


def _nonzero(values: Array) -> Array:
    return np.where(values == 0, 1.0, values)
