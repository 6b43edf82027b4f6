"""Kenward and Roger's adjusted covariance of the fixed effects and their degrees of freedom, from sums.

V = sum_r gamma_r G_r, where G_r = Z B_r Z' for matrices B_r that span the covariances of a random term, and the
residual one is W^-1. With P = V^-1 - V^-1 X Phi X'V^-1, all per unit of the residual variance,

    P_r = -X'V^-1 G_r V^-1 X,   Q_rs = X'V^-1 G_r V^-1 G_s V^-1 X,   I_rs = tr(P G_r P G_s),   W = 2 I^-1
    Phi_A = Phi + 2 Phi [ sum_rs W_rs (Q_rs - P_r Phi P_s - R_rs / 4) ] Phi      (Kenward & Roger 1997, equation 5)

R_rs holds second derivatives of V, zero where the covariances of a term are a linear space. Nothing of size n is
formed: Q_rs comes from eliminating the columns Z B_r Z'V^-1X once more, I_rs from differences of tr(P G_r), which the
engines know (engine.md section 5).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...engine.covariance.point import Point, rank_ones
from ...engine.covariance.unstructured import Unstructured
from ...engine.criterion.profiled import At
from ...numerics.linalg import Array, symmetric
from ...numerics.stacks import cross, levels_last, product
from .satterthwaite import UNDETERMINED, cross_products, independent_rows, rank_of

STEP = 1e-4  # of the differences, relative to the scale on which tr(P G_r) varies
UNINFORMED = 1e-12  # information, relative to the largest, that is rounding
SEEN = 1e-3  # a share of the variance of contrasts that changes with a parameter of unit size
ZERO = 1e-10  # a factor of the moments this small is zero
NEAR_TWO = 1e-2  # where F has no mean its scale is left at 1
STENCIL = ((0.0, -11 / 6), (1.0, 3.0), (2.0, -3 / 2), (3.0, 1 / 3))  # third order, forward: Sigma stays a covariance


@dataclass(frozen=True, eq=False)
class KenwardRoger:
    """In the scaled coordinates of the sums, beta~ = inverse^-1 (beta - shift).

    inverse (p, p); s2; Phi, adjusted (p, p), s2 * adjusted being the covariance; P (k, p, p); W (k, k);
    flat (k, m) combinations of the parameters that the data do not determine, which W leaves out
    """

    inverse: Array
    s2: float
    Phi: Array
    adjusted: Array
    P: Array
    W: Array
    flat: Array

    def covariance(self, L: Array) -> Array:
        """L vcov L' with the adjusted covariance, for L (q, p): (q, q)."""
        scaled = L @ self.inverse
        return np.asarray(self.s2 * scaled @ self.adjusted @ scaled.T)

    def single(self, L: Array) -> Array:
        """Degrees of freedom of each row of L (q, p) alone: (q,)."""
        return np.array([self.joint(row[None])[0] for row in L])

    def rank(self, L: Array) -> int:
        """How many rows of L (q, p) are independent."""
        return rank_of(L, self.inverse)

    def joint(self, L: Array) -> tuple[float, float]:
        """Denominator degrees of freedom of the F test of all rows of L (q, p), and the scale of F (section 3).

        NaN and 1 where the data do not determine how variable the rows' estimates are.
        """
        rank, L = self.rank(L), L @ self.inverse
        values, axes = independent_rows(L @ self.Phi @ L.T, rank)
        half = (axes / np.sqrt(values)).T @ L @ self.Phi
        N = half @ self.P @ half.T
        traces = np.trace(N, axis1=1, axis2=2)
        if np.any(np.abs(traces @ self.flat) > SEEN):
            return np.nan, 1.0
        A1 = float(traces @ self.W @ traces)
        A2 = float(np.sum(self.W * np.einsum("rij,sji->rs", N, N)))
        df, scale = _moments(len(values), A1, A2)
        return (np.nan, 1.0) if abs(df) < UNDETERMINED else (df, scale)


