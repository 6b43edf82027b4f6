"""Cluster-robust covariances of least-squares and mixed-model estimates, in sums over clusters; knows no models.

    V = C [ sum_i  X_i' W_i A_i e_i e_i' A_i' W_i X_i ] C',      M = (X'WX)^-1 = C C',   e = y - X beta

for clusters i, a working covariance Phi (block diagonal), weights W and adjustments A_i (Bell & McCaffrey 2002, Survey
Methodology 28:169; Pustejovsky & Tipton 2018, J. Bus. Econ. Stat. 36:672). Everything is per unit sigma^2, which
cancels in A_i, and X stands for X C, so that X'WX = I. Under the working model the residuals have the covariances

    Cov(e_i, e_j) = delta_ij Phi_i - X_i F_j' - F_i X_j' + X_i S X_j',   F_i = Phi_i W_i X_i,   S = X' W Phi W X,

from which the degrees of freedom come in sums over clusters: no matrix is larger than one cluster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...errors import ArgumentError, NumericalError
from ...numerics.linalg import Array, cholesky, chunks, symmetric, transposed

TYPES = ("CR0", "CR1", "CR1p", "CR1S", "CR2", "CR3")
CELLS = 2_000_000  # numbers held at once for degrees of freedom
ABSORBED = 1e-10  # share of a direction's variance that is left when the fixed effects take all of it


@dataclass(frozen=True, eq=False)
class Clusters:
    """Some clusters, k, each in r directions that hold all of its X and WX, and all of Phi that is not a multiple of I.

    X, WX (k, r, p); Phi (k, r, r); e (k, r). The directions are its rows, or fewer where the rest drops out of sums.
    """

    X: Array
    WX: Array
    Phi: Array
    e: Array

    def __len__(self) -> int:
        return len(self.X)

    @cached_property
    def F(self) -> Array:
        """Phi W X: (k, r, p)."""
        return np.asarray(self.Phi @ self.WX)


@dataclass(frozen=True, eq=False)
class Moments:
    """Contrasts c (p, q) under the working model: g_i'e_i with g_i = A_i' W_i X_i c has the covariances

    Cov(g_is'e_i, g_jt'e_j) = delta_ij own_i[s, t] + U_i[:, s]' B U_j[:, t]

    own (m, q, q), U (m, 2p, q), B (2p, 2p) symmetric.
    """

    own: Array
    U: Array
    B: Array

    @cached_property
    def _h(self) -> Array:
        """U_i' B U_i: (m, q, q)."""
        return np.asarray(np.swapaxes(self.U, 1, 2) @ self.B @ self.U)

    @property
    def expected(self) -> Array:
        """The covariance of the contrasts that the sandwich estimates without bias under the working model: (q, q)."""
        return np.asarray((self.own + self._h).sum(axis=0))

    def variance(self, s: int, t: int) -> float:
        """Variance of sum_i (g_is'e_i)(g_it'e_i) for normal e."""
        own, h, B = self.own, self._h, self.B
        N = self.U[:, :, s].T @ self.U[:, :, t]
        same = own[:, s, s] @ own[:, t, t] + own[:, s, s] @ h[:, t, t] + own[:, t, t] @ h[:, s, s]
        crossed = own[:, s, t] @ own[:, s, t] + 2 * own[:, s, t] @ h[:, s, t]
        return float(same + crossed + np.trace(B @ N @ B @ N.T) + np.trace(B @ N.T @ B @ N.T))


@dataclass(frozen=True, eq=False)
class AdjustedClusters:
    """Clusters with P = A' W X (k, r, p) and their scores P'e (k, p)."""

    clusters: Clusters
    P: Array

    @cached_property
    def scores(self) -> Array:
        return np.asarray(transposed(self.P) @ self.clusters.e[:, :, None])[:, :, 0]


