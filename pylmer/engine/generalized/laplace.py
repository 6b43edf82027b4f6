"""Laplace's approximation of the deviance of a generalized linear mixed model: value, exact gradient, information.

At the conditional modes, with D the sum of deviance residuals and M = I + T'Z'AZT,

    no scale:       d = -2 log f(y | mu) + |u|^2 + log|M|
    exact, scale:   d = -2 log f(y | mu, phi) + |u|^2 / phi + log|M|,  phi profiled
    lme4, scale:    d = aic(y, mu, phi = D / sum w) + |u|^2 + log|M|

where A is the expected information W (lme4; the same for canonical links) or the observed one O (exact Laplace). The
gradient differentiates through the modes; with K = T M^-1 T', h_i = z_i'K z_i, c = h A', K_O as K with O for A,

    s = K_O Z'c,  r = c - O Z s,  dd/dbeta = X'(2 gamma g + r),
    dd/dSigma = sum_j (Z'V^-1Z)_jj - gamma zg zg' - (zr zg' + zg zr')/2,   zg = Z'g, zr = Z'r, V = A^-1 + Z Sigma Z'

(glmm.md sections 2 and 3), gamma = 1, or 1 / phi in the exact criterion with a scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array, block_diagonal, symmetric, traces
from ...numerics.unlocked import cached_property
from ..criterion.deviance import noise
from ..factorization.blocked import EliminationEngine, EliminationFactorization
from ..factorization.contract import directions
from ..sums.gram import factor_templates
from . import negative_binomial
from .modes import DECREMENT, Modes, ModeSearch, RowResponses, find_modes
from .place import Place
from .weighted import WeightedStructure, solve_effects, solved

Scale = Literal["none", "exact", "lme4"]
CONDITION = 1e8  # of a template up to which it is inverted as it is


@dataclass(frozen=True, eq=False)
class Laplace:
    """The criterion as a function of the place.

    observed   whether log|M| is taken with the observed information
    scale      how the family's scale enters: "none" where it has none
    tolerance  of the conditional modes, in units of the criterion
    held_phi   the scale of the exact criterion where it is held, as in its profile; None: it is profiled
    """

    structure: WeightedStructure
    responses: RowResponses
    observed: bool
    scale: Scale
    tolerance: float = DECREMENT
    held_phi: float | None = None

    def at(self, place: Place, b: Sequence[Array] | None = None) -> LaplaceAt:
        """The criterion at `place`, its modes sought from the effects b per factor (J, L), or from 0."""
        T = self.templates(place)
        if b is None:
            return self.begun(place, self.structure.zeros())
        return self.begun(place, spherical(b, T))

    def begun(self, place: Place, u: Sequence[Array]) -> LaplaceAt:
        """The criterion at `place`, its modes sought from u per factor (J, L)."""
        responses, T = self.responses_at(place), self.templates(place)
        return LaplaceAt(self, place, responses, T, self.modes_at(place, responses, T, u))

    def modes_at(self, place: Place, responses: RowResponses, T: Sequence[Array], u: Sequence[Array]) -> Modes:
        """The modes at the templates and beta of a place, sought from u per factor (J, L)."""
        fixed = responses.offset + self.structure.fixed(place.beta)
        return find_modes(self.search(responses, T, fixed), u, self.tolerance)

    def search(self, responses: RowResponses, T: Sequence[Array], fixed: Array) -> ModeSearch:
        """What the modes minimize."""
        return ModeSearch(self.structure, responses, T, fixed)

    def templates(self, place: Place) -> list[Array]:
        """T per factor (L, L)."""
        widths = [factor.L for factor in self.structure.factors]
        return factor_templates(self.structure.place, widths, [point.template() for point in place.points])

    def responses_at(self, place: Place) -> RowResponses:
        """The responses with the shape that the place gives to the family."""
        if not len(place.shapes) or self.scale != "none":
            return self.responses
        family = self.responses.family.with_theta(place.theta)
        return replace(self.responses, family=family)

    @cached_property
    def constant(self) -> float:
        """-2 log f of the saturated model of a family without scale."""
        return self.responses.family.saturated(self.responses.y, self.responses.weights, 1.0)


@dataclass(frozen=True, eq=False)
class LaplaceAt:
    """The criterion at one place; T per factor (L, L)."""

    criterion: Laplace
    place: Place
    responses: RowResponses
    T: list[Array]
    modes: Modes

    def to(self, place: Place) -> LaplaceAt:
        """The same criterion elsewhere, begun at the modes that are to be expected there."""
        return self.criterion.begun(place, self.expected_modes(place, place.beta - self.place.beta))

    @property
    def passes(self) -> int:
        """Passes over the rows that the modes took."""
        return self.modes.passes

    # --- the weights of log|M|, and its factorizations ---

    @property
    def _by_observed(self) -> bool:
        return self.criterion.observed or self.responses.family.canonical

    @property
    def weights(self) -> Array:
        """A (n,)."""
        return self.modes.rows.O if self.criterion.observed else self.modes.rows.W

    @property
    def weight_slopes(self) -> Array:
        """dA/deta (n,)."""
        return self.modes.rows.O1 if self.criterion.observed else self.modes.rows.W1

    @cached_property
    def engine(self) -> EliminationEngine:
        """The sums of [Z X 0] under A."""
        return self.criterion.structure.filled(self.weights)

    @cached_property
    def factorization(self) -> EliminationFactorization:
        """V = A^-1 + Z Sigma Z'."""
        return self.engine.factorize(self.place.templates())

    @cached_property
    def observed_engine(self) -> EliminationEngine:
        """The sums of [Z X 0] under O."""
        return self.engine if self._by_observed else self.criterion.structure.filled(self.modes.rows.O)

    @cached_property
    def observed_factorization(self) -> EliminationFactorization:
        """O^-1 + Z Sigma Z'."""
        if self._by_observed:
            return self.factorization
        return self.observed_engine.factorize(self.place.templates())

    def expected_modes(self, place: Place, change: Array) -> list[Array]:
        """u at the templates of a place and a changed beta, to first order: Newton's step from here, no rows."""
        engine = self.observed_engine
        b = [each[:, :, None] for each in self.modes.b]
        moved = np.append(change, 0.0)
        right = [
            Ab[:, :, 0] - g - f.ZtXy @ moved
            for Ab, g, f in zip(engine.ZtZ_times(b), self.Ztg, engine.gram.factors, strict=True)
        ]
        try:
            return solve_effects(engine, place.templates(), right)
        except NumericalError:
            return spherical(self.modes.b, self.criterion.templates(place))

    # --- the value ---

    @cached_property
    def phi(self) -> float:
        """The scale: 1 without one, profiled in the exact criterion, D / sum w in lme4's; NumericalError if D = 0."""
        r, rows = self.responses, self.modes.rows
        if self.criterion.held_phi is not None:
            return self.criterion.held_phi
        if self.criterion.scale != "none" and not rows.D > 0:
            raise NumericalError("the deviance is zero: the model reproduces the response, and its scale is unknown")
        if self.criterion.scale == "exact":
            return r.family.dispersion(r.y, r.weights, rows.eta, rows.D, self.modes.penalty, r.counted)
        return 1.0 if self.criterion.scale == "none" else rows.D / float(np.sum(r.weights))

    @property
    def gamma(self) -> float:
        """What |u|^2 is multiplied by."""
        return 1.0 / self.phi if self.criterion.scale == "exact" else 1.0

    @cached_property
    def minus2loglik(self) -> float:
        """-2 log f(y | mu, phi), or lme4's aic where the criterion is that."""
        r, rows = self.responses, self.modes.rows
        if self.criterion.scale == "lme4":
            return r.family.aic_r(r.y, r.weights, rows.eta, self.phi * float(np.sum(r.weights)))
        if self.criterion.scale == "exact" or self._shaped:
            return rows.D / self.phi + r.family.saturated(r.y, r.weights, self.phi)
        return rows.D + self.criterion.constant

    @cached_property
    def value(self) -> float:
        """d; NumericalError if it is not finite."""
        d = self.minus2loglik + self.gamma * self.modes.penalty + self.factorization.logdet_V
        if not np.isfinite(d):
            raise NumericalError(f"the criterion is {d}")
        return float(d)

    @cached_property
    def noise(self) -> float:
        """How far rounding may move the value."""
        terms = abs(self.value) + abs(self.minus2loglik) + self.gamma * abs(self.modes.rows.D)
        return float(noise(terms, len(self.responses.y), 1.0))

    # --- the gradient ---

    @cached_property
    def Ztg(self) -> list[Array]:
        """Z'g per factor (J, L)."""
        return self.criterion.structure.cross(self.modes.rows.g)

    @cached_property
    def leverages(self) -> Array:
        """z_i'K z_i (n,)."""
        return self.factorization.leverages(self.criterion.structure)

    @cached_property
    def _direct(self) -> Array:
        """c (n,): what the criterion answers to eta, beyond the answer of D + |u|^2."""
        c = self.leverages * self.weight_slopes
        if self.criterion.scale == "lme4":
            r, rows = self.responses, self.modes.rows
            c = c + 2 * (r.family.aic_r_slope(r.y, r.weights, rows.D) - 1) * rows.g
        return c

    @cached_property
    def _implicit(self) -> tuple[Array, Array, list[Array]]:
        """Z s and r (n,), Z'r per factor (J, L): what moves with the modes."""
        structure, rows, c = self.criterion.structure, self.modes.rows, self._direct
        s, Ztr = self.observed_factorization.answered(structure.cross(c))
        Zs = structure.random(s)
        return Zs, c - rows.O * Zs, Ztr

    @property
    def Zs(self) -> Array:
        """Z K_O Z'c (n,)."""
        return self._implicit[0]

    @cached_property
    def ZtVZ(self) -> list[Array]:
        """sum over levels of Z_j'V^-1Z_j per factor (L, L)."""
        S = np.zeros((len(self.engine.gram.XytXy),) * 2)
        return self.factorization.selected_sums(S)

    @cached_property
    def G(self) -> list[Array]:
        """dd/dSigma per random term (l, l)."""
        out, gamma, Ztr, ZtVZ = [], self.gamma, self._implicit[2], self.ZtVZ
        for term in range(len(self.place.points)):
            f, at = self.criterion.structure.place[term]
            g, r = self.Ztg[f][:, at], Ztr[f][:, at]
            out.append(symmetric(ZtVZ[f][at, at] - (gamma * g + r).T @ g))
        return out

    @cached_property
    def beta_gradient(self) -> Array:
        """dd/dbeta (p,), of the scaled columns."""
        return self.criterion.structure.fixed_cross(2 * self.gamma * self.modes.rows.g + self._implicit[1])

    @cached_property
    def gradient(self) -> Array:
        """In the local coordinates of the place."""
        parts = [*self._point_slopes, self.beta_gradient]
        return np.concatenate([*parts, self._shape_slopes] if self._shaped else parts)

    def slopes_along(self, tangents: Sequence[Array]) -> list[Array]:
        """Slopes of d along changes of Sigma (k_i, l, l) per random term."""
        return [traces(each, G) for each, G in zip(tangents, self.G, strict=True)]

    @property
    def _point_slopes(self) -> list[Array]:
        """Per random term."""
        return self.slopes_along([point.tangents() for point in self.place.points])

    @property
    def _shape_slopes(self) -> Array:
        if not self._shaped or self._shape_is_held:
            return np.zeros(int(self._shaped))
        eta, log_theta, observed = self.modes.rows.eta, float(self.place.shapes[0]), self.criterion.observed
        return negative_binomial.gradient(self.responses, eta, log_theta, self.leverages, self.Zs, observed)

    # --- the information ---

    def directions(self) -> list[Array]:
        """s_a = -dSigma_a Z'g per factor (J, L, k): Z s_a = (dV/da) V^-1 r of the working linear model."""
        place = self.criterion.structure.place
        return directions(self.Ztg, [(*place[term], -point.tangents()) for term, point in enumerate(self.place.points)])

    @cached_property
    def information(self) -> Array:
        """For stepping: that of the working linear model with its scale known, plus curvature (size, size)."""
        k, p, gamma = self.place.k, len(self.place.beta), self.gamma
        WVW, XVW = self.factorization.products(self.directions())
        XVX = self.XVX
        H = np.zeros((self.place.size,) * 2)
        H[:k, :k] = gamma * (WVW + XVW.T @ solved(XVX, XVW)) + self._curvature
        H[k : k + p, k : k + p] = 2 * gamma * XVX
        H[k : k + p, :k] = 2 * gamma * XVW
        H[:k, k : k + p] = H[k : k + p, :k].T
        if self.criterion.scale == "exact" and self.criterion.held_phi is None:  # d(1/phi) = -dr2 / (n phi^2)
            H[: k + p, : k + p] -= np.outer(self.scale_slopes, self.scale_slopes) / len(self.responses.y)
        if self._shaped:
            H[k + p :, k + p :] = self._shape_information
        return symmetric(H)

    @cached_property
    def scale_slopes(self) -> Array:
        """Slopes of (D + |u|^2) / phi in the points' coordinates and beta."""
        of_beta = 2 * self.criterion.structure.fixed_cross(self.modes.rows.g)
        return self.gamma * np.concatenate([-self._penalty_slopes, of_beta])

    @property
    def phi_slope(self) -> float:
        """dd/dlog phi of the exact criterion with a scale, all else held."""
        return saturated_slope(self.responses, self.phi) - self.modes.value / self.phi

    @property
    def _shaped(self) -> bool:
        """Whether the place gives the family a shape."""
        return bool(len(self.place.shapes)) and self.criterion.scale == "none"

    @property
    def _curvature(self) -> Array:
        """tr(G d2Sigma) (k, k)."""
        return block_diagonal(p.curvature(G) for p, G in zip(self.place.points, self.G, strict=True))

    @property
    def _shape_information(self) -> Array:
        if not self._shaped or self._shape_is_held:
            return np.eye(int(self._shaped))
        return negative_binomial.information(self.responses, self.modes.rows.eta, float(self.place.shapes[0]))

    @property
    def _shape_is_held(self) -> bool:
        """Whether the shape stands at its limit."""
        return not self.place.free[-1]

    @cached_property
    def XVX(self) -> Array:
        """X'V^-1X (p, p)."""
        return symmetric(self.factorization.reduced_Xy[:-1, :-1])

    @property
    def _penalty_slopes(self) -> Array:
        """zg'dSigma_a zg (k,): what D + |u|^2 loses to Sigma."""
        slopes = []
        for term, point in enumerate(self.place.points):
            f, at = self.criterion.structure.place[term]
            g = self.Ztg[f][:, at]
            slopes.append(traces(point.tangents(), g.T @ g))
        return np.concatenate(slopes)


def spherical(b: Sequence[Array], T: Sequence[Array]) -> list[Array]:
    """u, the shortest with b = T u, per factor (J, L)."""
    return [each / t[0, 0] if len(t) == 1 and t[0, 0] else each @ _inverse(t).T for each, t in zip(b, T, strict=True)]


def _inverse(T: Array) -> Array:
    """The pseudoinverse of T (L, L); where T is far from singular its inverse, at a tenth of the cost."""
    try:
        inverse = np.linalg.inv(T)
    except np.linalg.LinAlgError:
        return np.linalg.pinv(T)
    clear = np.abs(inverse).max() * np.abs(T).max() < CONDITION
    return inverse if clear else np.linalg.pinv(T)


def saturated_slope(r: RowResponses, phi: float) -> float:
    """d/dlog phi of -2 log f of the saturated model, which is all but linear in log phi: 4th-order differences."""
    h = 0.02
    values = [r.family.saturated(r.y, r.weights, phi * float(np.exp(m * h))) for m in (-2, -1, 1, 2)]
    return float((values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h))
