"""anova of least-squares fits: sums of squares of the terms one after the other, and of models beside each other."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...errors import note
from ...fit.linear.regression import LinearFit
from ...language import deparse
from ...numerics.distributions import f_upper
from ..records import AnovaTable, table
from .hypotheses import columns_of
from .likelihood_ratio import check_same_data, formula_text, names_of

TITLE = "Analysis of Variance Table"
PERFECT = 1e-10  # share of the response that the residuals keep, below which they are rounding
UNRELIABLE = "ANOVA F-tests on an essentially perfect fit are unreliable"


def linear_table(fit: LinearFit) -> AnovaTable:
    """The terms of an `lm` in order: Df, Sum Sq, Mean Sq, F value, Pr(>F), and the residuals below them."""
    terms, left, rss = columns_of(fit.design), fit.solution.df_residual, fit.solution.rss
    effects = fit.effects
    Df = np.array([*(len(at) for at in terms.values()), left], int)
    squares = np.array([*(float(np.sum(effects[at] ** 2)) for at in terms.values()), rss])
    if rss < PERFECT * squares[:-1].sum():
        note(UNRELIABLE)
    means = np.divide(squares, Df, out=np.full(len(Df), np.nan), where=Df > 0)
    with np.errstate(divide="ignore"):
        F = np.append(means[:-1] / means[-1], np.nan)
    p = [f_upper(f, df, left) if f == f and left else math.nan for f, df in zip(F, Df, strict=True)]
    columns = {"Df": Df, "Sum Sq": squares, "Mean Sq": means, "F value": F, "Pr(>F)": p}
    response = fit.design.formula.response
    heading = (f"{TITLE}\n", f"Response: {'' if response is None else deparse(response)}")
    made: AnovaTable = table(AnovaTable, columns, [*terms, "Residuals"], heading)
    return made


def linear_comparison(fits: Sequence[LinearFit], model_names: Sequence[str] | None) -> AnovaTable:
    """Several `lm`s in the order given: Res.Df, RSS, Df, Sum of Sq, F, Pr(>F)."""
    names = names_of(fits, model_names, "Model ")
    check_same_data(fits, names)
    Res_Df = np.array([fit.solution.df_residual for fit in fits], float)
    RSS = np.array([fit.solution.rss for fit in fits])
    Df, squares = np.append(np.nan, -np.diff(Res_Df)), np.append(np.nan, -np.diff(RSS))
    largest = int(np.argmin(Res_Df))
    with np.errstate(divide="ignore", invalid="ignore"):
        F = np.where(Df == 0, np.nan, squares / Df) / (RSS[largest] / Res_Df[largest])
    p = [f_upper(f, abs(df), Res_Df[largest]) if f == f else math.nan for f, df in zip(F, Df, strict=True)]
    columns = {"Res.Df": Res_Df, "RSS": RSS, "Df": Df, "Sum of Sq": squares, "F": F, "Pr(>F)": p}
    heading = (f"{TITLE}\n", *(f"{name}: {formula_text(fit)}" for name, fit in zip(names, fits, strict=True)))
    rows = [str(k + 1) for k in range(len(fits))] if model_names is None else names
    made: AnovaTable = table(AnovaTable, columns, rows, heading)
    return made
