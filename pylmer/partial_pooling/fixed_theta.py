"""The fit where theta is held, and the criterion on the way from complete to no pooling."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from ..engine.criterion.profiled import Criterion
from ..engine.factorization.between import BetweenEngine
from ..errors import ArgumentError, FitNote
from ..extract import word
from ..fit.devfun import Devfun
from ..fit.fitted_model import FittedModel
from ..fit.given_parameters import names_of_theta, par_of_theta
from ..fit.optimum import held_optimum
from ..functions import by_name
from ..numerics.linalg import Array
from ..text import Shown
from ..text.arguments import written

Fit = TypeVar("Fit", bound=FittedModel)
DIGITS_LOST = 1e-6  # relative error of beta from which a theta of crossed or nested factors is refused
REACH = 100.0  # how far a curve goes on either side of the optimum
SQUARED = 1e100  # the largest theta whose square, summed, is a number
INFINITE = 1e8  # a theta as good as infinite


@word
def at_theta(fit: Fit, theta: Any) -> Fit:
    """The fit where theta is held at given values and beta, sigma and the random effects are estimated there.

    fit    a fit of `lmer`
    theta  numbers in the order of `fit.theta`, or a Series by their names: for one scalar term sigma_alpha / sigma_y,
           in general the entries of the relative covariance templates

    A fit of the same class: every word that reads a fit reads this one; its `notes` say that theta is held. theta = 0
    is complete pooling: the `lm` without the group. As theta grows, coefficients tend to no pooling, the `lm` with a
    coefficient for each level, and the residual sum of squares to that of the lm; for a single grouping factor theta
    may be as large as 1e8. Criteria and degrees of freedom stay those of the mixed model.

    Raises ArgumentError if theta has the wrong length, is not finite, is negative where it is a standard deviation, or
    is no covariance of the term's structure; also where several grouping factors meet a theta so large that rounding
    would leave fewer than 6 digits of beta.
    Source: Gelman & Hill (2007), 12.2-12.3; Bates, Maechler, Bolker & Walker (2015), section 3.

    >>> import pylmer
    >>> M1 = pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))
    >>> at_theta(M1, 0).fixef().round(2).to_dict()
    {'(Intercept)': 1.33, 'floor': -0.61}
    >>> at_theta(M1, 1e8).coef()["county"].loc["AITKIN"].round(4).to_dict()
    {'(Intercept)': 0.8405, 'floor': -0.7205}
    """
    devfun = for_any_theta(fit.devfun)
    par = par_of_theta(fit.design.random, _checked(devfun, theta))
    _check_digits(devfun, par)
    optimum = held_optimum(devfun, par)
    return type(fit)(fit.request, devfun, optimum, tuple(FitNote(text) for text in (*fit.design.notes, *optimum.notes)))


def for_any_theta(devfun: Devfun) -> Devfun:
    """The criterion by an engine that stays exact as theta grows, where there is one: for a single factor."""
    gram = devfun.gram
    if len(gram.factors) > 1:
        return devfun
    return replace(devfun, criterion=replace(devfun.criterion, engine=BetweenEngine(gram)))


def _checked(devfun: Devfun, theta: Any) -> Array:
    """theta as numbers (k,)."""
    theta = by_name(theta, names_of_theta(devfun.design), "theta")
    try:
        values = np.atleast_1d(np.array(theta, float))
    except (TypeError, ValueError):
        raise ArgumentError(f"theta must be numbers, found {theta!r}") from None
    names = names_of_theta(devfun.design)
    if values.shape != (len(names),):
        found = f"{values.size} number{'' if values.size == 1 else 's'}" if values.ndim == 1 else "two dimensions"
        raise ArgumentError(f"theta has {found}; this model has {len(names)}: {', '.join(names)}")
    if not (np.abs(values) <= SQUARED).all():
        raise ArgumentError(f"theta must be finite, found {theta!r}; no pooling is reached at a large theta, as 1e8")
    for name, value in zip(names, values, strict=True):
        if value < 0 and name in devfun.names and devfun.lower[devfun.names.index(name)] == 0:
            raise ArgumentError(f"theta of {name} is a standard deviation, not negative; found {value:.6g}")
    return values


def _check_digits(devfun: Devfun, par: Array) -> None:
    """Raise ArgumentError where eliminating several factors would leave few digits of X'V^-1X."""
    if isinstance(devfun.criterion.engine, BetweenEngine):
        return
    L_X = devfun.at(par).factorization.fixed.L_X
    left = float(np.min(np.diag(L_X) ** 2, initial=np.inf)) / devfun.gram.n
    if np.finfo(float).eps > DIGITS_LOST * left:
        raise ArgumentError(
            "theta is too large for several grouping factors: rounding would leave fewer than 6 digits of the fixed "
            "effects; 1e4 is near enough to no pooling"
        )


