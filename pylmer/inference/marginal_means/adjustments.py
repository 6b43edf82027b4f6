"""Adjusting a family of tests and intervals for how many there are.

tukey        studentized range of the means compared (Tukey 1953; Kramer 1956 for unequal standard errors)
scheffe      t^2 / r against F(r, df), r the rank of the family (Scheffe 1953)
sidak        as if the estimates were independent;  bonferroni  times their number
dunnettx     R emmeans' approximation for comparisons with a control;  mvt  the multivariate t distribution
holm, hochberg, hommel, BH (fdr), BY   steps on p-values, as R's p.adjust; their intervals are Bonferroni's
none         nothing
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ...errors import ArgumentError
from ...language.suggest import did_you_mean
from ...numerics.distributions import f_upper, student_quantile
from ...numerics.linalg import Array
from ...text.arguments import is_one_of, written
from .multivariate_t import Largest, largest
from .studentized_range import at_least_one, critical, dunnett_like_upper, tukey_upper

STEPS = ("holm", "hochberg", "hommel", "BH", "fdr", "BY")
TWO_SIDED = ("tukey", "scheffe", "dunnettx")
SIMULTANEOUS = (*TWO_SIDED, "mvt")
SAME_DF = 8  # decimals to which degrees of freedom are told apart
ADJUSTMENTS = ("none", "tukey", "scheffe", "sidak", "dunnettx", "mvt", "bonferroni", *STEPS)


def check_adjust(adjust: Any) -> str:
    """The name of an adjustment; ArgumentError if there is none of that name."""
    if not is_one_of(adjust, ADJUSTMENTS):
        raise ArgumentError(
            f"adjust={written(adjust)}: wanted one of {', '.join(map(repr, ADJUSTMENTS))}"
            f"{did_you_mean(written(adjust), ADJUSTMENTS)}"
        )
    return str(adjust)


@dataclass(frozen=True, eq=False)
class FamilyOfTests:
    """Tests that are adjusted together, m of them; what cannot be estimated is NaN and counts.

    t (m,), df (m,), p (m,) unadjusted;  side -1, 0 or 1;  means compared pairwise, if they are;  rank of the functions
    covariance (m, m) of the estimates, made when asked for
    """

    t: Array
    df: Array
    p: Array
    side: int
    means: int | None
    rank: int
    covariance: Callable[[], Array] = field(repr=False)

    @property
    def m(self) -> int:
        return len(self.t)

    @cached_property
    def largest(self) -> Largest:
        """The largest statistic of those that can be estimated."""
        known = ~np.isnan(self.df)
        return largest(self.covariance()[np.ix_(known, known)], one_sided=self.side != 0)

    def upper(self, adjust: str, t: float, df: float) -> float:
        """P(a statistic of the family passes t) by a simultaneous method."""
        if adjust == "tukey":
            return tukey_upper(t, float(self.means or 2), df)
        if adjust == "scheffe":
            return f_upper(t**2 / self.rank, self.rank, df)
        if adjust == "dunnettx":
            return dunnett_like_upper(t, self.m, df)
        return self.largest.upper(t, df)

    def probability(self, adjust: str, i: int) -> float:
        """The adjusted p-value of test i."""
        t, p = float(self.t[i]), float(self.p[i])
        if adjust in SIMULTANEOUS:
            return self.upper(adjust, t * self.side if self.side else abs(t), float(self.df[i]))
        return {"none": p, "bonferroni": min(1.0, self.m * p), "sidak": at_least_one(p, self.m)}[adjust]

    def quantile(self, adjust: str, level: float, df: float) -> float:
        """The critical value of an interval with `df` degrees of freedom."""
        if np.isnan(df):
            return float("nan")
        if adjust in SIMULTANEOUS:
            return critical(lambda t: self.upper(adjust, t, df), level)
        alpha = 1 - level
        each = {"none": alpha, "bonferroni": alpha / self.m, "sidak": float(-np.expm1(np.log1p(-alpha) / self.m))}[
            adjust
        ]
        return float(student_quantile(1 - each / (1 if self.side else 2), df))


def adjusted(family: FamilyOfTests, adjust: str) -> Array:
    """Adjusted p-values (m,), NaN where a test cannot be made."""
    if adjust in STEPS:
        return by_steps(family.p, adjust)
    known = np.isfinite(family.t)
    return np.array([family.probability(adjust, i) if known[i] else np.nan for i in range(family.m)])


def quantiles(family: FamilyOfTests, adjust: str, level: float) -> Array:
    """Critical values (m,) of intervals with simultaneous coverage `level`; equal df have one."""
    values, which = np.unique(family.df.round(SAME_DF), return_inverse=True)
    return np.array([family.quantile(adjust, level, df) for df in values.tolist()])[which]


def by_steps(p: Array, method: str) -> Array:
    """R's p.adjust of p-values (m,); missing ones stay missing, but are counted."""
    n, out = len(p), np.full(len(p), np.nan)
    known = np.flatnonzero(np.isfinite(p))
    if not len(known):
        return out
    order = known[np.argsort(p[known], kind="stable")]
    ascending, k = p[order], np.arange(1, len(known) + 1)
    if method == "holm":
        steps = np.maximum.accumulate((n - k + 1) * ascending)
    elif method == "hommel":
        steps = _hommel(np.append(ascending, np.ones(n - len(known))))[: len(known)]
    else:
        factor = {"hochberg": n - k + 1.0, "BH": n / k, "fdr": n / k, "BY": n / k * np.sum(1 / k)}[method]
        steps = np.minimum.accumulate((factor * ascending)[::-1])[::-1]
    out[order] = np.minimum(steps, 1.0)
    return out


def _hommel(p: Array) -> Array:
    """Hommel's procedure (1988) on ascending p-values, in the form of Wright (1992), Biometrics 48, appendix."""
    n = len(p)
    a = np.zeros(n)
    for m in range(n, 1, -1):
        tail = np.arange(n - m, n)
        c_min = np.min(m * p[tail] / (m + tail + 1 - n))
        a[tail] = np.maximum(a[tail], c_min)
        head = np.arange(n - m)
        a[head] = np.maximum(a[head], np.minimum(c_min, m * p[head]))
    return np.maximum(a, p)
