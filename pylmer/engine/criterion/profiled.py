"""Deviance and REML criterion, their score and information, of one data set as functions of the templates.

The formula is that of `deviance`, with V including the prior weights. Score and information: design.md section 5
(Gilmour, Thompson & Cullis 1995 for the average information).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array, block_diagonal, joined, products_of_rows, symmetric, traces
from ..covariance.point import Point
from ..covariance.points import Points, stacked_templates
from ..factorization.contract import Engine, Factorization, Fixed, FixedNumbers, PlacedTangents, directions
from ..factorization.one_factor import OneFactorization, on_one_factor
from ..sums.gram import Gram
from .deviance import curvature, degrees, deviance, leaves_nothing, log_determinants, noise, profiling, slope
from .places import Evaluation


@dataclass(frozen=True, eq=False)
class Criterion:
    """The function to be minimized: points (one per random term, in scaled coordinates) -> `At`.

    scanned  d at the `trusted.SCAN` multiples of I, where it was looked at there
    """

    engine: Engine
    REML: bool
    scanned: tuple[float, ...] | None = field(default=None, repr=False)

    @property
    def gram(self) -> Gram:
        """The sums."""
        return self.engine.gram

    @cached_property
    def m(self) -> int:
        """n for ML, n - p for REML."""
        return int(degrees(self.gram.n, self.gram.p, self.REML))

    def at(self, points: Iterable[Point]) -> At:
        """Criterion, score and information at `points`; each is computed when first asked for."""
        place = Points(points)
        factorization = self.engine.factorize([point.template() for point in place])
        if isinstance(factorization, OneFactorization):
            return OneFactorAt(self, place, factorization)
        return At(self, place, factorization)

    def value(self, fixed: Fixed) -> float:
        """d, the ML deviance or the REML criterion; NumericalError if it is not finite."""
        if leaves_nothing(fixed.r2, self.gram.y_square):
            raise NumericalError(
                "the residual sum of squares is zero: the model reproduces the response exactly, "
                "so sigma cannot be estimated"
            )
        d = float(self.deviance(fixed))
        if not math.isfinite(d):
            raise NumericalError(f"the criterion is {d}")
        return d

    def together(self, templates: Sequence[Array]) -> tuple[list[float], FixedNumbers] | None:
        """d and what it is made of at several places at once; templates (m, l, l) of each term.

        None where that is more work than one by one, or fails at one of them.
        """
        if self.engine.shared is None:
            return None
        try:
            parts = self.engine.shared.reduced_at(templates)
            fixed = None if parts is None else FixedNumbers.solved(*parts)
        except NumericalError:
            return None
        if fixed is None or leaves_nothing(fixed.r2, self.gram.y_square).any():
            return None
        d = self.deviance(fixed)
        return (d.tolist(), fixed) if np.isfinite(d).all() else None

    def values(self, places: Sequence[Points]) -> list[float] | None:
        """d at several places at once, likewise."""
        found = self.together(stacked_templates(places))
        return None if found is None else found[0]

    def deviance(self, fixed: Fixed | FixedNumbers) -> Any:
        """d, finite or not, of one place or of several."""
        return deviance(self.log_determinants(fixed), fixed.r2, self.m)

    def noise(self, value: float, r2: float) -> float:
        """How far rounding may move a value (engine.md 2h)."""
        return float(noise(value, self.m, self.engine.rounding(r2)))

    def log_determinants(self, fixed: Fixed | FixedNumbers) -> Any:
        """log|V|, with log|X'V^-1X| for REML, of the user's columns and weights."""
        gram = self.gram
        logdet_V, logdet_XtVX = fixed.logdet_V - gram.sum_log_weights, fixed.logdet_XtVX + 2 * gram.scaling.logdet_R
        return log_determinants(logdet_V, logdet_XtVX, self.REML)

    def with_blocks_at(self, points: Iterable[Point]) -> At:
        """`at`, with the blocks of all levels computed at once: the sums that the score needs are then theirs.

        For places that may be the last, where the conditional variances will be asked for.
        """
        at = self.at(points)
        at.factorization.selected_inverse(np.zeros((self.gram.p + 1, self.gram.p + 1)))
        return at


@dataclass(frozen=True, eq=False)
class ProfiledEvaluation(Evaluation[Points]):
    """The criterion at one place with its score and information, computed; nothing in it grows with the data.

    fixed  beta, r2 and the rest of the fixed part
    G      dd/dSigma and ZtQZ the sum over levels of Z_j'QZ_j, one (l, l) per random term each
    """

    criterion: Criterion
    fixed: Fixed
    G: tuple[Array, ...]
    ZtQZ: tuple[Array, ...]

    @property
    def logdet_V(self) -> float:
        return self.fixed.logdet_V


class ScoreAndInformation(NamedTuple):
    """Score (k,), information (k, k), and per term dd/dSigma and the sum over levels of Z_j'QZ_j, each (l, l)."""

    gradient: Array
    information: Array
    G: tuple[Array, ...]
    ZtQZ: tuple[Array, ...]


