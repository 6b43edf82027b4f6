"""What must be said about an optimum: a covariance is singular, or the conditions of a minimum do not hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from ..design import RandomDesign
from ..engine.covariance.covariances import Covariances
from ..engine.covariance.points import Points
from ..engine.optimize.certificate import TOLERANCE, Certificate
from ..errors import NumericalError
from ..numerics.linalg import Array
from ..options import Control

NEARLY_FLAT = 1e-3  # a relative curvature this little below zero is rounding along a flat ridge


class Reached(Protocol):
    """Where an optimizer came to rest."""

    @property
    def optimizer(self) -> str: ...
    @property
    def points(self) -> Points: ...
    @property
    def certificate(self) -> Certificate: ...
    @property
    def converged(self) -> bool: ...
    @property
    def message(self) -> str: ...


def convergence_notes(
    control: Control, random: Sequence[RandomDesign], covariances: Covariances, optimum: Reached
) -> list[str]:
    """What the control wants said about the optimum; NumericalError where it wants a stop."""
    proof = optimum.certificate
    found: list[tuple[str, str]] = []
    if optimum.points.singular():
        lost = "; ".join(vanished(covariances, optimum.points))
        found.append((control.check_conv_singular, f"boundary (singular) fit: {lost}"))
    if not optimum.converged:
        found.append((control.check_conv_grad, f"{optimum.optimizer} did not converge: {optimum.message}"))
    elif not proof.gradient_vanishes and not proof.flat:
        text = (
            f"the optimum of {optimum.optimizer} is not one: a step would lower the criterion by {proof.decrease:.3g} "
            f"(1e-6 is allowed); {_remedy(optimum)}"
        )
        found.append((control.check_conv_grad, text))
    if proof.flat:
        terms = " and ".join(f"({random[term].label})" for term in proof.flat)
        text = f"the criterion is flat at the optimum: the parameters of {terms} are not uniquely determined"
        found.append((control.check_conv_hess, text))
    elif -NEARLY_FLAT < proof.eigenvalue < -TOLERANCE:
        text = (
            f"the information is singular at the optimum (relative curvature {proof.eigenvalue:.3g}): "
            "the parameters of the random effects are not uniquely determined"
        )
        found.append((control.check_conv_hess, text))
    elif not proof.curved_upwards:
        text = f"the criterion bends downwards at the optimum (relative curvature {proof.eigenvalue:.3g}): no minimum"
        found.append((control.check_conv_hess, text))
    if not proof.boundary_holds:
        terms = ", ".join(f"({random[term].label})" for term, k in proof.kkt.items() if k < 0)
        text = f"growing the vanished variance of {terms} would lower the criterion: {_remedy(optimum)}"
        found.append((control.check_conv_hess, text))
    for action, text in found:
        if action == "stop":
            raise NumericalError(text)
    return [text for action, text in found if action != "ignore"]


def _remedy(optimum: Reached) -> str:
    if optimum.optimizer == "newton":
        return "try another start, or simplify the random effects"
    return "use the default optimizer, or a tighter optCtrl"


def vanished(covariances: Covariances, points: Points) -> list[str]:
    """Per singular term, what has no variance, in words."""
    terms = zip(covariances.labels, points, covariances.templates(points), strict=True)
    return [f"{group}: {_lost(T, columns)}" for (group, columns), point, T in terms if Points((point,)).singular()]


def _lost(T: Array, columns: Sequence[str]) -> str:
    Sigma = T @ T.T
    sd = np.sqrt(np.diag(Sigma))
    dead = [column for column, s in zip(columns, sd, strict=True) if s <= 1e-10 * max(float(sd.max()), 1e-300)]
    if len(columns) == 1 or len(dead) == len(columns):
        return "no variance"
    if dead:
        return f"no variance of {', '.join(dead)}"
    correlation = Sigma / np.outer(sd, sd)
    i, j = divmod(int(np.argmax(np.abs(np.tril(correlation, -1)))), len(Sigma))
    if abs(correlation[i, j]) > 1 - 1e-8:
        return f"the correlation of {columns[j]} and {columns[i]} is {np.sign(correlation[i, j]):.0f}"
    return f"a combination of {', '.join(columns)} has no variance"
