"""The top of a printed fit: title, formula, data, weights, criterion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from ..extract import BIC, df_residual, logLik
from ..fit.fitted_model import FittedModel
from ..language.nodes import Name
from ..text import format_fixed, format_number, format_numbers, print_named, round_number, wrap_words
from .filling import PAGE, argument, code_lines, fill

if TYPE_CHECKING:
    from ..fit.generalized import GeneralizedFittedModel

TITLES = {True: "Linear mixed model fit by REML", False: "Linear mixed model fit by maximum likelihood "}
CLASS_NAME = "['lmerMod']"
TESTED_CLASS = "lmerModLmerTest"
DEVIANCE = "-2*log(L)"
LABELS = {"weights": "Weights:", "offset": " Offset:", "control": "Control:", "subset": " Subset:"}


def by_REML(fit: FittedModel | GeneralizedFittedModel) -> bool:
    """Whether the page speaks of REML; without fixed effects both criteria are the same, and lme4 says ML."""
    return fit.REML and len(fit.beta) > 0


def title(fit: FittedModel, ddf: str | None = None) -> str:
    """Linear mixed model fit by ...; with `ddf` the method of the t tests, as lmerTest says it."""
    if ddf is None:
        return f"{TITLES[by_REML(fit)]} {CLASS_NAME}"
    *lines, last = wrap_words(f"{TITLES[by_REML(fit)]}. t-tests use {ddf}'s method", PAGE - 2, exdent=2)
    head, tail = f"{last} [", f"{TESTED_CLASS}]"
    return "\n".join([*lines, head + tail if len(head) + len(tail) <= PAGE else f"{head}\n{tail}"])


def model_lines(fit: FittedModel | GeneralizedFittedModel, control: bool = False, as_given: bool = False) -> list[str]:
    """Formula, data and the arguments that shape a fit; the control where it is asked for.

    lme4 prints the formula as it was fitted, lmerTest as it was given: `||` tells them apart.
    """
    lines = [fill(["Formula:", *code_lines((fit.design.formula if as_given else fit.formula).node)])]
    if fit.data_name is not None:
        lines.append(fill(["   Data:", fit.data_name]))
    for name, label in LABELS.items():
        value = argument(fit.call, name)
        if value is not None and (control or name != "control"):
            lines.append(fill([label, *([value.name] if isinstance(value, Name) else code_lines(value))]))
    return lines


def criteria(fit: FittedModel | GeneralizedFittedModel) -> pd.Series[float]:
    """The REML criterion; or AIC, BIC, log-likelihood, -2 log-likelihood and residual degrees of freedom."""
    likelihood = logLik(fit)
    if by_REML(fit):
        return pd.Series({"REML": -2 * likelihood})
    return pd.Series(
        {
            "AIC": -2 * likelihood + 2 * likelihood.df,
            "BIC": BIC(fit),
            "logLik": float(likelihood),
            DEVIANCE: -2 * likelihood,
            "df.resid": float(df_residual(fit)),
        }
    )


def exact_criteria(values: Mapping[str, float] | pd.Series[float]) -> str:
    """As print() shows them: four decimals, seven digits."""
    rounded = [round_number(value, 4) for value in _numbers(values)]
    if "REML" in values:
        return f"REML criterion at convergence: {format_number(rounded[0])}"
    return _table(values, format_numbers(rounded[:-1]))


def short_criteria(values: Mapping[str, float] | pd.Series[float]) -> str:
    """As summary() shows them: one decimal."""
    if "REML" in values:
        return f"REML criterion at convergence: {format_number(round_number(values['REML'], 1))}"
    return _table(values, [format_fixed(value, 1) for value in _numbers(values)[:-1]])


def _numbers(values: Mapping[str, float] | pd.Series[float]) -> list[float]:
    return [float(values[name]) for name in values.keys()]  # noqa: SIM118


def _table(values: Mapping[str, float] | pd.Series[float], texts: list[str]) -> str:
    return print_named([str(name) for name in values.keys()], [*texts, f"{values['df.resid']:.0f}"])  # noqa: SIM118
