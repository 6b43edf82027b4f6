"""display(fit): the short page of Gelman & Hill (arm's display)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from ..extract import VarCorr, VarCorrs, deviance, logLik, nobs, word
from ..extract.likelihood import group_sizes
from ..fit.fitted_model import FittedModel
from ..fit.refitting import refitML
from ..language.nodes import Argument, Call
from ..text import Shown, format_fixed, format_number, format_numbers, print_named, print_texts, round_number, show
from ..text.arguments import check_digits
from .filling import code_lines
from .summaries import coefficient_table
from .variances import format_decimals, variance_table

if TYPE_CHECKING:
    from ..fit.generalized import GeneralizedFittedModel

ORDER = (
    "formula",
    "data",
    "family",
    "REML",
    "control",
    "start",
    "verbose",
    "nAGQ",
    "subset",
    "weights",
    "na.action",
    "offset",
    "contrasts",
)
NAMES = {"Estimate": "coef.est", "Std. Error": "coef.se", "t value": "t value"}


@dataclass(frozen=True, eq=False, repr=False)
class Display(Shown):
    """What display(fit) shows; print it, or leave it as the last line of a cell.

    coefficients  coef.est, coef.se (and t value) by fixed effect;  varcor  error terms;  ngrps, nobs  sizes
    AIC           of the fit;  deviance  -2 log L of the fit by maximum likelihood;  DIC  2 deviance + 2 logLik
    """

    call: Call
    coefficients: pd.DataFrame
    varcor: VarCorrs
    nobs: int
    ngrps: dict[str, int]
    AIC: float
    DIC: float
    deviance: float
    digits: int


@word
def display(fit: FittedModel, digits: int = 2, detail: bool = False) -> Display:
    """The short page of a fit, as arm's display: estimates, errors, error terms, AIC, DIC and deviance.

    fit     a fit of `lmer` or `lm`
    digits  decimals of estimates and errors, a whole number; default 2
    detail  True adds t values, of an `lm` p-values too; default False

    A REML fit is refitted by maximum likelihood for DIC and deviance.

    >>> import pylmer
    >>> print(pylmer.display(pylmer.lmer("log_radon ~ floor + (1 | county)", pylmer.datasets.load("radon"))))
    lmer(formula = log_radon ~ floor + (1 | county), data = radon)
                coef.est coef.se
    (Intercept)  1.46     0.05
    floor       -0.69     0.07
    <BLANKLINE>
    Error terms:
     Groups   Name        Std.Dev.
     county   (Intercept) 0.33
     Residual             0.76
    ---
    number of obs: 919, groups: county, 85
    AIC = 2179.3, DIC = 2156
    deviance = 2163.7
    """
    likelihood, full = logLik(fit), deviance(refitML(fit))
    table = coefficient_table(fit).rename(columns=NAMES)
    return Display(
        call=shown_call(fit),
        coefficients=table if detail else table.iloc[:, :2],
        varcor=VarCorr(fit),
        nobs=nobs(fit),
        ngrps=group_sizes(fit),
        AIC=-2 * likelihood + 2 * likelihood.df,
        DIC=2 * full + 2 * likelihood,
        deviance=full,
        digits=check_digits(digits),
    )


def shown_call(fit: FittedModel | GeneralizedFittedModel) -> Call:
    """The call with its arguments in R's order and the formula as it was fitted: `||` written out."""
    formula = Argument(fit.formula.node, "formula")
    given = {each.name or "": each for each in fit.call.arguments} | {"formula": formula}
    known = [given[name] for name in ORDER if name in given]
    return Call(fit.call.function, (*known, *(each for name, each in given.items() if name not in ORDER)))


@show.register
def show_display(record: Display) -> str:
    """The page."""
    decimals = format_decimals(record.digits)
    lines = [
        *code_lines(record.call),
        *_coefficients(record.coefficients, record.digits),
        "",
        "Error terms:",
        variance_table(record.varcor, ("Std.Dev.",), decimals, decimals),
        "---",
        f"number of obs: {record.nobs}, groups: {'; '.join(f'{g}, {size}' for g, size in record.ngrps.items())}",
        f"AIC = {_short(record.AIC)}, DIC = {_short(record.DIC)}",
        f"deviance = {format_fixed(record.deviance, 1)} ",
    ]
    return "\n".join(lines)


def _short(value: float) -> str:
    return format_number(round_number(value, 1))


def _coefficients(table: pd.DataFrame, digits: int) -> list[str]:
    """A single row without t values drops to a named vector, as in arm."""
    if table.empty:
        return []
    headers, cells = list(map(str, table.columns)), coefficient_cells(table, digits)
    if len(table) == 1 and len(headers) == 2:
        return [print_named(headers, [text for column in cells for text in column])]
    return [print_texts(list(map(str, table.index)), headers, cells, to_right=False)]


def coefficient_cells(table: pd.DataFrame, digits: int) -> list[list[str]]:
    """The texts of each column; arm rounds and formats the matrix as a whole."""
    flat, p = [round_number(float(value), digits) for value in table.to_numpy().ravel(order="F")], len(table)
    texts = format_numbers(flat, nsmall=digits, na="NaN")
    return [texts[k : k + p] for k in range(0, len(texts), p)]
