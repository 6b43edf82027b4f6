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
from ...language import did_you_mean
from ...linalg import Array
from ...tails import f_upper, student_quantile
from .multivariate_t import Largest, largest
from .studentized_range import at_least_one, critical, dunnett_like_upper, tukey_upper

STEPS = ("holm", "hochberg", "hommel", "BH", "fdr", "BY")
TWO_SIDED = ("tukey", "scheffe", "dunnettx")
ADJUSTMENTS = ("none", "tukey", "scheffe", "sidak", "dunnettx", "mvt", "bonferroni", *STEPS)


def check_adjust(adjust: Any) -> str:
    """The name of an adjustment; ArgumentError if there is none of that name."""
    if adjust not in ADJUSTMENTS:
        raise ArgumentError(
            f"adjust={adjust!r}: wanted one of {', '.join(map(repr, ADJUSTMENTS))}"
            f"{did_you_mean(str(adjust), ADJUSTMENTS)}"
        )
    return str(adjust)


@dataclass(frozen=True, eq=False)
class Family:
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

    def probability(self, adjust: str, i: int) -> float:
        """The adjusted p-value of test i by a one-step method."""
        t, df = float(self.t[i]), float(self.df[i])
        return {
            "tukey": lambda: tukey_upper(t, float(self.means or 2), df),
            "scheffe": lambda: f_upper(t**2 / self.rank, self.rank, df),
            "dunnettx": lambda: dunnett_like_upper(t, self.m, df),
            "mvt": lambda: self.largest.upper(t * self.side if self.side else abs(t), df),
            "sidak": lambda: at_least_one(float(self.p[i]), self.m),
            "bonferroni": lambda: min(1.0, self.m * float(self.p[i])),
            "none": lambda: float(self.p[i]),
        }[adjust]()

    def quantile(self, adjust: str, level: float, i: int) -> float:
        """The critical value of interval i."""
        df, sides = float(self.df[i]), 1 if self.side else 2
        alpha = 1 - level
        if np.isnan(df):
            return float("nan")
        simple = {"none": alpha, "bonferroni": alpha / self.m, "sidak": -np.expm1(np.log1p(-alpha) / self.m)}
        if adjust in simple:
            return float(student_quantile(1 - float(simple[adjust]) / sides, df))
        upper: dict[str, Callable[[float], float]] = {
            "tukey": lambda t: tukey_upper(t, float(self.means or 2), df),
            "scheffe": lambda t: f_upper(t**2 / self.rank, self.rank, df),
            "dunnettx": lambda t: dunnett_like_upper(t, self.m, df),
            "mvt": lambda t: self.largest.upper(t, df),
        }
        return critical(upper[adjust], level)


def adjusted(family: Family, adjust: str) -> Array:
    """Adjusted p-values (m,), NaN where a test cannot be made."""
    if adjust in STEPS:
        return by_steps(family.p, adjust)
    known = np.isfinite(family.t)
    return np.array([family.probability(adjust, i) if known[i] else np.nan for i in range(family.m)])


def quantiles(family: Family, adjust: str, level: float) -> Array:
    """Critical values (m,) of intervals with simultaneous coverage `level`; equal df have one."""
    found: dict[float, float] = {}
    for i, df in enumerate(family.df.tolist()):
        if df not in found:
            found[df] = family.quantile("bonferroni" if adjust in STEPS else adjust, level, i)
    return np.array([found.get(df, np.nan) for df in family.df.tolist()])


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
