"""The variance parameters of one random term that a profile may hold, on each of the SCALES.

scale      of each column, then, after those of all terms,        of pairs of columns
sdcor      standard deviations                                    correlations; rho of cs and ar1
varcov     variances: the same, squared                           covariances; rho of cs and ar1
theta      `par`: theta of us and diag; standard deviations relative to sigma, and rho, of cs and ar1
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from ...engine.covariance.family import CorrelationScale, CovarianceFamily
from ...engine.covariance.point import Point, lower_entries, pairs_below
from ...fit.fitted_model import FittedModel
from ...numerics.linalg import Array
from .constrained import ProfileParameter, State
from .curves import Linear, Scale, Sine, Squared
from .held_coordinates import HeldCoordinates, rooted
from .leading_block import CovaryingBlock, LeadingBlock, Polar, TriangularBlock
from .relative import ITSELF, Relative

VANISHED = 1e-7  # a relative standard deviation below which its correlations mean nothing
SD = Relative(1)


@dataclass(frozen=True)
class Undetermined:
    """An argument of which the data say nothing, with its limits."""

    scale: Scale
    lowest: float
    highest: float


Maker: TypeAlias = Callable[[], ProfileParameter | Undetermined]
Makers: TypeAlias = tuple[list[Maker], list[Maker]]


@dataclass(frozen=True, eq=False)
class Term:
    """Random term `number` of a fit where the deviance is smallest; `offset` is its first coordinate's number."""

    fit: FittedModel
    start: State
    number: int
    offset: int

    @property
    def family(self) -> CovarianceFamily:
        return self.fit.covariances.families[self.number]

    @property
    def point(self) -> Point:
        return self.start.points[self.number]

    @property
    def R(self) -> Array:
        """Z~ = Z R^-1."""
        return self.fit.covariances.R_terms[self.number]

    @property
    def units(self) -> Array:
        """Lengths of the columns of R, in which `rooted` measures."""
        return np.asarray(np.linalg.norm(self.R, axis=0))

    def rooted(self, leading: tuple[int, ...], lead: Callable[[Array], LeadingBlock]) -> HeldCoordinates:
        """The term's covariance with these columns leading."""
        return rooted(self.point, self.R, leading, lead)

    def holding(
        self,
        point: Point,
        coordinate: int,
        w: float,
        scale: Scale,
        limits: tuple[float, float],
        relative: Relative = ITSELF,
    ) -> ProfileParameter:
        """The argument that is, or makes, a coordinate of the term at `point`."""
        points = self.start.points.with_point(self.number, point)
        state, at = replace(self.start, points=points), self.offset + coordinate
        return ProfileParameter(self.fit.criterion, state, at, float(w), scale, *limits, relative=relative)

    def meaningless_at(self, argument: ProfileParameter, corners: tuple[int, ...]) -> ProfileParameter:
        """The argument, which means nothing where one of these coordinates of the term is zero."""
        return replace(argument, corners=tuple(self.offset + k for k in corners))


@dataclass(frozen=True)
class ProfScale:
    """Terms in which variance parameters are held.

    makers    of the arguments of one term: those that come before the like of other terms, and those that come after
    values    the same of a point in scaled coordinates Z~ = Z R^-1, at sigma, in the user's units
    sigma     of a scale of sigma
    """

    makers: Callable[[Term], Makers]
    values: Callable[[CovarianceFamily, Point, Array, float], tuple[Array, Array]]
    sigma: Callable[[Scale], Scale]


def _sdcor(term: Term) -> Makers:
    if term.family.by_deviations:
        return [_entry(term, i, SD) for i in range(term.family.n_sd)], _correlation_parameters(term)
    deviations = [_deviation(term, i) for i in range(term.family.width)]
    return deviations, [_correlation(term, pair) for pair in pairs_below(term.family.width)]


def _varcov(term: Term) -> Makers:
    deviations, rest = _sdcor(term)
    if not term.family.by_deviations:
        rest = [_covariance(term, pair) for pair in pairs_below(term.family.width)]
    return [_squared(make) for make in deviations], rest


def _theta(term: Term) -> Makers:
    if term.family.by_deviations:
        entries = [_entry(term, i, ITSELF) for i in range(term.family.n_sd)]
        return [*entries, *_correlation_parameters(term)], []
    return [_theta_entry(term, i, j) for i, j in zip(*lower_entries(term.family.width), strict=True)], []


