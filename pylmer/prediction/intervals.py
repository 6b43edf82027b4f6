"""Standard errors and intervals of predictions, with or without the uncertainty of the variance parameters.

Given the templates, the error of a predicted mean x'beta + z'b has the variance M of the joint distribution of
(beta, b) (module `joint`). Estimated templates add d'A d, with d the derivatives of the predicted mean in theta and A
the asymptotic covariance of the estimates: the conditional mean squared error of Booth & Hobert (1998), whose
expectation over y is the term of Kackar & Harville (1984). M at the estimates is too small by the same amount on
average, so it is added twice (Prasad & Rao 1990; Kenward & Roger 1997 do so for beta). The variances are then
estimates too, and the quantile is that of t, with Satterthwaite's degrees of freedom of the variance as a whole,

    df = 2 v^2 / (g'A g),   g = dv/d(theta, log sigma)

All of it is local: at a variance of zero d vanishes, and what a group's own mean might be is understated. Where theta
is hardly known, d'A d is a straight line's answer about a curve that bends (b-hat lies between 0 and what no pooling
gives, whatever theta is) and may promise less of a group with data than of one without. It is never less: the variance
of x'beta + z'b about x'beta-hat bounds it, and no interval is wider than with some of the row's groups forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, combinations

import numpy as np

from ..engine.criterion.profiled import At
from ..engine.criterion.row_variances import JointRows, RowsOfFactor, row_slopes, row_variances, unknown_variances
from ..engine.optimize.asymptotics import parameter_covariance
from ..engine.optimize.information import difference_step
from ..numerics.distributions import two_sided_quantile
from ..numerics.linalg import Array

INTERVALS = ("confidence", "prediction")
UNCERTAINTIES = ("none", "effects", "theta")


@dataclass(frozen=True, eq=False)
class Spread:
    """Variances (m,) of predicted means and of what an interval covers, and degrees of freedom (m,) of the latter."""

    mean: Array
    whole: Array
    df: Array

    def half(self, level: float) -> Array:
        """Half the width of intervals of a level: (m,)."""
        return np.asarray(two_sided_quantile(level, self.df) * np.sqrt(self.whole))


def spreads(at: At, sigma: float, rows: JointRows, noise: Array, uncertainty: str, level: float) -> Spread:
    """Variances of predictions.

    noise        (m,) residual variance of a new response per unit sigma^2, 0 for the interval of a mean; the effects of
                 the `rows`' unknown groups are added where there are any
    uncertainty  "none": the estimates are taken for true; "effects": beta and b are uncertain; "theta": so are the
                 variance parameters
    level        at which no interval is wider than with groups forgotten
    """
    if uncertainty == "theta":
        return _no_wider(at, sigma, rows, noise, level)
    mean = np.zeros(len(rows.X)) if uncertainty == "none" else sigma**2 * row_variances(at, rows)
    own = sigma**2 * (unknown_variances(at, rows) + noise)
    return Spread(mean, mean + own, np.full(len(mean), np.inf))


def _expanded(at: At, sigma: float, rows: JointRows, noise: Array) -> Spread:
    """With uncertain variance parameters, to second order."""
    mean = sigma**2 * row_variances(at, rows)
    own = sigma**2 * (unknown_variances(at, rows) + noise)
    A = parameter_covariance(at)
    slopes = row_slopes(at, rows)
    moved = 2 * np.sum((slopes @ A[:-1, :-1]) * slopes, axis=1)
    g = np.column_stack([_variance_slopes(at, rows), 2 * (mean + own)])
    with np.errstate(divide="ignore", invalid="ignore"):
        df = 2 * (mean + own) ** 2 / np.sum((g @ A) * g, axis=1)
    return Spread(mean + moved, mean + moved + own, np.where(np.isnan(df), np.inf, df))


def _no_wider(at: At, sigma: float, rows: JointRows, noise: Array, level: float) -> Spread:
    """`_expanded`, or that of the same rows with some of their groups forgotten where it is narrower."""
    found, own = _expanded(at, sigma, rows, noise), unknown_variances(at, rows)
    mean, whole, df = found.mean.copy(), found.whole.copy(), found.df.copy()
    for forgotten in _subsets(rows):
        less = _without(at, rows, forgotten)
        extra = unknown_variances(at, less) - own
        least = Spread(mean, sigma**2 * (extra + own + noise), np.full(len(mean), np.inf))
        known = np.all([rows.factors[f].codes >= 0 for f in forgotten], axis=0)
        asked = np.flatnonzero(known & ((mean > sigma**2 * extra) | (found.half(level) > least.half(level))))
        if not len(asked):
            continue
        other = _expanded(at, sigma, less.some(asked), noise[asked])
        mean[asked] = np.minimum(mean[asked], other.mean + sigma**2 * extra[asked])
        narrower = other.half(level) < Spread(mean, whole, df).half(level)[asked]
        whole[asked[narrower]], df[asked[narrower]] = other.whole[narrower], other.df[narrower]
    return Spread(mean, whole, df)


def _subsets(rows: JointRows) -> Iterator[tuple[int, ...]]:
    """Sets of grouping factors of which some row has a level, all of them first."""
    present = [f for f, part in enumerate(rows.factors) if len(part.present)]
    return chain.from_iterable(combinations(present, k) for k in range(len(present), 0, -1))


def _without(at: At, rows: JointRows, forgotten: tuple[int, ...]) -> JointRows:
    """The rows with their levels of some factors unknown."""
    factors, unknown = list(rows.factors), list(rows.unknown)
    for term, (factor, here) in at.gram.place.items():
        if factor in forgotten:
            part = rows.factors[factor]
            Z, before = np.where((part.codes >= 0)[:, None], part.Z[:, here], 0.0), unknown[term]
            unknown[term] = Z if before is None else Z + before
    for factor in forgotten:
        part = rows.factors[factor]
        factors[factor] = RowsOfFactor(np.full_like(part.codes, -1), np.zeros_like(part.Z))
    return JointRows(rows.X, tuple(factors), tuple(unknown))


def _variance_slopes(at: At, rows: JointRows) -> Array:
    """Derivatives of the variances in the local coordinates of the templates, sigma held: (m, k), by differences."""
    h = difference_step(at.points)

    def variances(step: Array) -> Array:
        there = at.criterion.at(at.points.shifted(step))
        return at.s2 * (row_variances(there, rows) + unknown_variances(there, rows))

    units = h * np.eye(len(at.gradient))
    return np.array([(variances(step) - variances(-step)) / (2 * h) for step in units]).reshape(len(units), -1).T
