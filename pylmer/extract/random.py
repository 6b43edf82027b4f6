"""Words on the random effects: ranef, coef and their standard errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..design import RandomDesign
from ..fit.fitted_model import FittedModel
from ..fit.words import word
from ..numerics.linalg import Array
from .fixed import se_fixef
from .records import ByFactor, Coef, CondVar, Ranef, StandardErrors

if TYPE_CHECKING:
    from ..fit.generalized import GeneralizedFittedModel


def factors(fit: FittedModel | GeneralizedFittedModel) -> dict[str, list[int]]:
    """Grouping factor -> positions of its terms, in fitting order."""
    groups: dict[str, list[int]] = {}
    for i, term in enumerate(fit.design.random):
        groups.setdefault(term.group, []).append(i)
    return groups


@word
def ranef(fit: FittedModel, condVar: bool = True) -> Ranef:
    """Conditional modes of the random effects: read-only mapping factor -> DataFrame (J, l), levels as index.

    fit      a fit of `lmer`, or draws of `sim`
    condVar  True, the default as in lme4: `.cond_var[factor]` is (J, l, l), the variances of the random effects given
             the data and the estimates; False: they are not computed

    Terms on one factor stand side by side. `.as_frame()` is the long form.

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
    """Coefficients: of a mixed model those of every level, fixed effects plus conditional modes.

    fit  a fit of `lmer`: a mapping factor -> DataFrame (J, columns). Of `lm`: a Series (p,), NaN for aliased columns;
         of `lmList`: a DataFrame (J, p). Also a summary of one of these, whose table of coefficients it gives, draws of
         `sim`, and contrasts of marginal means: which means each compares

    A random effect without a fixed one gets a fixed effect of zero; such columns come first, as in lme4.

    >>> import pylmer
    >>> fit = pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))
    >>> pylmer.coef(fit)["county"].iloc[25].round(4).tolist()
    [1.3627, -0.693]
    """
    fixed, random = _fixed_columns(fit), {group: _random_columns(fit, at) for group, at in factors(fit).items()}
    missing = list(dict.fromkeys(column for columns in random.values() for column in columns if column not in fixed))
    means = pd.Series([*[0.0] * len(missing), *fit.beta], index=[name for name, _ in (*missing, *fixed)])
    places = {group: [[*missing, *fixed].index(column) for column in columns] for group, columns in random.items()}
    modes = ranef(fit, condVar=False)
    return Coef({group: _coefficients(means, frame, places[group]) for group, frame in modes.items()})


Column = tuple[str, str]  # name, and what tells it apart from a column that is called the same


def _fixed_columns(fit: FittedModel) -> list[Column]:
    names, marks = fit.design.X_names, fit.design.spec.fixed_coder.marks
    if len(set(names)) == len(names):
        return [(name, "") for name in names]
    return [(name, marks[j]) for name, j in zip(names, fit.design.spec.fixed_columns, strict=True)]


def _random_columns(fit: FittedModel, positions: Sequence[int]) -> list[Column]:
    """The columns of a factor's terms; with marks where the names of fixed effects do not suffice."""
    plain = len(set(fit.design.X_names)) == len(fit.design.X_names)
    coders = [fit.design.spec.random_terms[i].coder for i in positions]
    marks = [("Intercept",) if coder is None else coder.marks for coder in coders]
    columns = [fit.design.random[i].columns for i in positions]
    pairs = (pair for several in zip(columns, marks, strict=True) for pair in zip(*several, strict=True))
    return [(name, "" if plain else mark) for name, mark in pairs]


def _coefficients(means: pd.Series[float], modes: pd.DataFrame, places: Sequence[int]) -> pd.DataFrame:
    values = np.tile(means.to_numpy(), (len(modes), 1))
    for place, mode in zip(places, modes.to_numpy().T, strict=True):
        values[:, place] += mode
    return pd.DataFrame(values, index=modes.index, columns=means.index)


@word
def se_ranef(fit: FittedModel) -> ByFactor:
    """Standard errors of the conditional modes: mapping factor -> DataFrame (J, l) (arm's se.ranef).

    fit  a fit of `lmer`

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

    fit   a fit of `lmer`; of `lm`: a Series (p,); of `lmList`: a DataFrame (J, p)
    pool  of `lmList`: True takes the residual standard deviation pooled over groups, False each group's own; None, the
          default: as fitted

    >>> import pylmer
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    >>> pylmer.se_coef(fit).fixef.round(4).to_dict()
    {'(Intercept)': 6.8246, 'Days': 1.5458}
    """
    return StandardErrors(dict(se_ranef(fit)), se_fixef(fit))