def _par(family: CovarianceFamily, point: Point, R: Array, sigma: float) -> tuple[Array, Array]:
    return family.profiled_par(point, R), np.zeros(0)


SCALES = {
    "sdcor": ProfScale(_sdcor, lambda family, *at: family.sdcor(*at), lambda scale: scale),
    "varcov": ProfScale(_varcov, lambda family, *at: family.varcov(*at), Squared),
    "theta": ProfScale(_theta, _par, lambda scale: scale),
}


def _deviation(term: Term, i: int) -> Maker:
    """A standard deviation of an unstructured term."""

    def make() -> ProfileParameter:
        point = term.rooted((i,), TriangularBlock.of)
        w = point.lead.values[0] * np.exp(term.start.t)
        return term.holding(point, 0, w, Linear(1 / float(term.units[i])), (0.0, np.inf), SD)

    return make


def _squared(make: Maker) -> Maker:
    def squared() -> ProfileParameter | Undetermined:
        made = make()
        return replace(made, scale=Squared(made.scale))

    return squared


def _correlation(term: Term, pair: tuple[int, int]) -> Maker:
    def make() -> ProfileParameter | Undetermined:
        point, quarter = term.rooted(pair, Polar.of), np.pi / 2
        a, b, w = point.lead.values
        if min(a, b) < VANISHED:
            return Undetermined(Sine(), -quarter, quarter)
        return term.meaningless_at(term.holding(point, 2, w, Sine(), (-quarter, quarter)), (0, 1))

    return make


def _covariance(term: Term, pair: tuple[int, int]) -> Maker:
    """A covariance of an unstructured term. The larger deviation leads, for that of the leading row cannot vanish."""

    def make() -> ProfileParameter:
        sizes = term.units * np.linalg.norm(np.linalg.solve(term.R, term.point.template()), axis=1)
        larger, smaller = sorted(pair, key=lambda i: -sizes[i])
        point = term.rooted((larger, smaller), CovaryingBlock.of)
        u, c, _ = point.lead.values
        scale = Linear(1 / float(term.units[larger] * term.units[smaller]))
        w, relative = c * np.exp(u + 2 * term.start.t), Relative(2, 1, u=term.offset)
        return term.holding(point, 1, w, scale, (-np.inf, np.inf), relative)

    return make


def _theta_entry(term: Term, i: int, j: int) -> Maker:
    """Entry (i, j) of the template of an unstructured term: the rows up to i lead."""

    def make() -> ProfileParameter:
        places = list(zip(*lower_entries(i + 1), strict=True))
        at, pivot = places.index((i, j)), places.index((j, j)) if i > j else None
        point = term.rooted(tuple(range(i + 1)), lambda P: TriangularBlock.of(P, pivot))
        limits = (0.0 if i == j else -np.inf, np.inf)
        return term.holding(point, at, point.lead.values[at], Linear(1 / float(term.units[i])), limits)

    return make


def _entry(term: Term, i: int, relative: Relative) -> Maker:
    """A standard deviation of a term of another structure, or that relative to sigma."""

    def make() -> ProfileParameter:
        point = term.point.upright()
        w = point.numbers[i] / relative.unit(term.start.t, 0.0)
        return term.holding(point, i, w, Linear(1 / float(term.R[i, i])), (0.0, np.inf), relative)

    return make


def _correlation_parameters(term: Term) -> list[Maker]:
    """The correlations that are coordinates themselves, such as rho of cs and ar1."""
    return [_rho(term, k, scale) for k, scale in enumerate(term.family.correlation_scales, start=term.family.n_sd)]


def _rho(term: Term, k: int, scale: CorrelationScale) -> Maker:
    def make() -> ProfileParameter | Undetermined:
        values, n_sd, limits = term.point.numbers, term.family.n_sd, (scale.lowest, scale.highest)
        if not np.max(values[:n_sd]) > VANISHED:
            return Undetermined(scale, *limits)
        made = term.holding(term.point, k, np.clip(values[k], *limits), scale, limits)
        return term.meaningless_at(made, tuple(range(n_sd)) if n_sd <= 2 else ())

    return make
