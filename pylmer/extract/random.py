"""Words on the random effects: ranef, coef and their standard errors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..design import RandomDesign
from ..fitting import FittedModel
from ..linalg import Array
from .fixed import fixef, se_fixef
from .records import ByFactor, Coef, CondVar, NamedVector, Ranef, StandardErrors
from .words import word


def factors(fit: FittedModel) -> dict[str, list[int]]:
    """Grouping factor -> positions of its terms, in fitting order."""
    groups: dict[str, list[int]] = {}
    for i, term in enumerate(fit.design.random):
        groups.setdefault(term.group, []).append(i)
    return groups


@word
def ranef(fit: FittedModel, condVar: bool = True) -> Ranef:
    """Conditional modes of the random effects: read-only mapping factor -> DataFrame (J, l), levels as index.

    Terms on one factor stand side by side. With `condVar=True` (the default, as in lme4) `.cond_var[factor]` is
    (J, l, l): the variances of the random effects given the data and the estimates. `.as_frame()` is the long form.

    >>> import pylmer
    >>> fit = pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))
    >>> modes = pylmer.ranef(fit)
    >>> modes["county"].loc["AITKIN"].round(4).tolist()
    [-0.2701]
    >>> modes.cond_var["county"].shape
    (85, 1, 1)
    """
    modes = {group: _modes(fit, positions) for group, positions in factors(fit).items()}
    if not condVar:
        return Ranef(modes)
    return Ranef(modes, CondVar({group: fit.solution.cond_var[i].copy() for i, group in enumerate(modes)}))


def _modes(fit: FittedModel, positions: Sequence[int]) -> pd.DataFrame:
    terms = [fit.design.random[i] for i in positions]
    values = np.hstack([fit.solution.b_terms[i] for i in positions])
    return _by_level(terms, values)


def _by_level(terms: Sequence[RandomDesign], values: Array) -> pd.DataFrame:
    columns = [column for term in terms for column in term.columns]
    return pd.DataFrame(values, index=pd.Index(terms[0].labels(), dtype=object), columns=columns)


@word
def coef(fit: FittedModel) -> Coef:
    """Coefficients of every level, fixed effects plus conditional modes: mapping factor -> DataFrame (J, columns).

    A random effect without a fixed one gets a fixed effect of zero; such columns come first, as in lme4.

    >>> import pylmer
    >>> fit = pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))
    >>> pylmer.coef(fit)["county"].iloc[25].round(4).tolist()
    [1.3627, -0.693]
    """
    modes = ranef(fit, condVar=False)
    means = _all_means(fixef(fit), modes)
    return Coef({factor: _coefficients(means, frame) for factor, frame in modes.items()})


def _all_means(fixed: NamedVector, modes: Ranef) -> pd.Series[float]:
    random = dict.fromkeys(column for frame in modes.values() for column in frame.columns)
    missing = [column for column in random if column not in fixed.index]
    return pd.Series([*[0.0] * len(missing), *fixed], index=[*missing, *fixed.index])


def _coefficients(means: pd.Series[float], modes: pd.DataFrame) -> pd.DataFrame:
    names, values = list(means.index), np.tile(means.to_numpy(), (len(modes), 1))
    for column, mode in zip(modes.columns, modes.to_numpy().T, strict=True):
        values[:, names.index(column)] += mode
    return pd.DataFrame(values, index=modes.index, columns=means.index)


@word
def se_ranef(fit: FittedModel) -> ByFactor:
    """Standard errors of the conditional modes: mapping factor -> DataFrame (J, l) (arm's se.ranef).

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.se_ranef(fit).Subject.loc["308"].round(3).tolist()
    [12.071, 2.305]
    """
    errors = {}
    for i, (group, where) in enumerate(factors(fit).items()):
        deviations = np.sqrt(np.diagonal(fit.solution.cond_var[i], axis1=1, axis2=2))
        errors[group] = _by_level([fit.design.random[k] for k in where], deviations)
    return ByFactor(errors)


@word
def se_coef(fit: FittedModel) -> StandardErrors:
    """Standard errors as arm's se.coef: `.fixef` of the fixed effects, and factor -> those of the random effects.

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.se_coef(fit).fixef.round(4).to_dict()
    {'(Intercept)': 6.8246, 'Days': 1.5458}
    """
    return StandardErrors(dict(se_ranef(fit)), se_fixef(fit))
