"""Cook's distances for a picture of a fit: of the levels of one grouping factor, or of single rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import pandas as pd

from ..extract.random import factors
from ..fit.fitted_model import FittedModel
from ..fit.generalized import GeneralizedFittedModel
from ..fit.given_parameters import GIVEN
from .influence import influence
from .leverage import cooks_distance, deletion_distances

MOST = 300  # levels that are left out one by one unless the factor is chosen; of glmer, where each is a new search
MOST_SEARCHES = 40


@dataclass(frozen=True, eq=False)
class Distances:
    """Cook's distance of each level of `of`, or of each row (`of` "row")."""

    of: str
    values: pd.Series[float]

    @property
    def bound(self) -> float:
        """4 / number of what is left out, beyond which it is worth a look (Bollen & Jackman 1985)."""
        return 4 / max(1, len(self.values))


@singledispatch
def distances(fit: Any, group: str | None) -> Distances:
    """Of a fit without random effects: of its rows."""
    return Distances("row", cooks_distance(fit))


@distances.register(FittedModel)
def _(fit: FittedModel, group: str | None) -> Distances:
    given = fit.optimum.optimizer == GIVEN  # then a deletion has nothing to be compared with
    return _of_mixed(fit, None if given else group or smallest(fit, MOST))


@distances.register(GeneralizedFittedModel)
def _(fit: GeneralizedFittedModel, group: str | None) -> Distances:
    return _of_mixed(fit, group or smallest(fit, MOST_SEARCHES))


def _of_mixed(fit: FittedModel | GeneralizedFittedModel, group: str | None) -> Distances:
    if group is None:
        return Distances("row", cooks_distance(fit))
    return Distances(group, deletion_distances(influence(fit, group)))


def smallest(fit: FittedModel | GeneralizedFittedModel, most: int) -> str | None:
    """The factor with the fewest levels, of those with three, with more than there are fixed effects, and `most`."""
    sizes = {group: len(fit.design.random[terms[0]].levels) for group, terms in factors(fit).items()}
    fit_for_it = [group for group, size in sizes.items() if max(2, len(fit.beta)) < size <= most]
    return min(fit_for_it, key=sizes.__getitem__, default=None)
