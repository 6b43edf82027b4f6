"""Profiles of generalized linear mixed models: the criterion minimized with one parameter held, from warm starts.

    zeta = sign(psi - psi-hat) sqrt(d(psi) - d-min)

Nodes are found by following the line through the last two, and, for intervals, by the secant rule on zeta until it is
at the quantile (Bates, Maechler, Bolker & Walker 2015, section 5.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import special
from scipy.interpolate import CubicSpline

from ...engine.generalized.held import ConstrainedDeviance, Correlations, Deviation, FixedEffect, minimized
from ...engine.generalized.held_scale import HeldSigma, minimized_with_scale
from ...engine.generalized.joint_newton import JointDescent
from ...engine.generalized.profiled_beta import Profiled
from ...engine.generalized.user import At
from ...errors import ArgumentError, NumericalError, note
from ...extract import se_fixef
from ...extract.variances import correlations
from ...fit.generalized import GeneralizedFittedModel
from ...numerics.linalg import Array
from ...text.arguments import check_level
from ..intervals import chosen, parameter_names
from ..records import PlainTable, table
from .curves import Curve, Linear
from .profiling import LikelihoodProfile, limits_of, profile, profile_limits, quantile

MOST = 40  # nodes on one side
SPACING = 0.5  # aimed at between nodes, in zeta
CLOSE = 1e-4  # how near in zeta the last node is to what is sought
LOWER = 1e-3  # a criterion so much below that of the fit means that the fit is not the best one
ROOM = 0.3  # of a step: a limit so near is where the step goes
EDGE = 1 - 1e-8  # a correlation that stands for 1
FIRST = 0.1  # first step of a standard deviation or correlation, relative, where nothing is known


@dataclass(frozen=True, eq=False)
class ProfileNode:
    """The criterion minimized with psi held; `at` is where the next node begins, `values` are all parameters there."""

    psi: float
    zeta: float
    at: At
    values: Array


@dataclass(frozen=True, eq=False)
class Parameter:
    """What is held: where it stands, its estimate, about how uncertain it is, and its limits."""

    held: ConstrainedDeviance | HeldSigma
    psi: float
    error: float
    lowest: float = -np.inf
    highest: float = np.inf

    def reached(self, last: float, psi: float) -> float:
        """Where a step from `last` to psi goes: sigma, which has no 0, at most half way to it."""
        return max(psi, 0.5 * last) if isinstance(self.held, HeldSigma) else psi

    def holdable(self, psi: float) -> float:
        """The value that is held: a correlation of 1, where the coordinates end, all but reached."""
        return float(np.clip(psi, -EDGE, EDGE)) if isinstance(self.held, Correlations) else psi


@dataclass(eq=False)
class Side:
    """One side of a profile, walked outwards from the estimate."""

    fit: GeneralizedFittedModel
    parameter: Parameter
    sign: int
    nodes: list[ProfileNode] = field(default_factory=list)

    @property
    def limit(self) -> float:
        """Where the parameter ends on this side."""
        return self.parameter.lowest if self.sign < 0 else self.parameter.highest

    @property
    def ended(self) -> bool:
        """Whether it is there."""
        return self.nodes[-1].psi == self.limit

    def visit(self, psi: float, near: ProfileNode) -> ProfileNode:
        """The node at psi, sought from another."""
        run = _constrained(self.fit, self.parameter.held, self.parameter.holdable(psi), near.at)
        gain = float(run.at.value) - self.fit.optimum.value
        if gain < -LOWER:
            raise NumericalError(f"a criterion {-gain:.3g} below that of the fit was found: refit from there")
        return ProfileNode(psi, self.sign * float(np.sqrt(max(gain, 0.0))), run.at, values_at(self.fit, run.at))

    def aim(self, target: float) -> float:
        """psi where |zeta| should be `target`, by the line through the last two nodes; cut at the limit."""
        last = self.nodes[-1]
        before = self.nodes[-2] if len(self.nodes) > 1 else None
        rate = abs(last.psi - before.psi) / max(abs(last.zeta - before.zeta), 1e-6) if before else self.parameter.error
        step = max(target - abs(last.zeta), 0.05) * rate
        if before is not None:
            step = min(step, 4 * abs(last.psi - before.psi))
        psi = self.parameter.reached(last.psi, last.psi + self.sign * step)
        return self.limit if self.sign * (self.limit - psi) < ROOM * step else psi

    def walk(self, cutoff: float) -> None:
        """Nodes some way apart until |zeta| passes the cutoff or the parameter is at its limit."""
        while abs(self.nodes[-1].zeta) < cutoff and not self.ended and len(self.nodes) < MOST:
            self.nodes.append(self.visit(self.aim(abs(self.nodes[-1].zeta) + SPACING), self.nodes[-1]))

    def seek(self, target: float) -> None:
        """Nodes until one has |zeta| = target, by secants between nodes on both sides of it."""
        while abs(self.nodes[-1].zeta) < target - CLOSE and not self.ended and len(self.nodes) < MOST:
            self.nodes.append(self.visit(self.aim(target), self.nodes[-1]))
        for _ in range(MOST):
            inner, outer = self._around(target)
            if outer is None or min(abs(abs(node.zeta) - target) for node in (inner, outer)) < CLOSE:
                return
            share = (target - abs(inner.zeta)) / (abs(outer.zeta) - abs(inner.zeta))
            node = self.visit(inner.psi + float(np.clip(share, 0.02, 0.98)) * (outer.psi - inner.psi), inner)
            self.nodes = sorted([*self.nodes, node], key=lambda each: self.sign * each.psi)

    def _around(self, target: float) -> tuple[ProfileNode, ProfileNode | None]:
        """The last node before the target, and the first beyond it."""
        beyond = [k for k, node in enumerate(self.nodes) if abs(node.zeta) >= target]
        return (self.nodes[beyond[0] - 1], self.nodes[beyond[0]]) if beyond else (self.nodes[-1], None)


def _constrained(
    fit: GeneralizedFittedModel, held: ConstrainedDeviance | HeldSigma, value: float, near: At
) -> JointDescent[At]:
    """The criterion minimized with one parameter held, begun at a node."""
    if fit.scaled:
        return minimized_with_scale(fit.optimum, held, value, near)
    assert not isinstance(held, HeldSigma)
    return minimized(fit.optimum, held, value, near)


# --- parameters ------------------------------------------------------------------------------------------------------


def covariances_at(fit: GeneralizedFittedModel, at: At) -> list[Array]:
    """Sigma (l, l) of every term."""
    inverses = fit.devfun.structure.scaling.inverse_terms
    halves = [back @ point.template() for back, point in zip(inverses, at.place.points, strict=True)]
    return [at.phi * half @ half.T for half in halves]


def values_at(fit: GeneralizedFittedModel, at: At) -> Array:
    """All parameters in the order of `parameter_names`."""
    sds, cors = [], []
    for family, Sigma in zip(fit.covariances.families, covariances_at(fit, at), strict=True):
        sd = np.sqrt(np.diag(Sigma))
        C = correlations(Sigma)
        sds += [sd[: family.n_sd]]
        cors += [np.array([C[i, j] for i, j in family.pairs])]
    sigma = [np.array([np.sqrt(at.phi)])] if fit.scaled else []
    scaled = np.zeros(0) if isinstance(fit.devfun.criterion, Profiled) else at.place.beta
    beta = fit.devfun.structure.scaling.inverse @ scaled if len(scaled) else fit.beta
    return np.concatenate([*sds, *cors, *sigma, beta])


def parameters(fit: GeneralizedFittedModel) -> list[Parameter]:
    """What can be held, in the order of `parameter_names`."""
    sds: list[Parameter] = []
    cors: list[Parameter] = []
    for term, (family, Sigma) in enumerate(
        zip(fit.covariances.families, covariances_at(fit, fit.optimum.at), strict=True)
    ):
        sd, C = np.sqrt(np.diag(Sigma)), correlations(Sigma)
        for a in range(family.n_sd):
            error = FIRST * max(float(sd[a]), 0.1 * float(np.max(sd)), 1e-3)
            sds.append(Parameter(Deviation(term, a), float(sd[a]), error, 0.0))
        for i, j in family.pairs:
            cors.append(Parameter(Correlations(term, j, i), float(C[i, j]), FIRST, -1.0, 1.0))
    errors = se_fixef(fit).to_numpy()
    betas = [Parameter(FixedEffect(k), float(fit.beta[k]), float(errors[k])) for k in range(len(errors))]
    return [*sds, *cors, *_sigma(fit), *betas]


def _sigma(fit: GeneralizedFittedModel) -> list[Parameter]:
    """sigma, of a family with a scale; its error is that of n normal residuals."""
    return [Parameter(HeldSigma(), fit.sigma, fit.sigma / np.sqrt(2 * fit.design.n))] if fit.scaled else []


def _asked(fit: GeneralizedFittedModel, signames: bool) -> tuple[list[Parameter], list[str], int]:
    if fit.devfun.laplace.scale == "lme4":
        raise ArgumentError(
            f"profile: lme4's criterion of a family with a scale ({fit.family.name}) is no likelihood, its zeta has no "
            "distribution: fit without laplace='lme4', or take method='Wald' or 'boot'"
        )
    if isinstance(fit.devfun.criterion, Profiled):
        raise ArgumentError("with nAGQ=0 the fixed effects are no parameters of the criterion: profile a fit by nAGQ=1")
    free, fixed = parameter_names(fit, signames)
    return parameters(fit), [*free, *fixed], len(free)


def _walked(
    fit: GeneralizedFittedModel, parameter: Parameter, name: str, zeta: float, whole: bool
) -> list[ProfileNode]:
    """Nodes by increasing psi."""
    centre = ProfileNode(parameter.psi, 0.0, fit.optimum.at, values_at(fit, fit.optimum.at))
    sides = []
    for sign in (-1, 1):
        side = Side(fit, parameter, sign, [centre])
        if not np.isfinite(parameter.psi):
            continue
        try:
            if not side.ended:
                (side.walk if whole else side.seek)(zeta)
        except NumericalError as error:
            note(f"the profile of {name} ends early: {error}")
        sides.append(sorted(side.nodes, key=lambda node: node.psi))
    return [*sides[0][:-1], centre, *sides[1][1:]] if sides else []


def _curve(parameter: Parameter, nodes: Sequence[ProfileNode]) -> Curve:
    psi, zeta = (np.array([getattr(node, name) for node in nodes]) for name in ("psi", "zeta"))
    rising = np.concatenate([[True], np.diff(zeta) > 0]) if len(psi) else np.zeros(0, bool)
    psi, zeta = psi[rising], zeta[rising]
    slope = CubicSpline(psi, zeta)(psi, 1) if len(psi) > 1 else np.zeros(len(psi))
    reached = (bool(len(psi) and psi[0] <= parameter.lowest), bool(len(psi) and psi[-1] >= parameter.highest))
    return Curve(Linear(1.0), psi, zeta, np.asarray(slope), parameter.lowest, parameter.highest, reached)


# --- words -----------------------------------------------------------------------------------------------------------


@profile.register(GeneralizedFittedModel)
def profile_generalized(
    fit: GeneralizedFittedModel, which: Any = None, alpha_max: float = 0.01, signames: bool = True
) -> LikelihoodProfile:
    """The profile of a fit of `glmer` over standard deviations, correlations, sigma if there is one, and fixed effects.

    The arguments are those of `profile` for `lmer`. ArgumentError for lme4's criterion of a family with a scale, for
    nAGQ=0, and with nAGQ > 1 for all but the first column of a term.
    """
    check_level(alpha_max, "alpha_max")
    known, names, n_variance = _asked(fit, signames)
    rows = chosen(names, n_variance, which, "which")
    cutoff = float(np.sqrt(special.chdtri(len(names), alpha_max)))
    paths = {names[k]: _walked(fit, known[k], names[k], cutoff, whole=True) for k in rows}
    curves = {names[k]: _curve(known[k], paths[names[k]]) for k in rows}
    n_sd = sum(family.n_sd for family in fit.covariances.families)
    return LikelihoodProfile(_frame(paths, names), curves, tuple(names), n_variance, n_sd, scaled=fit.scaled)


def _frame(paths: dict[str, list[ProfileNode]], names: Sequence[str]) -> PlainTable:
    rows = [(name, node) for name, nodes in paths.items() for node in nodes]
    values = np.array([node.values for _, node in rows]).reshape(-1, len(names))
    columns: dict[str, Any] = {".zeta": np.array([node.zeta for _, node in rows])}
    columns |= dict(zip(names, values.T, strict=True))
    columns[".par"] = pd.Categorical([name for name, _ in rows], categories=list(paths))
    made: PlainTable = table(PlainTable, columns, [str(k + 1) for k in range(len(rows))])
    return made


@profile_limits.register(GeneralizedFittedModel)
def limits_generalized(
    fit: GeneralizedFittedModel, parm: Any = None, level: float = 0.95, signames: bool = True
) -> pd.DataFrame:
    """Intervals from the profile: the nodes that they need, no more."""
    known, names, n_variance = _asked(fit, signames)
    rows = chosen(names, n_variance, parm)
    curves = [_curve(known[k], _walked(fit, known[k], names[k], quantile(level), whole=False)) for k in rows]
    return limits_of(curves, [names[k] for k in rows], level)
