"""anova(fit): tests of the terms of one fit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from ...extract import word
from ...fit.fitted_model import FittedModel
from ...fit.generalized import GeneralizedFittedModel
from ...numerics.linalg import Array
from ..contrasts.contrasts import DDF, f_tests
from ..degrees_of_freedom.choice import METHODS, check_ddf
from ..records import AnovaTable, table
from .hypotheses import columns_of, hypotheses, type_of

COLUMNS = ("Sum Sq", "Mean Sq", "NumDF", "DenDF", "F value", "Pr(>F)")
UNTESTED = dict.fromkeys(COLUMNS, math.nan)  # no coefficient is the term's own


def term_table(fit: FittedModel, type: int | str = 3, ddf: str = DDF) -> AnovaTable:
    """The tests of all terms; with ddf="lme4" the sequential sums of squares without denominators."""
    check_ddf(ddf, (*METHODS, "lme4"))
    if ddf == "lme4":
        return sequential_table(fit, fit.solution.Phi)
    roman = type_of(type)
    tested = hypotheses(fit, roman)
    results = f_tests(fit, [h.L for h in tested], ddf)
    found = {h.term: test.row() for h, test in zip(tested, results, strict=True)}
    tests = {label: found.get(label, UNTESTED) for label in fit.design.fixed_terms.labels}
    heading = (f"Type {roman} Analysis of Variance Table with {ddf}'s method",)
    return anova_table(tests, heading)


def anova_table(tests: dict[str, dict[str, float]], heading: tuple[str, ...]) -> AnovaTable:
    """Rows of F tests as a table."""
    columns = {name: np.array([row[name] for row in tests.values()]) for name in COLUMNS}
    made: AnovaTable = table(AnovaTable, columns, list(tests), heading)
    return made


def sequential_table(fit: FittedModel | GeneralizedFittedModel, Phi: Array) -> AnovaTable:
    """lme4's table: squares of the effects R beta, R'R = X'V^-1X = Phi^-1, summed over the columns of each term."""
    effects = np.linalg.cholesky(np.linalg.inv(Phi)).T @ fit.beta if len(fit.beta) else fit.beta
    terms = columns_of(fit.design)
    npar = np.array([len(at) for at in terms.values()], int)
    squares = np.array([float(np.sum(effects[at] ** 2)) for at in terms.values()])
    columns = {"npar": npar, "Sum Sq": squares, "Mean Sq": squares / npar, "F value": squares / npar / fit.sigma**2}
    made: AnovaTable = table(AnovaTable, columns, list(terms), ("Analysis of Variance Table",))
    return made


@word
def show_tests(fit: FittedModel, type: int | str = 3) -> dict[str, pd.DataFrame]:
    """The contrasts that `anova(fit, type)` tests: term -> DataFrame (q, p), one row per contrast.

    fit   a fit of `lmer`
    type  of the tests, 1, 2 or 3 (also "I", "II", "III"); default 3

    Where a factor stands only inside another term, as trt in `age + age:trt`, the hypothesis of type 3 is that of SAS:
    the slope of age, on average over trt; type 2 tests age without age:trt. lmerTest tests the coefficient of age
    there, the slope at the reference level of trt, so that its answer changes with the reference level.

    Source: Goodnight (1978); the types as in SAS and lmerTest, whatever the contrasts of the fit.

    >>> import pylmer
    >>> fit = pylmer.lmer("angle ~ recipe + temp + (1 | recipe:replicate)", pylmer.datasets.load("cake"))
    >>> pylmer.show_tests(fit)["recipe"]
             (Intercept)  recipeB  recipeC  temp
    recipeB          0.0      1.0      0.0   0.0
    recipeC          0.0      0.0      1.0   0.0
    """
    names: Any = list(fit.design.X_names)
    return {h.term: pd.DataFrame(h.L, index=list(h.rows), columns=names) for h in hypotheses(fit, type)}
