"""nAGQ = 0: (beta, u) together minimize D + |u|^2 at given templates; the criterion is Laplace's value there.

The implicit system is that of (u, beta) together (glmm.md section 3), with O in place of W for other links:

    alpha = (X'V_O^-1X)^-1 X'(c - O Z K_O Z'c),  s = K_O Z'(c - O X alpha),  r = c - O (Z s + X alpha)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import NumericalError
from ...numerics.linalg import Array, inner, symmetric
from ...numerics.stacks import inner_products
from ...numerics.unlocked import cached_property
from ..factorization.blocked import EliminationFactorization
from .laplace import Laplace, LaplaceAt
from .modes import HALVINGS, ROUNDING, STEPS, Modes, at_effects
from .place import Place
from .start import fit_glm
from .weighted import solved, term_templates


@dataclass(frozen=True, eq=False)
class Profiled(Laplace):
    """The criterion as a function of points alone; beta is sought from that of the generalized linear model."""

    def begun(self, place: Place, u: Sequence[Array], beta: Array | None = None) -> ProfiledAt:
        responses, T = self.responses_at(place), self.templates(place)
        begin = fit_glm(self.structure, responses)[0] if beta is None else beta
        modes, found = joint_modes(self, place, T, begin, u)
        return ProfiledAt(self, place, responses, T, modes, found)


@dataclass(frozen=True, eq=False)
class ProfiledAt(LaplaceAt):
    """The criterion at one place, with the beta found there (p,), of the scaled columns."""

    beta: Array

    def to(self, place: Place) -> ProfiledAt:
        """The same criterion elsewhere, begun at this beta and the modes to be expected there."""
        u = self.expected_modes(place, np.zeros(self.criterion.structure.p))
        return Profiled.begun(self.criterion, place, u, self.beta)  # type: ignore[arg-type]

    @cached_property
    def _implicit(self) -> tuple[Array, Array, list[Array]]:
        structure, rows = self.criterion.structure, self.modes.rows
        factorization, engine = self.observed_factorization, self.observed_engine
        c = self._direct
        Ztc = structure.cross(c)
        XVX = crossproducts(factorization)
        ZtOX = [f.ZtXy[:, :, :-1] for f in engine.gram.factors]
        K_c = factorization.solve([each[:, :, None] for each in Ztc])
        right = structure.fixed_cross(c) - inner_products(ZtOX, K_c)[:, 0]
        alpha = np.linalg.solve(XVX, right)
        left = [each - x @ alpha for each, x in zip(Ztc, ZtOX, strict=True)]
        s = [each[:, :, 0] for each in factorization.solve([x[:, :, None] for x in left])]
        moved = structure.random(s) + structure.fixed(alpha)
        OZs = engine.ZtZ_times([each[:, :, None] for each in s])
        return moved, c - rows.O * moved, [one - two[:, :, 0] for one, two in zip(left, OZs, strict=True)]

    @cached_property
    def gradient(self) -> Array:
        """In the local coordinates of the points, then of the shapes."""
        return np.concatenate([*self._point_slopes, self._shape_slopes])

    @cached_property
    def information(self) -> Array:
        """For stepping: average information of the working linear model with its scale known, plus curvature."""
        k, gamma = self.place.k, self.gamma
        WVW, XVW = self.factorization.products(self.directions())
        H = np.zeros((self.place.size,) * 2)
        H[:k, :k] = gamma * (WVW - XVW.T @ solved(self.XVX, XVW)) + self._curvature
        if self.criterion.scale == "exact":
            slopes = gamma * self._penalty_slopes
            H[:k, :k] -= np.outer(slopes, slopes) / len(self.responses.y)
        H[k:, k:] = self._shape_information
        return symmetric(H)


def crossproducts(factorization: EliminationFactorization) -> Array:
    """X'V^-1X (p, p)."""
    return symmetric(factorization.reduced_Xy[:-1, :-1])


@np.errstate(all="ignore")  # what is not finite ends in a NumericalError
def joint_modes(
    criterion: Laplace, place: Place, T: Sequence[Array], beta: Array, u: Sequence[Array]
) -> tuple[Modes, Array]:
    """Newton on D + |u|^2 over (u, beta), from where one is in the domain; the modes and beta."""
    structure, responses = criterion.structure, criterion.responses_at(place)
    at = at_effects(structure, responses, T, responses.offset + structure.fixed(beta), list(u), 1)
    if at is None:
        raise NumericalError("the linear predictor leaves the domain of the inverse link")
    for _ in range(STEPS):
        u_step, beta_step, decrement = _step(criterion, at, T, beta)
        scale = max(at.value / structure.n, 1e-300) if responses.family.has_scale else 1.0
        if decrement <= ROUNDING * scale:
            return at, beta
        share = 1.0
        for halving in range(HALVINGS):
            tried = beta + share * beta_step
            moved = [a + share * s for a, s in zip(at.u, u_step, strict=True)]
            fixed = responses.offset + structure.fixed(tried)
            lower = at_effects(structure, responses, T, fixed, moved, at.passes + 1 + halving)
            if lower is not None and lower.value <= at.value + 1e-14 * structure.n + 1e-13 * abs(at.value):
                break
            share *= 0.5
        else:
            if decrement <= 1e-7 * scale:
                return at, beta
            raise NumericalError("no step of (beta, u) lowers the penalized deviance")
        at, beta = lower, tried
        if decrement <= criterion.tolerance * scale:
            return at, beta
    raise NumericalError(f"the joint modes of (beta, u) were not found in {STEPS} steps")


def _step(criterion: Laplace, at: Modes, T: Sequence[Array], beta: Array) -> tuple[list[Array], Array, float]:
    try:
        return _weighted_step(criterion, at, T, beta, at.rows.O)
    except NumericalError:
        return _weighted_step(criterion, at, T, beta, at.rows.W)


def _weighted_step(
    criterion: Laplace, at: Modes, T: Sequence[Array], beta: Array, weights: Array
) -> tuple[list[Array], Array, float]:
    """Steps of u and beta, and the decrease promised: half the score times the step."""
    structure = criterion.structure
    engine = structure.filled(weights)
    factorization = engine.factorize(term_templates(engine.gram, T))
    Ztg, Xtg = structure.cross(at.rows.g), structure.fixed_cross(at.rows.g)
    b = [each[:, :, None] for each in at.b]
    right = [WZb[:, :, 0] - g for WZb, g in zip(engine.ZtZ_times(b), Ztg, strict=True)]  # W Zb - g, at beta as it is
    K_right = factorization.solve([each[:, :, None] for each in right])
    ZtWX = [f.ZtXy[:, :, :-1] for f in engine.gram.factors]
    WZb, eliminated = (inner_products(ZtWX, each)[:, 0] for each in (b, K_right))
    XVX = crossproducts(factorization)
    try:
        beta_step = np.linalg.solve(XVX, WZb - Xtg - eliminated)
    except np.linalg.LinAlgError as error:
        raise NumericalError("the fixed effects cannot be solved for") from error
    moved = [each - x @ beta_step for each, x in zip(right, ZtWX, strict=True)]
    u = [each[:, :, 0] for each in factorization.effects([each[:, :, None] for each in moved])]
    u_step = [new - old for new, old in zip(u, at.u, strict=True)]
    score = [g @ t + each for g, t, each in zip(Ztg, T, at.u, strict=True)]
    promised = -sum(inner(a, b) for a, b in zip(score, u_step, strict=True)) - float(Xtg @ beta_step)
    return u_step, beta_step, promised
