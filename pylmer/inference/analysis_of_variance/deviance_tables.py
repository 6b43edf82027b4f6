"""anova and drop1 of generalized linear models: deviances of the terms one after the other, and of each left out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...engine.generalized.glm_fit import GlmOptimum, fit_glm
from ...errors import ArgumentError, note
from ...extract import AIC
from ...fit.linear.generalized import GeneralizedFit
from ...language import deparse, deparse_lines
from ...numerics.distributions import f_upper
from ...numerics.linalg import Array, dense
from ...numerics.rank import independent_columns
from ...text.arguments import is_one_of, written
from ..records import AnovaTable, table
from .deletions import drop1, scope_of
from .likelihood_ratio import check_same_data, formula_text, names_of, p_value

TITLE = "Analysis of Deviance Table"
TESTS = ("none", "Chisq", "LRT", "F")


# --- anova -----------------------------------------------------------------------------------------------------------


def deviance_table(fit: GeneralizedFit, test: str | None = None) -> AnovaTable:
    """The terms of a `glm` in order: Df, Deviance, Resid. Df, Resid. Dev, and the test of each."""
    wanted = test_of(fit, test)
    left, deviances = _sequence(fit)
    Df, gains = np.append(np.nan, -np.diff(left)), np.append(np.nan, np.maximum(-np.diff(deviances), 0.0))
    columns = {"Df": Df, "Deviance": gains, "Resid. Df": left, "Resid. Dev": deviances}
    response = fit.formula.response
    heading = (
        f"{TITLE}\n",
        f"Model: {fit.family.name}, link: {fit.family.link.name}\n",
        f"Response: {'' if response is None else deparse(response)}\n",
        "Terms added sequentially (first to last)\n\n",
    )
    columns |= _tests(wanted, gains, Df, fit)
    made: AnovaTable = table(AnovaTable, columns, ["NULL", *fit.design.fixed_terms.labels], heading)
    return made


def _sequence(fit: GeneralizedFit) -> tuple[Array, Array]:
    """Residual degrees of freedom and deviances of the models up to each term, the first without any."""
    assign = np.asarray(fit.design.spec.fixed_coder.assign)[fit.kept]
    data, start = fit.optimum.at.data, None
    left, deviances = [float(fit.n_weighted - int(fit.intercept))], [fit.null_deviance]
    for term in range(1, len(fit.design.fixed_terms.labels)):
        at = np.flatnonzero(assign <= term)
        found = fit_glm(replace(data, X=data.X[:, at]), start)
        left.append(float(fit.n_weighted - len(at)))
        deviances.append(found.at.deviance)
    if fit.design.fixed_terms.labels:
        left.append(float(fit.df_residual))
        deviances.append(fit.deviance)
    return np.array(left), np.array(deviances)


def deviance_comparison(
    fits: Sequence[GeneralizedFit], model_names: Sequence[str] | None, test: str | None = None
) -> AnovaTable:
    """Several `glm`s in the order given: Resid. Df, Resid. Dev, Df, Deviance, and the test of each step."""
    names = names_of(fits, model_names, "Model ")
    check_same_data(fits, names)
    if len({(fit.family.name, fit.family.link.name) for fit in fits}) > 1:
        listed = ", ".join(dict.fromkeys(f"{fit.family.name}({fit.family.link.name})" for fit in fits))
        raise ArgumentError(f"anova() compares models of one family and link by their deviances, found {listed}")
    left, deviances = np.array([float(fit.df_residual) for fit in fits]), np.array([fit.deviance for fit in fits])
    largest = fits[int(np.argmin(left))]
    wanted = test_of(largest, test)
    Df, gains = np.append(np.nan, -np.diff(left)), np.append(np.nan, -np.diff(deviances))
    columns = {"Resid. Df": left, "Resid. Dev": deviances, "Df": Df, "Deviance": gains}
    columns |= _tests(wanted, gains, Df, largest)
    heading = (f"{TITLE}\n", *(f"{name}: {formula_text(fit)}" for name, fit in zip(names, fits, strict=True)))
    rows = [str(k + 1) for k in range(len(fits))] if model_names is None else names
    made: AnovaTable = table(AnovaTable, columns, rows, heading)
    return made


def test_of(fit: GeneralizedFit, given: str | None) -> str:
    """The test asked for; by default "Chisq", of a family with scale "F". ArgumentError for an unknown one."""
    if given is None:
        return "F" if fit.family.has_scale else "Chisq"
    if not is_one_of(given, TESTS):
        raise ArgumentError(f"test={written(given)}: wanted one of {', '.join(map(repr, TESTS))}")
    if given == "F" and not fit.family.has_scale:
        note(f"an F test is inappropriate for {fit.family.name}, whose dispersion is known: test='Chisq' fits it")
    return "Chisq" if given == "LRT" else given


def _tests(test: str, gains: Array, Df: Array, fit: GeneralizedFit) -> dict[str, Array]:
    """The columns of a test; NaN where a step has no degrees of freedom."""
    scaled, sizes = gains / fit.dispersion, np.abs(Df)
    scaled = np.where(Df < 0, -scaled, scaled)
    if test == "Chisq":
        return {"Pr(>Chi)": np.array([p_value(x, df) for x, df in zip(scaled, sizes, strict=True)])}
    if test == "F":
        F = np.divide(scaled, sizes, out=np.full(len(Df), np.nan), where=sizes > 0)
        left = fit.df_residual if fit.family.has_scale else math.inf
        return {"F": F, "Pr(>F)": _f_tails(F, sizes, left)}
    return {}


def _f_tails(F: Array, Df: Array, left: float) -> Array:
    pairs = zip(F, Df, strict=True)
    return np.array([f_upper(f, df, left) if f == f and df > 0 and left > 0 else math.nan for f, df in pairs])


# --- drop1 -----------------------------------------------------------------------------------------------------------


@drop1.register(GeneralizedFit)
def drop1_generalized(
    fit: GeneralizedFit, scope: str | Sequence[str] | None = None, test: str | None = None
) -> AnovaTable:
    """Terms of a `glm` left out one at a time: Df, Deviance and AIC, R's drop1.glm.

    scope  labels of terms, or a formula such as "~ x + z"; default all that are not part of another term
    test   "Chisq" (or "LRT"): the gain in deviance over the dispersion; "F": over the residual deviance of the fit;
           "none", the default: no test
    """
    wanted = "none" if test is None else test_of(fit, test)
    labels = scope_of(fit, scope)
    found = [_without(fit, label) for label in labels]
    D = np.array([fit.deviance, *(each.at.deviance for each in found)])
    Df = np.array([np.nan, *(float(fit.rank - each.at.data.X.shape[1]) for each in found)])
    relative = _relative(fit, D)
    columns: dict[str, Any] = {"Df": Df, "Deviance": D, "AIC": AIC(fit) + relative - 2 * np.nan_to_num(Df)}
    if wanted == "Chisq":
        gains = np.append(np.nan, np.maximum(relative[1:], 0.0))
        p = np.array([p_value(x, df) for x, df in zip(gains, Df, strict=True)])
        columns |= {"LRT" if fit.dispersion == 1 else "scaled dev.": gains, "Pr(>Chi)": p}
    if wanted == "F":
        gains = np.append(np.nan, np.maximum(D[1:] - D[0], 0.0))
        F = np.divide(gains, Df, out=np.full(len(Df), np.nan), where=Df > 0) / (D[0] / fit.df_residual)
        columns |= {"F value": F, "Pr(>F)": _f_tails(F, Df, fit.df_residual)}
    heading = ("Single term deletions", "", "Model:", *deparse_lines(fit.formula.node))
    made: AnovaTable = table(AnovaTable, columns, ["<none>", *labels], heading)
    return made


def _relative(fit: GeneralizedFit, D: Array) -> Array:
    """-2 log L of each model less that of the fit: for a scale at the dispersion of the fit, of a gaussian profiled."""
    if fit.family.word == "gaussian":
        return np.asarray(fit.n_weighted * np.log(D / D[0]))
    return np.asarray((D - D[0]) / fit.dispersion)


def _without(fit: GeneralizedFit, label: str) -> GlmOptimum:
    """The fit without the columns of a term; columns that were combinations of them come back."""
    design, data = fit.design, fit.optimum.at.data
    number = design.fixed_terms.labels.index(label) + 1
    coder = design.spec.fixed_coder
    whole = np.asarray(dense(coder.matrix(fit.rows.variables, design.n) if design.dropped else fit.rows.X), float)
    X = whole[:, np.asarray(coder.assign) != number]
    return fit_glm(replace(data, X=X[:, independent_columns(X[fit.weights > 0])]))