def _moments(q: int, A1: float, A2: float) -> tuple[float, float]:
    """Denominator df and scale of F, matched to its approximate mean and variance; exact where F is Hotelling's."""
    if A2 == 0.0:
        return float("inf"), 1.0
    B = (A1 + 6 * A2) / (2 * q)
    g = ((q + 1) * A1 - (q + 4) * A2) / ((q + 2) * A2)
    c = 3 * q + 2 * (1 - g)
    V0, V1, V2 = 1 + g / c * B, 1 - (q - g) / c * B, 1 - (q + 2 - g) / c * B
    inverse_mean = 1 - A2 / q
    share = 1.0 if abs(inverse_mean) < ZERO and abs(V1) < ZERO else inverse_mean / V1
    rho = share**2 * V0 / V2 / q if abs(V2) >= ZERO else float("inf")
    df = 4 + (q + 2) / (q * rho - 1)
    return df, df * inverse_mean / (df - 2) if abs(df - 2) >= NEAR_TWO else 1.0


@dataclass(frozen=True, eq=False)
class TermCovariance:
    """The covariances of one term near its estimate.

    basis      (m, l, l) positive semi-definite matrices whose combinations hold them
    gamma      (m,) with Sigma = sum_m gamma_m basis_m
    tangents   (k, m) dSigma/da in the basis, per free parameter
    curvature  (k, k, l, l) second derivatives of Sigma, None where all are zero
    """

    basis: Array
    gamma: Array
    tangents: Array
    curvature: Array | None


def family(point: Point, tau: float) -> TermCovariance:
    """The free parameters of a term; `tau` is the scale on which a vanished variance would be noticed."""
    T = point.template()
    Sigma, basis = T @ T.T, point.span(tau)
    if basis is not None:
        return _linear(basis, Sigma)
    first, second = point.by_variances()
    basis = rank_ones(Sigma, tau)
    return TermCovariance(basis, _coordinates(basis, Sigma[None])[0], _coordinates(basis, first), second)


def _linear(basis: Array, Sigma: Array) -> TermCovariance:
    return TermCovariance(basis, _coordinates(basis, Sigma[None])[0], np.eye(len(basis)), None)


def _coordinates(basis: Array, matrices: Array) -> Array:
    """Coefficients (k, m) of symmetric matrices (k, l, l) in a basis (m, l, l)."""
    flat = matrices.reshape(len(matrices), -1)
    return np.asarray(np.linalg.lstsq(basis.reshape(len(basis), -1).T, flat.T, rcond=None)[0].T)


def kenward_roger(at: At) -> KenwardRoger:
    """The adjusted covariance at a REML optimum; see the head of this module."""
    families = [family(point, _sensitivity(at, term)) for term, point in enumerate(at.points)]
    P, Q = _products(at, families)
    info = information(at, families)
    tangents = _with_residual([f.tangents for f in families])
    P, (W, flat) = np.tensordot(tangents, P, 1), _weights(symmetric(tangents @ info @ tangents.T))
    Q = np.einsum("rm,sn,mnij->rsij", tangents, tangents, Q, optimize=True)
    U = np.einsum("rs,rsij->ij", W, Q) - np.einsum("rs,rij,jk,skl->il", W, P, at.Phi, P, optimize=True)
    U -= _curvatures(at, families, W) / 4
    adjusted = symmetric(at.Phi + 2 * at.Phi @ U @ at.Phi)
    return KenwardRoger(at.gram.scaling.inverse, at.s2, at.Phi, adjusted, P, W, flat)


def _weights(info: Array) -> tuple[Array, Array]:
    """W = 2 I^-1 on the directions of which there is information, and the others as columns."""
    values, vectors = np.linalg.eigh(info)
    known = np.abs(values) > UNINFORMED * np.max(np.abs(values), initial=0.0)
    return 2 * (vectors[:, known] / values[known]) @ vectors[:, known].T, vectors[:, ~known]


def _with_residual(blocks: list[Array]) -> Array:
    """Blocks (k, m) on a diagonal, and a last 1 for the residual variance."""
    rows, columns = np.cumsum([[0, 0], *(b.shape for b in blocks)], axis=0).T
    out = np.zeros((rows[-1] + 1, columns[-1] + 1))
    for t, block in enumerate(blocks):
        out[rows[t] : rows[t + 1], columns[t] : columns[t + 1]] = block
    out[-1, -1] = 1.0
    return out


