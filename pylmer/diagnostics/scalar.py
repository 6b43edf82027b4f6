"""Deletions from a model with one scalar random term, all at once.

Each of G problems has the levels of the whole but one, which has other sums. With s = theta^2, per level a = Z'Z,
U = Z'[X y], m = 1 + s a and k = s / m,

    C(s) = [X y]'V^-1[X y] = [X y]'W[X y] - sum_j k_j U_j U_j',    log|V| = sum_j log m_j

(the sums over levels are one matrix product for all problems), r2 = 1 / (C^-1)_yy and log|X'V^-1X| = log|C| - log r2,
which make the criterion (`deviance`), with exact first and second derivatives in s: a few Newton steps in theta solve
every problem.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..engine.criterion.deviance import curvature, deviance, log_determinants, profiling, slope
from ..numerics.linalg import Array, Codes

CELLS = 2_000_000  # problems x levels held at once
STEPS = 12
STOP = 1e-12  # predicted decrease of the criterion below which no step is worth taking
INTERIOR = 0.05  # a relative standard deviation below this, scaled, is left to the general search


@dataclass(frozen=True, eq=False)
class Problems:
    """G problems over J shared levels.

    a (J,), U (J, p + 1);  level (G,) the one that differs, a_level (G,), U_level (G, p + 1) its sums
    XytXy (G, p + 1, p + 1);  m (G,) n or n - p
    """

    a: Array
    U: Array
    level: Codes
    a_level: Array
    U_level: Array
    XytXy: Array
    m: Array
    REML: bool

    def some(self, which: Codes | slice) -> Problems:
        """Some of the problems."""
        return replace(
            self,
            level=self.level[which],
            a_level=self.a_level[which],
            U_level=self.U_level[which],
            XytXy=self.XytXy[which],
            m=self.m[which],
        )


def minimize(problems: Problems, theta: float, scan: Sequence[float]) -> Array:
    """theta of every problem (G,) from a common start; NaN where the general search must look.

    scan  thetas at which the criterion must have one local minimum, not below the one that is found
    """
    size = max(1, CELLS // len(problems.a))
    parts = [problems.some(slice(start, start + size)) for start in range(0, len(problems.level), size)]
    return np.concatenate([_minimum(part, theta, scan) for part in parts])


def _minimum(problems: Problems, start: float, scan: Sequence[float]) -> Array:
    theta = _newton(problems, start)
    values = np.array([_values(problems, np.full(len(theta), c)) for c in scan])
    found = _values(problems, np.where(np.isnan(theta), start, theta))
    return np.where(one_minimum(values) & (found <= np.min(values, axis=0)), theta, np.nan)


def one_minimum(scan: Array) -> Array:
    """Whether the columns of values (places, G) have a single local minimum each: (G,)."""
    padded = np.pad(scan, ((1, 1), (0, 0)), constant_values=np.inf)
    return np.asarray(np.sum((scan <= padded[:-2]) & (scan <= padded[2:]), axis=0) == 1)


def _values(problems: Problems, theta: Array) -> Array:
    """The criterion up to what neither theta nor deletions change: (G,)."""
    s = theta**2
    C = _reduced(problems, s)[0]
    r2 = 1.0 / np.linalg.inv(C)[:, -1, -1]
    a = np.broadcast_to(problems.a, (len(s), len(problems.a))).copy()
    a[np.arange(len(s)), problems.level] = problems.a_level
    logdet = np.sum(np.log1p(s[:, None] * a), axis=1)
    logdet_XtVX = np.linalg.slogdet(C)[1] - np.log(r2) if problems.REML else 0.0
    return np.asarray(deviance(log_determinants(logdet, logdet_XtVX, problems.REML), r2, problems.m))


def _newton(problems: Problems, start: float) -> Array:
    theta = np.full(len(problems.level), start)
    for _ in range(STEPS):
        slope, bend = _derivatives(problems, theta)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.where(bend > 0, -slope / bend, np.nan)
        wild = ~(np.abs(step) < 0.5 * np.abs(theta))
        theta = np.where(wild, np.nan, theta + step)
        if np.all(wild | (0.5 * np.abs(slope * step) < STOP)):
            return np.where(theta < INTERIOR, np.nan, theta)
    return np.full(len(theta), np.nan)


def _derivatives(problems: Problems, theta: Array) -> tuple[Array, Array]:
    """First and second derivative of the criterion in theta: (G,) each."""
    s = theta**2
    C, C1, C2, log1, log2 = _reduced(problems, s)
    inverse = np.linalg.inv(C)
    e = inverse[:, :, -1]
    rho = e[:, -1]
    B1, turned = inverse @ C1, np.einsum("gab,gb->ga", C1, e)
    rho1 = -np.einsum("ga,ga->g", e, turned)
    rho2 = 2 * np.einsum("ga,gab,gb->g", turned, inverse, turned) - np.einsum("ga,gab,gb->g", e, C2, e)
    r2, r2_1, r2_2 = 1 / rho, -rho1 / rho**2, 2 * rho1**2 / rho**3 - rho2 / rho**2
    if problems.REML:
        log1 = log1 + np.trace(B1, axis1=1, axis2=2) - r2_1 / r2
        log2 = log2 + np.trace(inverse @ C2, axis1=1, axis2=2) - np.einsum("gab,gba->g", B1, B1)
        log2 = log2 - r2_2 / r2 + (r2_1 / r2) ** 2
    m, s2 = problems.m, r2 / problems.m
    d1 = slope(log1, r2_1, s2)
    d2 = curvature(log2, r2_2, s2) - profiling(r2_1[:, None], s2, m)[:, 0, 0]
    return 2 * theta * d1, 2 * d1 + 4 * s * d2


def _reduced(problems: Problems, s: Array) -> tuple[Array, Array, Array, Array, Array]:
    """C and its two derivatives in s (G, p + 1, p + 1), and those of log|V| (G,)."""
    a = np.broadcast_to(problems.a, (len(s), len(problems.a))).copy()
    each = np.arange(len(s))
    a[each, problems.level] = 0.0
    UU = (problems.U[:, :, None] * problems.U[:, None, :]).reshape(len(problems.U), -1)
    UU_level = problems.U_level[:, :, None] * problems.U_level[:, None, :]
    own, shape = problems.a_level, problems.XytXy.shape

    def summed(shared: Array, own: Array) -> Array:
        shared = shared.copy()
        shared[each, problems.level] = 0.0
        return np.asarray((shared @ UU).reshape(shape) + own[:, None, None] * UU_level)

    m, m_own = 1 + s[:, None] * a, 1 + s * own
    C = problems.XytXy - summed(s[:, None] / m, s / m_own)
    C1 = -summed(1 / m**2, 1 / m_own**2)
    C2 = summed(2 * a / m**3, 2 * own / m_own**3)
    log1 = np.sum(a / m, axis=1) + own / m_own
    log2 = -np.sum((a / m) ** 2, axis=1) - (own / m_own) ** 2
    return C, C1, C2, log1, log2


@dataclass(frozen=True, eq=False)
class FixedEstimates:
    """beta (G, p), Phi (G, p, p) and r2 (G,) in scaled coordinates, at given thetas."""

    beta: Array
    Phi: Array
    r2: Array


def estimates(problems: Problems, theta: Array) -> FixedEstimates:
    """The fixed part of every problem at its theta (G,)."""
    size = max(1, CELLS // len(problems.a))
    parts = []
    for start in range(0, len(theta), size):
        here = slice(start, start + size)
        parts.append(_reduced(problems.some(here), theta[here] ** 2)[0])
    C = np.concatenate(parts)
    p = C.shape[1] - 1
    Phi = np.linalg.inv(C[:, :p, :p])
    beta = np.einsum("gab,gb->ga", Phi, C[:, :p, p])
    return FixedEstimates(beta, Phi, C[:, p, p] - np.einsum("ga,ga->g", beta, C[:, :p, p]))
