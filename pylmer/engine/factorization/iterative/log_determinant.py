"""log|A| by probes, with what stands out of the spectrum taken exactly.

Hutch++ (Meyer, Musco, Musco & Woodruff 2021) for the logarithm: V spans the outlying eigenvectors, found by inverse
subspace iterations, and tr V'log(A)V comes from Lanczos quadratures started at each of its columns (Ubaru, Chen & Saad
2017). Probes projected off V give the rest, by what log(A) differs from A - I, whose trace is zero because the diagonal
of A is one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....numerics.linalg import Array
from .conjugate_gradients import Deflation, solve
from .operator import ScaledOperator
from .probes import random_signs

INVERSE_ITERATIONS = 4
ROUGH = 1e-3  # relative residual of the solves that only turn V
LANCZOS_STEPS = 60
SETTLED = 1e-7  # change of a sum of quadratures from which on further steps are not taken
FEW = 30  # levels of a factor that are all taken exactly
TINY = 1e-10  # off-diagonal entry at which a Krylov space is exhausted


@dataclass(frozen=True)
class Estimate:
    """An estimated value and its Monte-Carlo standard error."""

    value: float
    se: float


def log_determinant(A: ScaledOperator, k: int, widths: tuple[int, ...], enough: float, seed: int) -> Estimate:
    """log|A| from k probes; V takes `widths` directions besides the intercepts, in turn until the error is `enough`."""
    rng = np.random.default_rng(seed)
    found = _estimated(A, k, widths[0], rng)
    for width in widths[1:]:
        if found.se <= enough:
            break
        found = _estimated(A, k, width, rng)
    return found


def _estimated(A: ScaledOperator, k: int, width: int, rng: np.random.Generator) -> Estimate:
    space = outlying(A, width, rng)
    Z = space.projected(random_signs(rng, (len(A.P), k)))
    within, _ = log_quadratures(A, space.V)
    rest, first_order = log_quadratures(A, Z)
    samples = rest - first_order
    value = within.sum() + space.V.shape[1] - np.trace(space.E) + samples.mean()
    return Estimate(float(value), float(np.std(samples, ddof=1) / np.sqrt(k)))


def intercepts(A: ScaledOperator) -> Array:
    """What the other factors' intercepts share with the first one's, P^1/2 of each, and A and A^2 times that.

    The eigenvectors that stand out of the spectrum, at both of its ends, are nearly of that space: (q, about 3 F). Of a
    factor with few levels each level has a direction of its own.
    """
    factors = A.coupling.factors
    few = np.bincount(factors)[factors] <= FEW
    number = np.unique(np.where(few, np.arange(len(factors)), -1 - factors), return_inverse=True)[1]
    E = np.where(number[:, None] == np.arange(number.max() + 1), np.sqrt(A.P)[:, None], 0.0)
    E /= np.sqrt(np.sum(E**2, axis=0))
    AE = A.times(E)
    return np.hstack([E, AE, A.times(AE)])[:, : len(factors)]


def outlying(A: ScaledOperator, width: int, rng: np.random.Generator) -> Deflation:
    """The intercepts and `width` of the smallest eigenvectors besides, by inverse subspace iterations."""
    begun = intercepts(A)
    more = min(width, (len(A.P) - begun.shape[1]) // 2)
    if more <= 0:
        return Deflation.by(A, begun)
    space = Deflation.by(A, np.hstack([begun, random_signs(rng, (len(A.P), more))]))
    for _ in range(INVERSE_ITERATIONS):
        guess = np.zeros_like(space.V)
        found = solve(A, space, guess, space.V, np.full(guess.shape[1], ROUGH))
        space = Deflation.by(A, found.X)
    return space


def log_quadratures(A: ScaledOperator, B: Array) -> tuple[Array, Array]:
    """b'log(A)b and b'(A - I)b for each column b of B (q, m): Lanczos, as many steps as the sum needs to settle."""
    squares = np.sum(B**2, axis=0)
    Q, before = B / np.sqrt(np.where(squares > 0, squares, 1.0)), np.zeros_like(B)
    off: Array = np.zeros(B.shape[1])
    diagonals: list[Array] = []
    offs: list[Array] = []
    total, quadratures = np.inf, np.zeros(B.shape[1])
    for _ in range(min(LANCZOS_STEPS, len(B))):
        W = A.times(Q) - off * before
        alpha = np.sum(Q * W, axis=0)
        diagonals.append(alpha)
        W -= alpha * Q
        quadratures = squares * _log_corner(np.array(diagonals), np.array(offs).reshape(-1, B.shape[1]))
        off = np.sqrt(np.sum(W**2, axis=0))
        if abs(quadratures.sum() - total) <= SETTLED or np.all(off < TINY):
            break
        total = quadratures.sum()
        alive = off >= TINY
        before, Q = Q, np.where(alive, W / np.where(alive, off, 1.0), 0.0)
        off = np.where(alive, off, 0.0)
        offs.append(off)
    return quadratures, squares * (diagonals[0] - 1.0)


def _log_corner(diagonals: Array, offs: Array) -> Array:
    """(log T)_11 of tridiagonal matrices given by diagonals (s, m) and what is beside them (s - 1, m): (m,)."""
    s, m = diagonals.shape
    T = np.zeros((m, s, s))
    at = np.arange(s)
    T[:, at, at] = np.where(diagonals.T > 0, diagonals.T, 1.0)
    T[:, at[1:], at[:-1]] = offs.T
    values, vectors = np.linalg.eigh(T)
    return np.asarray(np.sum(vectors[:, 0, :] ** 2 * np.log(np.maximum(values, np.finfo(float).tiny)), axis=1))