@dataclass(frozen=True, eq=False)
class At:
    """The criterion at one place."""

    criterion: Criterion
    points: Points
    factorization: Factorization

    @property
    def gram(self) -> Gram:
        """The sums."""
        return self.criterion.engine.gram

    @cached_property
    def value(self) -> float:
        """d, the ML deviance or the REML criterion; NumericalError if it is not finite."""
        return self.criterion.value(self.factorization.fixed)

    @property
    def log_determinants(self) -> float:
        """log|V|, with log|X'V^-1X| for REML, of the user's columns and weights."""
        return float(self.criterion.log_determinants(self.factorization.fixed))

    @property
    def place(self) -> Points:
        """The points, as Newton's method calls them."""
        return self.points

    def evaluation(self) -> ProfiledEvaluation:
        """Value, score and information, computed; the factorization, which is large, stays behind."""
        value, noise, (g, H, G, ZtQZ) = self.value, self.noise, self._derivatives()
        return ProfiledEvaluation(self.points, value, g, H, noise, self.criterion, self.factorization.fixed, G, ZtQZ)

    def _derivatives(self) -> ScoreAndInformation:
        ZtQZ = tuple([self.ZtQZ[f][here, here].copy() for f, here in self._places])
        return ScoreAndInformation(self.gradient, self.information, tuple(self.G), ZtQZ)

    @property
    def s2(self) -> float:
        """sigma^2 = r2 / m."""
        return self.factorization.fixed.r2 / self.criterion.m

    @property
    def noise(self) -> float:
        """How far rounding may move the value."""
        return self.criterion.noise(self.value, self.factorization.fixed.r2)

    @property
    def v(self) -> Array:
        """(-beta, 1), so that [X y] v = y - X beta."""
        return _residual(self.factorization.fixed.beta)

    @property
    def Phi(self) -> Array:
        """(X'V^-1X)^-1 (p, p), scaled coordinates."""
        return self.factorization.fixed.Phi

    @cached_property
    def ZtPy(self) -> list[Array]:
        """Z'Py per factor: (J, L)."""
        return [x[:, :, 0] for x in self.factorization.solved(self.v[:, None])]

    @property
    def _places(self) -> list[tuple[int, slice]]:
        """Per random term, the number of its factor and its columns there."""
        return [self.gram.place[term] for term in range(len(self.points))]

    @cached_property
    def ZtQZ(self) -> list[Array]:
        """sum over levels of Z_j'QZ_j per factor (L, L); Q = V^-1 (ML) or P (REML)."""
        p = self.gram.p
        S = np.zeros((p + 1, p + 1))
        if self.criterion.REML:
            S[:p, :p] = self.Phi
        return [symmetric(D) for D in self.factorization.selected_sums(S)]

    @cached_property
    def _squares(self) -> list[Array]:
        """sum over levels of Z_j'Py (Z_j'Py)' per random term: (l_i, l_i)."""
        parts = [self.ZtPy[factor][:, at] for factor, at in self._places]
        return [g.T @ g for g in parts]

    @cached_property
    def G(self) -> list[Array]:
        """dd/dSigma_i per random term: (l_i, l_i)."""
        s2, ZtQZ = self.s2, self.ZtQZ
        both = zip(self._places, self._squares, strict=True)
        return [slope(ZtQZ[factor][at, at], -gg, s2) for (factor, at), gg in both]

    @cached_property
    def gradient(self) -> Array:
        """Score in the points' own coordinates: (k,)."""
        return self._along_tangents(self.G)

    def _along_tangents(self, M: Sequence[Array]) -> Array:
        """tr(M_i dSigma_i/da) for M_i (l_i, l_i) per random term: (k,)."""
        both = zip(self.points, M, strict=True)
        return joined([traces(point.tangents(), each) for point, each in both])

    @property
    def curvature(self) -> Array:
        """tr(G d2Sigma/da db): (k, k)."""
        return block_diagonal([point.curvature(G) for point, G in zip(self.points, self.G, strict=True)])

    @cached_property
    def _working(self) -> tuple[Array, Array]:
        """w_a'P w_b (k, k) and r2_a (k,), with w_a = (dV/da) Py = Z s_a."""
        WVW, XVW = self.factorization.along(self.ZtPy, self._tangents)
        return WVW - XVW.T @ self.Phi @ XVW, -self._along_tangents(self._squares)

    @property
    def r2_slopes(self) -> Array:
        """dr2/da = -w_a' Py: (k,)."""
        return self._working[1]

    @property
    def _tangents(self) -> list[PlacedTangents]:
        both = zip(self._places, self.points, strict=True)
        return [(factor, at, point.tangents()) for (factor, at), point in both]

    def directions(self) -> list[Array]:
        """s_a = dSigma_a Z'Py per factor: (J, L, k); Z s_a = (dV/da) Py."""
        return directions(self.ZtPy, self._tangents)

    @cached_property
    def information(self) -> Array:
        """Average information plus curvature (k, k): the Hessian with its trace term averaged. For stepping only."""
        (WPW, r2_a), s2 = self._working, self.s2
        return symmetric(curvature(self.curvature, WPW, s2) - profiling(r2_a, s2, self.criterion.m))


