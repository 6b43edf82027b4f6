"""Standard errors and intervals of predictions, with or without the uncertainty of the variance parameters.

Given the templates, the error of a predicted mean x'beta + z'b has the variance M of the joint distribution of
(beta, b) (module `joint`). Estimated templates add d'A d, with d the derivatives of the predicted mean in theta and A
the asymptotic covariance of the estimates: the conditional mean squared error of Booth & Hobert (1998), whose
expectation over y is the term of Kackar & Harville (1984). M at the estimates is too small by the same amount on
average, so it is added twice (Prasad & Rao 1990; Kenward & Roger 1997 do so for beta). The variances are then
estimates too, and the quantile is that of t, with Satterthwaite's degrees of freedom of the variance as a whole,

    df = 2 v^2 / (g'A g),   g = dv/d(theta, log sigma)

All of it is local: at a variance of zero d vanishes, and what a group's own mean might be is understated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..asymptotics import parameter_covariance
from ..criterion import At
from ..joint import JointRows, row_slopes, row_variances, unknown_variances
from ..linalg import Array
from ..optimize import difference_step, shifted

INTERVALS = ("confidence", "prediction")
UNCERTAINTIES = ("none", "effects", "theta")


@dataclass(frozen=True, eq=False)
class Spread:
    """Variances (m,) of predicted means and of what an interval covers, and degrees of freedom (m,) of the latter."""

    mean: Array
    whole: Array
    df: Array


def spreads(at: At, sigma: float, rows: JointRows, noise: Array | float, uncertainty: str) -> Spread:
    """Variances of predictions.

    noise        residual variance of a new response per unit sigma^2, 0 for the interval of a mean; the effects of the
                 `rows`' unknown groups are added where there are any
    uncertainty  "none": the estimates are taken for true; "effects": beta and b are uncertain; "theta": so are the
                 variance parameters
    """
    mean = np.zeros(len(rows.X)) if uncertainty == "none" else sigma**2 * row_variances(at, rows)
    own = sigma**2 * (unknown_variances(at, rows) + noise)
    if uncertainty != "theta":
        return Spread(mean, mean + own, np.full(len(mean), np.inf))
    A = parameter_covariance(at)
    slopes = row_slopes(at, rows)
    moved = 2 * np.sum((slopes @ A[:-1, :-1]) * slopes, axis=1)
    g = np.column_stack([_variance_slopes(at, rows), 2 * (mean + own)])
    with np.errstate(divide="ignore", invalid="ignore"):
        df = 2 * (mean + own) ** 2 / np.sum((g @ A) * g, axis=1)
    return Spread(mean + moved, mean + moved + own, np.where(np.isnan(df), np.inf, df))


def _variance_slopes(at: At, rows: JointRows) -> Array:
    """Derivatives of the variances in the local coordinates of the templates, sigma held: (m, k), by differences."""
    h = difference_step(at.points)

    def variances(step: Array) -> Array:
        there = at.criterion.at(shifted(at.points, step))
        return at.s2 * (row_variances(there, rows) + unknown_variances(there, rows))

    units = h * np.eye(len(at.gradient))
    return np.array([(variances(step) - variances(-step)) / (2 * h) for step in units]).reshape(len(units), -1).T
