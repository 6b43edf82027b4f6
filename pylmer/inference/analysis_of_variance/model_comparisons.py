"""KRmodcomp and SATmodcomp: F tests of a model within another, as pbkrtest's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...errors import ArgumentError, DataError
from ...extract import word
from ...fit.fitted_model import FittedModel
from ...fit.same_response import same_response
from ...numerics.distributions import f_upper
from ...numerics.linalg import Array
from ...text import Shown
from ..contrasts.contrasts import contrast_matrix, f_test
from ..contrasts.restrictions import restriction
from .likelihood_ratio import describe


@dataclass(frozen=True, eq=False, repr=False)
class ModelComparison(Shown):
    """An F test of the restriction L beta = 0 (`L`, (q, p)) that turns the large model into the small one.

    test     DataFrame: stat, ndf, ddf, F.scaling and p.value (Kenward-Roger: rows Ftest, and FtestU without scaling)
    small    formula of the small model, None where a restriction matrix was given
    """

    method: str
    large: str
    small: str | None
    L: Array
    test: pd.DataFrame


@word
def KRmodcomp(large: FittedModel, small: Any) -> ModelComparison:
    """Kenward and Roger's F test of a smaller model against a larger one, as pbkrtest's.

    large  a fit of `lmer` by REML
    small  a fit with some of its fixed effects, or a restriction matrix L (q, p) for L beta = 0

    A record that prints itself; `.test` is its DataFrame. Raises ArgumentError for models that are not nested or not
    fitted by REML. Sources: Kenward & Roger (1997); Halekoh & Hojsgaard (2014), J. Stat. Softw. 59(9).

    >>> import pylmer
    >>> sleep = pylmer.datasets.load("sleepstudy")
    >>> large = pylmer.lmer("Reaction ~ Days + (Days | Subject)", sleep)
    >>> pylmer.KRmodcomp(large, pylmer.lmer("Reaction ~ 1 + (Days | Subject)", sleep))
    large : Reaction ~ Days + (Days | Subject)
    small : Reaction ~ 1 + (Days | Subject)
            stat    ndf    ddf F.scaling   p.value
    Ftest 45.853  1.000 17.000         1 3.264e-06 ***
    ---
    Signif. codes:  0 ‘***’ 0.001 ‘**’ 0.01 ‘*’ 0.05 ‘.’ 0.1 ‘ ’ 1
    """
    L, text = _restriction(large, small)
    test = f_test(large, L, "Kenward-Roger")
    plain = test.F / test.scale
    p = f_upper(plain, test.numerator, test.denominator)
    table = pd.DataFrame(
        {
            "stat": [test.F, plain],
            "ndf": [test.numerator] * 2,
            "ddf": [test.denominator] * 2,
            "F.scaling": [test.scale, np.nan],
            "p.value": [test.p, p],
        },
        index=["Ftest", "FtestU"],
    )
    return ModelComparison("Kenward-Roger", describe(large), text, L, table)


@word
def SATmodcomp(large: FittedModel, small: Any) -> ModelComparison:
    """Satterthwaite's F test of a smaller model against a larger one, as pbkrtest's.

    large  a fit of `lmer`; one by maximum likelihood is tested as it is, as `contest` does (pbkrtest refits it by REML)
    small  a fit with some of its fixed effects, or a restriction matrix L (q, p) for L beta = 0

    A record that prints itself; `.test` is its DataFrame. Of two models the page names the smaller one; pbkrtest shows
    a basis of the restriction (`.L`). Raises ArgumentError for models that are not nested. Source: Fai & Cornelius
    (1996).

    >>> import pylmer
    >>> sleep = pylmer.datasets.load("sleepstudy")
    >>> large = pylmer.lmer("Reaction ~ Days + (Days | Subject)", sleep)
    >>> pylmer.SATmodcomp(large, [[0, 1]]).test.round(3)
       statistic  ndf   ddf  p.value
    1     45.853    1  17.0      0.0
    """
    L, text = _restriction(large, small)
    test = f_test(large, L, "Satterthwaite")
    row = {"statistic": [test.F], "ndf": [test.numerator], "ddf": [test.denominator], "p.value": [test.p]}
    return ModelComparison("Satterthwaite", describe(large), text, L, pd.DataFrame(row, index=["1"]))


def _restriction(large: FittedModel, small: Any) -> tuple[Array, str | None]:
    if not isinstance(small, FittedModel):
        L = contrast_matrix(large, small)
        if not len(L):
            raise ArgumentError("small= has no rows; wanted a fit, or a matrix with a row for each restriction")
        return L, None
    if small.design.n != large.design.n:
        raise DataError(f"the models were fitted to different rows: {large.design.n} and {small.design.n}")
    if not same_response(small, large):
        raise DataError("the models were fitted to different responses")
    if len(small.beta) > len(large.beta):
        raise ArgumentError("the second model is the larger one: give the large model first, then the small one")
    L = restriction(large.rows.X, small.rows.X)
    if not len(L):
        raise ArgumentError("the models have the same fixed effects: there is nothing to test")
    return L, describe(small)
