"""What a power study found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import special

from ..extract.records import ReadOnly
from ..numerics.linalg import Array
from ..text import Shown


def clopper_pearson(x: int, n: int, level: float) -> tuple[float, float]:
    """Exact limits of a proportion, x of n (Clopper & Pearson 1934, Biometrika 26).

    >>> [round(limit, 4) for limit in clopper_pearson(9, 10, 0.95)]
    [0.555, 0.9975]
    """
    tail = (1 - level) / 2
    lower = 0.0 if x == 0 else float(special.betaincinv(x, n - x + 1, tail))
    upper = 1.0 if x == n else float(special.betaincinv(x + 1, n - x, 1 - tail))
    return lower, upper


@dataclass(frozen=True, eq=False, repr=False)
class Power(Shown):
    """The share of simulated data sets in which a test rejects.

    x, n          rejections, of so many data sets;  alpha, level  of the test and of the interval
    p_values      (n,); NaN where a data set could not be fitted or tested, which counts as no rejection
    effect        "predictor 'x'" or "model comparison";  test  its name in words
    effect_size   {coefficient: true value}, empty where one number does not say it
    warnings      singular fits, or fits that have not converged;  errors  data set -> what went wrong
    nrow          rows of each data set;  seconds  it took;  observed  whether the effect is the estimate itself
    """

    x: int
    n: int
    alpha: float
    level: float
    p_values: Array
    effect: str
    test: str
    effect_size: Mapping[str, float]
    warnings: int
    errors: Mapping[int, str]
    nrow: int
    seconds: float
    observed: bool

    @property
    def power(self) -> float:
        """x / n."""
        return self.x / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """Clopper and Pearson's limits."""
        return clopper_pearson(self.x, self.n, self.level)

    def as_frame(self) -> pd.DataFrame:
        """simr's summary: one row of successes, trials, mean, lower, upper."""
        lower, upper = self.interval
        row = {"successes": self.x, "trials": self.n, "mean": self.power, "lower": lower, "upper": upper}
        return pd.DataFrame([row])


class PowerCurve(ReadOnly[Power]):
    """Number of levels (or rows) -> power; `along` says of what, `as_frame()` is a table for a plot."""

    __slots__ = ("along", "labels")
    along: str
    labels: Mapping[str, str]

    def __init__(self, entries: Mapping[str, Power], along: str, labels: Mapping[str, str]) -> None:
        super().__init__(entries)
        object.__setattr__(self, "along", along)
        object.__setattr__(self, "labels", dict(labels))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self._entries, self.along, self.labels)

    def as_frame(self) -> pd.DataFrame:
        """simr's summary: nrow, nlevels, successes, trials, mean, lower, upper; a row for each size."""
        rows = [each.as_frame().assign(nrow=each.nrow, nlevels=int(size)) for size, each in self.items()]
        frame = pd.concat(rows, ignore_index=True)
        return frame[["nrow", "nlevels", "successes", "trials", "mean", "lower", "upper"]]


@dataclass(eq=False)
class Tally:
    """p-values as they come in, (nsim,), the first `done` of them known."""

    p_values: Array
    done: int = 0
    warnings: int = 0
    errors: dict[int, str] = field(default_factory=dict)

    def take(self, p_values: Array, warnings: int, errors: Mapping[int, str]) -> None:
        """Add the next data sets."""
        self.errors |= {self.done + r: text for r, text in errors.items()}
        self.p_values[self.done : self.done + len(p_values)] = p_values
        self.warnings += warnings
        self.done += len(p_values)

    def rejections(self, alpha: float) -> int:
        """How many lie below alpha."""
        return int(np.sum(self.p_values[: self.done] < alpha))
