"""The finite-sample null distribution of the (restricted) likelihood ratio of one variance; knows no models.

y = X beta + Z b + e, b ~ N(0, lambda sigma^2 I), lambda = 0, with n - p = m. For independent w_s ~ N(0, 1)

    RLRT =d sup over lambda >= 0 of  m log(1 + N / D) - sum_s log(1 + lambda mu_s)
    LRT  =d n log(1 + U / sum_s w_s^2) + sup over lambda >= 0 of  n log(1 + N / D) - sum_s log(1 + lambda xi_s)
    N = sum_s lambda mu_s / (1 + lambda mu_s) w_s^2,   D = sum_s w_s^2 / (1 + lambda mu_s) + sum of the other w^2

with mu the eigenvalues of Z'(I - X (X'X)^-1 X')Z, xi those of Z'Z, and U chi-square on as many degrees of freedom as
fixed effects are zero under the hypothesis (Crainiceanu & Ruppert 2004, J. R. Stat. Soc. B 66:165, theorem 1 and
equation 10). Equal eigenvalues are drawn together, as one chi-square on their number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...numerics.linalg import Array

GRID = 200  # values of lambda, evenly spaced in its logarithm
LOWEST, HIGHEST = 1e-5, 1e5  # of lambda times the largest, and the smallest, eigenvalue
AT_ONCE = 1000  # draws held at once
SAME = 1e-9  # relative difference between equal eigenvalues


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Distinct positive eigenvalues (k,), ascending, and how often each occurs (k,)."""

    values: Array
    counts: Array

    def log1p(self, scale: Array) -> Array:
        """sum_s log(1 + lambda mu_s) for each lambda of `scale` (g,)."""
        return np.asarray(np.log1p(np.outer(scale, self.values)) @ self.counts)


def projected(squares: Array, C: Array, XtX: Array) -> Spectrum:
    """The spectrum of Z'(I - X (X'X)^-1 X')Z, where Z'Z is diagonal: `squares` (J,), and C = Z'X (J, p).

    Among k levels of equal squares d, all but p directions do not meet X and have the eigenvalue d: only the others
    enter an eigenvalue problem, of p directions for each distinct d at the most.
    """
    half = C @ np.linalg.inv(np.linalg.cholesky(XtX)).T
    diagonal, rows, alone = [], [], []
    for d, levels in _equal(squares):
        if len(levels) > half.shape[1]:
            alone.append((d, len(levels) - half.shape[1]))
            part = np.linalg.qr(half[levels], mode="r")
        else:
            part = half[levels]
        diagonal += [d] * len(part)
        rows.append(part)
    met = np.vstack(rows)
    values = [(value, 1) for value in np.linalg.eigvalsh(np.diag(diagonal) - met @ met.T)]
    return _spectrum([*values, *alone], float(squares.max()))


def diagonal_spectrum(squares: Array) -> Spectrum:
    """The spectrum of a diagonal matrix, `squares` (J,)."""
    return _spectrum([(d, len(levels)) for d, levels in _equal(squares)], float(squares.max()))


def _equal(squares: Array) -> list[tuple[float, Array]]:
    """Distinct values, and where each stands."""
    order = np.argsort(squares, kind="stable")
    breaks = np.flatnonzero(np.diff(squares[order]) > SAME * squares.max()) + 1
    return [(float(squares[at[0]]), at) for at in np.split(order, breaks)]


def _spectrum(pairs: list[tuple[float, int]], size: float) -> Spectrum:
    kept = sorted(pair for pair in pairs if pair[0] > SAME * size)
    return Spectrum(np.array([value for value, _ in kept]), np.array([count for _, count in kept], float))


def simulated_rlrt(mu: Spectrum, m: int, nsim: int, rng: np.random.Generator) -> Array:
    """Draws of RLRT for m = n - p: (nsim,)."""
    blocks = [_supremum(mu, mu, m, *_squares(mu, m, size, rng)) for size in _sizes(nsim)]
    return np.concatenate(blocks)


def simulated_lrt(mu: Spectrum, xi: Spectrum, n: int, p: int, q: int, nsim: int, rng: np.random.Generator) -> Array:
    """Draws of LRT where q of the p fixed effects are zero under the hypothesis: (nsim,)."""
    blocks = []
    for size in _sizes(nsim):
        w, rest = _squares(mu, n - p, size, rng)
        fixed = n * np.log1p(rng.chisquare(q, size) / (w.sum(axis=1) + rest)) if q else 0.0
        blocks.append(fixed + _supremum(mu, xi, n, w, rest))
    return np.concatenate(blocks)


def _sizes(nsim: int) -> list[int]:
    return [min(AT_ONCE, nsim - start) for start in range(0, nsim, AT_ONCE)]


def _squares(mu: Spectrum, m: int, size: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Sums of w^2 that belong to each eigenvalue (size, k), and of the others (size,)."""
    others = m - float(mu.counts.sum())
    return rng.chisquare(mu.counts, (size, len(mu.counts))), rng.chisquare(others, size) if others else np.zeros(size)


def _supremum(mu: Spectrum, penalty: Spectrum, m: int, w: Array, rest: Array) -> Array:
    """sup over lambda >= 0 of m log(1 + N / D) - sum log(1 + lambda xi) for draws w (d, k), rest (d,): (d,).

    From a grid, and the parabola through the best value and its neighbours.
    """
    scale = np.geomspace(LOWEST / mu.values[-1], HIGHEST / mu.values[0], GRID)
    shrunk = 1 / (1 + np.outer(mu.values, scale))
    D = w @ shrunk + rest[:, None]
    f = m * np.log((w.sum(axis=1) + rest)[:, None] / D) - penalty.log1p(scale)
    best = np.clip(np.argmax(f, axis=1), 1, GRID - 2)
    low, middle, high = (f[np.arange(len(f)), best + step] for step in (-1, 0, 1))
    bend = np.minimum(low - 2 * middle + high, -np.finfo(float).tiny)
    peak = np.maximum(low, high)
    inner = middle >= peak
    peak[inner] = (middle - (high - low) ** 2 / (8 * bend))[inner]
    return np.asarray(np.maximum(peak, 0.0))
