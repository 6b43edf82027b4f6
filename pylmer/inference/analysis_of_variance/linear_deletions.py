"""step() where no random effect is left: the least-squares fit of the same rows, and its terms left out one by one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...errors import DataError
from ...fit.fitted_model import FittedModel
from ...fit.linear.regression import LinearFit, fit_linear
from ...fit.request import Request
from ...language import deparse, explicit_formula, parse_formula, update_formula
from ...language.nodes import Argument
from ...language.syntax import MixedFormula
from ...numerics.distributions import f_upper
from ..records import AnovaTable, table
from .deletions import droppable

COLUMNS = ("Df", "Sum of Sq", "RSS", "AIC", "F value", "Pr(>F)")
MIXED_ONLY = ("REML", "control", "start", "verbose")


def without_groups(fit: FittedModel) -> LinearFit:
    """The `lm` of the fixed effects."""
    whole = explicit_formula(fit.formula, fit.design.fixed_terms)
    left = "" if whole.response is None else deparse(whole.response)
    call = replace(fit.call, function="lm")
    call = replace(call, arguments=tuple(each for each in call.arguments if each.name not in MIXED_ONLY))
    request = replace(fit.request, call=call, start=None, verbose=0)
    formula = update_formula(parse_formula(f"{left} ~ {deparse(whole.fixed)}"), ". ~ .")  # as R's update leaves it
    return _fitted(fit.linear_kind or LinearFit, request, formula, fit.design.n)


def without_linear_term(fit: LinearFit, label: str) -> LinearFit:
    """The `lm` without a term, on the same rows."""
    formula = update_formula(explicit_formula(fit.formula, fit.design.fixed_terms), f". ~ . - {label}")
    return _fitted(type(fit), fit.request, formula, fit.design.n)


def _fitted(kind: type[LinearFit], request: Request, formula: MixedFormula, n: int) -> LinearFit:
    node, given = formula.node, request.call.arguments
    call = replace(request.call, arguments=tuple(Argument(node, a.name) if a.name == "formula" else a for a in given))
    fit = fit_linear(kind, replace(request, formula=formula, call=call))
    if fit.design.n != n:
        raise DataError(
            f"without a term {fit.design.n} rows have no missing value, with it {n}: "
            "drop the rows with missing values before fitting"
        )
    return fit


def linear_deletions(fit: LinearFit, labels: Sequence[str] | None = None) -> AnovaTable:
    """F tests of the terms that are not part of another: Df, Sum of Sq, RSS, AIC, F value, Pr(>F), as R's drop1(lm)."""
    wanted = droppable(fit) if labels is None else labels
    rows = [_deletion(fit, without_linear_term(fit, label)) for label in wanted]
    columns = {name: np.array([row[k] for row in rows], float) for k, name in enumerate(COLUMNS)}
    made: AnovaTable = table(AnovaTable, columns, list(wanted))
    return made


def _deletion(fit: LinearFit, smaller: LinearFit) -> tuple[float, ...]:
    """One row; AIC is n log(RSS / n) + 2 p, as R's extractAIC."""
    whole, part = fit.solution, smaller.solution
    Df, squares, n = part.df_residual - whole.df_residual, part.rss - whole.rss, part.n_obs
    AIC = n * math.log(part.rss / n) + 2 * part.rank if part.rss > 0 else -math.inf
    if not Df or not whole.df_residual or not whole.rss:
        return Df, squares, part.rss, AIC, math.nan, math.nan
    F = squares / Df / (whole.rss / whole.df_residual)
    return Df, squares, part.rss, AIC, F, f_upper(F, Df, whole.df_residual)
