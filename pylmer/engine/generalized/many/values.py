"""Laplace's criterion, its score and its information, of many runs at places of their own.

Formulas are those of `laplace`, for one grouping factor: with M_j = I + T'A_jT = LL', B = L^-1 T' and K = B'B,

    z_i'K z_i,  Z'V^-1 Z = A - A K A,  X'V^-1 X = X'AX - (B Z'AX)'(B Z'AX),  log|M| = 2 sum log diag L .
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from ....errors import NumericalError
from ....numerics.linalg import Array, Mask, symmetric, transposed
from ....numerics.stacks import product
from ....numerics.unlocked import cached_property
from ...criterion.deviance import EPS
from ...factorization.level_elimination import Level
from ...many_responses.stacked import sigma_curvature, sigma_tangents
from ..modes import DECREMENT
from ..weighted import WeightedStructure
from .arrays import column, effects, inner, over_levels, runs_of, stack, unstack
from .design import OneFactor
from .modes import ManyModes, ModeProblem, eliminated, find_modes
from .places import ManyPlaces
from .rows import ManyRows


@dataclass(frozen=True, eq=False)
class Linearized:
    """Rows about the modes, from which those of a place nearby are foretold: b, Z'O Zb - Z'g (L, J, r); Z'OZ, Z'OX."""

    b: Array
    right: Array
    ZtOZ: Array
    ZtOX: Array

    def __getitem__(self, runs: Array) -> Linearized:
        return Linearized(**{each.name: runs_of(getattr(self, each.name), runs) for each in fields(self)})

    def expected(self, laplace: ManyLaplace, here: ManyPlaces, there: ManyPlaces) -> Array:
        """The modes u (L, J, r) to be expected elsewhere."""
        (T,) = there.points.templates(laplace.structure)
        return self.modes(T, there.beta - here.beta)

    def modes(self, T: Array, change: Array) -> Array:
        """u (L, J, r) at templates T (r, L, L) and beta changed by `change` (r, p), to first order."""
        J = self.b.shape[1]
        right = self.right - np.einsum("apjr,rp->ajr", self.ZtOX, change)
        level, definite = eliminated(T, stack(self.ZtOZ), J)
        u = effects(level.solve(column(right))[0], J)
        return np.where(definite & np.isfinite(u).all(axis=(0, 1)), u, 0.0)


@dataclass(frozen=True, eq=False)
class ManyValues:
    """Of m runs the criterion (m,), infinite where it has none, score (m, k + p), information and noise.

    G and ZtVZ (m, L, L): dd/dSigma and the sum of Z_j'V^-1Z_j, of all terms of the factor side by side
    """

    value: Array
    gradient: Array
    information: Array
    noise: Array
    G: Array
    ZtVZ: Array
    phi: Array
    rows: Linearized

    def __getitem__(self, runs: Array) -> ManyValues:
        arrays = {name: getattr(self, name)[runs] for name in ARRAYS}
        return ManyValues(**arrays, rows=self.rows[runs])

    def updated(self, runs: Array, other: ManyValues) -> ManyValues:
        """These values with `other` in the places of `runs`."""
        arrays = {name: getattr(self, name).copy() for name in ARRAYS}
        for name, array in arrays.items():
            array[runs] = getattr(other, name)
        rows = {each.name: getattr(self.rows, each.name).copy() for each in fields(Linearized)}
        for name, array in rows.items():
            array[..., runs] = getattr(other.rows, name)
        return ManyValues(**arrays, rows=Linearized(**rows))


ARRAYS = tuple(each.name for each in fields(ManyValues) if each.name != "rows")


def joined(parts: list[ManyValues]) -> ManyValues:
    """The runs of all parts."""
    if len(parts) == 1:
        return parts[0]
    arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in ARRAYS}
    names = [each.name for each in fields(Linearized)]
    rows = {name: np.concatenate([getattr(part.rows, name) for part in parts], axis=-1) for name in names}
    return ManyValues(**arrays, rows=Linearized(**rows))


@dataclass(frozen=True, eq=False)
class ManyLaplace:
    """The criterion of R responses of one design.

    constant  what -2 log f has beyond D (R,); observed: whether log|M| is taken with the observed information
    """

    design: OneFactor
    structure: WeightedStructure
    rows: ManyRows
    offset: Array
    constant: Array
    observed: bool
    tolerance: float = DECREMENT

    def values(self, who: Array, places: ManyPlaces, u: Array) -> ManyValues:
        """Run i is response who[i] at the i-th place, its modes sought from u (L, J, m)."""
        return ManyEvaluation(self, who, places, u).values()

    def scores(self, who: Array, places: ManyPlaces, u: Array) -> Array:
        """The scores (m, k + p) alone."""
        return ManyEvaluation(self, who, places, u).gradient


class ManyEvaluation:
    """One evaluation of r runs. Stacks of levels are (Jr, a, b), see `arrays`."""

    def __init__(self, laplace: ManyLaplace, who: Array, places: ManyPlaces, u: Array) -> None:
        self.laplace, self.places, self.design = laplace, places, laplace.design
        self.J, self.rows = laplace.design.J, laplace.rows[who]
        (self.T,) = places.points.templates(laplace.structure)
        fixed = self.design.fixed(places.beta) + laplace.offset[:, None]
        self.modes: ManyModes = find_modes(ModeProblem(self.design, self.rows, self.T, fixed), u, laplace.tolerance)
        self.constant = laplace.constant[who]

    @cached_property
    def slopes(self) -> tuple[Array, Array, Array]:
        """A' of the criterion's weights A, O and A."""
        at = self.modes
        W1, observed, O1 = self.rows.derivatives(at.eta, at.g, at.W)
        return (O1, observed, observed) if self.laplace.observed else (W1, observed, at.W)

    def _by(self, weights: Array) -> tuple[Array, Level, Mask]:
        """Z'WZ, and V = W^-1 + Z Sigma Z' eliminated; where that is possible."""
        A = self.design.random_squares(weights)
        level, definite = eliminated(self.T, A, self.J)
        return level.A, level, definite

    @property
    def _same(self) -> bool:
        """Whether the criterion's weights are the observed information."""
        return self.laplace.observed or self.rows.family.canonical

    @cached_property
    def criterions(self) -> tuple[Array, Level, Mask]:
        """By the weights of log|M|."""
        return self._by(self.slopes[2])

    @cached_property
    def by_observed(self) -> tuple[Array, Level, Mask]:
        """By the observed information."""
        return self.criterions if self._same else self._by(self.slopes[1])

    @cached_property
    def mixed(self) -> Array:
        """Z'WX (Jr, L, p), 0 where V could not be eliminated."""
        return self._mixed(self.slopes[2], self.criterions[2])

    @property
    def observed_mixed(self) -> Array:
        """The same of the observed information."""
        return self.mixed if self._same else self._mixed(self.slopes[1], self.by_observed[2])

    def _mixed(self, weights: Array, definite: Mask) -> Array:
        return self.design.mixed_squares(weights if definite.all() else np.where(definite, weights, 0.0))

    @cached_property
    def g(self) -> Array:
        """Z'g (Jr, L, 1)."""
        return column(self.design.cross(self.modes.g))

    @cached_property
    def squares(self) -> Array:
        """sum over levels of Z'g g'Z (r, L, L)."""
        g = transposed(self.g)
        return inner(g, g, self.J)

    @cached_property
    def phi(self) -> Array:
        """The scale (r,): 1 without one, else profiled; NaN where there is none."""
        rows, at = self.rows, self.modes
        if not rows.family.has_scale:
            return np.ones(len(at.D))
        return np.array([self._dispersion(r) for r in range(len(at.D))])

    def _dispersion(self, r: int) -> float:
        rows, at = self.rows, self.modes
        if not 0 < at.D[r] < np.inf:
            return np.nan
        numbers = float(at.D[r]), float(at.penalty[r]), int(np.count_nonzero(rows.w[:, 0]))
        try:
            return rows.family.dispersion(rows.y[:, r], rows.w[:, 0], at.eta[:, r], *numbers)
        except NumericalError:
            return np.nan

    @cached_property
    def minus2loglik(self) -> Array:
        """-2 log f(y | mu, phi) (r,)."""
        rows, D = self.rows, self.modes.D
        if not rows.family.has_scale:
            return np.asarray(D + self.constant)
        pairs = zip(rows.y.T, self.phi, strict=True)
        return np.asarray(D / self.phi + [rows.family.saturated(y, rows.w[:, 0], float(phi)) for y, phi in pairs])

    def values(self) -> ManyValues:
        """Criterion, score, information."""
        at, definite = self.modes, self.criterions[2] & self.by_observed[2]
        value = np.where(definite, self.minus2loglik + at.penalty / self.phi + self._logdet(), np.inf)
        value = np.where(np.isfinite(value), value, np.inf)
        terms = np.abs(value) + np.abs(self.minus2loglik) + np.abs(at.D) / self.phi
        G, ZtVZ, _ = self._slopes
        noise = 8 * EPS * (terms + self.design.n)
        return ManyValues(value, self.gradient, self._information(), noise, G, ZtVZ, self.phi, self._linearized())

    def _logdet(self) -> Array:
        """log|M| (r,)."""
        logs = np.log(np.diagonal(self.criterions[1].chol, axis1=1, axis2=2)).sum(axis=1)
        return np.asarray(2 * logs.reshape(self.J, -1).sum(axis=0))

    def _linearized(self) -> Linearized:
        A = self.by_observed[0]
        right = effects(product(A, column(self.modes.b)) - self.g, self.J)
        return Linearized(self.modes.b, right, unstack(A, self.J), unstack(self.observed_mixed, self.J))

    @cached_property
    def _slopes(self) -> tuple[Array, Array, Array]:
        """dd/dSigma and sum Z_j'V^-1Z_j (r, L, L), dd/dbeta (r, p)."""
        A, level, _ = self.criterions
        weight_slopes, observed, _ = self.slopes
        c = self.design.quadratic(product(transposed(level.B), level.B)) * weight_slopes
        Ztc = column(self.design.cross(c))
        _, s, Ztr = self.by_observed[1].solve(Ztc)
        r = c - observed * self.design.random(effects(s, self.J))
        BA = product(level.B, A)
        ZtVZ = symmetric(over_levels(A, self.J) - inner(BA, BA, self.J))
        G = (
            ZtVZ
            - self.squares / self.phi[:, None, None]
            - symmetric(inner(transposed(Ztr), transposed(self.g), self.J))
        )
        return G, ZtVZ, self.design.fixed_cross(2 * self.modes.g / self.phi + r)

    @cached_property
    def _tangents(self) -> tuple[Array, Array]:
        """Directions of T and tangents dSigma in local coordinates (r, k, L, L)."""
        (E,) = self.places.points.directions(self.laplace.structure)
        return E, sigma_tangents(E, self.T)

    @cached_property
    def gradient(self) -> Array:
        """The score in local coordinates (r, k + p)."""
        G, _, of_beta = self._slopes
        return np.concatenate([np.einsum("rkab,rab->rk", self._tangents[1], G), of_beta], axis=1)

    def _information(self) -> Array:
        """In local coordinates (r, k + p, k + p)."""
        (_, level, _), AX, (E, dSigma) = self.criterions, self.mixed, self._tangents
        g = unstack(self.g, self.J)[:, 0]
        s = stack(-np.einsum("rkab,bjr->akjr", dSigma, g))
        As = product(level.A, s)
        halves, X_halves = product(level.B, As), product(level.B, AX)
        WVW = inner(s, As, self.J) - inner(halves, halves, self.J)
        XVW = inner(AX, s, self.J) - inner(X_halves, halves, self.J)
        XVX = symmetric(self.design.fixed_squares(self.slopes[2]) - inner(X_halves, X_halves, self.J))
        top = WVW + transposed(XVW) @ solved(XVX, XVW)
        upper = np.concatenate([top, 2 * transposed(XVW)], axis=2)
        H = np.concatenate([upper, np.concatenate([2 * XVW, 2 * XVX], axis=2)], axis=1) / self.phi[:, None, None]
        H[:, : dSigma.shape[1], : dSigma.shape[1]] += sigma_curvature(E, self._slopes[0])
        return symmetric(H - self._of_scale(dSigma) if self.rows.family.has_scale else H)

    def _of_scale(self, dSigma: Array) -> Array:
        """What profiling phi takes from the information, d(1/phi) = -dr2 / (n phi^2)."""
        slopes = -np.einsum("rkab,rab->rk", dSigma, self.squares), 2 * self.design.fixed_cross(self.modes.g)
        each = np.concatenate(slopes, axis=1) / self.phi[:, None]
        return each[:, :, None] * each[:, None, :] / self.design.n


def solved(A: Array, B: Array) -> Array:
    """A^-1 B for symmetric A (r, p, p), the least of the solutions where A is singular; NaN where it is not finite."""
    known = np.asarray(np.isfinite(A).all(axis=(1, 2)))[:, None, None]
    inverse = np.linalg.pinv(np.where(known, A, 0.0), hermitian=True)
    return np.asarray(np.where(known, inverse @ B, np.nan))