@dataclass(frozen=True, eq=False, repr=False)
class CriterionCurve(Shown):
    """The criterion profiled over theta = sigma_alpha / sigma_y; prints its optimum and both limits.

    theta, value   (m,) the curve, from the smallest theta up
    group          the grouping factor;  name  "REML criterion" or "deviance"
    at, lowest     theta and value at the optimum
    complete       value at theta = 0, complete pooling
    slope, constant  for theta -> infinity, no pooling, the criterion is slope log(theta^2) + constant; the constant is
                     NaN for `glmer` where some levels have no finite estimate, and where it is not Laplace's with all
                     of the family known
    relative       whether theta is relative to a residual standard deviation or scale
    """

    theta: Array
    value: Array
    group: str
    name: str
    at: float
    lowest: float
    complete: float
    slope: int
    constant: float
    relative: bool = True

    def as_frame(self) -> pd.DataFrame:
        """The curve: columns theta and the criterion's name."""
        return pd.DataFrame({"theta": self.theta, self.name: self.value})

    def asymptote(self, theta: Array) -> Array:
        """What the criterion tends to where theta is large: slope log(theta^2) + constant.

        theta  numbers, of any shape, which is that of the answer
        """
        try:
            values = np.asarray(theta, float)
        except (TypeError, ValueError):
            raise ArgumentError(f"theta={written(theta)}: wanted numbers") from None
        with np.errstate(divide="ignore"):  # complete pooling has no such limit
            return np.asarray(2 * self.slope * np.log(np.abs(values)) + self.constant)


@word
def criterion_curve(fit: FittedModel, theta: Any = None) -> CriterionCurve:
    """The deviance (ML) or REML criterion over theta = sigma_alpha / sigma_y, beta and sigma estimated at each theta.

    fit    a fit of `lmer` or `glmer` with one random term of one coefficient
    theta  increasing numbers (m,); None, the default: 201 from a hundredth to a hundred times the optimum, evenly on
           the log scale. Of `glmer` 61, to thirty times the optimum

    Of `glmer` the criterion is -2 log L, and theta, without a scale, sigma_alpha itself.
    At theta = 0 (complete pooling) the criterion is finite, and for theta -> infinity (no pooling) it grows as
    slope log(theta^2): the number of levels, less (REML) the fixed effects that are constant within levels. So no
    pooling is never the estimate, complete pooling may be.

    Raises ArgumentError unless the model has one random term with one coefficient, and for a theta that is not
    increasing from zero or more. Source: Gelman & Hill (2007), 12.3-12.4; Bates et al. (2015), section 3.4.

    >>> import pylmer
    >>> criterion_curve(pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon")))
    REML criterion over theta = sigma_county / sigma_residual
                         theta    value
    complete pooling         0 2255.804
    multilevel       0.4343926 2171.305
    no pooling             Inf      Inf
    For large theta it is 84 log(theta^2) + 2164.208.
    """
    if len(fit.par) != 1:
        raise ArgumentError(
            f"the criterion is a curve where there is one theta; this model has {len(fit.par)}: "
            f"{', '.join(fit.devfun.names)}"
        )
    devfun, best = for_any_theta(fit.devfun), float(fit.par[0])
    grid = _grid(devfun, best) if theta is None else increasing(theta)
    far = devfun([INFINITE])
    slope = _slope(devfun.criterion)
    return CriterionCurve(
        theta=grid,
        value=np.array([devfun([value]) for value in grid]),
        group=fit.design.random[0].group,
        name="REML criterion" if fit.REML else "deviance",
        at=best,
        lowest=fit.optimum.value,
        complete=devfun([0.0]),
        slope=slope,
        constant=far - slope * float(np.log(INFINITE**2)),
    )


def _grid(devfun: Devfun, best: float) -> Array:
    """Thetas about the optimum, or, where that is zero, about the one at which an average level counts half."""
    (sums,) = devfun.gram.factors
    scale = devfun.gram.scaling.R_terms[0][0, 0]
    middle = best if best > 0 else 1 / (scale * float(np.sqrt(sums.ZtZ.mean())))
    return np.geomspace(middle / REACH, middle * REACH, 201)


def increasing(theta: Any) -> Array:
    """Thetas as numbers; ArgumentError unless they increase from zero or more."""
    try:
        grid = np.asarray(theta, float)
    except (TypeError, ValueError):
        raise ArgumentError(f"theta must be numbers, found {theta!r}") from None
    if grid.ndim != 1 or len(grid) < 2 or not np.isfinite(grid).all() or grid[0] < 0 or np.any(np.diff(grid) <= 0):
        raise ArgumentError("theta must be two or more finite, increasing numbers, none negative")
    return grid


def _slope(criterion: Criterion) -> int:
    """How many levels' log variances, less the fixed effects between levels, the criterion grows with."""
    engine = BetweenEngine(criterion.gram)
    levels = int(np.count_nonzero(engine.root))
    between = int(np.count_nonzero(np.diag(engine.within)[:-1] == 0))
    return levels - between if criterion.REML else levels
