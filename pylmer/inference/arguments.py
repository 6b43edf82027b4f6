"""What a profile may hold of a fit by maximum likelihood, in the order of `intervals.parameter_names`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ..correlation import Correlated, Correlation
from ..covariance import Diagonal
from ..fitting import FittedModel
from ..linalg import Array
from .curves import Exponential, Linear, Rho, Scale, Sine
from .held import Argument, Held, State
from .rooted import rooted

ROUNDING = 1e-12  # a standard deviation so much smaller than the others is zero
VANISHED = 1e-7  # a relative standard deviation below which its correlations mean nothing


@dataclass(frozen=True)
class Undetermined:
    """An argument of which the data say nothing, with its limits."""

    scale: Scale
    lowest: float
    highest: float


@dataclass(frozen=True, eq=False)
class Arguments:
    """`makers` in order: each makes one argument, or says that it means nothing (correlations of vanished effects)."""

    fit: FittedModel
    makers: tuple[Callable[[], Argument | Undetermined], ...]

    def values(self, held: Held) -> Array:
        """All parameters in the user's terms where the deviance is smallest, the argument held."""
        state = held.settled()
        scaling = self.fit.devfun.criterion.engine.gram.scaling
        beta = -held.place.v[:-1]
        if held.state.delta is not None:
            beta = held.argument.turn @ beta
        sds, correlations = [], []
        for family, point, R in zip(self.fit.devfun.families, state.points, scaling.R_terms, strict=True):
            if isinstance(point, Correlated | Diagonal):
                sds.append(np.abs(point.d) / np.diag(R)[: len(point.d)])
                correlations.append([point.family.rho(point.eta)[0]] if isinstance(point, Correlated) else [])
            else:
                T = np.linalg.solve(R, point.template())
                sd = np.linalg.norm(T, axis=1)
                sd[sd < ROUNDING * sd.max()] = 0.0
                sds.append(sd)
                with np.errstate(divide="ignore", invalid="ignore"):
                    C = np.clip(T @ T.T / np.outer(sd, sd), -1, 1)
                correlations.append([C[i, j] for j in range(family.width) for i in range(j + 1, family.width)])
        sigma = np.exp(state.t)
        return np.concatenate(
            [sigma * np.concatenate(sds), *correlations, [sigma], scaling.inverse @ beta + scaling.shift]
        )


def arguments(fit: FittedModel) -> Arguments:
    """The arguments of a fit by maximum likelihood."""
    at = fit.at
    start = State(fit.optimum.points, float(0.5 * np.log(at.s2)))
    sds: list[Callable[[], Argument | Undetermined]] = []
    correlations: list[Callable[[], Argument | Undetermined]] = []
    offset = 0
    for term, (family, point) in enumerate(zip(fit.devfun.families, fit.optimum.points, strict=True)):
        if family.structure == "us":
            sds += [_root(fit, start, term, offset, (i,)) for i in range(family.width)]
            pairs = [(i, j) for j in range(family.width) for i in range(j + 1, family.width)]
            correlations += [_root(fit, start, term, offset, pair) for pair in pairs]
        else:
            count = 1 if family.hom else family.width
            sds += [_deviation(fit, start, term, offset, i) for i in range(count)]
            if isinstance(point, Correlated):
                correlations.append(_rho(fit, start, point, offset))
        offset += point.size
    columns = range(len(fit.design.X_names))
    return Arguments(
        fit, (*sds, *correlations, _sigma(fit, start, offset), *(_beta(fit, start, j, offset) for j in columns))
    )


def _root(
    fit: FittedModel, start: State, term: int, offset: int, leading: tuple[int, ...]
) -> Callable[[], Argument | Undetermined]:
    """A standard deviation or a correlation of an unstructured term."""

    def make() -> Argument | Undetermined:
        R = fit.devfun.criterion.engine.gram.scaling.R_terms[term]
        point = rooted(start.points[term], R, leading)
        points = (*start.points[:term], point, *start.points[term + 1 :])
        state = replace(start, points=points)
        if len(leading) == 1:
            scale, w = Linear(1 / float(np.linalg.norm(R[:, leading[0]]))), float(point.lead[0] * np.exp(start.t))
            return Argument(fit.devfun.criterion, state, offset, w, scale, 0.0, np.inf, absolute=True)
        if min(point.lead[:2]) < VANISHED:
            return Undetermined(Sine(), -np.pi / 2, np.pi / 2)
        w, quarter = float(point.lead[2]), np.pi / 2
        return Argument(fit.devfun.criterion, state, offset + 2, w, Sine(), -quarter, quarter)

    return make


def _deviation(fit: FittedModel, start: State, term: int, offset: int, i: int) -> Callable[[], Argument | Undetermined]:
    """A standard deviation of a term of another structure."""

    def make() -> Argument | Undetermined:
        R, point = fit.devfun.criterion.engine.gram.scaling.R_terms[term], start.points[term]
        assert isinstance(point, Diagonal | Correlated)
        w = float(abs(point.d[i]) * np.exp(start.t))
        points = (*start.points[:term], replace(point, d=np.abs(point.d)), *start.points[term + 1 :])
        state, scale = replace(start, points=points), Linear(1 / float(R[i, i]))
        return Argument(fit.devfun.criterion, state, offset + i, w, scale, 0.0, np.inf, absolute=True)

    return make


def _rho(fit: FittedModel, start: State, point: Correlated, offset: int) -> Callable[[], Argument | Undetermined]:
    def make() -> Argument | Undetermined:
        family: Correlation = point.family
        low, high = family.eta(family.lowest), family.eta(1.0)
        if not np.max(point.d) > VANISHED:
            return Undetermined(Rho(family), low, high)
        at = offset + len(point.d)
        return Argument(fit.devfun.criterion, start, at, float(np.clip(point.eta, low, high)), Rho(family), low, high)

    return make


def _sigma(fit: FittedModel, start: State, offset: int) -> Callable[[], Argument | Undetermined]:
    return lambda: Argument(fit.devfun.criterion, start, offset, start.t, Exponential(), -np.inf, np.inf)


def _beta(fit: FittedModel, start: State, j: int, offset: int) -> Callable[[], Argument | Undetermined]:
    """A fixed effect: X~ is turned so that the effect, but for its shift and unit, is the last coefficient."""

    def make() -> Argument | Undetermined:
        criterion = fit.devfun.criterion
        scaling = criterion.engine.gram.scaling
        c = scaling.inverse[j]
        unit = float(np.linalg.norm(c))
        Q = np.linalg.qr(c[:, None], mode="complete")[0]
        turn = np.column_stack([Q[:, 1:], c / unit])
        M = np.eye(len(c) + 1)
        M[:-1, :-1] = turn
        w = float(c @ fit.at.factorization.fixed.beta) / unit
        turned = replace(criterion, engine=criterion.engine.combined(M))
        scale = Linear(unit, float(scaling.shift[j]))
        return Argument(turned, replace(start, delta=w), offset + 1, w, scale, -np.inf, np.inf, turn=turn)

    return make
