"""What a profile may hold of a fit by maximum likelihood, in the order of `intervals.parameter_names`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...fit.fitted_model import FittedModel
from ...numerics.linalg import Array
from .constrained import ConstrainedDeviance, ProfileParameter, State
from .curves import Exponential, Linear, Scale
from .term_parameters import SCALES, Maker, ProfScale, Term


@dataclass(frozen=True, eq=False)
class Arguments:
    """`makers` in order: each makes one argument, or says that it means nothing (correlations of vanished effects)."""

    fit: FittedModel
    makers: tuple[Maker, ...]
    terms: ProfScale

    def values(self, held: ConstrainedDeviance) -> Array:
        """All parameters in the user's terms where the deviance is smallest, the argument held."""
        state = held.settled()
        scaling = self.fit.gram.scaling
        beta = -held.place.v[:-1]
        if held.state.delta is not None:
            beta = held.argument.turn @ beta
        t, parts = np.array([state.t]), self.fit.covariances.terms(state.points)
        first, rest = zip(*(self.terms.values(*part, float(np.exp(state.t))) for part in parts), strict=True)
        sigma = self.terms.sigma(Exponential()).psi(t)
        return np.concatenate([*first, *rest, sigma, scaling.inverse @ beta + scaling.shift])


def arguments(fit: FittedModel, prof_scale: str = "sdcor") -> Arguments:
    """The arguments of a fit by maximum likelihood, its variance parameters on one of the SCALES."""
    terms, offset = SCALES[prof_scale], 0
    start = State(fit.optimum.points, float(0.5 * np.log(fit.at.s2)))
    first: list[Maker] = []
    rest: list[Maker] = []
    for number, point in enumerate(fit.optimum.points):
        ours, later = terms.makers(Term(fit, start, number, offset))
        first, rest, offset = first + ours, rest + later, offset + point.size
    sigma = _sigma(fit, start, offset, terms.sigma(Exponential()))
    betas = [_beta(fit, start, j, offset) for j in range(len(fit.design.X_names))]
    return Arguments(fit, (*first, *rest, sigma, *betas), terms)


def _sigma(fit: FittedModel, start: State, offset: int, scale: Scale) -> Maker:
    return lambda: ProfileParameter(fit.criterion, start, offset, start.t, scale, -np.inf, np.inf)


def _beta(fit: FittedModel, start: State, j: int, offset: int) -> Maker:
    """A fixed effect: X~ is turned so that the effect, but for its shift and unit, is the last coefficient."""

    def make() -> ProfileParameter:
        criterion = fit.criterion
        scaling = criterion.gram.scaling
        c = scaling.inverse[j]
        unit = float(np.linalg.norm(c))
        Q = np.linalg.qr(c[:, None], mode="complete")[0]
        turn = np.column_stack([Q[:, 1:], c / unit])
        M = np.eye(len(c) + 1)
        M[:-1, :-1] = turn
        w = float(c @ fit.at.factorization.fixed.beta) / unit
        turned = replace(criterion, engine=criterion.engine.combined(M))
        scale = Linear(unit, float(scaling.shift[j]))
        return ProfileParameter(turned, replace(start, delta=w), offset + 1, w, scale, -np.inf, np.inf, turn=turn)

    return make