@dataclass(frozen=True, eq=False)
class Sandwich:
    """The clusters of one fit, adjusted, those with as many directions side by side. C (p, p) and S (p, p) as above."""

    adjusted: tuple[AdjustedClusters, ...]
    C: Array
    S: Array

    @cached_property
    def m(self) -> int:
        """Number of clusters."""
        return sum(len(each.clusters) for each in self.adjusted)

    @property
    def p(self) -> int:
        """Number of coefficients."""
        return len(self.C)

    @cached_property
    def covariance(self) -> Array:
        """The covariance of the estimates: (p, p)."""
        scores = np.concatenate([each.scores for each in self.adjusted]) @ self.C.T
        return np.asarray(scores.T @ scores)

    def moments(self, L: Array) -> Moments:
        """Of the contrasts L (q, p)."""
        c, own, U = self.C.T @ L.T, [], []
        for each in self.adjusted:
            g = each.P @ c
            own.append(transposed(g) @ each.clusters.Phi @ g)
            U.append(np.concatenate([transposed(each.clusters.X) @ g, transposed(each.clusters.F) @ g], axis=1))
        identity, zero = np.eye(self.p), np.zeros((self.p, self.p))
        B = np.block([[self.S, -identity], [-identity, zero]])
        return Moments(np.concatenate(own), np.concatenate(U), B)

    def satterthwaite(self, L: Array) -> Array:
        """Degrees of freedom 2 (E v)^2 / Var v of the variance v of each row of L (q, p): (q,).

        NaN where the clusters determine the contrast: then v is zero.
        """
        size = max(1, CELLS // (2 * self.m * max(self.p, 1)))
        return np.concatenate([self._single(L[at]) for at in chunks(len(L), size)] or [np.zeros(0)])

    def _single(self, L: Array) -> Array:
        moments, working = self.moments(L), np.sum((L @ self.C) ** 2, axis=1)
        expected = np.diag(moments.expected)
        variances = np.array([moments.variance(s, s) for s in range(len(L))])
        known = expected > ABSORBED * working
        return np.where(known, 2 * expected**2 / np.where(known, variances, 1.0), np.nan)

    def hotelling(self, L: Array) -> float:
        """eta of the approximate Hotelling test of L (q, p) (Pustejovsky & Tipton 2018, section 3.2)."""
        root = cholesky(self.moments(L).expected)
        moments, q = self.moments(np.linalg.solve(root, L)), len(L)
        return q * (q + 1) / sum(moments.variance(s, t) for s in range(q) for t in range(q))


def sandwich(stacks: Sequence[Clusters], C: Array, type: str, n: int) -> Sandwich:
    """The clusters with the adjustment called `type`; n rows.

    CR0 A = I; CR1, CR1p, CR1S its multiples sqrt(m / (m - 1)), sqrt(m / (m - p)), sqrt(m (n - 1) / ((m - 1)(n - p)));
    CR2 the symmetric A with A Cov(e_i) A = Phi_i, unbiased under the working model; CR3 A = (I - X_i X_i'W_i)^-1, close
    to the jackknife. Raises ArgumentError for too few clusters, NumericalError where CR3 does not exist.
    """
    m, p = sum(map(len, stacks)), len(C)
    S = sum((np.sum(transposed(each.F) @ each.WX, axis=0) for each in stacks), start=np.zeros((p, p)))
    factor = np.sqrt(_multiple(type, m, p, n))
    return Sandwich(tuple(AdjustedClusters(each, factor * _adjusted(each, S, type)) for each in stacks), C, S)


def _multiple(type: str, m: int, p: int, n: int) -> float:
    needed = {"CR1": 1, "CR1S": 1, "CR1p": p}.get(type, 0)
    if m <= max(needed, 1):
        raise ArgumentError(f"type={type!r} needs more than {max(needed, 1)} clusters, found {m}")
    multiples = {"CR1": m / (m - 1), "CR1S": m * (n - 1) / ((m - 1) * max(n - p, 1))}
    return m / (m - p) if type == "CR1p" else multiples.get(type, 1.0)


def _adjusted(clusters: Clusters, S: Array, type: str) -> Array:
    """A' W X of every cluster (k, r, p)."""
    X, WX = clusters.X, clusters.WX
    if type == "CR3":
        return _jackknifed(X, WX)
    if type != "CR2":
        return WX
    parts = chunks(len(X), max(1, CELLS // max(1, X.shape[1] ** 2)))
    return np.concatenate([_unbiased(clusters.Phi[at], _taken(X[at], clusters.F[at], S)) @ WX[at] for at in parts])


def _taken(X: Array, F: Array, S: Array) -> Array:
    """What the fixed effects take of Phi (k, r, r)."""
    XF = X @ transposed(F)
    return np.asarray(XF + transposed(XF) - X @ S @ transposed(X))


def _unbiased(Phi: Array, taken: Array) -> Array:
    """The symmetric A with A (Phi - taken) A = Phi, for stacks (m, r, r); directions in which nothing is left are not
    adjusted for.

    With Phi = L L', Phi - taken = L (I - T) L' and N = L'L: A = L (N (I - T) N)^(-1/2) L', the root of the generalized
    inverse by a singular value decomposition of N (I - T)^(1/2).
    """
    L = cholesky(Phi)
    whitened = np.linalg.solve(L, transposed(np.linalg.solve(L, taken)))
    left, axes = np.linalg.eigh(np.eye(L.shape[-1]) - symmetric(whitened))
    kept = left > ABSORBED
    U, s, _ = np.linalg.svd((transposed(L) @ L) @ (axes * np.sqrt(np.where(kept, left, 0.0))[:, None, :]))
    used = np.arange(s.shape[1]) < kept.sum(axis=1)[:, None]  # those without anything left come last, as zeros
    LU = L @ U
    return np.asarray((LU * np.where(used, 1 / np.where(used, s, 1.0), 0.0)[:, None, :]) @ transposed(LU))


def _jackknifed(X: Array, WX: Array) -> Array:
    """(I - WX X')^-1 WX = WX (I - X'WX)^-1 of each cluster (k, r, p)."""
    rest = np.eye(X.shape[2]) - transposed(X) @ WX
    if np.linalg.eigvalsh(symmetric(rest)).min(initial=1.0) < ABSORBED:
        raise NumericalError("CR3 does not exist: one cluster alone determines a coefficient; use CR2")
    return np.asarray(WX @ np.linalg.inv(rest))


def reduced(columns: Array) -> Array:
    """Columns (k, n, c) in no more than c orthonormal directions that hold all of them but the last: (k, r, c)."""
    n, c = columns.shape[1:]
    return columns if n < c else np.asarray(np.linalg.qr(columns, mode="r"))[:, : c - 1]
