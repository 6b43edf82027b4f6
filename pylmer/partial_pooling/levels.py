"""Complete, no and partial pooling of the coefficients of one grouping factor, from cross-products.

With A_j = Z_j'V_o^-1 Z_j, C_j = Z_j'V_o^-1 [X y] and Sigma the relative covariance of a level's coefficients,

    Omega_j = (I + Sigma A_j)^-1,    multilevel_j = Omega_j mu_j + (I - Omega_j) a_j,

a_j being the level's own estimate and mu_j what its fixed effects predict (Gelman & Hill 2007, 12.2 and 21.6; Gelman &
Pardoe 2006). V_o is the covariance of the errors, the effects of other grouping factors among them: without those it is
W^-1, and A_j the number of rows where Z is one column of ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from ..engine.covariance.points import Points
from ..engine.factorization.between import RANK, aliased_factor, level_spectra
from ..engine.factorization.contract import Engine
from ..engine.sums.gram import Gram
from ..errors import ArgumentError
from ..numerics.linalg import Array, block_diagonal, solve_lower, solve_upper_columns, transposed
from ..numerics.stacks import cross

LARGEST = 5_000  # coefficients of a factor up to which one matrix couples all its levels
UNDETERMINED = 1e-6  # part of a coefficient along directions of which a level's rows say nothing
ABSENT = 1e-8  # a column's coefficient, relative to the column, that is rounding


@dataclass(frozen=True, eq=False)
class LevelSums:
    """Cross-products about one grouping factor, scaled as in the Gram, per unit sigma^2, other factors in the errors.

    A      (B, m, m) Z'V_o^-1 Z: a block for each level, m = L, or one of all, m = J L, where other factors couple them
    C      (B, m, p + 1) Z'V_o^-1 [X y];  XyXy (p + 1, p + 1) [X y]'V_o^-1 [X y]
    ZtZ    (J, L, L) and ZtX (J, L, p) without other factors
    T      (L, L) with Sigma = T T';  R_z (L, L), R_x (p, p) and shift (p,): Z = Z~ R_z, X = X~ R_x, y = y~ + X shift
    """

    n: int
    A: Array
    C: Array
    XyXy: Array
    ZtZ: Array
    ZtX: Array
    T: Array
    R_z: Array
    R_x: Array
    shift: Array

    @property
    def J(self) -> int:
        return len(self.ZtZ)

    @property
    def L(self) -> int:
        return len(self.T)

    @cached_property
    def spectra(self) -> tuple[Array, Array]:
        """Eigenvalues (B, m) and eigenvectors (B, m, m) of A."""
        return level_spectra(self.A)

    @cached_property
    def half(self) -> Array:
        """A^(+1/2) Q'C (B, m, p + 1)."""
        values, Q = self.spectra
        return transposed(Q * _inverse_root(values)) @ self.C

    def own(self, c: Array) -> Array:
        """A^+ c for c (B, m, k)."""
        values, Q = self.spectra
        half = Q * _inverse_root(values)
        return np.asarray(half @ (transposed(half) @ c))

    def of_user(self, coefficients: Array) -> Array:
        """Scaled coefficients (B, m, k) in the user's coordinates, by level: (J, L, k)."""
        return np.asarray(np.linalg.solve(self.R_z, coefficients.reshape(self.J, self.L, -1)))

    @cached_property
    def root_blocks(self) -> Array:
        """T (m, m) of a block."""
        return self.T if self.A.shape[1] == self.L else np.kron(np.eye(self.J), self.T)

    @cached_property
    def shares(self) -> Array:
        """Omega = (I + Sigma A)^-1 (B, m, m): the share of mu in the estimates.

        With A = H H' and H'T = U s V', Omega = I - T V s / (1 + s^2) U'H', where nothing is lost however large T is.
        """
        values, Q = self.spectra
        H, T = Q * np.sqrt(np.maximum(values, 0.0))[:, None, :], self.root_blocks
        U, s, Vt = np.linalg.svd(transposed(H) @ T)
        reached = T @ (transposed(Vt) * (s / (1 + s**2))[:, None, :]) @ transposed(U) @ transposed(H)
        return np.asarray(np.eye(self.A.shape[1]) - reached)

    @cached_property
    def level_shares(self) -> Array:
        """The levels' blocks of Omega in the user's coordinates: (J, L, L)."""
        Omega = self.shares
        if self.A.shape[1] != self.L:
            whole = Omega.reshape(self.J, self.L, self.J, self.L)
            Omega = np.moveaxis(np.diagonal(whole, axis1=0, axis2=2), -1, 0)
        return np.asarray(np.linalg.solve(self.R_z, Omega @ self.R_z))

    def averaged(self, mu: Array, own: Array) -> Array:
        """Omega mu + (I - Omega) own for coefficients (J, L) of the user; NaN where a NaN of mu counts."""
        unknown = np.isnan(mu)
        known = np.where(unknown, 0.0, mu)
        far = ((own - known) @ self.R_z.T).reshape(len(self.A), -1, 1)
        found = known + self.of_user(far - self.shares @ far)[:, :, 0]
        return np.where(self._counts(unknown), np.nan, found) if unknown.any() else found

    def _counts(self, unknown: Array) -> Array:
        """Which coefficients (J, L) have a share in unknown ones: entries of Omega that are not rounding."""
        R = np.kron(np.eye(self.A.shape[1] // self.L), self.R_z)
        Omega = np.linalg.solve(R, self.shares @ R)
        sizes = np.linalg.norm(R, axis=0)
        parts = np.abs(Omega) * sizes[:, None] / sizes > UNDETERMINED
        return np.asarray(parts @ unknown.reshape(len(self.A), -1, 1)).reshape(unknown.shape) > 0


def _inverse_root(values: Array) -> Array:
    roots = np.sqrt(values)[:, None, :]
    return np.divide(1.0, roots, out=np.zeros_like(roots), where=roots > 0)


class Summed(Protocol):
    """Sums and the engine that eats them: a criterion of lmer, or the working model of a generalized one."""

    @property
    def gram(self) -> Gram: ...

    @property
    def engine(self) -> Engine: ...


def sums_of(criterion: Summed, points: Points, factor: int, p: int) -> LevelSums:
    """The sums of grouping factor number `factor` of the Gram, the others' covariances held at `points`."""
    gram = criterion.gram
    sums, scaling = gram.factors[factor], gram.scaling
    terms = [point.template() for point in points]
    A, C, XyXy = sums.ZtZ, sums.ZtXy, gram.XytXy
    if len(gram.factors) > 1:
        A, C, XyXy = _among_others(criterion, terms, factor)
    return LevelSums(
        n=gram.n,
        A=A,
        C=C,
        XyXy=XyXy,
        ZtZ=sums.ZtZ,
        ZtX=sums.ZtXy[:, :, :p],
        T=block_diagonal(terms[i] for i in sums.terms),
        R_z=block_diagonal(scaling.R_terms[i] for i in sums.terms),
        R_x=scaling.R,
        shift=scaling.shift,
    )


def _among_others(criterion: Summed, terms: list[Array], factor: int) -> tuple[Array, Array, Array]:
    """A, C and XyXy with V_o of all other factors: the factorization in which this factor has no variance."""
    gram = criterion.gram
    sums, p = gram.factors[factor], gram.p
    if sums.q > LARGEST:
        raise ArgumentError(f"among other grouping factors, {sums.q} coefficients are too many; the most are {LARGEST}")
    others = [np.zeros_like(T) if i in sums.terms else T for i, T in enumerate(terms)]
    at = criterion.engine.factorize(others)
    C = at.modes(np.eye(p + 1))[2][factor].reshape(1, sums.q, p + 1)
    columns = [np.zeros((f.J, f.L, sums.q)) for f in gram.factors]
    columns[factor] = np.eye(sums.q).reshape(sums.J, sums.L, sums.q)
    A, _ = at.products(columns)
    fixed = at.fixed
    XX = fixed.L_X @ fixed.L_X.T
    Xy = XX @ fixed.beta
    yy = fixed.r2 + fixed.beta @ Xy
    return A[None], C, np.block([[XX, Xy[:, None]], [Xy[None], np.array([[yy]])]])


@dataclass(frozen=True, eq=False)
class NoPooling:
    """Least squares with own coefficients for each level, columns of X that these span left out.

    kept     columns of X that stay;  aliased those that do not;  beta (k,) of the kept
    own      (J, L) coefficients of the levels, some solution where a level's rows do not determine them
    known    (J, L) whether they do;  se (J, L);  sigma, df the residual standard deviation and its degrees of freedom
    """

    sums: LevelSums
    kept: Array
    aliased: Array
    beta: Array
    own: Array
    known: Array
    se: Array
    sigma: float
    df: int
    within: Array

    @cached_property
    def between(self) -> Array:
        """E (k, a): the aliased columns are Z H + X_kept E."""
        s = self.sums
        R, K, A = self.within, self.kept, self.aliased
        if not len(K):
            return np.zeros((0, len(A)))
        of_aliased = solve_upper_columns(R[np.ix_(K, K)], R[K][:, : len(s.R_x)] @ s.R_x[:, A])
        return np.asarray(np.linalg.solve(_basis(s, R, K), of_aliased))


def _basis(s: LevelSums, R: Array, K: Array) -> Array:
    """F (k, k): within levels, the kept columns of X are the kept columns of X~ times F."""
    return solve_upper_columns(R[np.ix_(K, K)], R[K][:, : len(s.R_x)] @ s.R_x[:, K])


def no_pooling(s: LevelSums, sigma: float | None = None) -> NoPooling:
    """Own coefficients for each level, from the sums; `sigma` where it is not that of the residuals."""
    p = len(s.R_x)
    R = aliased_factor(s.XyXy - cross(s.half, s.half), np.diag(s.XyXy))
    spanned = np.diag(R)[:p] == 0
    K, aliased = np.flatnonzero(~spanned), np.flatnonzero(spanned)
    values, _ = s.spectra
    df = s.n - len(K) - int(np.count_nonzero(values))
    if sigma is None:
        sigma = float(abs(R[p, p]) / np.sqrt(df)) if df > 0 else np.nan
    beta, half = np.zeros(0), np.zeros((0, 0))
    if len(K):
        F = _basis(s, R, K)
        right = R[K, p] + R[K][:, :p] @ (s.R_x @ s.shift)
        of_y = solve_lower(R[np.ix_(K, K)].T, right, transposed=True)
        beta = np.linalg.solve(F, of_y)
        half = np.linalg.inv(R[np.ix_(K, K)] @ F)  # cov(beta) = sigma^2 half half'
    rest = s.C[:, :, p] + s.C[:, :, :p] @ (s.R_x @ s.shift - s.R_x[:, K] @ beta)
    levels = s.own(np.concatenate([rest[:, :, None], s.C[:, :, :p] @ s.R_x[:, K]], axis=2))
    user = s.of_user(levels)
    variance = _own_variances(s) + np.sum((user[:, :, 1:] @ half) ** 2, axis=2)
    known = _known(s)
    se = np.where(known, sigma * np.sqrt(variance), np.nan)
    return NoPooling(s, K, aliased, beta, user[:, :, 0], known, se, sigma, df, R)


def _own_variances(s: LevelSums) -> Array:
    """diag A^+ in the user's coordinates (J, L)."""
    values, Q = s.spectra
    return np.asarray(np.sum(s.of_user(Q * _inverse_root(values)) ** 2, axis=2))


def _known(s: LevelSums) -> Array:
    """Whether a level's own rows determine its coefficients: (J, L)."""
    values, Q = level_spectra(s.ZtZ)
    null = Q * (values == 0)[:, None, :]
    inverse = np.linalg.inv(s.R_z)
    lost = np.linalg.norm(inverse @ null, axis=2)
    return np.asarray(lost <= UNDETERMINED * np.linalg.norm(inverse, axis=1))


def level_columns(none: NoPooling) -> Array:
    """H (J, L, a): what each aliased column of X adds to a level's coefficients.

    A column that is also one of Z, as the fixed effect of a random coefficient, adds to that one alone. NaN where a
    column moves a coefficient that the level's rows do not determine.
    """
    s, same = none.sums, _also_random(none)
    columns = [_own_column(none, c) if k is None else _unit(s, k) for c, k in enumerate(same)]
    return np.stack(columns, axis=2) if columns else np.zeros((s.J, s.L, 0))


def _also_random(none: NoPooling) -> list[int | None]:
    """For each aliased column x of X the column z of Z with sum (x - z)^2 = 0."""
    s = none.sums
    zz = np.sum((s.R_z.T @ s.ZtZ @ s.R_z)[:, range(s.L), range(s.L)], axis=0)
    zx = np.sum(s.R_z.T @ s.ZtX, axis=0) @ s.R_x[:, none.aliased]
    xx = s.n * np.sum(s.R_x[:, none.aliased] ** 2, axis=0)
    differ = np.abs(xx + zz[:, None] - 2 * zx) > RANK * zz[:, None]
    return [None if all(column) else int(np.argmin(column)) for column in differ.T]


def _unit(s: LevelSums, coefficient: int) -> Array:
    """One for a coefficient, zero for the others: (J, L)."""
    return np.broadcast_to(np.eye(s.L)[coefficient], (s.J, s.L))


def _own_column(none: NoPooling, c: int) -> Array:
    """H of one aliased column: its regression, level by level, on those columns of Z that it moves anywhere."""
    s, k = none.sums, none.aliased[c]
    rest = s.R_x[:, k] - s.R_x[:, none.kept] @ none.between[:, c]
    whole = s.of_user(_solved(s.ZtZ, (s.ZtX @ rest)[:, :, None]))[:, :, 0]
    sizes, full = np.linalg.norm(s.R_z, axis=0), np.all(_known(s), axis=1)
    part = np.max(np.abs(whole[full]), axis=0, initial=0.0) * sizes / np.linalg.norm(s.R_x[:, k])
    at = np.flatnonzero(part > ABSENT) if full.any() else np.arange(s.L)
    ZtZ, ZtX = s.R_z.T @ s.ZtZ @ s.R_z, s.R_z.T @ s.ZtX
    H = np.zeros((s.J, s.L))
    H[:, at] = _determined(ZtZ[:, at[:, None], at], (ZtX @ rest)[:, at, None], sizes[at])
    return H


def _solved(A: Array, c: Array) -> Array:
    values, Q = level_spectra(A)
    half = Q * _inverse_root(values)
    return np.asarray(half @ (transposed(half) @ c))


def _determined(A: Array, c: Array, sizes: Array) -> Array:
    """A^+ c (J, k) with columns brought to one size; NaN where A does not determine an entry."""
    scaled = A / np.outer(sizes, sizes)
    values, Q = level_spectra(scaled)
    out = _solved(scaled, c / sizes[:, None])[:, :, 0]
    lost = np.linalg.norm(Q * (values <= RANK)[:, None, :], axis=2)
    return np.where(lost > UNDETERMINED, np.nan, out) / sizes
