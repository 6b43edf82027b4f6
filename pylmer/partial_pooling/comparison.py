"""five_ways(fit): the same estimates in five ways, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import ArgumentError, NumericalError
from ..extract import word
from ..fit.fitted_model import FittedModel
from ..text import Shown
from ..text.arguments import is_one_of, written
from .grouped import GroupedRows, TwoLevel, grouped_rows
from .ways import WAYS, covariance


@dataclass(frozen=True, eq=False, repr=False)
class FiveWays(Shown, Mapping[str, TwoLevel]):
    """The five records by name, in the book's order; prints beta of each and how far they lie apart.

    rows, sigma_alpha, sigma_y are what each way was given.
    """

    rows: GroupedRows
    sigma_alpha: float
    sigma_y: float
    ways: tuple[TwoLevel, ...]

    def __getitem__(self, name: str) -> TwoLevel:
        for found in self.ways:
            if found.way == name:
                return found
        raise KeyError(f"{name!r}; there is {', '.join(repr(found.way) for found in self.ways)}")

    def __iter__(self) -> Iterator[str]:
        return iter([found.way for found in self.ways])

    def __len__(self) -> int:
        return len(self.ways)

    @property
    def largest_difference(self) -> float:
        """Between any two ways, over beta and alpha."""
        every = np.array([[*found.beta, *found.alpha] for found in self.ways])
        return float(np.max(np.ptp(every, axis=0)))

    def covariance_of(self, level: str) -> pd.DataFrame:
        """The block of V (n_j, n_j) of one group's rows, which the fifth way shows.

        level  the group's label

        Raises ArgumentError if there is none of this label.
        """
        if not is_one_of(level, self.rows.levels):
            raise ArgumentError(f"{written(level)} is no level of {self.rows.group}")
        chosen = np.flatnonzero(self.rows.codes == self.rows.levels.index(level))
        V = covariance(self.rows, chosen, self.sigma_alpha, self.sigma_y)
        names = [str(k + 1) for k in range(len(chosen))]
        return pd.DataFrame(V, names, names)


@word
def five_ways(fit: FittedModel, sigma_alpha: float | None = None, sigma_y: float | None = None) -> FiveWays:
    """The estimates given sigma_alpha and sigma_y, computed in five ways that share no solver.

    fit          a fit of `lmer` with one grouping factor and one random intercept
    sigma_alpha  standard deviation of the intercepts, positive; None, the default: that of the fit
    sigma_y      residual standard deviation, positive; None, the default: that of the fit

    A mapping from the way's name to its record with `beta`, `alpha` (intercept of each group) and, where natural,
    `se_beta` and `se_alpha`; `covariance_of(level)` shows V for one group. The ways are functions too:
    `pylmer.partial_pooling.mixed_model_equations(rows, sigma_alpha, sigma_y)` and so on, of `grouped_rows(fit)`.

    Raises ArgumentError unless the model has one grouping factor with one random intercept, and for standard
    deviations that are not positive (where sigma_alpha is 0 there is no prior to write down: see `at_theta`).
    Source: Gelman & Hill (2007), 12.5.

    >>> import pylmer
    >>> M1 = pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))
    >>> found = five_ways(M1)
    >>> [record.beta.round(4).to_list() for record in found.values()][:2]
    [[1.4616, -0.693], [1.4616, -0.693]]
    >>> found.largest_difference < 1e-8
    True
    """
    rows = grouped_rows(fit)
    given = fit.sigma * float(fit.theta[0]) if sigma_alpha is None else sigma_alpha
    a, s = (
        _positive(name, value)
        for name, value in (("sigma_alpha", given), ("sigma_y", fit.sigma if sigma_y is None else sigma_y))
    )
    apart = NumericalError(f"sigma_alpha={a:g} and sigma_y={s:g} lie so far apart that rounding leaves nothing")
    try:
        with np.errstate(all="ignore"):  # what is not finite ends in a NumericalError
            found = tuple(way(rows, np.float64(a), np.float64(s)) for way in WAYS)
    except np.linalg.LinAlgError:
        raise apart from None
    if not all(_finite(each) for each in found):
        raise apart
    return FiveWays(rows, a, s, found)


def _finite(way: TwoLevel) -> bool:
    parts = (way.beta, way.alpha, way.se_beta, way.se_alpha)
    return all(part is None or bool(np.isfinite(part).all()) for part in parts)


def _positive(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0 < float(value) < np.inf:
        raise ArgumentError(f"{name} must be a positive number, found {value!r}")
    return float(value)