def _sensitivity(at: At, term: int) -> float:
    """The relative variance at which the level with most rows starts to shrink."""
    factor, here = at.gram.place[term]
    diagonal = np.diagonal(at.gram.factors[factor].ZtZ[:, here, here], axis1=1, axis2=2)
    return 1.0 / max(float(np.max(np.mean(diagonal, axis=1))), 1e-300)


def _products(at: At, families: list[TermCovariance]) -> tuple[Array, Array]:
    """P_r (m + 1, p, p) and Q_rs (m + 1, m + 1, p, p) for all basis matrices and the residual, which comes last.

    The residual's own follow from G_0 = V - sum_r gamma_r G_r.
    """
    D, gram, p = cross_products(at), at.gram, len(at.Phi)
    m = sum(len(f.basis) for f in families)
    s = [levels_last(f.J, f.L, m * p) for f in gram.factors]
    for x in s:
        x[:] = 0.0
    P, gamma = np.zeros((m + 1, p, p)), np.concatenate([f.gamma for f in families])
    column = 0
    for term, each in enumerate(families):
        factor, here = gram.place[term]
        own = D[factor][:, here]
        for B in each.basis:
            BD = product(B, own)
            P[column] = -cross(own, BD)
            s[factor][:, here, column * p : (column + 1) * p] = BD
            column += 1
    Q = np.zeros((m + 1, m + 1, p, p))
    Q[:m, :m] = at.factorization.products(s)[0].reshape(m, p, m, p).transpose(0, 2, 1, 3)
    P[m] = -_inverse_of_Phi(at) - np.tensordot(gamma, P[:m], 1)
    Q[:m, m] = -P[:m] - np.tensordot(Q[:m, :m], gamma, axes=([1], [0]))
    Q[m, :m] = np.swapaxes(Q[:m, m], 1, 2)
    Q[m, m] = -P[m] - np.tensordot(gamma, Q[:m, m], 1)
    return P, Q


def _inverse_of_Phi(at: At) -> Array:
    L_X = at.factorization.fixed.L_X
    return np.asarray(L_X @ L_X.T)


def information(at: At, families: list[TermCovariance]) -> Array:
    """tr(P G_r P G_s) for all basis matrices and the residual: (m + 1, m + 1); d tr(P G_r) / dgamma_s is minus it."""
    gamma = np.concatenate([f.gamma for f in families])
    m, traces = len(gamma), _traces(at, families)
    info = np.zeros((m + 1, m + 1))
    columns = [
        -sum((w * _traces(_moved(at, term, x * STEP * B), families) for x, w in STENCIL[1:]), STENCIL[0][1] * traces)
        for term, each in enumerate(families)
        for B in each.basis
    ]
    info[:m, :m] = symmetric(np.array(columns).T / STEP)
    info[:m, m] = info[m, :m] = traces - info[:m, :m] @ gamma
    info[m, m] = at.criterion.m - 2 * gamma @ traces + gamma @ info[:m, :m] @ gamma
    return info


def _traces(at: At, families: list[TermCovariance]) -> Array:
    """tr(P G_r) for all basis matrices: (m,)."""
    place = at.gram.place
    blocks = [at.ZtQZ[place[term][0]][place[term][1], place[term][1]] for term in range(len(families))]
    return np.concatenate([np.tensordot(f.basis, S, axes=2) for f, S in zip(families, blocks, strict=True)])


def _moved(at: At, term: int, change: Array) -> At:
    """The criterion where one Sigma has grown by a semi-definite `change`."""
    T = at.points[term].template()
    values, vectors = np.linalg.eigh(T @ T.T + change)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return at.criterion.at(at.points.with_point(term, Unstructured(root, vectors)))


def _curvatures(at: At, families: list[TermCovariance], W: Array) -> Array:
    """sum_rs W_rs R_rs with R_rs = sum_j D_j' (d2Sigma/dr ds) D_j: (p, p)."""
    D, place, total, row = cross_products(at), at.gram.place, np.zeros_like(at.Phi), 0
    for term, each in enumerate(families):
        k = len(each.tangents)
        if each.curvature is not None:
            factor, here = place[term]
            bend = np.tensordot(W[row : row + k, row : row + k], each.curvature, axes=2)
            total += cross(D[factor][:, here], product(bend, D[factor][:, here]))
        row += k
    return total