@dataclass(frozen=True, eq=False)
class OneFactorAt(At):
    """`At` for terms on one factor, from sums over its levels: for few levels nothing is asked for in pieces."""

    factorization: OneFactorization

    def _derivatives(self) -> ScoreAndInformation:
        factorization, m, s2 = self.factorization, self.criterion.m, self.s2
        fixed = factorization.fixed
        own = factorization.own(self.v)
        squares, L = products_of_rows(own), len(own)
        ZtQZ = symmetric(factorization.penalized(fixed.Phi if self.criterion.REML else None))
        G, E = slope(ZtQZ, -squares, s2), self._directions(L).reshape(-1, L * L)
        gDg, XVg = factorization.products_with(own)
        XVW, r2_slopes = XVg @ E.T, -(E @ squares.ravel())
        WPW = E @ gDg @ E.T - XVW.T @ fixed.Phi @ XVW
        of_terms = self._by_term(G)
        bent = block_diagonal([point.curvature(each) for point, each in zip(self.points, of_terms, strict=True)])
        information = symmetric(curvature(bent, WPW, s2) - profiling(r2_slopes, s2, m))
        return ScoreAndInformation(E @ G.ravel(), information, of_terms, self._by_term(ZtQZ))

    def _directions(self, L: int) -> Array:
        """Derivatives of Sigma (k, L, L) of all terms."""
        return self.points[0].tangents() if len(self.points) == 1 else on_one_factor(self._tangents, L)

    def _by_term(self, M: Array) -> tuple[Array, ...]:
        """The block of each term in M (L, L)."""
        return (M,) if len(self.points) == 1 else tuple([M[at, at] for _, at in self._places])


def _residual(beta: Array) -> Array:
    """(-beta, 1)."""
    v = np.empty(len(beta) + 1)
    v[:-1], v[-1] = -beta, 1.0
    return v


Objective = Callable[[Points], At]
